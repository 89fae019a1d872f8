"""What the hub can tell the eyes after the start. Core: frozen data only, importable without cv2."""

from __future__ import annotations

from dataclasses import dataclass, field

from vision.lane_ground import LaneGround


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryPart:
    """Some of the people to be known. Part 0 begins a new gallery; the last part puts it to use."""

    version: int
    part: int
    parts: int
    model: str
    """Name of the embedder and head of its SHA-256; another model's gallery is refused."""
    dim: int
    people: tuple[str, ...]
    """Person of each row."""
    negative: tuple[int, ...]
    """Rows (of this part) that are look-alikes: not this person."""
    vectors: bytes = field(repr=False)
    """Rows of ``dim`` float32, little-endian, length 1 each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryEdit:
    """A change of the gallery in use: first all rows of ``removed`` go, then the new ones come."""

    version: int
    model: str
    dim: int
    removed: tuple[str, ...]
    people: tuple[str, ...]
    negative: tuple[int, ...]
    vectors: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeFace:
    """Make a template: of a picture that somebody sent, or live from a camera."""

    request_id: str
    camera: str
    """Empty: the picture is here."""
    picture: bytes = field(repr=False, default=b"")
    """JPEG, PNG or WebP, at most 8 MiB less the header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchLive:
    """From now on make live pictures of these cameras and of no others; somebody watches them."""

    cameras: tuple[str, ...]


FaceCommand = GalleryPart | GalleryEdit | ProbeFace
Command = FaceCommand | WatchLive | LaneGround
