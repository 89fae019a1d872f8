"""From draft to event: limits, canonical body, media entries, number and hash. Core: pure.

A draft that can never be stored is refused here, in the caller's thread, before it joins a batch.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sync.errors import DraftRefused
from sync.event import Attachment, Event, EventDraft, canonical, chain_hash

BODY_MAX_BYTES = 256 * 1024
ATTACHMENT_MAX_BYTES = 8 * 1024 * 1024
ATTACHMENTS_MAX = 16
_TEXT_MAX_BYTES = 200
_INT_MAX = 2**63 - 1
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A draft that is known to fit; ``text`` is its body without the media entries."""

    id: str
    kind: str
    source: str
    priority: int
    wall_us: int
    mono_ns: int
    text: str
    attachments: tuple[Attachment, ...] = ()
    lost: str = ""
    """Why the attachments are not stored; empty when they are."""

    @property
    def attachment_bytes(self) -> int:
        """Bytes that wait in memory for the disk."""
        return 0 if self.lost else sum(len(item.data) for item in self.attachments)

    def without_media(self, why: str) -> Prepared:
        """The same event whose pictures are recorded by hash, but not stored."""
        return replace(self, lost=why) if self.attachments and not self.lost else self


def prepared(draft: EventDraft) -> Prepared:
    """Check and encode one draft; raises DraftRefused with the field and its limit."""
    for name in ("id", "kind", "source"):
        _check_text(name, getattr(draft, name))
    for name in ("wall_us", "mono_ns", "priority"):
        _check_int(name, getattr(draft, name))
    _check_attachments(draft.attachments)
    return Prepared(
        id=draft.id,
        kind=draft.kind,
        source=draft.source,
        priority=draft.priority,
        wall_us=draft.wall_us,
        mono_ns=draft.mono_ns,
        text=_encoded(draft.body, draft.kind, media=bool(draft.attachments)),
        attachments=tuple(draft.attachments),
    )


def sealed(item: Prepared, *, seq: int, prev: str, boot_id: str, clock: str) -> Event:
    """The numbered and chained event."""
    event = Event(
        seq=seq,
        id=item.id,
        kind=item.kind,
        source=item.source,
        priority=item.priority,
        wall_us=item.wall_us,
        mono_ns=item.mono_ns,
        boot_id=boot_id,
        clock=clock,
        body=body_with_media(item),
        prev=prev,
        hash="",
    )
    return replace(event, hash=chain_hash(event))


def body_with_media(item: Prepared) -> str:
    """The canonical body; attachments are listed under ``media`` as ``{role, sha256, size, mime}``."""
    if not item.attachments:
        return item.text
    entries: list[dict[str, Any]] = []
    for part in item.attachments:
        entry = {"role": part.role, "sha256": part.sha256, "size": len(part.data), "mime": part.mime}
        entries.append({**entry, "lost": item.lost} if item.lost else entry)
    return canonical({**json.loads(item.text), "media": entries})


def media_entries(event: Event) -> list[dict[str, Any]]:
    """The well-formed media entries of an event, also those that point at a picture of an earlier one."""
    if '"media":' not in event.body:
        return []
    media = event.data().get("media")
    return [entry for entry in media if _is_entry(entry)] if isinstance(media, list) else []


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, Mapping):
        return False
    sha256, size = entry.get("sha256"), entry.get("size")
    return isinstance(sha256, str) and bool(_DIGEST.fullmatch(sha256)) and type(size) is int and 0 <= size <= _INT_MAX


def _encoded(body: Mapping[str, Any], kind: str, *, media: bool) -> str:
    if media and "media" in body:
        raise DraftRefused(
            f"事件 {kind}：内容已有 media，不能再带附件",
            f"event {kind}: body has media already, no attachments allowed",
        )
    try:
        text = canonical(dict(body))
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise DraftRefused(
            f"事件 {kind} 的内容不是 JSON：{error}", f"body of event {kind} is not JSON: {error}"
        ) from error
    if size > BODY_MAX_BYTES:
        raise DraftRefused(
            f"事件 {kind} 的内容 {size} 字节，上限 {BODY_MAX_BYTES}；大数据请作附件",
            f"body of event {kind} has {size} bytes, at most {BODY_MAX_BYTES}; attach large data instead",
        )
    return text


def _check_text(name: str, value: object) -> None:
    try:
        fits = isinstance(value, str) and 0 < len(value.encode()) <= _TEXT_MAX_BYTES
    except UnicodeEncodeError:
        fits = False
    if not fits:
        raise DraftRefused(
            f"事件的 {name} 须为 1 到 {_TEXT_MAX_BYTES} 字节的文字：{value!r:.80}",
            f"{name} of an event must be text of 1 to {_TEXT_MAX_BYTES} bytes: {value!r:.80}",
        )


def _check_int(name: str, value: object) -> None:
    top = 9 if name == "priority" else _INT_MAX
    # A bool would be hashed as "true" and read back as 1.
    if type(value) is not int or not 0 <= value <= top:
        raise DraftRefused(
            f"事件的 {name} 须为 0 到 {top} 的整数：{value!r:.80}",
            f"{name} of an event must be an integer from 0 to {top}: {value!r:.80}",
        )


def _check_attachments(attachments: Sequence[Attachment]) -> None:
    if len(attachments) > ATTACHMENTS_MAX:
        raise DraftRefused(
            f"附件 {len(attachments)} 个，上限 {ATTACHMENTS_MAX}",
            f"{len(attachments)} attachments, at most {ATTACHMENTS_MAX}",
        )
    for part in attachments:
        _check_text("role", part.role)
        _check_text("mime", part.mime)
        if not isinstance(part.data, bytes) or len(part.data) > ATTACHMENT_MAX_BYTES:
            raise DraftRefused(
                f"附件 {part.role} 须为不超过 {ATTACHMENT_MAX_BYTES} 字节的数据",
                f"attachment {part.role} must be bytes, at most {ATTACHMENT_MAX_BYTES}",
            )
