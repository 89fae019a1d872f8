"""A bundle from the gateway's log and pictures. Shell: reads them, writes one zip file; the gateway may be running.

The same matter of the same log gives the same bytes.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.evidence import layout
from edge.evidence.layout import Medium
from edge.evidence.page import page
from sync.chain import CHECKPOINT_KIND
from sync.errors import BlobDamaged, StoreUnusable, SyncError
from sync.event import Event
from sync.keys import SigningKey
from sync.media import MediaStore
from sync.related import LogView, looking

_EPOCH = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o100644 << 16
_UNIX = 3


class NoSuchEvent(SyncError):
    """There is no event of this id or number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What a bundle is made of."""

    gateway: str
    epoch: int
    subject: Event
    events: tuple[Event, ...]
    complete: bool
    """Every event that belongs to it is there."""
    runs: tuple[tuple[Event, ...], ...]
    media: tuple[Medium, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What an export wrote."""

    path: Path
    sha256: str
    size: int
    subject: Event
    events: int
    media: int
    missing: int
    complete: bool
    checkpointed: bool
    """Every event's chain reaches a signed checkpoint."""
    key_id: str

    def note(self) -> dict[str, str]:
        """What the log says of it."""
        return {
            "event": self.subject.id,
            "seq": str(self.subject.seq),
            "sha256": self.sha256,
            "size": str(self.size),
            "events": str(self.events),
            "media": str(self.media),
            "missing": str(self.missing),
            "complete": "yes" if self.complete else "no",
            "checkpointed": "yes" if self.checkpointed else "no",
            "key_id": self.key_id,
        }


def gather(database: Path, media: MediaStore, key: str) -> Matter:
    """An event by id or number and all that belongs to it; raises NoSuchEvent, StoreUnusable."""
    with looking(database) as log:
        subject = log.find(key)
        if subject is None:
            raise NoSuchEvent(f"日志中没有事件 {key}", f"the log has no event {key}; see menwei events tail")
        events, complete = log.matter(subject)
        runs = log.runs(event.seq for event in events)
        found = _media(log, media, events)
        return Matter(
            gateway=log.gateway,
            epoch=log.epoch,
            subject=subject,
            events=tuple(events),
            complete=complete,
            runs=tuple(map(tuple, runs)),
            media=tuple(found),
        )


def export(matter: Matter, media: MediaStore, key: SigningKey, out: Path, *, offset_s: int, audit: str) -> Written:
    """Write the bundle beside its name and rename it; raises StoreUnusable when it cannot be written or is too large.

    ``audit`` says in the bundle how the export itself is put on record: ``noted`` or ``not noted``.
    """
    manifest = _manifest(matter, key, audit)
    texts = {
        layout.MANIFEST: layout.manifest_text(manifest),
        layout.EVENTS: layout.events_text(matter.events),
        layout.CHAIN: layout.chain_text(matter.runs),
        layout.PAGE: page(manifest, matter.events, matter.media, offset_s=offset_s),
        layout.KEY: key.public_pem(),
    }
    present = [medium for medium in matter.media if not medium.missing]
    total = sum(map(len, texts.values())) + sum(medium.size for medium in present)
    if total > layout.BUNDLE_MAX_BYTES:
        raise StoreUnusable(f"证据包过大：{total} 字节", f"the bundle would take {total} bytes; export events singly")
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in texts.items()}
    digests |= {medium.name: medium.sha256 for medium in present}
    texts[layout.SUMS] = layout.sums_text(digests, key.public_hex)
    texts[layout.SIGNATURE] = bytes.fromhex(key.sign(texts[layout.SUMS]))
    try:
        _write(out, texts, present, media)
        sha256, size = _digest(out), out.stat().st_size
    except OSError as error:
        raise StoreUnusable(f"无法写入 {out}：{error}", f"cannot write {out}: {error}") from error
    return Written(
        path=out,
        sha256=sha256,
        size=size,
        subject=matter.subject,
        events=len(matter.events),
        media=len(present),
        missing=len(matter.media) - len(present),
        complete=matter.complete,
        checkpointed=all(run["checkpoint"] is not None for run in manifest["chain"]),
        key_id=key.id,
    )


def _media(log: LogView, store: MediaStore, events: Sequence[Event]) -> list[Medium]:
    named: dict[str, list[int]] = {}
    said: dict[str, dict[str, object]] = {}
    for sha256, entry, seq in layout.media_named(events):
        seqs = named.setdefault(sha256, [])
        if seq not in seqs:
            seqs.append(seq)
        said[sha256] = {**entry, **said.get(sha256, {})}
    return [_medium(log, store, sha256, said[sha256], seqs) for sha256, seqs in sorted(named.items())]


def _medium(log: LogView, store: MediaStore, sha256: str, said: dict[str, object], seqs: list[int]) -> Medium:
    missing, size = "", said.get("size")
    try:
        size = len(store.read(sha256))
    except BlobDamaged:
        missing = "damaged"
    except OSError:
        missing = "deleted"
    return Medium(
        sha256=sha256,
        mime=str(said.get("mime") or log.mime(sha256) or "application/octet-stream"),
        size=size if isinstance(size, int) else 0,
        role=str(said.get("role") or "picture"),
        events=tuple(seqs),
        missing=missing,
    )


def _manifest(matter: Matter, key: SigningKey, audit: str) -> dict[str, Any]:
    return {
        "format": layout.FORMAT,
        "gateway": matter.gateway,
        "epoch": matter.epoch,
        "subject": {"seq": matter.subject.seq, "id": matter.subject.id},
        "events": [{"seq": event.seq, "id": event.id, "hash": event.hash} for event in matter.events],
        "complete": matter.complete,
        "media": [medium.entry() for medium in matter.media],
        "chain": [
            {
                "first_seq": run[0].seq,
                "last_seq": run[-1].seq,
                "checkpoint": run[-1].seq if run[-1].kind == CHECKPOINT_KIND and len(run) > 1 else None,
            }
            for run in matter.runs
        ],
        "audit": audit,
        "key_id": key.id,
        "public_key": key.public_hex,
    }


def _write(out: Path, texts: dict[str, bytes], media: Sequence[Medium], store: MediaStore) -> None:
    beside = out.with_name(f".{out.name}.part")
    by_name = {medium.name: medium for medium in media}
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
            for name in sorted([*texts, *by_name]):
                info = zipfile.ZipInfo(name, _EPOCH)
                info.external_attr, info.create_system = _REGULAR_FILE, _UNIX
                archive.writestr(info, texts[name] if name in texts else store.read(by_name[name].sha256))
        beside.replace(out)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
