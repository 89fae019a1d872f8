"""The hash chain and what is signed about it. Core: pure; signatures are checked by a function that is passed in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sync.event import GENESIS_HASH, Event, canonical, chain_hash

CHECKPOINT_KIND = "log.checkpoint"

SignatureCheck = Callable[[str, bytes, str], bool]
"""(public key hex, message, signature hex) -> whether it holds."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The first bad row of a chain."""

    seq: int
    why: str
    """``gap``, ``order``, ``prev``, ``hash``, ``checkpoint``, ``unreadable``."""


@dataclass(slots=True)
class ChainCheck:
    """Walks a chain event by event, so that a file of any length is checked in constant memory.

    ``step`` returns the fault of this event, or None; after a fault the walk is over.
    """

    gateway: str = ""
    check: SignatureCheck | None = None
    """With it, the signature of every ``log.checkpoint`` is checked too."""
    public_key: str = ""
    """The key that must have signed; empty takes the key that the first checkpoint names."""
    seq: int = 0
    hash: str = GENESIS_HASH
    checkpoints: int = 0

    def step(self, event: Event) -> Fault | None:
        """Check the next event against the one before."""
        why = self._why(event)
        if why:
            return Fault(event.seq if isinstance(event.seq, int) else self.seq + 1, why)
        self.seq, self.hash = event.seq, event.hash
        return None

    def _why(self, event: Event) -> str:
        if event.seq != self.seq + 1:
            return "gap" if event.seq > self.seq + 1 else "order"
        if event.prev != self.hash:
            return "prev"
        try:
            if chain_hash(event) != event.hash:
                return "hash"
        except (TypeError, ValueError):
            return "hash"
        if event.kind == CHECKPOINT_KIND and self.check is not None:
            return self._checkpoint(event, self.check)
        return ""

    def _checkpoint(self, event: Event, check: SignatureCheck) -> str:
        body = event.data()
        self.public_key = self.public_key or str(body.get("public_key", ""))
        same = body.get("seq") == event.seq - 1 and body.get("hash") == event.prev
        named = not self.gateway or body.get("gateway") == self.gateway
        message = checkpoint_message(str(body.get("gateway")), body.get("epoch"), event.seq - 1, event.prev)
        if same and named and check(self.public_key, message, str(body.get("signature"))):
            self.checkpoints += 1
            return ""
        return "checkpoint"


def verify_chain(events: Iterable[Event], *, after_seq: int = 0, after_hash: str = GENESIS_HASH) -> Fault | None:
    """The first bad event of a run that follows ``(after_seq, after_hash)``; None when all hold."""
    walk = ChainCheck(seq=after_seq, hash=after_hash)
    for event in events:
        fault = walk.step(event)
        if fault:
            return fault
    return None


def checkpoint_message(gateway: str, epoch: Any, seq: int, head: str) -> bytes:
    """What the gateway signs about its head."""
    return canonical(
        {"type": "menwei.checkpoint.1", "gateway": gateway, "epoch": epoch, "seq": seq, "hash": head}
    ).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRecord:
    """The gateway's signed word that it pruned everything up to ``last_seq``; the chain goes on from ``last_hash``."""

    gateway: str
    epoch: int
    last_seq: int
    last_hash: str
    wall_us: int
    key_id: str
    public_key: str
    signature: str = ""

    def message(self) -> bytes:
        """The signed bytes."""
        return canonical(
            {"type": "menwei.gap.1", **{k: v for k, v in self.as_dict().items() if k != "signature"}}
        ).encode()

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "gateway": self.gateway,
            "epoch": self.epoch,
            "last_seq": self.last_seq,
            "last_hash": self.last_hash,
            "wall_us": self.wall_us,
            "key_id": self.key_id,
            "public_key": self.public_key,
            "signature": self.signature,
        }

    @staticmethod
    def from_dict(value: Any) -> GapRecord:
        """Read what ``as_dict`` wrote; raises ValueError when it is something else."""
        try:
            record = GapRecord(**value)
        except TypeError as error:
            raise ValueError(f"not a gap record: {json.dumps(value, default=str):.200}") from error
        whole = all(type(number) is int for number in (record.epoch, record.last_seq, record.wall_us))
        words = (record.gateway, record.last_hash, record.key_id, record.public_key, record.signature)
        if not whole or not all(isinstance(word, str) for word in words) or record.last_seq < 1:
            raise ValueError(f"not a gap record: {json.dumps(value, default=str):.200}")
        return record
