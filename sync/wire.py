"""The feed on the wire: NDJSON lines and their footer, shared by both sides. Core: pure.

One line per event, then one footer line. A page without its footer, or whose footer does not agree with its lines,
is damaged and must be thrown away as a whole. The body travels as the very text that was hashed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from sync.errors import WireError
from sync.event import Event, canonical

NDJSON = "application/x-ndjson"
PAGE_MAX_BYTES = 64 * 1024 * 1024
"""A receiver reads no more than this of one answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """The last line of a page: what it holds and where the gateway stands."""

    count: int
    last_seq: int
    """Seq of the last line; of ``after`` for an empty page."""
    last_hash: str
    oldest: int
    newest: int
    epoch: int
    gateway: str
    now_wall_us: int
    now_mono_ns: int
    boot_id: str
    clock: str


@dataclass(frozen=True, slots=True)
class Page:
    """Events in order, and the footer."""

    events: tuple[Event, ...]
    footer: Footer


_EVENT_TYPES: dict[str, type] = {item.name: int if item.type == "int" else str for item in fields(Event)}
_FOOTER_TYPES: dict[str, type] = {item.name: int if item.type == "int" else str for item in fields(Footer)}


def encode_event(event: Event) -> str:
    """One line, without its newline."""
    return canonical(asdict(event))


def encode_page(events: Sequence[Event], footer: Footer) -> bytes:
    """The whole answer."""
    lines = [encode_event(event) for event in events]
    return ("\n".join([*lines, canonical(asdict(footer))]) + "\n").encode()


def decode_event(line: str) -> Event:
    """Read one line; raises WireError when a field is missing, unknown or of the wrong type."""
    return Event(**_object(line, _EVENT_TYPES))


def decode_page(data: bytes) -> Page:
    """Read a whole answer; raises WireError when it is damaged or cut short."""
    if not data.endswith(b"\n"):
        raise _damaged("没有页脚，传输中断", "no footer, the transfer was cut")
    try:
        *lines, last = data.decode().removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise _damaged(f"不是 UTF-8：{error}", f"not UTF-8: {error}") from error
    footer = Footer(**_object(last, _FOOTER_TYPES))
    events = tuple(decode_event(line) for line in lines)
    if footer.count != len(events):
        raise _damaged(
            f"页脚称 {footer.count} 条，实有 {len(events)} 条", f"footer says {footer.count}, got {len(events)}"
        )
    if events and (footer.last_seq, footer.last_hash) != (events[-1].seq, events[-1].hash):
        raise _damaged("页脚与最后一条不符", "the footer does not agree with the last line")
    return Page(events, footer)


def _object(line: str, types: dict[str, type]) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _damaged(f"不是 JSON：{line:.80}", f"not JSON: {line:.80}") from error
    if not isinstance(value, dict) or value.keys() != types.keys():
        raise _damaged(f"字段不符：{line:.80}", f"wrong fields: {line:.80}")
    for name, kind in types.items():
        if type(value[name]) is not kind or (kind is int and abs(value[name]) >= 2**63):
            raise _damaged(f"字段 {name} 类型不符", f"field {name} has the wrong type")
    return value


def _damaged(zh: str, en: str) -> WireError:
    return WireError(f"同步数据损坏：{zh}", f"damaged page: {en}")
