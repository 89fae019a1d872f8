"""Core: how soon something that failed may be started again. A pure function of time.

At once the first time, then with growing waits; at most five starts in a minute. Past that it stays down a
minute, says so, and is tried once a minute from then on: a gate must not need a visit.
"""

from __future__ import annotations

from dataclasses import dataclass

WINDOW_S = 60.0
STARTS_MAX = 5
REST_S = 60.0
WAITS_S = (0.0, 0.5, 1.0, 2.0, 4.0)
"""Before the first, second … restart of one window."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The restarts of the last minute."""

    restarts_s: tuple[float, ...] = ()
    resting: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """When to start again."""

    wait_s: float
    gave_up: bool
    """The ceiling is reached: this is a fault that needs a person, though we go on trying."""


def after_loss(ceiling: Ceiling, now_s: float) -> tuple[Ceiling, Verdict]:
    """The verdict on a loss at `now_s` (monotonic), and the state that remembers the restart."""
    recent = tuple(at_s for at_s in ceiling.restarts_s if now_s - at_s < WINDOW_S)
    if len(recent) >= STARTS_MAX or (ceiling.resting and recent):
        return Ceiling((now_s + REST_S,), resting=True), Verdict(REST_S, gave_up=True)
    wait_s = WAITS_S[min(len(recent), len(WAITS_S) - 1)]
    return Ceiling((*recent, now_s + wait_s)), Verdict(wait_s, gave_up=False)
