"""Core: the fall that explains a trail best, whenever it began, and how much likelier it is than chance."""

from __future__ import annotations

import numpy as np

from vision.falling.clutter import Clutter
from vision.falling.facade import Wall
from vision.falling.flight import Flight, fit, likeliest
from vision.falling.grades import Grades
from vision.falling.grow import SEEN_SHARE
from vision.falling.measures import Measures, spread_px
from vision.falling.tracks import Trail

BEFORE_S = (0.02, 0.15, 0.35, 0.7, 1.4, 2.2)
"""How long before it was first seen it may have been let go; the first is at once."""
UNSEEN_COST, UNSEEN_COST_PER_S = 8.0, 6.0
"""In squared standard deviations: a start that was not seen must explain the trail so much better."""
USUAL = 4.0
"""A throw as usual as that, seen from its start, is asked no further."""
NOISE_PX, NOISE_SHARE = 0.6, 0.08
"""Of a thing's centre: of the smallest, and the share of its size that is added."""
CLOSE_PX = 0.5
"""The least spread that the points of a trail are believed to have that was carried on."""


def likeliest_fall(wall: Wall, trail: Trail, found: Measures) -> Flight:
    """The likeliest fall, with the start up to two seconds before the thing was first seen."""
    noise_px = NOISE_PX + NOISE_SHARE * found.size_px
    tried: list[tuple[float, Flight]] = []
    for before_s in BEFORE_S:
        flight = fit(wall, trail.at_s, trail.points, float(trail.at_s[0]) - before_s, noise_px)
        unseen = 0.0 if before_s == BEFORE_S[0] else UNSEEN_COST
        cost = found.points * (flight.rms_px / noise_px) ** 2 + flight.prior + unseen + UNSEEN_COST_PER_S * before_s
        tried.append((cost, flight))
        if before_s == BEFORE_S[0] and flight.prior < USUAL:
            break
    return likeliest(tried)


def against_chance(
    wall: Wall, clutter: Clutter, trail: Trail, found: Measures, flight: Flight, faint: Grades | None = None
) -> float:
    """Logarithm of odds that this fall made the trail, and not chance of the clutter or, given, of faint things."""
    off_px = np.linalg.norm(wall.project(flight.place(trail.at_s)) - trail.points, axis=1)
    missed, noise_px = round(len(trail.rows) * (1 / found.density - 1)), spread_px(found.size_px)
    if faint is None:
        return clutter.evidence(trail.points, off_px, noise_px, missed)
    close_px = float(np.clip(1.3 * flight.rms_px, CLOSE_PX, noise_px))
    return faint.evidence(trail, off_px, close_px, missed, SEEN_SHARE)
