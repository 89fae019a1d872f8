"""Readers, keypads and scanners of a site, one thread per port. Shell: threads, clock and ports.

Whatever a reader lacks (its port, its key, its library) is one ``ReaderLost`` with the remedy; the gateway runs on.
Kinds without a wire of ours have a maker in ``OTHER_KINDS``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from config import model
from config.errors import ConfigError
from config.model_gate import Reader
from config.read import read_secret
from devices.ble_door import ble_readers
from devices.errors import Unsuitable
from devices.messages import FailReason, ReaderLost, SignalReader
from devices.osdp_reader import OsdpLine, OsdpReader
from devices.reader_port import Line, OpenWire, PortOwner, Say, TypedLine, failed
from devices.wire import SerialWire

WIRED = ("osdp", "keypad", "qr-serial")
DEFAULT_KEY = bytes(range(0x30, 0x40))
"""SCBK-D of the standard: everybody knows it."""


class Part(Protocol):
    """Something that serves readers."""

    def start(self) -> None:
        """Begin; what is missing is reported, not raised."""

    def stop(self) -> None:
        """End and give everything back."""

    def submit(self, command: SignalReader) -> None:
        """Begin a signal and return at once; one CommandDone or CommandFailed follows."""

    def counters(self) -> dict[str, dict[str, int]]:
        """Per reader, what was done and dropped."""


Maker = Callable[[model.Site, Mapping[str, Reader], Say], Part]

OTHER_KINDS: dict[str, Maker] = {"ble": ble_readers}
"""Kind -> what serves all readers of that kind."""


class Readers:
    """All readers of a site. Made by ``build_readers``."""

    def __init__(self, parts: Sequence[Part | PortOwner], owners: Mapping[str, Part | PortOwner], report: Say) -> None:
        self._parts, self._owners, self._report = tuple(parts), dict(owners), report
        self._faults: list[tuple[str, str]] = []

    def fault(self, reader: str, cause: str) -> None:
        """A reader that cannot run at all; said at the start."""
        self._faults.append((reader, cause))

    def start(self) -> None:
        """Start every port's thread; say what cannot run."""
        for reader, cause in self._faults:
            self._report(ReaderLost(reader=reader, cause=cause, at_mono_s=time.monotonic()))
        for part in self._parts:
            part.start()

    def stop(self) -> None:
        """Give every port back."""
        for part in self._parts:
            part.stop()

    def submit(self, command: SignalReader) -> None:
        """Signal at a reader; returns at once, one CommandDone or CommandFailed follows as a report."""
        owner = self._owners.get(command.reader)
        if owner is None:
            detail = f"读头 {command.reader} 无法示意 / reader {command.reader} cannot signal"
            self._report(failed(command, FailReason.REFUSED, detail))
        elif isinstance(owner, PortOwner):
            if (reason := owner.offer(command)) is not None:
                self._report(failed(command, reason))
        else:
            owner.submit(command)

    def counters(self) -> dict[str, dict[str, int]]:
        """Per reader, what was done and dropped."""
        return {name: counts for part in self._parts for name, counts in part.counters().items()}


def problems(site: model.Site) -> tuple[str, ...]:
    """What the readers of a site file cannot be, one sentence each, in both languages; touches nothing."""
    found: list[str] = []
    first: dict[Path, tuple[str, Reader]] = {}
    buses = {bus.port: name for name, bus in site.buses.items()}
    for name, reader in site.readers.items():
        if reader.kind not in WIRED:
            continue
        where = f"readers.{name}"
        if reader.port is None:
            found.append(f"{where}.port: 请写串口 / name its serial port")
            continue
        if reader.port in buses:
            found.append(f"{where}.port: 串口已归 buses.{buses[reader.port]} / the port belongs to that bus")
        other_name, other = first.setdefault(reader.port, (name, reader))
        if other is not reader and (reader.kind, reader.baud) != ("osdp", other.baud):
            found.append(f"{where}.port: 与 readers.{other_name} 冲突，只有同波特率的 OSDP 可共线 / only OSDP shares")
        if other is not reader and reader.kind == other.kind == "osdp" and reader.address == other.address:
            found.append(f"{where}.address: 与 readers.{other_name} 相同 / the same as there")
    return tuple(found)


def build_readers(site: model.Site, report: Say, open_wire: OpenWire = SerialWire.open) -> Readers:
    """The readers of a site, not yet started. Unsuitable: the site file asks for what cannot be.

    ``report`` is called from the ports' threads and from whoever calls ``submit``; it must not block.
    """
    if wrong := problems(site):
        raise Unsuitable("\n".join(wrong))
    parts: list[Part | PortOwner] = []
    owners: dict[str, Part | PortOwner] = {}
    faults: list[tuple[str, str]] = []
    for port in dict.fromkeys(r.port for r in site.readers.values() if r.kind in WIRED and r.port is not None):
        names = {n: r for n, r in site.readers.items() if r.kind in WIRED and r.port == port}
        usable, bad = _usable(names)
        faults += bad
        if usable:
            owner = PortOwner(port, next(iter(names.values())).baud, _maker(usable, report), open_wire)
            parts.append(owner)
            owners |= dict.fromkeys(usable, owner)
    for kind in dict.fromkeys(r.kind for r in site.readers.values() if r.kind in OTHER_KINDS):
        names = {n: r for n, r in site.readers.items() if r.kind == kind}
        part = OTHER_KINDS[kind](site, names, report)
        parts.append(part)
        owners |= dict.fromkeys(names, part)
    made = Readers(parts, owners, report)
    for name, cause in faults:
        made.fault(name, cause)
    return made


def _usable(readers: Mapping[str, Reader]) -> tuple[dict[str, Reader | OsdpReader], list[tuple[str, str]]]:
    """The readers of a port that can run, OSDP ones with their keys; and why the others cannot."""
    usable: dict[str, Reader | OsdpReader] = {}
    bad = []
    for name, reader in readers.items():
        try:
            usable[name] = reader if reader.kind != "osdp" else _osdp(name, reader)
        except (ConfigError, Unsuitable) as error:
            bad.append((name, str(error)))
    return usable, bad


def _osdp(name: str, reader: Reader) -> OsdpReader:
    if find_spec("osdp_sys") is None:
        raise Unsuitable(
            "未安装 libosdp，请运行 pip install 'menwei[osdp]' / "
            "libosdp is not installed: run pip install 'menwei[osdp]'"
        )
    return OsdpReader(name=name, address=reader.address, key=_key(name, reader))


def _key(name: str, reader: Reader) -> bytes:
    """The reader's secure channel key. ConfigError, Unsuitable: there is none that may be used."""
    if reader.key_file is None:
        raise Unsuitable(
            f"readers.{name}.key_file: 未设密钥，不加密的读头不可用 / no key: a reader without encryption is not used"
        )
    try:
        key = bytes.fromhex(read_secret(reader.key_file))
    except ValueError:
        key = b""
    if len(key) != 16 or key == DEFAULT_KEY:
        raise Unsuitable(
            f"readers.{name}.key_file: 须为 32 位十六进制且不可为出厂默认密钥 / "
            "needs 32 hexadecimal digits, and not the standard's default key"
        )
    return key


def _maker(usable: Mapping[str, Reader | OsdpReader], report: Say) -> Callable[[], Line]:
    osdp = [reader for reader in usable.values() if isinstance(reader, OsdpReader)]
    if osdp:
        return lambda: OsdpLine(osdp, report)
    ((name, reader),) = usable.items()
    kind = reader.kind if isinstance(reader, Reader) else ""
    return lambda: TypedLine(name, kind, report)
