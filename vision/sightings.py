"""What the watching duties can say. Core: frozen data only, importable without cv2 (the hub reads these).

``matter`` names one happening over all its messages and is unique over restarts. Boxes are x, y, width, height and
points x, y in pixels of a picture of ``size`` (width, height), the camera's own. Times as in `vision.observations`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackPoint:
    """Where something was at one frame."""

    at_mono_s: float
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FallSeen:
    """Something fell along a facade; said once, within a second of the end of the fall."""

    camera: str
    matter: str
    size: tuple[int, int]
    floor: int
    """Of its origin, counted as on the facade's lines: floor n lies between lines n-1 and n. 0: above or beside."""
    floor_low: int
    floor_high: int
    """The floors that it may have come from; equal to `floor` when it is clear."""
    column: int
    """Of windows, from the left, from 1; 0 unknown."""
    origin: tuple[float, float]
    height_m: float
    """Of the origin above the ground."""
    speed_mps: float
    """Greatest speed that was measured."""
    kind: Literal["fall", "flutter"]
    """Fell nearly freely, or slowly as a bag or paper does."""
    confidence: float
    track: tuple[TrackPoint, ...]
    started_mono_s: float
    ended_mono_s: float
    captured_mono_s: float
    captured_at_s: float
    """Of the first frame of the fall."""
    picture: bytes = field(repr=False)
    """The path in one picture (JPEG); empty if the link had to drop it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneBlocked:
    """Something has stood in a fire lane for its dwell time; said once, and again (``reminder``) while it stays."""

    camera: str
    zone: str
    matter: str
    size: tuple[int, int]
    reminder: int
    """0 the first time, then counted."""
    from_start: bool
    """It stood there already when watching began."""
    label: Literal["vehicle", "person", "object"]
    box: tuple[int, int, int, int]
    since_mono_s: float
    since_at_s: float
    captured_mono_s: float
    captured_at_s: float
    picture: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneCleared:
    """A lane that was told of as blocked is free again; said once."""

    camera: str
    zone: str
    matter: str
    blocked_s: float
    """From since it stood there until it was gone."""
    captured_mono_s: float
    captured_at_s: float
    picture: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoitererSeen:
    """One person has been in a zone for its dwell time in all; said once per person."""

    camera: str
    zone: str
    matter: str
    size: tuple[int, int]
    dwell_s: float
    returns: int
    """How often the person came back after an absence."""
    box: tuple[int, int, int, int]
    since_mono_s: float
    since_at_s: float
    captured_mono_s: float
    captured_at_s: float
    picture: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoitererGone:
    """A person that was told of has left for longer than the zone's absence; or turned out to be ``known``."""

    camera: str
    zone: str
    matter: str
    dwell_s: float
    known: bool
    captured_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StillKept:
    """A further picture of a matter; may come after it."""

    camera: str
    matter: str
    role: Literal["before", "after", "composite", "close"]
    captured_at_s: float
    picture: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipKept:
    """The seconds round a matter; comes when the seconds after it have passed."""

    camera: str
    matter: str
    media: Literal["video/mp4", "application/zip"]
    """H.264 as the camera coded it, or JPEG pictures with their times in a ZIP file (stored, not deflated)."""
    from_at_s: float
    until_at_s: float
    data: bytes = field(repr=False)


Sighting = FallSeen | ZoneBlocked | ZoneCleared | LoitererSeen | LoitererGone | StillKept | ClipKept
