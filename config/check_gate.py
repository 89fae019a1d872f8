"""Doors, readers, alarm inputs, sirens and displays held against each other. Core: pure."""

from __future__ import annotations

from collections.abc import Iterator

from config.check_faces import check_other_way, check_shown
from config.displays import parameter, parameter_problem
from config.errors import Problem
from config.findings import Reporter, known
from config.model import Site
from config.model_gate import Display, Door, Reader

# What each kind cannot do without, and what only that kind looks at.
_NEEDS = {
    "osdp": "port",
    "keypad": "port",
    "qr-serial": "port",
    "qr-camera": "camera",
    "ble": "adapter",
    "face": "camera",
}
_USED_BY = {
    "port": ("osdp", "keypad", "qr-serial"),
    "camera": ("qr-camera", "face"),
    "key_file": ("osdp",),
}
_TAKES_KEYS = ("osdp", "keypad")


def check_gate(site: Site, report: Reporter) -> Iterator[Problem]:
    """Errors and warnings about what stands at lanes and doors."""
    for name, door in site.doors.items():
        yield from _door(site, report, name, door)
    yield from _release(site, report)
    yield from check_shown(site, report)
    yield from check_other_way(site, report)
    for name, reader in site.readers.items():
        yield from _opens(site, report, name, reader)
        yield from _kind(site, report, name, reader)
        yield from _second_factor(site, report, name, reader)
    yield from _inputs(site, report)
    for name, display in site.displays.items():
        yield from known(report, f"displays.{name}.lane", display.lane, "lanes", site.lanes)
        yield from _display(report, f"displays.{name}", display)


def _display(report: Reporter, key: str, display: Display) -> Iterator[Problem]:
    """Parameters must be those of the family; a voice needs to know how it is spoken to."""
    if (wrong := parameter_problem(display.family, display.parameters)) is not None:
        yield report.error(f"{key}.parameters", *wrong)
    elif display.voice and not parameter(display.family, display.parameters, "voice_cmd"):
        yield report.warning(
            f"{key}.voice",
            f"{display.family} 的语音命令号未知，没有 voice_cmd 不会播报",
            f"the command that speaks is not known for {display.family}: it stays silent without voice_cmd",
            remedy=("按屏的说明书设置 parameters.voice_cmd", "set parameters.voice_cmd as its manual says"),
        )


def _door(site: Site, report: Reporter, name: str, door: Door) -> Iterator[Problem]:
    key = f"doors.{name}"
    if door.unlocked_during is not None:
        yield from known(report, f"{key}.unlocked_during", door.unlocked_during, "schedules", site.schedules)
        if door.interlock:
            yield report.warning(
                f"{key}.unlocked_during",
                "互锁的门在此时段保持开锁，互锁不再阻止两门同开",
                "an interlocked door stays unlocked during this schedule; both doors can then be open at once",
                remedy=("去掉 unlocked_during 或 interlock", "drop unlocked_during or interlock"),
            )
    for index, other in enumerate(door.interlock):
        yield from _interlock(site, report, name, other, f"{key}.interlock[{index}]")


def _interlock(site: Site, report: Reporter, name: str, other: str, key: str) -> Iterator[Problem]:
    if other == name:
        yield report.error(
            key,
            "门不能与自己互锁，否则开着时再也打不开",
            "a door cannot be interlocked with itself: once open it would refuse to open",
            found=other,
            remedy=("写另一扇门的名称", "name the other door"),
        )
        return
    yield from known(report, key, other, "doors", site.doors)
    if other not in site.doors:
        return
    partner = site.doors[other]
    if partner.contact is None:
        yield report.error(
            key,
            f"doors.{other} 没有门磁 contact，无法得知它已关，{name} 会一直打不开",
            f"doors.{other} has no contact, so it is never known to be closed and {name} would never open",
            found=other,
            remedy=(f"给 doors.{other} 接上门磁 contact", f"wire a contact to doors.{other}"),
        )
    if site.doors[name].escape_route and not partner.escape_route:
        yield report.error(
            key,
            f"{name} 是疏散通道，而互锁的 {other} 不是：火警时 {name} 放人进来，{other} 却锁着，人会被困在两门之间",
            f"{name} is on an escape route and {other} is not: in a fire people would be caught between the two, "
            f"because {other} stays locked",
            found=other,
            remedy=(
                f"给 doors.{other} 写 escape_route = true，或不互锁",
                f"write escape_route = true for doors.{other}, or do not interlock them",
            ),
        )
    if name not in partner.interlock:
        yield report.warning(
            key,
            f"doors.{other} 没有反过来与 {name} 互锁：{name} 开着时 {other} 仍可打开",
            f"doors.{other} is not interlocked with {name} in return: it opens while {name} is open",
            remedy=(f'给 doors.{other} 写 interlock = ["{name}"]', f'write interlock = ["{name}"] for doors.{other}'),
        )


