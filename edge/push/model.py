"""A message to be pushed, and what became of it. Core: frozen data only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a channel shall tell."""

    reference: str
    """Id of the event that caused it, or of the self-test."""
    alarm: str
    level: str
    """``guard``, ``supervisor`` or ``manager``; ``test`` for a self-test."""
    priority: int
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushDelivered:
    """A channel took a message."""

    channel: str
    reference: str
    alarms: tuple[tuple[str, str], ...]
    """(alarm, level) of everything that the message tells of."""
    tries: int
    took_s: float
    held: int
    """How many further messages it counts instead of telling them one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushFailed:
    """A channel does not take messages."""

    channel: str
    reference: str
    detail: str
    """Never holds the address: it is a secret."""
    tries: int
    failing_s: float
    lost: int = 0
    """Messages that were given up."""


PushReport = PushDelivered | PushFailed
