"""Core: what a trail looks like as numbers, for the trees of `forest` to learn from and to decide by.

Two lots: those of the trail and of what else came down at that time are cheap; those of the fall that fits it best
need that fit. Every number is finite. A trait is added here, the trees are trained anew (`training/falls`), no more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vision.falling.clutter import Clutter
from vision.falling.facade import Wall
from vision.falling.flight import GRAVITY, Flight
from vision.falling.flutter import way_to_speed_m
from vision.falling.grades import strength_of, usual_contrast, usual_strength
from vision.falling.measures import Measures, left_over, spread_px
from vision.falling.tracks import Trail
from vision.falling.weather import Company

Floats = NDArray[np.float64]
Traits = dict[str, float]
Numbers = dict[str, float | np.floating]

ALONE = 9.0
"""How many times as large as the others a thing is that has none."""
BEFORE_S = np.array([0.0, 0.04, 0.08, 0.12, 0.2, 0.3, 0.5, 0.8])
FINAL_MPS = np.geomspace(0.7, 8.0, 14)
"""Starts before the first point, and final speeds, of things let go at rest that are laid over a trail."""
SMALL = 1e-6


def of_trail(wall: Wall, trail: Trail, found: Measures, company: Company, clutter: Clutter) -> Traits:
    """Of the trail, its things, and what else came down; at least six points."""
    place = wall.to_wall(trail.points)
    fall_mps = -float(found.late_mps[1])
    traits: Numbers = {
        "points": found.points,
        "density": found.density,
        "lasts_s": trail.at_s[-1] - trail.at_s[0],
        "longest_gap_s": np.diff(trail.at_s).max(),
        "drop_m": found.drop_m,
        "across_m": found.across_m,
        "across_share": found.across_m / max(0.1, found.drop_m),
        "rise_m": found.rise_m,
        "early_down_mps": -found.early_mps[1],
        "late_down_mps": fall_mps,
        "early_across_mps": abs(found.early_mps[0]),
        "late_across_mps": abs(found.late_mps[0]),
        "gained_mps": fall_mps + found.early_mps[1],
        "early_share": -found.early_mps[1] / max(0.1, fall_mps),
        "bend_px": found.bend_px,
        "lag_px": found.lag_px,
        "lag_m": found.lag_m,
        "lag_share": found.lag_m / max(0.02, way_to_speed_m(found)),
        "size_px": found.size_px,
        "size_m": found.size_m,
        "growth": found.growth,
        "border_px": found.border_px,
        "start_height_m": place[0, 1],
        "start_share": place[0, 1] / (wall.floors * wall.floor_height_m),
        "start_beside": abs(place[0, 0]) / (wall.width_m / 2),
        "end_share": trail.points[-1, 1] / wall.size[1],
        "end_side_px": min(trail.points[-1, 0], wall.size[0] - trail.points[-1, 0]),
        "px_per_m": np.median(wall.px_per_m(trail.points)),
        "restless": np.log(clutter.density(trail.points)).mean(),
        "restless_start": np.log(clutter.density(trail.points[:3])).mean(),
        "things": clutter.per_picture,
    }
    path = _path(trail, place, float(traits["px_per_m"]))
    return _plain(traits | path | _things(trail) | _company(trail, found, company))


def of_flight(wall: Wall, trail: Trail, found: Measures, flight: Flight, odds: float, odds_plain: float) -> Traits:
    """Of the likeliest fall; `odds`: logarithm against chance, by grades and by the clutter of all things."""
    off = wall.project(flight.place(trail.at_s)) - trail.points
    noise_px = spread_px(found.size_px)
    across, outward, up = flight.thrown_mps
    traits: Numbers = {
        "off_px": flight.rms_px,
        "off_spreads": flight.rms_px / noise_px,
        "off_kept": (off[1:] * off[:-1]).sum() / max(SMALL, (off**2).sum()),
        "bend_share": found.bend_px / max(0.2, flight.rms_px),
        "prior": flight.prior,
        "thrown_up_mps": up,
        "thrown_out_mps": outward,
        "thrown_across_mps": abs(across),
        "along_the_wall": flight.along_the_wall,
        "unseen_s": trail.at_s[0] - flight.start_s,
        "terminal_mps": flight.terminal_mps,
        "height_m": flight.place(np.array([flight.start_s]))[0, 2],
        "wind_mps": abs(flight.parameters[6]),
        "odds": odds,
        "odds_plain": odds_plain,
        "odds_each": odds / found.points,
    }
    return _plain(traits)


def _plain(traits: Numbers) -> Traits:
    return {name: float(np.clip(np.nan_to_num(value), -1e6, 1e6)) for name, value in traits.items()}


def _path(trail: Trail, place: Floats, px_per_m: float) -> Numbers:
    """How far it is from steady, evenly bent, and let go at rest to flutter down; how much it sways."""
    t, x, z = trail.at_s - trail.at_s[0], place[:, 0], place[:, 1]
    way_m = np.linalg.norm(np.diff(place, axis=0), axis=1).sum()
    line, bent = (left_over(t, z, degree) for degree in (1, 2))
    sway = left_over(t, x, 1)
    rough = left_over(t, place, 3)
    let_go, before_s, final_mps = _let_go(t, z)
    sway_m = np.sqrt((sway**2).mean())
    return {
        "flutter_gain": np.sqrt((line**2).sum() / max(SMALL, let_go)),
        "flutter_off_px": np.sqrt(let_go / len(t)) * px_per_m,
        "flutter_before_s": before_s,
        "flutter_final_mps": final_mps,
        "bent_gain": np.sqrt((line**2).sum() / max(SMALL, (bent**2).sum())),
        "flutter_to_bent": np.sqrt(let_go / max(SMALL, (bent**2).sum())),
        "rough_px": np.sqrt((rough**2).sum(1).mean()) * px_per_m,
        "sway_px": sway_m * px_per_m,
        "sway_m": sway_m,
        "sway_crossings": np.count_nonzero(np.diff(np.signbit(sway))) / len(t),
        "detour": way_m / max(0.1, np.linalg.norm(place[-1] - place[0])),
    }


def _let_go(t: Floats, z: Floats) -> tuple[float, float, float]:
    """Least sum of squares round a thing let go at rest, with its time before the first point and its final speed."""
    final = FINAL_MPS[None, :, None]
    phase = np.minimum(GRAVITY * (t[None, None] + BEFORE_S[:, None, None]) / final, 50.0)
    off = z + final**2 / GRAVITY * np.log(np.cosh(phase))
    off -= off.mean(-1, keepdims=True)
    squares = np.einsum("bfn,bfn->bf", off, off)
    before, at = np.unravel_index(int(squares.argmin()), squares.shape)
    return float(squares[before, at]), float(BEFORE_S[before]), float(FINAL_MPS[at])


def _things(trail: Trail) -> Numbers:
    """What it looked like from picture to picture."""
    sides, contrast = np.maximum(trail.sides, 0.5), trail.rows[:, 7]
    strength = np.log(np.maximum(1.0, strength_of(sides, contrast)))
    part = max(2, len(strength) // 3)
    usual = usual_contrast(trail)
    return {
        "strength": np.median(strength),
        "strength_gained": np.median(strength[-part:]) - np.median(strength[:part]),
        "strength_spread": strength.std(),
        "strength_step": _step(strength),
        "contrast": usual,
        "contrast_size": abs(usual),
        "contrast_kept": (np.sign(contrast) == np.sign(usual)).mean(),
        "contrast_spread": contrast.std() / max(1.0, abs(contrast.mean())),
        "upright": np.median(sides[:, 1] / sides[:, 0]),
        "size_spread": np.log(sides.max(1)).std(),
        "core_share": np.median(trail.core.max(1) / sides.max(1)),
    }


def _step(values: Floats) -> float:
    """By how much they are larger from some point on, at most, in spreads of what is left without that step.

    A trail that went over from a flake to something else has one.
    """
    n = len(values)
    at = np.arange(2, n - 1)
    sums = np.cumsum(values)[at - 1]
    before, after = sums / at, (values.sum() - sums) / (n - at)
    best = int((at * (n - at) * (after - before) ** 2).argmax())
    left = values - np.where(np.arange(n) < at[best], before[best], after[best])
    return float((after[best] - before[best]) / max(0.1, left.std()))


def _company(trail: Trail, found: Measures, company: Company) -> Numbers:
    """What else came down within some seconds."""
    size_px = np.array([one.size_px for one in company.others])
    speed_mps = np.array([one.speed_mps for one in company.others])
    strength = np.array([one.strength for one in company.others])
    contrast = np.array([one.contrast for one in company.others])
    own_strength, own_contrast = usual_strength(trail), usual_contrast(trail)
    times = {
        f"size_to_{name}": found.size_px / max(1.0, np.quantile(size_px, share)) if len(size_px) else ALONE
        for name, share in (("half", 0.5), ("four_fifths", 0.8), ("nine_tenths", 0.9), ("largest", 1.0))
    }
    return times | {
        "others": len(size_px),
        "alike": company.alike(found),
        "rain": company.rain,
        "stronger_than": (strength < own_strength).mean() if len(strength) else 0.5,
        "strength_to_most": own_strength / max(1.0, np.quantile(strength, 0.9)) if len(strength) else ALONE,
        "as_bright": (contrast * own_contrast > 0).mean() if len(contrast) else 0.5,
        "faster_than": (speed_mps < -found.late_mps[1]).mean() if len(speed_mps) else 0.5,
    }
