"""What a command beside the running gateway did and must be on record. Shell: small files in the data directory.

The command leaves a file, the gateway turns it into an event and removes it. One that is left while the gateway is
down waits for its next start; one that is found twice after a crash is on record twice, which is better than not.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from edge.observations import Audited, Operator
from edge.selftest.acts import BeginSelfTest
from sync.errors import StoreUnusable
from sync.files import write_durably

NOTES = "notes"
KINDS = frozenset({"evidence.exported", "figures.exported", "patrol.exported", "events.exported"})
SELF_TEST = "selftest.asked"
"""A note that asks for a self-test; the command line waits for its ``selftest.done``."""
Told = Audited | BeginSelfTest
PERIOD_S = 2.0
_AT_ONCE = 20
_NOTE_MAX_BYTES = 8192
_LOG = logging.getLogger(__name__)


def can_leave_notes(data_dir: Path) -> bool:
    """Whether a note could be left: the directory is there and writable."""
    try:
        (data_dir / NOTES).mkdir(mode=0o700, exist_ok=True)
        probe = data_dir / NOTES / f".{uuid.uuid4().hex}"
        probe.touch(mode=0o600, exist_ok=False)
        probe.unlink()
    except OSError:
        return False
    return True


def leave_note(data_dir: Path, kind: str, operator: str, body: dict[str, str]) -> None:
    """Leave a note for the gateway; raises StoreUnusable when it cannot be written."""
    text = json.dumps({"kind": kind, "operator": operator, "body": body}, ensure_ascii=False)
    folder = data_dir / NOTES
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        write_durably(folder / f"{uuid.uuid4().hex}.json", text.encode(), mode=0o600)
    except OSError as error:
        raise StoreUnusable(
            f"无法在 {folder} 留下记录：{error}", f"cannot leave a note in {folder}: {error}"
        ) from error


async def watch_notes(data_dir: Path, tell: Callable[[Told], object]) -> None:
    """Turn notes into observations until cancelled."""
    while True:
        for path, note in await asyncio.to_thread(found_notes, data_dir):
            if note is not None:
                tell(note)
            await asyncio.to_thread(path.unlink, missing_ok=True)
        await asyncio.sleep(PERIOD_S)


def found_notes(data_dir: Path) -> list[tuple[Path, Told | None]]:
    """The notes that wait, oldest name first; None for one that is no note."""
    return [(path, _note(path)) for path in sorted((data_dir / NOTES).glob("*.json"))[:_AT_ONCE]]


def _note(path: Path) -> Told | None:
    try:
        with path.open("rb") as handle:
            value = json.loads(handle.read(_NOTE_MAX_BYTES))
        kind, operator, body = value["kind"], value["operator"], value["body"]
        if kind == SELF_TEST:
            who = Operator(name=str(operator)[:60], role="admin")
            return BeginSelfTest(request_id=str(body["request"])[:64], offered_mono_s=time.monotonic(), operator=who)
        if kind in KINDS and isinstance(operator, str) and all(isinstance(v, str) for v in body.values()):
            return Audited(kind=kind, operator=operator[:60], body=dict(body))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _LOG.warning("note %s cannot be read: %s", path.name, error)
        return None
    _LOG.warning("note %s is of no known kind", path.name)
    return None
