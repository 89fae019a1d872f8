"""What the hub knows of doors, alarm inputs and sirens. Core: frozen data."""

from __future__ import annotations

from dataclasses import dataclass

from config.model import Site as Settings
from edge.doors.machine import Door, DoorRules


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorView:
    """A door: its machine, and whose unlockings wait for it to be opened."""

    machine: Door
    rules: DoorRules
    granted: tuple[str, ...] = ()
    """References of grants since it was last opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputView:
    """An alarm input."""

    active: bool | None = None
    """None: unknown."""
    known: bool | None = None
    """What it said last while it was known."""
    unknown_told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SirenView:
    """A siren; latched from its start until a person resets it."""

    latched: bool = False
    cause: str = ""
    """Kind of the alarm that started it."""
    until_mono_s: float | None = None
    """It sounds until then; None when it is silent."""
    beat_mono_s: float = 0.0
    """When the next beat is due."""
    resume_until_s: float | None = None
    """Unix time until which it should sound, taken from the log after a restart."""
    failing: bool = False


def doors_of(settings: Settings) -> dict[str, DoorView]:
    """All doors before anything was read."""
    return {
        name: DoorView(
            machine=Door(others_clear=not door.interlock),
            rules=DoorRules(
                has_contact=door.contact is not None,
                interlocked=bool(door.interlock),
                escape_route=door.escape_route,
                unlock_s=door.unlock_s,
                held_open_s=door.held_open_s,
            ),
        )
        for name, door in settings.doors.items()
    }
