"""Core: what a trail looks like on the wall: its points, way, speeds, and how far it is from a steady motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.falling.facade import Wall
from vision.falling.tracks import Trail

Floats = NDArray[np.float64]

SPREAD_PX, SPREAD_SHARE = 0.8, 0.12
"""Of a thing's centre: of the smallest, and the share of its size that is added."""
LEAST = 6
DROP_M = 2.5
POINTS_MIN, DENSITY_MIN = 7, 0.35
STRAIGHT_MPS, STRAIGHT_TIMES, STRAIGHT_PX = 4.0, 3.0, 3.0
"""Slower things are snow; way down in ways across; distance from a steady motion."""
STREAK_MPS, STREAK_M, STREAK_DENSITY, STREAK_PX = 8.0, 2.0, 0.5, 1.5
"""Of a drop: least speed and way down, share of the pictures, largest distance from a steady motion."""
NOT_DOWN = "not down"
NEARS, NEARS_POINTS = 1.4, 10
"""Times that a thing grows which comes near, and its points."""
DROP_LEAST_M, SINKS_MPS, HUGE_M = 1.8, 0.4, 4.0
"""Least way and speed down, and largest size, of what is weighed at all."""
ARCS_PX = 4.0
"""From a steady motion, of what leaves the picture before it has come down so far."""
GLIMPSE = 0.35
"""What is smaller than this share of a thing at the beginning of its trail is not yet it: a speck that stood there."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What a trail looks like on the wall, in metres and seconds."""

    points: int
    density: float
    """Share of the pictures in which it was seen."""
    drop_m: float
    across_m: float
    rise_m: float
    early_mps: Floats
    late_mps: Floats
    bend_px: float
    """Root mean square from a steady motion."""
    lag_px: float
    """How far its beginning lies below what its steady motion would have been: it started slowly."""
    lag_m: float
    size_px: float
    size_m: float
    growth: float
    """Times as large at its end as at its beginning."""
    border_px: float
    """From the first point to the picture's nearest edge, bottom excepted."""


def measure(wall: Wall, trail: Trail, frame_s: float) -> Measures:
    """The figures of one trail of at least six points."""
    at_s, points = trail.at_s, trail.points
    place, scale = wall.to_wall(points), wall.px_per_m(points)
    n = len(at_s)
    part = max(3, n // 4)
    off = left_over(at_s - at_s[0], place, 1)
    longest = trail.sides.max(1)
    largest = np.median(np.sort(longest)[n // 3 :])
    itself = int(np.argmax(longest >= GLIMPSE * largest))
    lag_m = _lag(at_s[itself:], place[itself:])
    edge = min(float(points[0, 0]), wall.size[0] - float(points[0, 0]), float(points[0, 1]))
    return Measures(
        points=n,
        density=n / (round((at_s[-1] - at_s[0]) / frame_s) + 1),
        drop_m=float(place[:part, 1].max() - place[-part:, 1].min()),
        across_m=float(np.ptp(place[:, 0])),
        rise_m=float(place[:, 1].max() - place[0, 1]),
        early_mps=_speed(at_s[:part], place[:part]),
        late_mps=_speed(at_s[-part:], place[-part:]),
        bend_px=float(np.sqrt((off[:, 1] ** 2).mean()) * np.median(scale)),
        lag_px=lag_m * float(scale[0]),
        lag_m=lag_m,
        size_px=float(largest),
        size_m=float(largest / np.median(scale)),
        growth=float(np.median(longest[-part:]) / max(1.0, np.median(longest[:part]))),
        border_px=edge,
    )


def left_over(times: Floats, value: Floats, degree: int) -> Floats:
    """N times, N or NxM values -> what the best polynomial of that degree leaves of them."""
    design = np.vander(times, degree + 1)
    return np.asarray(value - design @ np.linalg.lstsq(design, value, rcond=None)[0])


def _speed(at_s: Floats, place: Floats) -> Floats:
    design = np.stack([at_s - at_s[0], np.ones(len(at_s))], 1)
    return np.asarray(np.linalg.lstsq(design, place, rcond=None)[0][0])


def _lag(at_s: Floats, place: Floats) -> float:
    """Metres by which the first point lies below the line through what follows a quarter of a second later."""
    if len(at_s) < LEAST:
        return 0.0
    later = (at_s > at_s[0] + 0.25) & (at_s < at_s[0] + 1.1)
    if later.sum() < 5:
        return 0.0
    slope, start = np.polyfit(at_s[later] - at_s[0], place[later, 1], 1)
    return float(start - place[:2, 1].mean() + slope * (at_s[1] - at_s[0]) / 2)


def spread_px(size_px: float) -> float:
    """Spread of the centre of a thing of that size: a large one is found in parts."""
    return SPREAD_PX + SPREAD_SHARE * size_px


def noise_px(rows: Floats) -> float:
    """The same for the rows of a `Trail`, by the sides of its boxes."""
    return spread_px(float(np.median(rows[:, 5:7] - rows[:, 3:5])))


def straight(found: Measures) -> bool:
    """Is it fast, and steadily straight down, as what has been falling for long?"""
    down = found.drop_m > max(DROP_M, STRAIGHT_TIMES * found.across_m)
    return -float(found.late_mps[1]) > STRAIGHT_MPS and down and found.bend_px < STRAIGHT_PX


def streak(found: Measures) -> bool:
    """Has it the speed of rain from its first picture to its last?"""
    fast = max(float(found.early_mps[1]), float(found.late_mps[1])) < -STREAK_MPS
    seen = found.points >= LEAST and found.density > STREAK_DENSITY and found.drop_m > STREAK_M
    return fast and seen and found.across_m < found.drop_m / STRAIGHT_TIMES and found.bend_px < STREAK_PX


def unlikely(found: Measures, density: float = DENSITY_MIN) -> str:
    """Why this cannot have been thrown, whatever it is; empty where it can."""
    if found.points < POINTS_MIN or found.density < density:
        return "too short"
    if found.drop_m < DROP_M or found.drop_m < 0.5 * found.across_m:
        return NOT_DOWN
    if found.late_mps[1] > -0.6:
        return "does not fall at its end"
    if found.size_m > 3.0:
        return "too large"
    return ""


def impossible(found: Measures) -> bool:
    """Is it so short or so huge, or so little on its way down or nearer, that no weighing of it is worth while?"""
    nears = found.growth > NEARS and found.points >= NEARS_POINTS
    down = found.late_mps[1] < -SINKS_MPS
    sinks = down and found.drop_m >= DROP_LEAST_M
    arcs = down and found.bend_px > ARCS_PX and found.points >= NEARS_POINTS
    return found.points < POINTS_MIN or found.size_m > HUGE_M or not (sinks or nears or arcs)
