"""The event: one numbered, chained line of what happened. Core: pure functions and frozen data.

``hash = SHA-256(prev_hash || header || body)`` where header and body are canonical JSON (sorted keys, no spaces,
UTF-8). The sequence has no gaps; the chain makes every later change visible.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GENESIS_HASH = "0" * 64
STRANGER_ROLE = "stranger"
"""Role of a picture with a stranger's face: it ends after a set time and is not handed to a centre."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """Bytes that belong to an event; stored by hash before the event is committed."""

    role: str
    """What it shows: ``frame``, ``crop``, ``clip``."""
    mime: str
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes, which is also the name of the stored file."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDraft:
    """An event before it has a number. ``id`` is unique, so that appending it twice lands once."""

    kind: str
    source: str
    """Which part of the site: ``lane:east-in``, ``camera:east``, ``operator:zhang``, ``gateway``."""
    body: Mapping[str, Any]
    wall_us: int
    """Unix time, microseconds, by the box's clock."""
    mono_ns: int
    """Time since boot, nanoseconds."""
    priority: int = 3
    """0 life safety, 1 alarm, 2 access and audit, 3 ordinary, 4 may go first when the disk is full."""
    attachments: tuple[Attachment, ...] = ()
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A durable event. ``body["media"]`` lists its attachments as ``{role, sha256, size, mime}``."""

    seq: int
    id: str
    kind: str
    source: str
    priority: int
    wall_us: int
    mono_ns: int
    boot_id: str
    clock: str
    """``synced`` or ``unsynced``: whether the wall clock may be trusted."""
    body: str
    """Canonical JSON, exactly the bytes that were hashed."""
    prev: str
    hash: str

    def data(self) -> dict[str, Any]:
        """The body as an object."""
        value: dict[str, Any] = json.loads(self.body)
        return value


def canonical(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces, UTF-8 kept. Raises ValueError on NaN and infinities."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def header(event: Event) -> str:
    """The hashed header: everything but body, prev and hash."""
    return canonical(
        {
            "boot_id": event.boot_id,
            "clock": event.clock,
            "id": event.id,
            "kind": event.kind,
            "mono_ns": event.mono_ns,
            "priority": event.priority,
            "seq": event.seq,
            "source": event.source,
            "wall_us": event.wall_us,
        }
    )


def chain_hash(event: Event) -> str:
    """SHA-256 over the previous hash, the header and the body."""
    return hashlib.sha256(f"{event.prev}{header(event)}{event.body}".encode()).hexdigest()
