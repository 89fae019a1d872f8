"""What ``react`` wants done. Core: frozen data; ``effects`` carries it out, in this order within one step."""

from __future__ import annotations

from dataclasses import dataclass, field

from devices.messages import Command
from edge.push.model import Notice
from sync.event import EventDraft
from sync.records import Change


@dataclass(frozen=True, slots=True)
class Record:
    """Append an event, together with list changes, in one transaction."""

    draft: EventDraft
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Send:
    """Give a command to its device, after the records that stand before it in the step.

    Commands of priority FIRE and SAFETY do not wait for the log.
    """

    command: Command


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict on a person's act, for the one who waits for it."""

    request_id: str
    ok: bool
    reason: str
    detail: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Confirm:
    """Tell, as ``Written``, whether the step's records are durable: what uses something up opens only then."""

    reference: str


@dataclass(frozen=True, slots=True)
class Notify:
    """Hand a message to push channels; it waits for nothing, also not for the log."""

    notice: Notice
    channels: tuple[str, ...]


Intent = Record | Send | Answer | Confirm | Notify
