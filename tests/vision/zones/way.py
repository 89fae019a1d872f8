"""Stretches of people's ways, made up: somebody of these looks walks from there to there and was seen so often."""

from __future__ import annotations

import numpy as np

from vision.zones.people import Person
from vision.zones.piece import Piece

RED = np.array([90, 170, 150] * 4, np.float32)
BLUE = np.array([60, 128, 90] * 4, np.float32)
WIDTH, PERIOD_S = 480.0, 0.2


def person(x: float, looks: np.ndarray, height: float = 60.0, y: float = 160.0) -> Person:
    return Person((x - 0.2 * height, y - height, x + 0.2 * height, y), looks)


def piece(
    number: int,
    from_s: float,
    until_s: float,
    x: tuple[float, float],
    looks: np.ndarray = RED,
    height: float = 60.0,
    *,
    over: bool = True,
    dwell_s: float | None = None,
) -> Piece:
    """In the zone all the time; seen alone five times a second, and no more from `until_s` on."""
    first, last = person(x[0], looks, height), person(x[1], looks, height)
    edge = max(0.0, min(first.box[0], WIDTH - first.box[2])) / height
    made = Piece(number, last.box, from_s, first.foot, edge, True, seen_s=until_s, alone_s=until_s)
    made.last, made.height, made.over, made.moved = last.foot, height, over, True
    made.velocity = ((x[1] - x[0]) / max(0.2, until_s - from_s), 0.0)
    made.to_edge = min(last.box[0], WIDTH - last.box[2]) < height
    made.inside = made.ends_inside = True
    made.entered_s, made.inside_s = from_s, until_s
    made.dwell_s = until_s - from_s if dwell_s is None else dwell_s
    for _ in range(max(1, round((until_s - from_s) / PERIOD_S))):
        made.portrait.add(first)
    return made
