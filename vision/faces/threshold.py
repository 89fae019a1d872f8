"""Core: how much alike two faces must be before one is taken for the other; follows the number enrolled.

A stranger is compared with every template of the gallery, so the chance of a mistaken likeness grows with it. With
`S(t)` as the chance that *one* comparison of two different people comes out above `t`, the chance that any of `n`
does is at most ``n * S(t)`` (Boole's inequality, so it holds although comparisons of one stranger hang together).
The threshold is the `t` at which ``reserve * n * S(t)`` is the share of strangers that may be taken for somebody.

`S` is measured (`Calibration`): knots where pictures are many, and beyond the last knot a generalised Pareto tail
(Pickands 1975, Balkema and de Haan 1974: what the tails of nearly all distributions come to), so that galleries can
be answered for that are larger than any set of pictures at hand. Measured per embedder, from the scores of its faces.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

HIGHEST = 0.99
"""No two pictures of one person come this near; a threshold above would only say no."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Scores of comparisons of different people, for one embedder."""

    embedder: str
    scores: tuple[float, ...]
    """Knots, rising: cosine similarities."""
    shares: tuple[float, ...]
    """Share of comparisons above each knot, falling, each above 0; the last is where the tail begins."""
    scale: float
    """Of the tail, in units of the score."""
    shape: float
    """Of the tail: 0 falls exponentially, below 0 it ends somewhere."""
    reserve: float
    """By which comparisons count more: people differ from sample to sample."""
    measured_on: str
    """Which pictures, how many people and comparisons."""

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.scores, self.scores[1:], strict=False))
        falling = all(a > b for a, b in zip(self.shares, self.shares[1:], strict=False))
        if len(self.scores) != len(self.shares) or len(self.scores) < 2 or not (rising and falling):
            raise ValueError(f"calibration of {self.embedder}: knots must rise, shares fall")
        if not (self.shares[-1] > 0 and self.shares[0] <= 1 and self.scale > 0 and self.reserve >= 1):
            raise ValueError(f"calibration of {self.embedder}: shares, scale or reserve are out of range")
        if not -0.5 < self.shape < 0.5:
            raise ValueError(f"calibration of {self.embedder}: shape {self.shape}")


def threshold(enrolled_templates: int, fpir: float, calibration: Calibration) -> float:
    """The cosine similarity from which on a face is somebody, for so many templates and that share of strangers."""
    wanted = fpir / (calibration.reserve * max(1, enrolled_templates))
    return min(HIGHEST, _score_at(wanted, calibration))


def expected_fpir(at: float, enrolled_templates: int, calibration: Calibration) -> float:
    """The other way round: the share of strangers that a threshold lets through at most, 0 to 1."""
    return min(1.0, calibration.reserve * max(1, enrolled_templates) * _share_above(at, calibration))


def _score_at(share: float, calibration: Calibration) -> float:
    """The score that this share of comparisons exceeds."""
    scores, shares = calibration.scores, calibration.shares
    if share <= shares[-1]:
        times = math.log(shares[-1] / share)
        shape = calibration.shape
        beyond = times if abs(shape) < 1e-9 else math.expm1(shape * times) / shape
        return scores[-1] + calibration.scale * beyond
    if share >= shares[0]:
        return scores[0]
    place = next(i for i, known in enumerate(shares) if known < share)
    part = math.log(shares[place - 1] / share) / math.log(shares[place - 1] / shares[place])
    return scores[place - 1] + part * (scores[place] - scores[place - 1])


def _share_above(score: float, calibration: Calibration) -> float:
    """The share of comparisons above this score."""
    scores, shares = calibration.scores, calibration.shares
    if score >= scores[-1]:
        beyond, shape = (score - scores[-1]) / calibration.scale, calibration.shape
        if abs(shape) < 1e-9:
            return shares[-1] * math.exp(-beyond)
        inside = 1 + shape * beyond
        return shares[-1] * inside ** (-1 / shape) if inside > 0 else 0.0
    if score <= scores[0]:
        return shares[0]
    place = next(i for i, known in enumerate(scores) if known > score)
    part = (score - scores[place - 1]) / (scores[place] - scores[place - 1])
    return shares[place - 1] * math.exp(part * math.log(shares[place] / shares[place - 1]))


def explained(enrolled_templates: int, fpir: float, calibration: Calibration) -> tuple[str, str]:
    """The threshold and where it comes from, in Chinese and English."""
    at = threshold(enrolled_templates, fpir, calibration)
    tenfold = threshold(10 * max(1, enrolled_templates), fpir, calibration)
    zh = (
        f"已录入 {enrolled_templates} 份模板，允许 {fpir:.2%} 的陌生人被误认，因此阈值为 {at:.3f}；"
        f"人数增至十倍时为 {tenfold:.3f}。依据：{calibration.embedder} 在不同人之间的相似度"
        f"（{calibration.measured_on}），并按 {calibration.reserve:g} 倍比较次数留有余量。"
    )
    en = (
        f"{enrolled_templates} templates are enrolled and {fpir:.2%} of strangers may be taken for somebody, "
        f"so the threshold is {at:.3f}; with ten times as many it would be {tenfold:.3f}. From: likeness of "
        f"different people under {calibration.embedder} ({calibration.measured_on}), comparisons counted "
        f"{calibration.reserve:g} times."
    )
    return zh, en
