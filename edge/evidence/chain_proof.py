"""The chain of a bundle, from its events to a signed checkpoint. Core: pure; the signature check is passed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from edge.evidence import layout
from sync.chain import CHECKPOINT_KIND, ChainCheck, SignatureCheck
from sync.errors import WireError
from sync.event import Event
from sync.wire import decode_event


@dataclass(slots=True, kw_only=True)
class ChainProof:
    """How far the chain proves the events."""

    state: str
    detail: str = ""
    subject: int = 0
    events: int = 0
    altered: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)


def prove(text: str, events: bytes, manifest: dict[str, Any], check: SignatureCheck) -> ChainProof:
    """Check ``chain.ndjson`` against itself, against the manifest and against ``events.json``."""
    try:
        chain = [decode_event(line) for line in text.removesuffix("\n").split("\n")]
        wanted = {int(item["seq"]): (str(item["id"]), str(item["hash"])) for item in manifest["events"]}
        subject = int(manifest["subject"]["seq"])
        gateway = str(manifest["gateway"])
    except (WireError, KeyError, TypeError, ValueError) as error:
        return ChainProof(state="broken", detail=f"unreadable: {error}"[:200])
    fault, signed = _walk(chain, gateway, check)
    by_seq = {event.seq: event for event in chain}
    proof = ChainProof(state="checkpoint", subject=subject, events=len(wanted))
    own = [by_seq[seq] for seq in sorted(wanted) if seq in by_seq]
    if fault:
        proof.state, proof.detail = "broken", fault
    elif len(own) != len(wanted) or any((event.id, event.hash) != wanted[event.seq] for event in own):
        proof.state, proof.detail = "broken", "the manifest names events that the chain does not hold"
    elif subject not in wanted:
        proof.state, proof.detail = "broken", "the subject is none of the events"
    elif not wanted.keys() <= signed:
        proof.state = "head"
        proof.detail = f"no signed checkpoint after {min(wanted.keys() - signed)}"
    if proof.state == "broken":
        proof.altered.add(layout.CHAIN)
    elif layout.events_text(own) != events:
        proof.altered.add(layout.EVENTS)
    proof.missing = _media_missing(own, manifest)
    return proof


def _walk(chain: list[Event], gateway: str, check: SignatureCheck) -> tuple[str, set[int]]:
    """The first fault in words (empty for none), and the events that a later signed checkpoint covers."""

    signed: set[int] = set()
    run: list[int] = []
    walk = ChainCheck(gateway=gateway, check=check)
    last = 0
    for event in chain:
        if event.seq <= last:
            return f"seq {event.seq}: order", signed
        if event.seq != walk.seq + 1 or not run:
            walk = ChainCheck(gateway=gateway, check=check, seq=event.seq - 1, hash=event.prev)
            run = []
        fault = walk.step(event)
        if fault:
            return f"seq {fault.seq}: {fault.why}", signed
        if event.kind == CHECKPOINT_KIND:
            signed.update(run)
            run = []
        run.append(event.seq)
        last = event.seq
    return "", signed


def _media_missing(events: list[Event], manifest: dict[str, Any]) -> set[str]:
    """Pictures that the events name and that the manifest neither holds nor owns up to as missing."""
    entries = manifest.get("media")
    known = {str(e.get("sha256")): e for e in entries if isinstance(e, dict)} if isinstance(entries, list) else {}
    gone = {sha256 for sha256, _, _ in layout.media_named(events) if sha256 not in known}
    named = {str(entry["name"]) for entry in known.values() if "name" in entry}
    return {f"media/{sha256}" for sha256 in gone} | named
