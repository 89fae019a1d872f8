"""The published format of a bundle: names, lists, what is signed. Core: pure (docs/evidence.md is the norm)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.event import Event, canonical

FORMAT = "menwei.evidence.1"
MANIFEST, EVENTS, CHAIN, PAGE = "manifest.json", "events.json", "chain.ndjson", "index.html"
SUMS, SIGNATURE, KEY = "SHA256SUMS", "SHA256SUMS.sig", "key.pem"
REQUIRED = (MANIFEST, EVENTS, CHAIN, PAGE, KEY)

FILES_MAX = 4096
TEXT_MAX_BYTES = 64 * 1024 * 1024
MEDIA_MAX_BYTES = 64 * 1024 * 1024
BUNDLE_MAX_BYTES = 1024 * 1024 * 1024

NAME = re.compile(r"(?:media/)?[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
MEDIA_NAME = re.compile(r"media/([0-9a-f]{64})\.[a-z0-9]{1,5}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LINE = re.compile(r"([0-9a-f]{64})  ([^\n]+)")
_HEADER = re.compile(r"# menwei\.evidence\.1 key ([0-9a-f]{64})")
_SUFFIXES = {
    "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "video/mp4": "mp4", "video/x-msvideo": "avi",
    "audio/wav": "wav", "application/json": "json",
    "application/zip": "zip",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """One attachment of the matter, once, however many events name it."""

    sha256: str
    mime: str
    size: int
    role: str
    events: tuple[int, ...]
    """Sequence numbers of the events that name it."""
    missing: str = ""
    """``deleted`` or ``damaged`` where the bytes are no longer there; empty where they are."""

    @property
    def name(self) -> str:
        """Its name in the bundle; the hash is part of it, so that it accuses itself when it was altered."""
        return f"media/{self.sha256}.{_SUFFIXES.get(self.mime, 'bin')}"

    def entry(self) -> dict[str, Any]:
        """Its line in the manifest."""
        fields = {"sha256": self.sha256, "mime": self.mime, "size": self.size, "role": self.role}
        where = {"missing": self.missing} if self.missing else {"name": self.name}
        return {**fields, **where, "events": list(self.events)}


def media_named(events: Sequence[Event]) -> list[tuple[str, dict[str, Any], int]]:
    """(sha256, what the body says of it, seq) for every picture that the events name, in order."""
    found = []
    for event in events:
        body = body_of(event)
        entries = body.get("media")
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict) and _is_digest(entry.get("sha256")):
                found.append((entry["sha256"], entry, event.seq))
        if _is_digest(body.get("picture")):
            found.append((body["picture"], {}, event.seq))
    return found


def body_of(event: Event) -> dict[str, Any]:
    """The body as an object; empty when it is none."""
    try:
        value = json.loads(event.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def events_text(events: Sequence[Event]) -> bytes:
    """``events.json``: the matter's events for people and programs; the proof is in ``chain.ndjson``."""
    plain = [
        {
            "seq": event.seq, "id": event.id, "kind": event.kind, "source": event.source, "priority": event.priority,
            "wall_us": event.wall_us, "clock": event.clock, "body": body_of(event), "hash": event.hash,
        }
        for event in events
    ]  # fmt: skip
    return (json.dumps(plain, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def manifest_text(manifest: Mapping[str, Any]) -> bytes:
    """``manifest.json``."""
    return (json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def sums_text(digests: Mapping[str, str], public_hex: str) -> bytes:
    """``SHA256SUMS``: what is signed, and what ``sha256sum -c`` reads. Its first line keeps the signature apart from
    every other thing that this key signs (those begin with a brace)."""
    lines = [f"{digest}  {name}" for name, digest in sorted(digests.items())]
    return ("\n".join([f"# {FORMAT} key {public_hex}", *lines]) + "\n").encode()


def parse_sums(text: bytes) -> tuple[dict[str, str], str]:
    """Digests by name, and the public key of the first line; raises ValueError naming the bad line."""
    lines = text.decode("utf-8", "strict").split("\n")
    header = _HEADER.fullmatch(lines[0])
    if header is None or lines[-1] != "":
        raise ValueError(f"line 1 or the end is not that of {FORMAT}")
    digests: dict[str, str] = {}
    for number, line in enumerate(lines[1:-1], start=2):
        found = _LINE.fullmatch(line)
        if found is None or not NAME.fullmatch(found[2]) or found[2] in digests:
            raise ValueError(f"line {number}")
        digests[found[2]] = found[1]
    return digests, header[1]


def chain_text(runs: Sequence[Sequence[Event]]) -> bytes:
    """``chain.ndjson``: every run of the chain, an event a line, with the very text that was hashed."""
    lines = [canonical({name: getattr(event, name) for name in Event.__slots__}) for run in runs for event in run]
    return ("\n".join(lines) + "\n").encode()


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None
