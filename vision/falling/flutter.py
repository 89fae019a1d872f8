"""Core: what flutters down: bag, paper, cloth.

It has its final speed after a fifth of a second, as snow, rain and leaves have. So it must have been seen to start
slowly in front of the wall, be larger than a flake or a drop, be seen all the way or plainly, and be unlike what else
comes down at that time.
"""

from __future__ import annotations

import numpy as np

from vision.falling.balls import TOP_M
from vision.falling.facade import Wall
from vision.falling.flight import GRAVITY
from vision.falling.measures import Measures
from vision.falling.tracks import Trail
from vision.falling.weather import Company

HEIGHT_MIN_M = 3.0
"""Lower origins are children's balls and people at the door."""
POINTS = 15
SIZE_M = 1.6
DENSITY = 0.8
"""Least share of the pictures: what flutters is large and slow, and hardly ever lost. Drones and insects that are lost
now and then can look as if they had started slowly."""
PLAIN_DENSITY, PLAIN_POINTS, PLAIN_LAG_PX, PLAIN_LAG_SHARE = 0.5, 50, 4.5, 0.65
PLAIN_PX, PLAIN_BEND_PX, PLAIN_ACROSS = 7.0, 3.0, 0.55
"""A bag that passes before walls of its own grey is lost more often: seen for so long, to start so plainly slowly,
so large, so steadily and so steeply down."""
SLOWED = 2.0
"""What was let go does not come down so much slower at its end than at its beginning; a leaf that sails does."""
SHORT, LARGE_M, GAINS = 60, 1.0, 0.75
"""Points of a large one that is soon over; so much of its last speed it may have at first: a lift has more."""
LAG_SHARE, LAG_MOST = 0.22, 2.5
"""Of the way that a thing at rest falls behind one at its terminal speed, which must be seen; more has a drone, which
hangs before it sinks."""
LAG_PX, LAG_QUIET_PX = 1.2, 0.6
"""By which it must be seen to start slowly; less when nothing else comes down."""
BLOWN, BLOWN_S, BLOWN_PX = 0.7, 5.0, 8.0
"""The way down against the way across: the wind carries a paper that is seen so long; birds do not glide so steeply,
leaves do, but are smaller."""
BEND_PX = 14.0
"""From a steady motion: drones and birds fly as they like."""
UP_MPS = 1.5
"""What is light is not thrown up so fast; near the ground it is a ball."""


def why_not(
    wall: Wall, trail: Trail, found: Measures, company: Company, watched_since_s: float, *, weather: bool = False
) -> str:
    """The reason why it is none, or nothing."""
    speed = -float(found.late_mps[1])
    start = wall.to_wall(trail.points[:1])[0]
    inside = abs(float(start[0])) < wall.width_m / 2 + 1.0
    if found.points < POINTS or (found.density < DENSITY and not plain(found)):
        return "too short"
    if not 0.6 <= speed <= 7.0 or not inside or float(start[1]) < HEIGHT_MIN_M:
        return "not along the wall"
    if found.bend_px > BEND_PX:
        return "flies"
    if float(start[1]) < TOP_M and float(found.early_mps[1]) > UP_MPS:
        return "from the ground"
    if found.drop_m < found.across_m * (BLOWN if _blown(trail, found) else 1.0):
        return "more across than down"
    soon_over = found.points < SHORT and found.size_m > LARGE_M
    if -float(found.early_mps[1]) > (GAINS if soon_over else SLOWED) * speed:
        return "slows down"
    if found.border_px < 12 or trail.at_s[0] < watched_since_s + 0.3:
        return "came from outside"
    if found.size_m > SIZE_M:
        return "too large"
    if found.size_m < 0.12 or found.size_px < 3.5:
        return "too small"
    if found.lag_px < (LAG_QUIET_PX if company.quiet else LAG_PX):
        return "did not start here"
    if found.lag_m < LAG_SHARE * way_to_speed_m(found):
        return "started too suddenly"
    if found.lag_m > LAG_MOST * way_to_speed_m(found):
        return "hung before"
    return "weather" if (weather and not company.begins(found)) or company.hides(trail, found) else ""


def plain(found: Measures) -> bool:
    """Whether it may be lost more often: it was seen long enough, and plainly to begin."""
    long = found.density >= PLAIN_DENSITY and found.points >= PLAIN_POINTS and found.bend_px < PLAIN_BEND_PX
    begins = found.lag_px >= PLAIN_LAG_PX and found.lag_m >= PLAIN_LAG_SHARE * way_to_speed_m(found)
    return long and begins and found.size_px >= PLAIN_PX and found.across_m <= PLAIN_ACROSS * found.drop_m


def way_to_speed_m(found: Measures) -> float:
    """By which a thing at rest falls behind one at that terminal speed."""
    return float(np.log(2) * found.late_mps[1] ** 2 / GRAVITY)


def _blown(trail: Trail, found: Measures) -> bool:
    return bool(trail.at_s[-1] - trail.at_s[0] > BLOWN_S) and found.size_px >= BLOWN_PX
