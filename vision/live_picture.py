"""What the eyes show while somebody watches: no observation, nothing is decided on it. Core: frozen data only."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePicture:
    """One camera at one moment, made small."""

    camera: str
    width_px: int
    height_px: int
    captured_mono_s: float
    """On the box's monotonic clock: its age can be told in every process."""
    picture: bytes = field(repr=False)
    """JPEG."""
