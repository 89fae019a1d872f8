"""What the eyes can say. Core: frozen data only, importable without cv2 (the hub reads these).

Times are taken when the frame was captured, never when it was read: ``*_mono_s`` on the box's monotonic clock
(comparable between processes of one boot), ``*_at_s`` as Unix time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class CameraFault(StrEnum):
    """Why a camera counts as lost."""

    UNREACHABLE = "unreachable"  # cannot be opened
    STALLED = "stalled"  # opened, but no frame within the time-out
    GARBAGE = "garbage"  # bytes arrive, no picture comes out
    BLACK = "black"  # pictures without light or structure
    FROZEN = "frozen"  # the same picture again and again
    ENDED = "ended"  # a file or folder is finished


class ViewFault(StrEnum):
    """What is wrong with the view of a camera that still delivers."""

    COVERED = "covered"  # a hand, tape, spray
    MOVED = "moved"  # shifted, turned, or something large stands before it
    BLURRED = "blurred"  # out of focus, wet or dirty
    SLOW = "slow"  # fewer frames than asked for


@dataclass(frozen=True, slots=True)
class PlateCandidate:
    """One text that was read during a visit."""

    text: str
    confidence: float
    """Confidence of its weakest character, 0 to 1, the best over the frames."""
    votes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateSeen:
    """A vehicle's plate, once per visit and outcome (an unsure one may become sure later)."""

    camera: str
    visit: str
    """Unique over restarts."""
    outcome: Literal["sure", "unsure"]
    text: str
    confidence: float
    color: str
    """blue, yellow, green, white, black or unknown."""
    rows: int
    box: tuple[int, int, int, int]
    """x1, y1, x2, y2 in pixels of the picture."""
    candidates: tuple[PlateCandidate, ...]
    frames: int
    """Frames read during the visit so far."""
    captured_mono_s: float
    captured_at_s: float
    """Of the frame that decided."""
    read_mono_s: float
    """When the deciding read was finished."""
    picture: bytes = field(repr=False)
    """The deciding frame as JPEG; empty if the link had to drop it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitEnded:
    """The vehicle left the picture."""

    camera: str
    visit: str
    text: str
    """Best candidate, or empty."""
    started_mono_s: float
    ended_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraLost:
    """A camera gives nothing usable; said once."""

    camera: str
    fault: CameraFault
    detail: str
    since_at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraBack:
    """A camera works (again); said once, also at the first frame after start."""

    camera: str
    down_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraImpaired:
    """A camera delivers, but not what it should show; said once."""

    camera: str
    fault: ViewFault
    detail: str
    since_at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraMended:
    """Its view is as it should be again; said once."""

    camera: str
    fault: ViewFault
    for_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyOff:
    """A duty cannot run (model missing, wrong hash); the rest goes on."""

    camera: str
    duty: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraStats:
    """Counters of one camera since the eyes started."""

    camera: str
    up: bool
    frames_captured: int
    frames_read: int
    frames_dropped: int
    read_ms_mean: float
    age_s: float
    """Age of the newest frame; -1 before the first."""
    read_errors: int = 0
    """Frames on which the reader failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EyesBeat:
    """Heartbeat, once a second."""

    at_mono_s: float
    rss_mb: float
    ready: bool
    """Models are loaded and cameras are being tried."""
    lost_messages: int
    """Observations dropped because the link was full."""
    cameras: tuple[CameraStats, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeShown:
    """A QR code was held to a camera; the same text once per showing."""

    camera: str
    text: str = field(repr=False)
    """A pass may stand in it: never in a log."""
    captured_mono_s: float
    captured_at_s: float


Observation = (
    PlateSeen | VisitEnded | CameraLost | CameraBack | CameraImpaired | CameraMended | DutyOff | EyesBeat | CodeShown
)
