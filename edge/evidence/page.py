"""``index.html`` of a bundle: opens offline, without scripts, in Chinese and English. Core: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from typing import Any

from edge.events import KINDS
from edge.evidence.layout import Medium, body_of
from sync.event import Event, canonical

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:64rem;padding:1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}section{border-top:1px solid #bbb}
figure{margin:.5rem 0}img,video{max-width:100%;height:auto;background:#ddd}figcaption,small{color:#444;font-size:.85rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;border-bottom:1px solid #ddd;
padding:.15rem .5rem;overflow-wrap:anywhere}th{width:14rem;font-weight:500}code{font-size:.85rem;overflow-wrap:anywhere}
.warn{border-left:4px solid #b00020;padding-left:.6rem}@media print{section{break-inside:avoid}}
"""
_POLICY = "script-src 'none'; object-src 'none'; connect-src 'none'; form-action 'none'"
_HIDDEN = {"media"}


def page(manifest: dict[str, Any], events: Sequence[Event], media: Sequence[Medium], *, offset_s: int) -> bytes:
    """The whole page; ``offset_s`` is the gateway's distance from UTC, so that times read as on its wall."""
    title = f"证据 Evidence {manifest['gateway']} #{manifest['subject']['seq']}"
    parts = [
        '<!doctype html><html lang="zh"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{escape(title)}</h1>",
        _head(manifest),
        *(_event(event, [m for m in media if event.seq in m.events], offset_s) for event in events),
        "</main></body></html>\n",
    ]
    return "".join(parts).encode()


def _head(manifest: dict[str, Any]) -> str:
    open_runs = [run for run in manifest["chain"] if run["checkpoint"] is None]
    notes = [
        "<p>本页只供阅读；真伪以 <code>menwei evidence verify</code> 为准。<br>"
        '<span lang="en">This page is for reading; <code>menwei evidence verify</code> tells whether it is genuine.'
        "</span></p>"
    ]
    if open_runs:
        notes.append(
            '<p class="warn">其后尚无签名检查点，链条只由本文件的签名作保。<br><span lang="en">No signed checkpoint '
            "followed yet; the chain rests on this bundle's own signature.</span></p>"
        )
    if not manifest["complete"]:
        notes.append(
            '<p class="warn">相关事件过多，未全部收入。<br><span lang="en">Too many events belong to this; '
            "not all are here.</span></p>"
        )
    rows = {
        "网关 gateway": manifest["gateway"],
        "密钥 key": manifest["key_id"],
        "事件 events": str(len(manifest["events"])),
    }
    return "".join(notes) + _table(rows)


def _event(event: Event, media: Sequence[Medium], offset_s: int) -> str:
    kind = KINDS.get(event.kind)
    zh, en = (kind.zh, kind.en) if kind else (event.kind, event.kind)
    facts = {name: _plain(value) for name, value in body_of(event).items() if name not in _HIDDEN}
    unsure = "" if event.clock == "synced" else '<p class="warn">时钟未校准 <span lang="en">clock not set</span></p>'
    return (
        f"<section><h2>{escape(zh)} <span lang='en'>{escape(en)}</span></h2>"
        f"<p>{_when(event.wall_us, offset_s)} · {escape(event.source)} · #{event.seq}</p>{unsure}"
        + "".join(_medium(medium) for medium in media)
        + _table(facts)
        + f"<p><small>SHA-256 <code>{escape(event.hash)}</code></small></p></section>"
    )


def _medium(medium: Medium) -> str:
    caption = f"{escape(medium.role)} · {escape(medium.mime)} · <code>{medium.sha256}</code>"
    if medium.missing:
        words = {"deleted": "已按期限删除 deleted when its time was over", "damaged": "已损坏 damaged"}[medium.missing]
        return f'<p class="warn">{words}: {caption}</p>'
    name = escape(medium.name)
    if medium.mime.startswith("image/") and not name.endswith(".bin"):
        shown = f'<img src="{name}" alt="{escape(medium.role)}">'
    elif medium.mime.startswith("video/") and not name.endswith(".bin"):
        shown = f'<video controls src="{name}"></video>'
    else:
        shown = f'<a href="{name}">{name}</a>'
    return f"<figure>{shown}<figcaption>{caption}</figcaption></figure>"


def _table(rows: dict[str, str]) -> str:
    lines = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows.items())
    return f"<table>{lines}</table>" if lines else ""


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value)


def _when(wall_us: int, offset_s: int) -> str:
    try:
        local = datetime.fromtimestamp(0, timezone(timedelta(seconds=offset_s))) + timedelta(microseconds=wall_us)
    except (OverflowError, ValueError):
        return f"{wall_us} µs"
    shown = local.isoformat(sep=" ", timespec="milliseconds")
    return f'<time datetime="{local.astimezone(UTC).isoformat()}">{shown}</time>'
