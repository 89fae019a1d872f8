"""What the eyes can say. Core: frozen data only, importable without cv2 (the hub reads these).

Times are taken when the frame was captured, never when it was read: ``*_mono_s`` on the box's monotonic clock
(comparable between processes of one boot), ``*_at_s`` as Unix time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from vision.sightings import Sighting


class CameraFault(StrEnum):
    """Why a camera counts as lost."""

    UNREACHABLE = "unreachable"  # cannot be opened
    STALLED = "stalled"  # opened, but no frame within the time-out
    GARBAGE = "garbage"  # bytes arrive, no picture comes out
    BLACK = "black"  # pictures without light or structure
    FROZEN = "frozen"  # the same picture again and again
    ENDED = "ended"  # a file or folder is finished


class Carrier(StrEnum):
    """What a plate is carried by, as its surroundings say that move with it or do not."""

    UNKNOWN = "unknown"  # it has not moved enough yet, or there is nothing to see round it
    VEHICLE = "vehicle"  # what is as wide as a vehicle moves with it, and no more than that
    NO_VEHICLE = "no_vehicle"  # it moves by itself, or with something that is no vehicle, such as a person


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
    """The frame in which the text was read best, as JPEG; empty if the link had to drop it."""
    picture_at_s: float = 0.0
    """When that frame was captured; `box` is the plate's place in it."""
    direction: Literal["nearer", "farther", "unknown"] = "unknown"
    """How the plate has moved so far."""
    carried_by: Carrier = Carrier.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleShown:
    """A plate that was already told of has been seen to move with a vehicle round it; once per visit."""

    camera: str
    visit: str
    captured_mono_s: float


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
    gallery_version: int = -1
    """Of the gallery in use; -1 before there is one."""
    gallery_rows: int = -1
    """Templates in use, look-alikes included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSeen:
    """Somebody looks at a face camera: once per look and outcome (an unsure one may become known later)."""

    camera: str
    look: str
    """Unique over restarts."""
    outcome: Literal["known", "unsure", "stranger"]
    """unsure: too small, dark, moved, not live, or two people too much alike; stranger: seen well, nobody we know."""
    person: str
    """Id of the person who is known; empty otherwise."""
    reason: str
    """Why it is unsure (a key of ``vision.faces.words``); empty otherwise."""
    score: float
    second: float
    """Cosine similarity of the best and of the best other person, means over the deciding frames."""
    threshold: float
    """That held for the number enrolled."""
    live: float
    """Mean liveness over the deciding frames, 0 to 1; -1 where nobody looked."""
    quality: float
    frames: int
    """Frames of this look that were good enough."""
    box: tuple[int, int, int, int]
    captured_mono_s: float
    captured_at_s: float
    read_mono_s: float
    picture: bytes = field(repr=False)
    """The deciding frame as JPEG; empty for somebody known, and where the link had to drop it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceProbed:
    """Answer to a `ProbeFace`: a template for enrolment, or why there is none."""

    camera: str
    """The camera that was looked through; empty for a picture that was sent."""
    request_id: str
    problem: str
    """A key of ``vision.faces.words``; empty when the template is good."""
    quality: float
    live: float
    model: str
    box: tuple[int, int, int, int]
    template: str = field(repr=False)
    """Base64 of a float32 vector of length 1, little-endian; empty with a problem."""
    matches: tuple[str, ...] = ()
    """People already enrolled who look the same."""
    picture: bytes = field(repr=False, default=b"")
    """The face as JPEG for the person at the desk; never stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeShown:
    """A QR code was held to a camera; the same text once per showing."""

    camera: str
    text: str = field(repr=False)
    """A pass may stand in it: never in a log."""
    captured_mono_s: float
    captured_at_s: float


Observation = (
    PlateSeen
    | VehicleShown
    | VisitEnded
    | CameraLost
    | CameraBack
    | CameraImpaired
    | CameraMended
    | DutyOff
    | EyesBeat
    | CodeShown
    | FaceSeen
    | FaceProbed
    | Sighting
)
