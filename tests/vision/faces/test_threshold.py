"""The threshold follows the gallery: against sampled strangers, against itself the other way round, by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model_face import Faces
from vision.faces.calibration import CalibrationError, load_calibration
from vision.faces.threshold import HIGHEST, Calibration, expected_fpir, explained, threshold

SHIPPED = load_calibration(Faces().embedder)
PLAIN = Calibration(
    embedder="plain",
    scores=(0.0, 0.1, 0.2),
    shares=(0.5, 0.05, 0.005),
    scale=0.04,
    shape=0.0,
    reserve=1.0,
    measured_on="nothing",
)


@pytest.mark.parametrize(
    ("enrolled", "fpir", "score"),
    [
        (1, 0.5, 0.0),
        (1, 0.9, 0.0),
        (1, 0.05, 0.1),
        (10, 0.05, 0.2),
        (0, 0.05, 0.1),
        (1, 0.005 / np.e, 0.24),
        (100, 0.5 / np.e, 0.24),
    ],
)
def test_by_hand(enrolled: int, fpir: float, score: float) -> None:
    assert threshold(enrolled, fpir, PLAIN) == pytest.approx(score)


@given(st.integers(0, 1_000_000), st.integers(0, 1_000_000), st.floats(1e-5, 0.05), st.floats(1e-5, 0.05))
def test_more_people_and_fewer_mistakes_ask_for_more_likeness(n: int, m: int, f: float, g: float) -> None:
    (n, m), (f, g) = sorted((n, m)), sorted((f, g))
    assert threshold(n, f, SHIPPED) <= threshold(m, f, SHIPPED) <= HIGHEST
    assert threshold(n, f, SHIPPED) >= threshold(n, g, SHIPPED)


@given(st.integers(1, 100_000), st.floats(1e-4, 0.05), st.floats(-0.2, 0.2))
def test_the_other_way_round_it_is_the_same(enrolled: int, fpir: float, shape: float) -> None:
    calibration = replace(SHIPPED, shape=shape)
    at = threshold(enrolled, fpir, calibration)
    if at < HIGHEST:
        assert expected_fpir(at, enrolled, calibration) == pytest.approx(fpir, rel=1e-6)


def test_beyond_the_end_of_the_tail_there_is_nobody() -> None:
    ends = replace(PLAIN, shape=-0.4)
    assert expected_fpir(0.2 + 0.04 / 0.4 + 0.01, 1000, ends) == 0.0
    assert expected_fpir(-1.0, 10, PLAIN) == 1.0


@pytest.mark.parametrize("enrolled", [1, 10, 100, 1000])
def test_strangers_stay_below_it_as_often_as_is_said(enrolled: int) -> None:
    """Scores drawn from a known law, fitted by hand: the measured share is the one asked for."""
    rng = np.random.default_rng(3)
    exponential = replace(PLAIN, scores=(0.0, 0.04), shares=(1.0, float(np.exp(-1))))
    highest = np.concatenate([rng.exponential(0.04, (1000, enrolled)).max(axis=1) for _ in range(20)])
    at = threshold(enrolled, 0.03, exponential)
    assert float((highest > at).mean()) == pytest.approx(0.03, abs=0.006)


def test_what_we_ship_reaches_a_hundred_thousand_people() -> None:
    figures = [round(threshold(enrolled, 0.01, SHIPPED), 2) for enrolled in (1, 100, 1_000, 10_000, 100_000)]
    assert figures == sorted(figures)
    assert figures[-1] < 0.7


def test_it_is_explained_in_both_languages() -> None:
    zh, en = explained(800, 0.003, SHIPPED)
    at = f"{threshold(800, 0.003, SHIPPED):.3f}"
    assert all(part in zh and part in en for part in (at, "800", "0.30%", SHIPPED.embedder))


@pytest.mark.parametrize(
    "wrong",
    [
        {"scores": (0.0, 0.2, 0.1)},
        {"shares": (0.5, 0.5, 0.1)},
        {"shares": (0.5, 0.1)},
        {"shares": (0.5, 0.1, 0.0)},
        {"shares": (1.5, 0.1, 0.01)},
        {"scores": (0.0,), "shares": (0.5,)},
        {"scale": 0.0},
        {"shape": 0.7},
        {"reserve": 0.5},
        {"scale": float("nan")},
    ],
)
def test_figures_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="plain"):
        replace(PLAIN, **wrong)  # type: ignore[arg-type]  # that is the point


OWN = """
[embedders.mine]
scores = [0.1, 0.2]
shares = [0.5, 0.01]
scale = 0.03
shape = 0
reserve = 2
measured_on = "my pictures"
"""


def test_a_site_may_bring_its_own(tmp_path: Path) -> None:
    (tmp_path / "calibration.toml").write_text(OWN, encoding="utf-8")
    assert load_calibration("mine", tmp_path).scores == (0.1, 0.2)
    assert load_calibration(SHIPPED.embedder, tmp_path) == SHIPPED


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "no threshold was measured for the embedder mine"),
        ("", "no threshold was measured"),
        (OWN.replace("0.5,", "0.005,"), "shares fall"),
        (OWN.replace("scale = 0.03", ""), "scale"),
        (OWN.replace("[0.1, 0.2]", "7"), "is wrong"),
        ("embedders = 7", "is wrong"),
        ("[embedders", "is wrong"),
        ("#" * 70_000, "is wrong"),
    ],
)
def test_without_figures_there_is_no_threshold(tmp_path: Path, text: str | None, complaint: str) -> None:
    if text is not None:
        (tmp_path / "calibration.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CalibrationError, match=complaint) as caught:
        load_calibration("mine", tmp_path)
    assert caught.value.zh
    assert caught.value.en
