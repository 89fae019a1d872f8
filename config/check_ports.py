"""Serial ports and radio adapters: each has one owner. Core: pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from config.errors import Problem
from config.findings import Reporter
from config.model import Site


def check_ports(site: Site, report: Reporter) -> Iterator[Problem]:
    """Errors where two things would open the same port or adapter."""
    seen: dict[str, str] = {}
    for key, port in _ports(site):
        where = posixpath.normpath(port)
        owner = seen.setdefault(where, key)
        if owner == key:
            continue
        if _shares_a_line(site, owner, key):
            yield from _line(site, report, owner, key)
            continue
        owner_table = owner.rpartition(".")[0]
        yield report.error(
            key,
            f"串口已由 {owner_table} 使用；一个串口只能有一个主人",
            f"{owner_table} owns this port already; a port has one owner",
            found=port,
            remedy=_remedy(owner, key),
        )
    yield from _adapters(site, report)


def _ports(site: Site) -> Iterator[tuple[str, str]]:
    """Every serial port that is opened: its dotted key and its path."""
    for name, bus in site.buses.items():
        yield f"buses.{name}.port", str(bus.port)
    for name, reader in site.readers.items():
        if reader.port is not None and reader.kind not in ("qr-camera", "ble"):
            yield f"readers.{name}.port", str(reader.port)
    for name, display in site.displays.items():
        yield f"displays.{name}.port", str(display.port)


def _remedy(owner: str, key: str) -> tuple[str, str]:
    if owner.startswith("buses.") and key.startswith("buses."):
        return "把这些板接到同一 bus 下", "put those boards on the same bus"
    return "给它接一个单独的串口", "wire it to a port of its own"


def _shares_a_line(site: Site, owner: str, key: str) -> bool:
    """OSDP is a multi-drop line (SIA OSDP v2.2, RS-485): readers of different addresses may hang on one port."""
    names = [place.split(".")[1] for place in (owner, key) if place.startswith("readers.")]
    return len(names) == 2 and all(site.readers[name].kind == "osdp" for name in names)


def _line(site: Site, report: Reporter, owner: str, key: str) -> Iterator[Problem]:
    first, here = owner.split(".")[1], key.split(".")[1]
    reader = site.readers[here]
    port = posixpath.normpath(str(reader.port))
    if reader.baud != site.readers[first].baud:
        yield report.error(
            f"readers.{here}.baud",
            f"与 readers.{first} 同一串口，波特率须相同（{site.readers[first].baud}）",
            f"it shares a port with readers.{first}, so the baud rates must be equal ({site.readers[first].baud})",
            found=str(reader.baud),
        )
    for name, other in site.readers.items():
        if name == here:
            return
        same = other.kind == "osdp" and other.port is not None and posixpath.normpath(str(other.port)) == port
        if same and other.address == reader.address:
            yield report.error(
                f"readers.{here}.address",
                f"地址 {reader.address} 在同一串口上已由 readers.{name} 使用",
                f"readers.{name} has address {reader.address} on the same port already",
                found=str(reader.address),
                remedy=("给其中一个读头换地址", "give one of the readers another address"),
            )
            return


def _adapters(site: Site, report: Reporter) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, reader in site.readers.items():
        if reader.kind != "ble":
            continue
        owner = seen.setdefault(reader.adapter, name)
        if owner != name:
            yield report.error(
                f"readers.{name}.adapter",
                f"蓝牙适配器已由 readers.{owner} 使用",
                f"readers.{owner} owns this Bluetooth adapter already",
                found=reader.adapter,
                remedy=("每个蓝牙读头需要一个适配器", "each Bluetooth reader needs an adapter of its own"),
            )
