"""What the hub knows of falls, zones and loiterers. Core: frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

MATTERS_MAX = 200
"""That are remembered: a clip comes seconds after its matter, a lane may be blocked for days. Those over go first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One happening that the eyes told of, over all its messages."""

    event_id: str
    """The event that told of it first; what comes later names it as ``reference``."""
    kind: str
    source: str
    """Of its alarm."""
    camera: str
    zone: str = ""
    since_s: float = 0.0
    """Unix time."""
    standing: bool = False
    """It goes on: the lane is still blocked, the person still there."""
    alarmed: bool = False
    """Outside of the zone's schedule nothing is alarmed until the schedule begins."""
    detail: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchView:
    """All of it."""

    matters: Mapping[str, Matter] = field(default_factory=lambda: MappingProxyType({}))
    """By their name, oldest first."""
    eyes_since_mono_s: float | None = None
    """Since when these eyes look; None while there are none."""

    def stands(self, source: str) -> bool:
        """Whether the eyes see anything of this alarm's standing at this moment."""
        return any(matter.standing and matter.source == source for matter in self.matters.values())
