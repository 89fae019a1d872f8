"""Schedules, passes, rules and the equipment ledger held against the rest of a site. Core: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from config.errors import Problem
from config.findings import Reporter, known
from config.model import Site

GATE_NUMBER_MAX = 64
"""A signed pass names its gates in a bitmap of so many bits."""


def check_rules(site: Site, report: Reporter) -> Iterator[Problem]:
    """Errors and warnings about when, for whom and with what."""
    yield from _schedules(site, report)
    yield from _passes(site, report)
    for setting in ("first_person_in", "two_person"):
        for index, door in enumerate(getattr(site.rules, setting)):
            yield from known(report, f"rules.{setting}[{index}]", door, "doors", site.doors)
    yield from _equipment(site, report)


def _schedules(site: Site, report: Reporter) -> Iterator[Problem]:
    for name, schedule in site.schedules.items():
        if not schedule.windows:
            yield report.warning(
                f"schedules.{name}",
                "没有任何时段，永远不成立",
                "it has no window and never holds",
                remedy=("写上 windows", "write windows"),
            )
        for index, window in enumerate(schedule.windows):
            if window.begin == window.end:
                yield report.error(
                    f"schedules.{name}.windows[{index}].end",
                    "开始与结束相同，分不清是全天还是从不",
                    "begin and end are equal: that could mean all day or never",
                    found=f'"{window.end}"',
                    remedy=(
                        '全天请写 begin = "00:00"、end = "24:00"',
                        'for a whole day write begin = "00:00" and end = "24:00"',
                    ),
                )


def _passes(site: Site, report: Reporter) -> Iterator[Problem]:
    names = (*site.lanes, *site.doors)
    numbers: dict[int, str] = {}
    for name, number in site.passes.gates.items():
        key = f"passes.gates.{name}"
        if name not in names or (name in site.lanes and name in site.doors):
            yield _no_gate(report, key, name, names)
        if not 1 <= number <= GATE_NUMBER_MAX:
            yield report.error(
                key,
                f"编号应在 1 到 {GATE_NUMBER_MAX} 之间",
                f"the number must be between 1 and {GATE_NUMBER_MAX}",
                found=str(number),
            )
        used = numbers.setdefault(number, name)
        if used != name:
            yield report.error(
                key,
                f"编号 {number} 已由 {used} 使用；一张通行码会同时打开两处",
                f"{used} has number {number} already; a pass for one would open the other",
                found=str(number),
                remedy=("每处用不同编号，且发出通行码后不再更改", "give each its own number and never change it later"),
            )
    if site.passes.public_keys and not site.passes.gates:
        yield report.warning(
            "passes.public_keys",
            "没有给车道或门编号（passes.gates），通行码打不开任何地方",
            "no lane or door has a number in passes.gates, so no signed pass opens anything",
            remedy=("写上 [passes.gates]", "write [passes.gates]"),
        )


def _no_gate(report: Reporter, key: str, name: str, names: tuple[str, ...]) -> Problem:
    if name not in names:
        return report.error(
            key,
            f'没有名为 "{name}" 的车道或门',
            f'there is no lane or door "{name}"',
            found=name,
            allowed=names,
            guess=name,
        )
    return report.error(
        key,
        f'车道和门都叫 "{name}"，分不清指哪一处',
        f'a lane and a door are both called "{name}"; it is not clear which is meant',
        found=name,
        remedy=("给其中一处改名", "rename one of them"),
    )


def _equipment(site: Site, report: Reporter) -> Iterator[Problem]:
    tables: dict[str, Mapping[str, Any]] = {
        "camera": site.cameras,
        "bus": site.buses,
        "board": site.boards,
        "lane": site.lanes,
        "door": site.doors,
        "reader": site.readers,
        "input": site.inputs,
        "siren": site.sirens,
        "display": site.displays,
    }
    for name, entry in site.equipment.items():
        kind, _, device = entry.device.partition(":")
        if device and device in tables.get(kind, {}):
            continue
        kinds = tuple(f"{word}:{each}" for word, table in tables.items() for each in table)
        yield report.error(
            f"equipment.{name}.device",
            f'没有设备 "{entry.device}"；应写 类型:名称，类型为 {"、".join(tables)}',
            f'there is no device "{entry.device}"; write KIND:NAME with one of {", ".join(tables)}',
            found=entry.device,
            allowed=kinds,
            guess=entry.device,
        )
