"""Core: the life of one camera's connection, as a machine with named states. Time is passed in.

It says lost once and back once, whatever happens in between: a camera that is dead, then black, then dead
again is one outage. A short gap (less than ``lost_after_s``) is not worth a word.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from vision.observations import CameraFault

BACKOFF_FIRST_S = 1.0
BACKOFF_MAX_S = 30.0
STEADY_S = 10.0
"""A connection that lasted this long has earned a fresh back-off."""


class Phase(StrEnum):
    """Where the connection stands."""

    CONNECTING = "connecting"  # to be opened now
    STREAMING = "streaming"  # open
    WAITING = "waiting"  # failed; to be tried again at ``retry_at_s``
    FINISHED = "finished"  # a file that is over; never tried again


@dataclass(frozen=True, slots=True)
class Lost:
    """Nothing usable since this moment of the monotonic clock."""

    fault: CameraFault
    detail: str
    since_s: float


@dataclass(frozen=True, slots=True)
class Back:
    """Usable again."""

    down_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """State of one camera's connection. Every method returns the next state, and what is to be said, if any."""

    lost_after_s: float
    usable_s: float
    """Last moment that a usable picture came; at first the start."""
    phase: Phase = Phase.CONNECTING
    up: bool = False
    """What was said last: back (True) or, after `lost`, nothing."""
    said_lost: bool = False
    fault: CameraFault = CameraFault.UNREACHABLE
    detail: str = ""
    failures: int = 0
    opened_s: float = 0.0
    retry_at_s: float = 0.0

    def opened(self, now_s: float) -> Connection:
        """The source is open; no picture has come yet."""
        return replace(self, phase=Phase.STREAMING, opened_s=now_s)

    def usable(self, now_s: float) -> tuple[Connection, Back | None]:
        """A good picture came."""
        failures = 0 if now_s - self.opened_s >= STEADY_S else self.failures
        down_s = now_s - self.usable_s if self.said_lost else 0.0
        said = None if self.up else Back(down_s)
        return replace(self, usable_s=now_s, up=True, said_lost=False, failures=failures), said

    def unusable(self, now_s: float, fault: CameraFault, detail: str) -> tuple[Connection, Lost | None]:
        """A picture came that is black, frozen or the like; the stream goes on."""
        return replace(self, fault=fault, detail=detail).tick(now_s)

    def failed(self, now_s: float, fault: CameraFault, detail: str, *, jitter: float) -> tuple[Connection, Lost | None]:
        """Opening or reading failed. `jitter` is 0 to 1: cameras behind one dead switch must not knock together."""
        if fault is CameraFault.ENDED:
            over = replace(self, phase=Phase.FINISHED, fault=fault, detail=detail)
            return over._lost()
        wait_s = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2.0 ** min(self.failures, 10)) * (0.75 + 0.25 * jitter)
        waiting = replace(
            self,
            phase=Phase.WAITING,
            fault=fault,
            detail=detail,
            failures=self.failures + 1,
            retry_at_s=now_s + wait_s,
        )
        return waiting.tick(now_s)

    def tick(self, now_s: float) -> tuple[Connection, Lost | None]:
        """Time passes: an outage may have become worth a word, a wait may be over."""
        state = self
        if state.phase is Phase.WAITING and now_s >= state.retry_at_s:
            state = replace(state, phase=Phase.CONNECTING)
        if not state.said_lost and now_s - state.usable_s >= state.lost_after_s:
            return state._lost()
        return state, None

    def _lost(self) -> tuple[Connection, Lost | None]:
        if self.said_lost:
            return self, None
        return replace(self, up=False, said_lost=True), Lost(self.fault, self.detail, self.usable_s)