def _release(site: Site, report: Reporter) -> Iterator[Problem]:
    """Doors on an escape route need somebody who tells them of a fire."""
    escapes = [name for name, door in site.doors.items() if door.escape_route]
    if site.fire.input is not None:
        return
    for name in escapes:
        if site.doors[name].interlock:
            yield report.error(
                f"doors.{name}.interlock",
                f"{name} 是疏散通道，但没有接火警触点：火警时只要互锁的门开着，{name} 就一直锁着",
                f"{name} is on an escape route and there is no fire input: in a fire it would stay locked for as "
                "long as the other door stands open",
                remedy=(
                    "接上火警触点 fire.input，或不互锁，或写 escape_route = false",
                    "wire fire.input, or do not interlock it, or write escape_route = false",
                ),
            )
    if escapes:
        yield report.warning(
            "fire",
            f"有疏散通道上的门（{'、'.join(escapes)}），但没有接火警触点；须由硬件自行释放",
            f"doors are on an escape route ({', '.join(escapes)}) but there is no fire input; hardware of their own "
            "must release them",
        )


def _opens(site: Site, report: Reporter, name: str, reader: Reader) -> Iterator[Problem]:
    key = f"readers.{name}"
    if reader.lane is not None:
        yield from known(report, f"{key}.lane", reader.lane, "lanes", site.lanes)
    if reader.door is not None:
        yield from known(report, f"{key}.door", reader.door, "doors", site.doors)
    if (reader.lane is None) == (reader.door is None):
        both = reader.lane is not None
        yield report.error(
            f"{key}.door" if both else key,
            "lane 和 door 只能写一项" if both else "没有写它开哪条车道或哪扇门",
            "it names both a lane and a door" if both else "it names neither a lane nor a door",
            remedy=("写 lane 或 door 其中一项", "write either lane or door"),
        )


def _kind(site: Site, report: Reporter, name: str, reader: Reader) -> Iterator[Problem]:
    key = f"readers.{name}"
    needed = _NEEDS[reader.kind]
    if not getattr(reader, needed):
        yield report.error(
            key if getattr(reader, needed) is None else f"{key}.{needed}",
            f"类型 {reader.kind} 需要 {needed}",
            f"a reader of kind {reader.kind} needs {needed}",
            remedy=(f"写上 {needed}", f"write {needed}"),
        )
    if reader.camera is not None:
        yield from known(report, f"{key}.camera", reader.camera, "cameras", site.cameras)
    for setting, kinds in _USED_BY.items():
        if getattr(reader, setting) is not None and reader.kind not in kinds:
            yield report.warning(
                f"{key}.{setting}",
                f"类型 {reader.kind} 不使用 {setting}",
                f"a reader of kind {reader.kind} does not use {setting}",
                remedy=("删去此项或改正 kind", "drop it or mend kind"),
            )
    if reader.kind == "osdp" and reader.key_file is None:
        yield report.warning(
            key,
            "没有 key_file：不加密的读头可被窃听和冒充，不会启用",
            "it has no key_file: without encryption cards can be read and imitated, so it is not used",
            remedy=("写上安全通道密钥文件 key_file（权限 0600）", "give a Secure Channel key in key_file (mode 0600)"),
        )


def _second_factor(site: Site, report: Reporter, name: str, reader: Reader) -> Iterator[Problem]:
    """A PIN must be typed somewhere at the same place."""
    if reader.second_factor == "none" or reader.kind in _TAKES_KEYS:
        return
    there = [r for r in site.readers.values() if (r.lane, r.door) == (reader.lane, reader.door)]
    if not any(other.kind in _TAKES_KEYS for other in there):
        yield report.error(
            f"readers.{name}.second_factor",
            "要求再输密码，但此处没有键盘，谁也进不来",
            "it demands a PIN, but there is no keypad here: nobody could get in",
            found=f'"{reader.second_factor}"',
            remedy=("在同一车道或门加一个 keypad 读头", "add a reader of kind keypad at the same lane or door"),
        )


def _inputs(site: Site, report: Reporter) -> Iterator[Problem]:
    for name, alarm in site.inputs.items():
        for index, siren in enumerate(alarm.sirens):
            yield from known(report, f"inputs.{name}.sirens[{index}]", siren, "sirens", site.sirens)
        if alarm.kind != "other" and alarm.input.normally == "open":
            yield report.warning(
                f"inputs.{name}.input.normally",
                "报警触点为常开：断线时收不到告警",
                "the alarm contact is normally open: with a cut wire no alarm arrives",
                remedy=('改接常闭触点并写 normally = "closed"', 'rewire it and write normally = "closed"'),
            )
