"""Boards, their relays and their inputs: known models, channels that exist, each used once. Core: pure."""

from __future__ import annotations

from collections.abc import Iterator

from config.boards import BOARD_MODELS, known_models, model_problem, unfit
from config.errors import Problem
from config.findings import Reporter
from config.model import InputRef, Site

_MOVED = {"lanes": ("道闸", "barriers"), "doors": ("门锁", "locks"), "sirens": ("声光报警器", "sirens")}


def input_refs(site: Site) -> Iterator[tuple[str, str, InputRef]]:
    """Every wired input: its dotted key, its purpose, and where it hangs."""
    for name, lane in site.lanes.items():
        for purpose in type(lane.inputs).model_fields:
            ref = getattr(lane.inputs, purpose)
            if ref is not None:
                yield f"lanes.{name}.inputs.{purpose}", purpose, ref
    for purpose in ("input", "line_ok"):
        ref = getattr(site.fire, purpose)
        if ref is not None:
            yield f"fire.{purpose}", f"fire.{purpose}", ref

    for name, door in site.doors.items():
        if door.contact is not None:
            yield f"doors.{name}.contact", f"doors.{name}.contact", door.contact
        if door.exit_button is not None:
            yield f"doors.{name}.exit_button", "exit_button", door.exit_button
    for name, alarm in site.inputs.items():
        yield f"inputs.{name}.input", f"inputs.{name}", alarm.input


def relay_refs(site: Site) -> Iterator[tuple[str, str, int]]:
    """Every relay that a lane, a door or a siren moves: its dotted key, its board and its channel."""
    for name, lane in site.lanes.items():
        yield f"lanes.{name}.barrier.open_relay", lane.barrier.board, lane.barrier.open_relay
        if lane.barrier.close_relay is not None:
            yield f"lanes.{name}.barrier.close_relay", lane.barrier.board, lane.barrier.close_relay
    for name, door in site.doors.items():
        yield f"doors.{name}.lock.relay", door.lock.board, door.lock.relay
    for name, siren in site.sirens.items():
        yield f"sirens.{name}.output.relay", siren.output.board, siren.output.relay


def board_uses(site: Site) -> Iterator[tuple[str, str]]:
    """Every place that names a board whose relay it moves: its dotted key and the board, each place once."""
    yield from dict.fromkeys((f"{key.rpartition('.')[0]}.board", board) for key, board, _ in relay_refs(site))


def line_problems(site: Site) -> Iterator[tuple[str, tuple[str, str]]]:
    """What boards with frames of their own cannot share, or be asked for (key, zh and en)."""
    models = known_models(site.board_models)
    known = {name: models[board.model] for name, board in site.boards.items() if board.model in models}
    for name, model in known.items():
        others = [other for other in known if other != name and site.boards[other].bus == site.boards[name].bus]
        if any(known[other].frames != model.frames for other in others) or (others and model.frames == "lcus"):
            bus = site.boards[name].bus
            yield (
                f"boards.{name}.bus",
                (
                    f"{name}（{model.frames} 帧）不能与 {'、'.join(others)} 共用串口 {bus}",
                    f"{name} ({model.frames} frames) cannot share bus {bus} with {', '.join(others)}",
                ),
            )
    for name, lane in site.lanes.items():
        driver = known.get(lane.barrier.board)
        if driver is not None and driver.frames == "turnstile" and lane.closing == "gateway":
            yield (
                f"lanes.{name}.closing",
                (
                    "翼闸由自己的控制器关闭，没有关闸命令；2 号“继电器”是另一方向的开闸",
                    "a turnstile closes by itself and knows no closing command; its relay 2 opens the other way",
                ),
            )


def check_boards(site: Site, report: Reporter) -> Iterator[Problem]:
    """Errors and warnings about boards and channels."""
    yield from _models(site, report)
    yield from _boards(site, report)
    yield from _lines(site, report)
    yield from _pulses(site, report)
    yield from _relays(site, report)
    yield from _inputs(site, report)


def _models(site: Site, report: Reporter) -> Iterator[Problem]:
    """Models that the site describes itself must be possible and harmless."""
    for name, model in site.board_models.items():
        if name in BOARD_MODELS:
            yield report.error(
                f"board_models.{name}",
                f"{name} 是内置型号，不能重新定义",
                f"{name} is a model of ours and cannot be described anew",
                remedy=("请换一个名称", "give it another name"),
            )
        if (wrong := model_problem(model)) is not None:
            yield report.error(f"board_models.{name}", *wrong)


