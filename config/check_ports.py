"""Serial ports and radio adapters: each has one owner. Core: pure."""

from __future__ import annotations

import itertools
import posixpath
from collections.abc import Iterator

from config.errors import Problem
from config.findings import Reporter
from config.model import Site
from config.model_gate import Display, Reader


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


def _multi_drop(site: Site) -> dict[str, Reader | Display]:
    """What may share its port with others of its kind: OSDP readers (SIA OSDP v2.2, RS-485) and displays."""
    return {
        **{f"readers.{name}": reader for name, reader in site.readers.items() if reader.kind == "osdp"},
        **{f"displays.{name}": display for name, display in site.displays.items()},
    }


def _shares_a_line(site: Site, owner: str, key: str) -> bool:
    places = [key.rpartition(".")[0] for key in (owner, key)]
    return all(place in _multi_drop(site) for place in places) and owner.partition(".")[0] == key.partition(".")[0]


def _line(site: Site, report: Reporter, owner: str, key: str) -> Iterator[Problem]:
    drops = _multi_drop(site)
    first, here = owner.rpartition(".")[0], key.rpartition(".")[0]
    one = drops[here]
    if one.baud != drops[first].baud:
        yield report.error(
            key,
            f"与 {first} 同一串口，波特率须相同（{drops[first].baud}）",
            f"it shares a port with {first}, so the baud rates must be equal ({drops[first].baud})",
            found=str(one.baud),
        )
    port = posixpath.normpath(str(one.port))
    before = itertools.takewhile(lambda place: place != here, drops)
    for place in before:
        other = drops[place]
        if posixpath.normpath(str(other.port)) == port and other.address == one.address:
            yield report.error(
                f"{here}.address",
                f"地址 {one.address} 在同一串口上已由 {place} 使用",
                f"{place} has address {one.address} on the same port already",
                found=str(one.address),
                remedy=("给其中一个换地址", "give one of them another address"),
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
