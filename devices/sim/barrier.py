"""A barrier (道闸) as its own controller drives it, and a car as the loops see it. Core: fed contacts and time.

The controller opens on the rising edge of the open contact, closes by itself once a car has cleared the loop
under the arm for ``clear_s``, opens again when something comes onto that loop while it closes, and holds open
while its fire contact is closed. Positions are metres of the car's front along the lane; the arm is at 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field

CAR_LENGTH_M = 4.5
APPROACH_LOOP_M = (-5.0, -2.5)
SAFETY_LOOP_M = (-0.8, 0.8)


def _covers(front_m: float | None, loop_m: tuple[float, float]) -> bool:
    return front_m is not None and front_m >= loop_m[0] and front_m - CAR_LENGTH_M <= loop_m[1]


def on_approach_loop(front_m: float | None) -> bool:
    """Whether a car with its front there stands on the loop before the arm (来车地感)."""
    return _covers(front_m, APPROACH_LOOP_M)


def on_safety_loop(front_m: float | None) -> bool:
    """Whether it stands on the loop under the arm (防砸地感)."""
    return _covers(front_m, SAFETY_LOOP_M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """What the barrier's terminals see."""

    open: bool = False
    close: bool = False
    safety: bool = False
    fire: bool = False


@dataclass(slots=True, kw_only=True)
class SimBarrier:
    """Arm, limits and controller. ``angle`` is 0 down, 1 up. Faults are plain fields that a test or demo sets."""

    open_s: float = 1.2
    close_s: float = 1.6
    clear_s: float = 0.5
    auto_close_s: float | None = None
    """Closes by itself this long after it stands open and no car has come; None: it waits for its car."""
    angle: float = 0.0
    motion: int = 0
    """1 rising, -1 falling, 0 at rest."""
    manual: bool = False
    """The hand crank is in: the motor is dead."""
    stuck: bool = False
    """Fault: the arm does not move."""
    up_limit_stuck: bool | None = None
    """Fault: the upper limit switch always says this."""
    down_limit_stuck: bool | None = None
    _before: Contacts = field(default_factory=Contacts)
    _last_s: float | None = None
    _passed: bool = False
    _quiet_since_s: float | None = None

    @property
    def up_limit(self) -> bool:
        """Upper limit switch (开到位)."""
        return self.angle >= 0.99 if self.up_limit_stuck is None else self.up_limit_stuck

    @property
    def down_limit(self) -> bool:
        """Lower limit switch (关到位)."""
        return self.angle <= 0.01 if self.down_limit_stuck is None else self.down_limit_stuck

    def crank(self, angle: float) -> None:
        """Somebody puts the hand crank in and moves the arm; ``release_crank`` gives the motor back."""
        self.manual, self.motion, self.angle = True, 0, min(1.0, max(0.0, angle))

    def release_crank(self) -> None:
        """The crank is out again."""
        self.manual = False

    def force(self, angle: float) -> None:
        """Somebody lifts or breaks the arm, without the crank."""
        self.angle = min(1.0, max(0.0, angle))

    def step(self, contacts: Contacts, now_s: float) -> None:
        """Let time pass until ``now_s`` with these contacts."""
        passed_s = 0.0 if self._last_s is None else max(0.0, now_s - self._last_s)
        self._last_s = now_s
        if not self.manual:
            self._decide(contacts, now_s)
            self._move(passed_s)
        self._before = contacts

    def _decide(self, contacts: Contacts, now_s: float) -> None:
        if contacts.fire or (contacts.open and not self._before.open):
            self.motion, self._passed, self._quiet_since_s = 1, False, None
            return
        if contacts.safety:
            self._quiet_since_s = None
            if self.motion < 0:
                self.motion = 1
            self._passed = self._passed or self.angle > 0.5
            return
        if contacts.close and not self._before.close:
            self.motion = -1
            return
        if self.motion == 0 and self.angle >= 0.99 and not contacts.open:
            self._close_when_due(now_s)

    def _close_when_due(self, now_s: float) -> None:
        if self._quiet_since_s is None:
            self._quiet_since_s = now_s
        wait_s = self.clear_s if self._passed else self.auto_close_s
        if wait_s is not None and now_s - self._quiet_since_s >= wait_s:
            self.motion, self._passed, self._quiet_since_s = -1, False, None

    def _move(self, passed_s: float) -> None:
        if self.motion == 0 or self.stuck:
            return
        travel_s = self.open_s if self.motion > 0 else self.close_s
        self.angle = min(1.0, max(0.0, self.angle + self.motion * passed_s / travel_s))
        if self.angle in (0.0, 1.0):
            self.motion = 0
