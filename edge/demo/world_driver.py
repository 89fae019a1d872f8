"""A car and its driver on one lane of the demonstration. Core: fed time and the arm, returns what happened.

Positions are metres of the car's nose along the lane: the arm is at 0, the driver stops at ``STOP_M``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vision.sim.car import Look

START_M = -26.0
STOP_M = -1.2
GONE_M = 9.0
_CAR_LENGTH_M = 4.5
_CLEAR_M = 0.8 + _CAR_LENGTH_M
"""Its rear has left the loop under the arm."""
_SPEED_M_S = 7.0
_BACKING_M_S = 4.0
_ACCELERATION_M_S2 = 2.5
_LOOK_S = 0.6
"""A driver needs this long to see that the way is free."""


class Phase(StrEnum):
    """What the driver is doing."""

    COMING = "coming"
    WAITING = "waiting"
    PASSING = "passing"
    BACKING = "backing"
    GONE = "gone"


@dataclass(slots=True)
class Driver:
    """One visit; ``step`` until ``phase`` is GONE."""

    look: Look
    patience_s: float
    position_m: float = START_M
    phase: Phase = Phase.COMING
    _speed_m_s: float = _SPEED_M_S
    _waited_s: float = 0.0
    _free_s: float = 0.0
    _cleared: bool = False

    def give_up(self) -> None:
        """The driver is sent away; one who already drives through goes on."""
        if self.phase in (Phase.COMING, Phase.WAITING):
            self.phase, self._speed_m_s = Phase.BACKING, 0.0

    def step(self, passed_s: float, arm_up: bool) -> tuple[str, ...]:
        """Let time pass; returns events in order: car_at_line, car_passed, car_refused, car_left."""
        match self.phase:
            case Phase.COMING:
                return self._come(passed_s)
            case Phase.WAITING:
                return self._wait(passed_s, arm_up)
            case Phase.PASSING:
                return self._pass(passed_s)
            case Phase.BACKING:
                return self._back(passed_s)
        return ()

    def _come(self, passed_s: float) -> tuple[str, ...]:
        left_m = STOP_M - self.position_m
        # Brakes so that it stands at the line: v^2 = 2 a s, and crawls the last centimetres.
        self._speed_m_s = min(_SPEED_M_S, max(0.4, (2 * _ACCELERATION_M_S2 * max(left_m, 0.0)) ** 0.5))
        self.position_m += self._speed_m_s * passed_s
        if self.position_m < STOP_M:
            return ()
        self.position_m, self._speed_m_s, self.phase = STOP_M, 0.0, Phase.WAITING
        return ("car_at_line",)

    def _wait(self, passed_s: float, arm_up: bool) -> tuple[str, ...]:
        self._waited_s += passed_s
        self._free_s = self._free_s + passed_s if arm_up else 0.0
        if self._free_s >= _LOOK_S:
            self.phase = Phase.PASSING
        elif self._waited_s >= self.patience_s:
            self.give_up()
            return ("car_refused",)
        return ()

    def _pass(self, passed_s: float) -> tuple[str, ...]:
        self._speed_m_s = min(_SPEED_M_S, self._speed_m_s + _ACCELERATION_M_S2 * passed_s)
        self.position_m += self._speed_m_s * passed_s
        if self.position_m >= GONE_M:
            self.phase = Phase.GONE
        if self.position_m >= _CLEAR_M and not self._cleared:
            self._cleared = True
            return ("car_passed",)
        return ()

    def _back(self, passed_s: float) -> tuple[str, ...]:
        self._speed_m_s = min(_BACKING_M_S, self._speed_m_s + _ACCELERATION_M_S2 * passed_s)
        self.position_m -= self._speed_m_s * passed_s
        if self.position_m > START_M:
            return ()
        self.phase = Phase.GONE
        return ("car_left",)
