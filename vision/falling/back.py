"""Core: of what was followed at its final speed only, the way back to where it was let go.

A small thing against a light wall may be met well only low down, when it falls as fast as the air lets it: a straight,
steady path, which rain has too. Where it came from is in the picture all the same, a faint thing now and then. A fall
fitted in space to what is known leads on for about a second before it errs by some pixels; what lies there is taken,
fitted again, and so on back, as long as the odds grow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from vision.falling.blobs import Pictures
from vision.falling.clutter import Clutter
from vision.falling.facade import Wall
from vision.falling.flight import PRIOR, fit
from vision.falling.grow import MISSED, nearest
from vision.falling.measures import POINTS_MIN, noise_px
from vision.falling.tracks import Trail, rows_of

Floats = NDArray[np.float64]

ROUNDS = 7
STARTS_S = (0.1, 0.4, 0.9, 1.8)
"""Before what is known: when it may have been let go."""
STEP_S = 1.1
ERRS_M, ERRS_MOST_M = 0.5, 0.6
"""By so much the way back errs as long before what is known as that lasts, with the square of the time; at most."""
REACH = 2.5
WORTH = 5.0
"""Logarithm of odds that a further piece of the way must bring."""
LATEST = 60
"""Points that are fitted: the oldest tell of the way back."""


def followed_back(wall: Wall, pictures: Pictures, clutter: Clutter, trail: Trail) -> Trail:
    """The trail with what lies before it on the falls that it may be the end of; `pictures`: oldest first."""
    rows = trail.rows
    for _ in range(ROUNDS):
        first_s = float(rows[0, 0])
        before = [kept for kept in pictures if -STEP_S <= kept[0] - first_s < -1e-3]
        gained = max((_along(wall, before, clutter, rows, start_s) for start_s in STARTS_S), key=lambda one: one[0])
        if gained[0] < WORTH:
            break
        rows = np.concatenate([gained[1], rows])
    if len(rows) == len(trail.rows):
        return trail
    whole = _of_one_fall(wall, rows)
    return Trail(whole, trail.number) if len(whole) >= POINTS_MIN else trail


def _of_one_fall(wall: Wall, rows: Floats) -> Floats:
    """Without what lies beside the fall that all of it together makes: the way back may have gone astray."""
    spread_px = noise_px(rows)
    flight = fit(wall, rows[:, 0], rows[:, 1:3], float(rows[0, 0]) - 0.02, spread_px, (_held_mps(wall, rows),))
    off = np.hypot(*(wall.project(flight.place(rows[:, 0])) - rows[:, 1:3]).T)
    return np.asarray(rows[off < REACH * spread_px])


def _along(wall: Wall, before: Pictures, clutter: Clutter, rows: Floats, start_s: float) -> tuple[float, Floats]:
    """Odds and rows of what lies before the rows on the fall that began so long before.

    An unusual throw lowers the odds.
    """
    spread_px = noise_px(rows)
    known = rows[:LATEST]
    guess = (_held_mps(wall, known),)
    flight = fit(wall, known[:, 0], known[:, 1:3], float(rows[0, 0]) - start_s, spread_px, guess)
    if flight.prior > PRIOR:
        return 0.0, rows[:0]
    scale = float(wall.px_per_m(rows[:1, 1:3])[0])
    lasts_s = float(known[-1, 0] - known[0, 0])
    total, best = 0.0, 0.0
    found: list[Floats] = []
    kept = 0
    way = wall.project(flight.place(np.array([at_s for at_s, _ in before])))
    for (at_s, blobs), point in zip(reversed(before), way[::-1], strict=True):
        ago = float(rows[0, 0]) - at_s
        if ago > start_s + 0.02:
            break
        errs_px = scale * min(ERRS_MOST_M, ERRS_M * (ago / lasts_s) ** 2)
        met = nearest(blobs, point, spread_px + errs_px, REACH, clutter)
        if met is None or met[1] <= MISSED:
            total += MISSED
            continue
        total += met[1]
        found.append(rows_of(blobs, np.array([met[0]]), at_s)[0])
        if total > best:
            best, kept = total, len(found)
    return best - 0.5 * flight.prior, np.array(found[:kept][::-1]).reshape(kept, rows.shape[1])


def _held_mps(wall: Wall, rows: Floats) -> float:
    """Its speed downward, which it has had all the time, or nearly."""
    high, low = wall.to_wall(rows[[0, -1], 1:3])[:, 1]
    return max(2.0, float(high - low) / float(rows[-1, 0] - rows[0, 0]))
