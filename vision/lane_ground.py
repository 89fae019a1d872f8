"""A fire lane as it looks when nothing stands in it, kept over restarts of the eyes. Core: frozen data only.

The eyes say it, the hub puts it on disk (the eyes write no files) and gives it to the next eyes. To the hub it is
bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

GROUND_BYTES_MAX = 1024 * 1024
"""Of one; a lane at the scale of work has 30 to 150 KB."""

Light = Literal["day", "night"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneGround:
    """The empty lane of one zone by day, or by night (infra-red light included)."""

    camera: str
    zone: str
    light: Light
    form: str
    """Names polygon, picture size and coding: one of another form is of no use."""
    captured_at_s: float
    unfit: int
    """How many kept ones of this zone no longer showed the same; this one replaces them, the next says 0."""
    data: bytes = field(repr=False)
