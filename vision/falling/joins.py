"""Core: two trails of one thing that was hidden in between: behind a rail, a tree, a wall of its own grey.

Alone the first is too short, and the second, at its final speed, might be anything that came down. Together they are a
fall or they are not: what they say is judged as strictly as what was gathered from many things (`judge_agreed`).
"""

from __future__ import annotations

from collections import deque

import numpy as np

from vision.falling.facade import Wall
from vision.falling.flight import GRAVITY
from vision.falling.grades import usual_strength
from vision.falling.tracks import Trail

KEPT = 128
GAP_S = 2.5
"""So long a thing may be hidden."""
LEAST = 12
"""Points of the second trail: what is hidden again at once proves nothing."""
TRIED = 2
TIMES = 3.0
"""Between the strengths of both, which weigh as much as a second between both: the likest are tried first."""
BESIDE_MPS, BESIDE_M = 1.5, 0.5
"""How far beside the first the second may begin."""
SLOWEST = 0.35
"""Of the speed with which the second begins: the least mean speed on the way between."""


class Ended:
    """Trails that have ended lately and were no fall."""

    def __init__(self, wall: Wall) -> None:
        self._wall = wall
        self._kept: deque[Trail] = deque(maxlen=KEPT)

    def take(self, trail: Trail) -> None:
        """Remembers one."""
        self._kept.append(trail)

    def joined(self, second: Trail) -> list[Trail]:
        """The trail behind those that it may go on from, the likest first; nothing when it is too short."""
        if len(second.rows) < LEAST:
            return []
        first_s = float(second.at_s[0])
        lately = [one for one in self._kept if 0 < first_s - float(one.at_s[-1]) < GAP_S]
        found = [one for one in lately if self._leads(one, second)]
        strength = max(1.0, usual_strength(second))

        def unlike(one: Trail) -> float:
            times = abs(np.log(max(1.0, usual_strength(one)) / strength)) / np.log(TIMES)
            return float(times + first_s - one.at_s[-1])

        found.sort(key=unlike)
        return [Trail(np.concatenate([one.rows, second.rows]), second.number) for one in found[:TRIED]]

    def _leads(self, one: Trail, second: Trail) -> bool:
        (x0, z0), (x1, z1) = self._wall.to_wall(np.stack([one.points[-1], second.points[0]]))
        late = self._wall.to_wall(second.points[:LEAST])
        passed_s = float(second.at_s[0] - one.at_s[-1])
        speed_mps = float(late[0, 1] - late[-1, 1]) / float(second.at_s[LEAST - 1] - second.at_s[0])
        way_m = float(z0 - z1)
        beside_m = BESIDE_M + BESIDE_MPS * passed_s
        least_m = max(SLOWEST * speed_mps, speed_mps - GRAVITY * passed_s) * passed_s
        return abs(float(x1 - x0)) < beside_m and least_m < way_m < speed_mps * passed_s + BESIDE_M
