"""Whether a loaded site makes sense as a whole. Core: pure; touches no hardware and no file.

The model has checked each setting alone; here the settings are held against each other. Errors must stop a start;
warnings are shown and the site runs.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping

from config.check_boards import board_uses, check_boards, input_refs
from config.check_gate import check_gate
from config.check_patrol import check_patrol
from config.check_ports import check_ports
from config.check_push import check_push
from config.check_rules import check_rules
from config.check_watch import check_watch
from config.errors import Problem
from config.findings import Reporter, known
from config.model import Duty, Lane, Site
from config.origins import Origin

_LIMITS_OF_CLOSING = ("safety", "up_limit", "down_limit")


def check(site: Site, origins: Mapping[str, Origin] | None = None) -> list[Problem]:
    """Every error and warning of the site, errors first."""
    report = Reporter(origins or {})
    steps: tuple[Callable[[Site, Reporter], Iterator[Problem]], ...] = (
        _references,
        check_boards,
        check_ports,
        _cameras,
        check_watch,
        _lanes,
        _fire,
        check_gate,
        check_rules,
        check_push,
        check_patrol,
        _web,
    )
    problems = [problem for step in steps for problem in step(site, report)]
    return sorted(problems, key=lambda problem: problem.severity != "error")


def _references(site: Site, report: Reporter) -> Iterator[Problem]:
    """Names that are used must be defined."""
    for name, camera in site.cameras.items():
        if camera.lane is not None:
            yield from known(report, f"cameras.{name}.lane", camera.lane, "lanes", site.lanes)
    for name, board in site.boards.items():
        yield from known(report, f"boards.{name}.bus", board.bus, "buses", site.buses)
    for key, board_name in board_uses(site):
        yield from known(report, key, board_name, "boards", site.boards)
    for key, _, ref in input_refs(site):
        yield from known(report, f"{key}.board", ref.board, "boards", site.boards)
    for index, lane_name in enumerate(site.fire.lanes or ()):
        yield from known(report, f"fire.lanes[{index}]", lane_name, "lanes", site.lanes)


def _cameras(site: Site, report: Reporter) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name, camera in site.cameras.items():
        key = f"cameras.{name}"
        if camera.source in seen:
            yield report.warning(
                f"{key}.source",
                f"与 cameras.{seen[camera.source]} 是同一来源，会连接两次",
                f"cameras.{seen[camera.source]} reads the same source; it is opened twice",
            )
        seen.setdefault(camera.source, name)
        if camera.region is not None:
            x1, y1, x2, y2 = camera.region
            if not (0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1):
                yield report.error(
                    f"{key}.region",
                    "应为 [x1, y1, x2, y2]，且 0 ≤ x1 < x2 ≤ 1、0 ≤ y1 < y2 ≤ 1",
                    "it must be [x1, y1, x2, y2] with 0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1",
                    found=str(list(camera.region)),
                    remedy=("按画面宽高的比例填写，不是像素", "give fractions of width and height, not pixels"),
                )
        if camera.lost_after_s <= 1 / camera.fps_max:
            yield report.error(
                f"{key}.lost_after_s",
                f"每 {1 / camera.fps_max:g} 秒才取一帧，{camera.lost_after_s:g} 秒就算失去，会一直告警",
                f"a frame comes every {1 / camera.fps_max:g} s, so {camera.lost_after_s:g} s would alarm all the time",
                remedy=("调大 lost_after_s", "raise lost_after_s"),
            )
        if camera.lane is None and Duty.PLATES in camera.duties:
            yield report.warning(
                key,
                "没有写 lane，识别到的车牌不会开任何闸",
                "it has no lane; the plates that it reads open nothing",
            )


def _lanes(site: Site, report: Reporter) -> Iterator[Problem]:
    for name, lane in site.lanes.items():
        key = f"lanes.{name}"
        yield from _closing(key, lane, report)
        if lane.open_during is not None:
            yield from known(report, f"{key}.open_during", lane.open_during, "schedules", site.schedules)
        if lane.require_approach and lane.inputs.approach is None:
            yield report.error(
                f"{key}.require_approach",
                "要求来车地感，但没有接 inputs.approach，永远不会自动开",
                "it demands the approach loop, but inputs.approach is not wired: it would never open by itself",
                remedy=("接上 inputs.approach 或去掉此项", "wire inputs.approach or drop this setting"),
            )
        if lane.inputs.safety is not None and lane.inputs.safety.normally == "open":
            yield report.warning(
                f"{key}.inputs.safety.normally",
                "防砸信号接在常开触点上：断线时看起来像没有车",
                "the safety input is on a normally-open contact: a cut wire looks like an empty lane",
                remedy=('改接常闭触点并写 normally = "closed"', 'rewire it and write normally = "closed"'),
            )


def _closing(key: str, lane: Lane, report: Reporter) -> Iterator[Problem]:
    """Whoever lets the gateway close an arm must let it see what stands under it and where the arm is."""
    if lane.closing == "barrier":
        if lane.barrier.close_relay is not None:
            yield report.warning(
                f"{key}.barrier.close_relay",
                '由道闸自己关闸，此继电器不会动作；要由网关关闸请写 closing = "gateway"',
                'the barrier closes by itself, so this relay never moves; closing = "gateway" would use it',
            )
        return
    missing = [f"inputs.{p}" for p in _LIMITS_OF_CLOSING if getattr(lane.inputs, p) is None]
    if lane.barrier.close_relay is None:
        missing.insert(0, "barrier.close_relay")
    if missing:
        yield report.error(
            f"{key}.closing",
            f"由网关关闸，但缺少 {'、'.join(missing)}，无法安全关闸",
            f"the gateway is to close, but {', '.join(missing)} are missing; it could not close safely",
            found='"gateway"',
            remedy=('接好这些信号，或写 closing = "barrier"', 'wire them, or write closing = "barrier"'),
        )


def _fire(site: Site, report: Reporter) -> Iterator[Problem]:
    fire = site.fire
    walkways = [name for name, lane in site.lanes.items() if lane.kind == "person"]
    for name in walkways:
        if fire.lanes is not None and name not in fire.lanes:
            yield report.error(
                "fire.lanes",
                f"人行通道 {name} 不在消防联动之内；火警时人行通道不得锁住",
                f"the walkway {name} is left out; no way out for people may stay shut in a fire",
                found=name,
                remedy=(f"把 {name} 加入 fire.lanes，或删去此项", f"add {name} to fire.lanes, or drop fire.lanes"),
            )
    if walkways and fire.input is None:
        yield report.warning(
            "fire",
            f"有人行通道（{'、'.join(walkways)}），但没有接火警触点；须由硬件自行释放",
            f"there are walkways ({', '.join(walkways)}) but no fire input; hardware of their own must release them",
        )
    if fire.input is not None and fire.input.normally == "open":
        yield report.warning(
            "fire.input.normally",
            "火警触点为常开：断线时收不到火警",
            "the fire input is on a normally-open contact: with a cut wire no fire alarm arrives",
            remedy=(
                '改接常闭触点并写 normally = "closed"，或接 fire.line_ok 监视线路',
                'rewire it and write normally = "closed", or watch the line with fire.line_ok',
            ),
        )
    if fire.line_ok is not None and fire.input is None:
        yield report.error(
            "fire.line_ok",
            "监视了线路，但没有接火警触点 fire.input",
            "the line is watched, but fire.input is not wired",
        )


def _web(site: Site, report: Reporter) -> Iterator[Problem]:
    web = site.web
    if (web.tls_cert is None) != (web.tls_key is None):
        there, absent = ("tls_cert", "tls_key") if web.tls_key is None else ("tls_key", "tls_cert")
        yield report.error(
            f"web.{there}",
            f"写了 {there}，但缺少 {absent}",
            f"{there} is given, but {absent} is missing",
            remedy=("HTTPS 需要证书和私钥两项", "HTTPS needs both the certificate and its key"),
        )
    if web.tls_cert is None and web.tls_key is None and not _is_loopback(web.host):
        yield report.warning(
            "web.host",
            f"在 {web.host} 上监听但没有 HTTPS，密码会明文经过网络",
            f"it listens on {web.host} without HTTPS; passwords cross the network in the clear",
            remedy=(
                "写上 tls_cert 和 tls_key，或由反向代理提供 HTTPS",
                "set tls_cert and tls_key, or put a proxy in front",
            ),
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
