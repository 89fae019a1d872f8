"""Core: why what most things around a piece agree on may yet be several things.

It was chosen from many paths, so chance is nearer than with a trail that was followed: it must fit more closely, bend
more, and be one thing all the way.
"""

from __future__ import annotations

import numpy as np

from vision.falling.flight import Flight
from vision.falling.grades import strength_of
from vision.falling.measures import Measures
from vision.falling.tracks import Trail

SIZE_PX = 20.0
"""Larger things are followed well enough."""
RMS = 1.0
"""Distance from the flight, in spreads of the centre."""
BEND, BEND_PLAIN, EVIDENCE_PLAIN = 4.5, 3.5, 90.0
"""From a steady motion, in distances from the flight; less with odds that no choice among many explains."""
PRIOR, PRIOR_PLAIN = 6.0, 9.0
"""How unusual the throw may be; with such odds."""
GAP_S, GAP_LONGEST_S, GAP_PLAIN_S = 0.6, 1.6, 4.0
"""Unseen for longer than the first, the first and the last part must tell by themselves; for longer than the second,
or with such odds the third, it is two things."""
EVIDENCE_PART = 30.0
"""Least logarithm of the odds of such a part."""
TIMES = 30.0
"""Between the strength at its beginning and at its end."""


STRAY_S, STRAYS = 0.3, 2
"""Points so few, beyond so long a gap, at an end, may be of anything: unless they fit closely, they witness no bend."""


def without_strays(trail: Trail) -> Trail:
    """The trail without points that stand apart at its ends."""
    rows = trail.rows
    while len(rows) > STRAYS:
        gaps = np.flatnonzero(np.diff(rows[:, 0]) > STRAY_S) + 1
        if len(gaps) and gaps[0] <= STRAYS:
            rows = rows[gaps[0] :]
        elif len(gaps) and len(rows) - gaps[-1] <= STRAYS:
            rows = rows[: gaps[-1]]
        else:
            break
    return Trail(rows, trail.number)


def parts(trail: Trail) -> list[slice]:
    """Of the rows, between the times when it was long unseen."""
    cuts = (np.flatnonzero(np.diff(trail.at_s) > GAP_S) + 1).tolist()
    return [slice(a, b) for a, b in zip([0, *cuts], [*cuts, len(trail.rows)], strict=True)]


def doubt(trail: Trail, found: Measures, flight: Flight, noise_px: float, odds: float = 0.0) -> str:
    """The reason, or nothing; `odds`: their logarithm, against chance."""
    strength = strength_of(trail.sides, trail.rows[:, 7])
    third = len(strength) // 3
    early, late = float(np.median(strength[:third])), float(np.median(strength[-third:]))
    plain = odds >= EVIDENCE_PLAIN
    prior, bend, longest_s = (PRIOR_PLAIN, BEND_PLAIN, GAP_PLAIN_S) if plain else (PRIOR, BEND, GAP_LONGEST_S)
    if found.size_px > SIZE_PX:
        return "too large"
    if flight.rms_px > RMS * noise_px:
        return "no fall fits"
    if flight.prior > prior:
        return "not let go by hand"
    if found.bend_px < bend * flight.rms_px:
        return "steady speed"
    if float(np.diff(trail.at_s).max()) > longest_s or max(early, late) > TIMES * min(early, late):
        return "several things"
    return ""
