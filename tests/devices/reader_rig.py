"""Sites with readers on ptys, their far ends, and what is heard of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.model import Site
from devices.messages import SignalReader
from devices.readers import Readers, build_readers
from devices.sim.reader import SimOsdpLine, SimOsdpReader
from tests.devices.rig import Heard

KEY = bytes(range(0xA0, 0xB0))


def key_file(tmp_path: Path, key: bytes = KEY, mode: int = 0o600, name: str = "reader.key") -> Path:
    path = tmp_path / name
    path.write_text(key.hex() + "\n")
    path.chmod(mode)
    return path


def site(readers: dict[str, dict[str, Any]], **more: Any) -> Site:
    return Site.model_validate({"readers": readers} | more)


def osdp(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    port, key = tmp_path / "ttyOSDP", tmp_path / "reader.key"
    if not key.exists():
        key_file(tmp_path)
    return {"kind": "osdp", "port": str(port), "address": 5, "key_file": str(key)} | changes


@contextmanager
def running(plan: Site, far: Any = None) -> Iterator[tuple[Readers, Heard]]:
    """Readers of a site and their far end, started, and stopped whatever happens."""
    heard = Heard()
    readers = build_readers(plan, heard)
    if far is not None:
        far.start()
    readers.start()
    try:
        yield readers, heard
    finally:
        readers.stop()
        if far is not None:
            far.stop()


@contextmanager
def wall(tmp_path: Path, *, key: bytes | None = KEY) -> Iterator[tuple[Readers, Heard, SimOsdpLine, SimOsdpReader]]:
    """One OSDP reader named ``door`` at address 5."""
    reader = SimOsdpReader(address=5, key=key)
    line = SimOsdpLine(tmp_path / "ttyOSDP", [reader])
    with running(site({"door": osdp(tmp_path)}), line) as (readers, heard):
        yield readers, heard, line, reader


def signal(
    command_id: str, granted: bool | None, text: str = "", reader: str = "door", life_s: float = 20.0
) -> SignalReader:
    return SignalReader(
        id=command_id, reader=reader, granted=granted, text=text, expires_mono_s=time.monotonic() + life_s
    )
