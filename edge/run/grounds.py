"""Shell: empty fire lanes on disk, so that new eyes know what a lane looks like that is blocked when they start.

The eyes write no files. What they say of a zone that the site has is kept here, the newest by day and by night, as a
file each; to us it is bytes. A file that cannot be read is said in the log and removed, its lane is learnt anew.
Nothing here waits for the disk: one thread writes, and of one lane only the newest is still written.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import get_args

from config.model import Site
from sync.files import write_durably
from vision.errors import WireError
from vision.lane_ground import GROUND_BYTES_MAX, LaneGround, Light
from vision.wire_fields import build

FOLDER = "grounds"
_SUFFIX = ".ground"
_HEADER_MAX = 4096
_FORMAT = "menwei.ground.1"

log = logging.getLogger("menwei.eyes")


class Grounds:
    """The empty lanes of one site."""

    def __init__(self, site: Site) -> None:
        """The folder is made when there is something to keep."""
        self._folder = site.site.data_dir / FOLDER
        self._zones = {(name, zone) for name, camera in site.cameras.items() for zone in camera.zones}
        self._writer = ThreadPoolExecutor(1, "grounds")
        self._lock = threading.Lock()
        self._waiting: dict[str, LaneGround] = {}
        self.unfit = 0
        """How many kept ones no longer showed the same and were replaced."""

    def keep(self, ground: LaneGround) -> None:
        """Put it on disk soon. Raises `WireError` for one that the eyes should not have said."""
        if (ground.camera, ground.zone) not in self._zones:
            raise WireError(f"zone {ground.zone[:40]!r} of camera {ground.camera[:40]!r} is not ours")
        if not 0 < len(ground.data) <= GROUND_BYTES_MAX:
            raise WireError(f"ground of {len(ground.data)} bytes")
        if ground.unfit:
            self.unfit += ground.unfit
            log.warning("%s/%s no longer looks as kept; learnt anew", ground.camera, ground.zone)
        with self._lock:
            self._waiting[_name(ground.camera, ground.zone, ground.light)] = ground
        self._writer.submit(self._write)

    def read(self) -> Iterator[LaneGround]:
        """All that is kept for zones of the site; what else lies in the folder is removed. Blocks: for a thread."""
        wanted = {_name(*zone, light): (*zone, light) for zone in sorted(self._zones) for light in get_args(Light)}
        with suppress(OSError):
            for path in self._folder.iterdir():
                if path.name not in wanted and path.suffix in {_SUFFIX, ".tmp"}:
                    path.unlink(missing_ok=True)
        for name, zone in wanted.items():
            if (ground := self._read(self._folder / name, zone)) is not None:
                yield ground

    def close(self) -> None:
        """What waits is still written."""
        self._writer.shutdown(wait=True)
        self._writer = ThreadPoolExecutor(1, "grounds")  # a link that is started again keeps on keeping

    def _read(self, path: Path, zone: tuple[str, str, Light]) -> LaneGround | None:
        try:
            with path.open("rb") as file:
                raw = file.read(GROUND_BYTES_MAX + _HEADER_MAX)
            return _unpacked(raw, zone)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, WireError) as error:
            log.warning("%s cannot be used (%s): removed, the empty lane is learnt anew", path, error)
            with suppress(OSError):
                path.unlink(missing_ok=True)
            return None

    def _write(self) -> None:
        with self._lock:
            if not self._waiting:
                return
            name, ground = self._waiting.popitem()
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            write_durably(self._folder / name, _packed(ground), mode=0o600)
        except OSError as error:
            log.warning("an empty lane cannot be kept: %s", error)


def _name(camera: str, zone: str, light: Light) -> str:
    return f"{camera}.{zone}.{light}{_SUFFIX}"


def _packed(ground: LaneGround) -> bytes:
    """A line of JSON, then the eyes' bytes."""
    fields = {name: value for name, value in asdict(ground).items() if name != "data"}
    header = {"format": _FORMAT, "sha256": hashlib.sha256(ground.data).hexdigest(), "fields": fields}
    return json.dumps(header).encode() + b"\n" + ground.data


def _unpacked(raw: bytes, zone: tuple[str, str, Light]) -> LaneGround:
    """Raises `ValueError` or `WireError` for what is not one of this zone, whole."""
    line, _, data = raw.partition(b"\n")
    header = json.loads(line)
    if not isinstance(header, dict) or header.get("format") != _FORMAT:
        raise ValueError("of another format")
    if hashlib.sha256(data).hexdigest() != header.get("sha256"):
        raise ValueError("altered or cut short")
    fields = header.get("fields")
    ground: LaneGround = build(LaneGround, {**fields, "data": data} if isinstance(fields, dict) else None, "ground")
    if (ground.camera, ground.zone, ground.light) != zone:
        raise ValueError("of another zone")
    return ground