def _boards(site: Site, report: Reporter) -> Iterator[Problem]:
    units: dict[tuple[str, int], str] = {}
    models = known_models(site.board_models)
    for name, board in site.boards.items():
        if board.model not in models:
            yield report.error(
                f"boards.{name}.model",
                f'没有型号 "{board.model}"',
                f'there is no board model "{board.model}"',
                found=board.model,
                allowed=tuple(models),
                guess=board.model,
                remedy=(
                    "其他型号可在 [board_models.名称] 中描述，见 docs/devices.md",
                    "describe another model in [board_models.NAME], see docs/devices.md",
                ),
            )
        unit = (board.bus, board.unit)
        if unit in units:
            yield report.error(
                f"boards.{name}.unit",
                f"从站地址 {board.unit} 在 {board.bus} 上已由 boards.{units[unit]} 使用",
                f"boards.{units[unit]} has unit address {board.unit} on {board.bus} already",
                found=str(board.unit),
                remedy=("给其中一块板换地址", "give one of the boards another address"),
            )
        units.setdefault(unit, name)
        if board.stale_s * 1000 <= board.poll_ms:
            yield report.error(
                f"boards.{name}.stale_s",
                f"每 {board.poll_ms:g} 毫秒才读一次，{board.stale_s:g} 秒就算过时，输入会一直未知",
                f"inputs are read every {board.poll_ms:g} ms but stale after {board.stale_s:g} s: always unknown",
                remedy=("调大 stale_s 或调小 poll_ms", "raise stale_s or lower poll_ms"),
            )


def _pulses(site: Site, report: Reporter) -> Iterator[Problem]:
    """What moves needs a board that ends its own pulse: whatever dies here, no relay may stay on."""
    models = known_models(site.board_models)
    for key, name in board_uses(site):
        use, named = key.split(".")[:2]
        person = use == "lanes" and site.lanes[named].kind == "person"
        board = site.boards.get(name)
        model = models.get(board.model) if board is not None else None
        if board is None or model is None:
            continue
        zh, en = _MOVED[use]
        if (wrong := unfit(model, use, person=person)) is not None:
            yield report.error(
                key,
                f"{name}（{board.model}）{wrong[0]}，不可用于{zh}",
                f"{name} ({board.model}) {wrong[1]}",
                found=board.model,
                allowed=tuple(other for other, fit in models.items() if unfit(fit, use, person=person) is None),
                remedy=(f"{zh}请换用上述型号", f"use one of these for {en}"),
            )
        elif not model.times_pulses:
            told = ("", "") if model.answers else ("，且无法读回", ", and nothing can be read back")
            yield report.warning(
                key,
                f"{name}（{board.model}）由网关断开：网关中断时会一直响，直到网关重启或断电{told[0]}",
                f"{name} ({board.model}) is let go by the gateway: if that dies it sounds until it is back{told[1]}",
                remedy=("要求可靠请换用定时脉冲板", "use a board with timed pulses where that matters"),
            )


def _lines(site: Site, report: Reporter) -> Iterator[Problem]:
    for key, (zh, en) in line_problems(site):
        remedy = ("请接到单独的串口", "give it a port of its own")
        if key.startswith("lanes."):
            remedy = ('写 closing = "barrier"', 'write closing = "barrier"')
        yield report.error(key, zh, en, remedy=remedy)


def _relays(site: Site, report: Reporter) -> Iterator[Problem]:
    seen: dict[tuple[str, int], str] = {}
    for key, board, channel in relay_refs(site):
        yield from _exists(site, report, key, board, channel, "relays")
        used = seen.setdefault((board, channel), key)
        if used != key:
            yield report.error(
                key,
                f"{board} 的继电器 {channel} 已用于 {used}（{report.place(used)}）",
                f"relay {channel} of {board} is used by {used} ({report.place(used)})",
                found=str(channel),
                remedy=("一个继电器只能有一个用途", "give each purpose a relay of its own"),
            )


def _inputs(site: Site, report: Reporter) -> Iterator[Problem]:
    seen: dict[tuple[str, int], tuple[str, str, str]] = {}
    for key, purpose, ref in input_refs(site):
        yield from _exists(site, report, f"{key}.channel", ref.board, ref.channel, "inputs")
        used, used_for, normally = seen.setdefault((ref.board, ref.channel), (key, purpose, ref.normally))
        if used == key:
            continue
        if used_for == purpose and normally == ref.normally:
            yield report.warning(
                f"{key}.channel",
                f"{ref.board} 的输入 {ref.channel} 与 {used} 共用",
                f"input {ref.channel} of {ref.board} is shared with {used}",
            )
        else:
            yield report.error(
                f"{key}.channel",
                f"{ref.board} 的输入 {ref.channel} 已用于 {used}（{report.place(used)}），用途或常开常闭不同",
                f"input {ref.channel} of {ref.board} means something else in {used} ({report.place(used)})",
                found=str(ref.channel),
                remedy=("一个输入只能有一个含义", "give each meaning an input of its own"),
            )


def _exists(site: Site, report: Reporter, key: str, board: str, channel: int, what: str) -> Iterator[Problem]:
    """The channel must be on the board; an unknown board or model is reported elsewhere."""
    model = known_models(site.board_models).get(site.boards[board].model) if board in site.boards else None
    count = None if model is None else getattr(model, what)
    if model is None or count is None or channel <= count:
        return
    zh = {"relays": "继电器", "inputs": "输入"}[what]
    have_zh = f"只有 1 到 {count}" if count else "没有"
    have_en = f"{what} 1 to {count} only" if count else f"no {what}"
    yield report.error(
        key,
        f"{board} 没有{zh} {channel}；{site.boards[board].model}（{model.title}）{have_zh}{zh}",
        f"{board} has no such channel {channel}; {site.boards[board].model} ({model.title}) has {have_en}",
        found=str(channel),
    )
