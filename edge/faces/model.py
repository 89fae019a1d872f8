"""What enrolment speaks of. Core: frozen data only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.faces.rules import ConsentWish


@dataclass(frozen=True, slots=True)
class Embedder:
    """Templates of another ``model`` are of no use to this one."""

    model: str
    """Name and head of the SHA-256 of its file, as ``vision.faces.embed.model_key`` says it."""
    dim: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One person to be enrolled."""

    person: str
    name: str
    place: str = ""
    pictures: tuple[Path, ...] = ()
    consent: ConsentWish
    left_out: int = 0
    """Pictures above ``intake.PICTURES_MAX``."""
