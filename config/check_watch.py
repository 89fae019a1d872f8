"""Facades and zones of watching cameras: what an installer gets wrong with a mouse. Core: pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from config.errors import Problem
from config.findings import Reporter, known
from config.model import Camera, Duty, Site
from config.model_watch import Facade, Point

_SHORT_DWELL_S = 5.0
_AREA_MIN = 1e-4
"""Of the picture: ten pixels square of 1280x720."""


def check_watch(site: Site, report: Reporter) -> Iterator[Problem]:
    """Every watching camera has what its duties need, drawn so that it can be meant."""
    for name, camera in site.cameras.items():
        yield from _duties(name, camera, report)
        if camera.facade is not None:
            yield from _facade(f"cameras.{name}.facade", camera.facade, report)
        for zone_name, zone in camera.zones.items():
            key = f"cameras.{name}.zones.{zone_name}"
            yield from _polygon(f"{key}.polygon", zone.polygon, report)
            if zone.during is not None:
                yield from known(report, f"{key}.during", zone.during, "schedules", site.schedules)
            if zone.kind == "lane" and zone.during is not None:
                yield report.warning(
                    f"{key}.during",
                    "消防通道只在时段内告警；法规要求任何时候都不得占用",
                    "the fire lane alarms only during a schedule; the law wants it free at all times",
                    remedy=("删去 during", "drop during"),
                )
            if zone.dwell_s < _SHORT_DWELL_S:
                yield report.warning(
                    f"{key}.dwell_s",
                    f"停留 {zone.dwell_s:g} 秒就告警，路过的人车也会告警",
                    f"after {zone.dwell_s:g} s whoever only passes is an alarm",
                    remedy=("消防通道 60 秒以上，徘徊 60 秒以上", "60 s or more for lanes and for loitering"),
                )


def _duties(name: str, camera: Camera, report: Reporter) -> Iterator[Problem]:
    key = f"cameras.{name}"
    duties = set(camera.duties)
    if Duty.THROWING in duties and camera.facade is None:
        yield report.error(
            f"{key}.duties",
            "有 throwing，但没有标定外墙 facade，无从判断楼层",
            "it has throwing, but no facade is marked: no floor could be told",
            found="throwing",
            remedy=(f"写上 [cameras.{name}.facade] 的 floor_lines", f"mark floor_lines in [cameras.{name}.facade]"),
        )
    if Duty.ZONES in duties and not camera.zones:
        yield report.error(
            f"{key}.duties",
            "有 zones，但没有画区域",
            "it has zones, but none is drawn",
            found="zones",
            remedy=(f"写上 [cameras.{name}.zones.名称]", f"draw one in [cameras.{name}.zones.NAME]"),
        )
    unused = [(Duty.THROWING, "facade", camera.facade), (Duty.ZONES, "zones", camera.zones)]
    for duty, what, there in unused:
        if there and duty not in duties:
            yield report.warning(
                f"{key}.{what}",
                f"duties 中没有 {duty}，不会用到",
                f"duties has no {duty}, so it is never used",
                remedy=(f'给 duties 加上 "{duty}"', f'add "{duty}" to duties'),
            )


def _facade(key: str, facade: Facade, report: Reporter) -> Iterator[Problem]:
    floors = [line.floor for line in facade.floor_lines]
    double = sorted({floor for floor in floors if floors.count(floor) > 1})
    if double:
        yield report.error(
            f"{key}.floor_lines",
            f"楼板线 {double[0]} 画了两次",
            f"floor line {double[0]} is marked twice",
            found=str(double[0]),
            remedy=("每层一条", "one line for each floor"),
        )
        return
    lines = sorted(facade.floor_lines, key=lambda line: line.floor)
    for index, line in enumerate(facade.floor_lines):
        if line.points[0][0] >= line.points[-1][0]:
            yield report.error(
                f"{key}.floor_lines[{index}].points",
                "楼板线应从左到右",
                "a floor line runs from left to right",
                remedy=("颠倒点的顺序", "turn the order of its points round"),
            )
    for lower, upper in combinations(lines, 2):
        if _touch(lower.points, upper.points):
            place = facade.floor_lines.index(upper)
            yield report.error(
                f"{key}.floor_lines[{place}].points",
                f"楼板线 {upper.floor} 与 {lower.floor} 相交",
                f"floor lines {upper.floor} and {lower.floor} cross",
                remedy=("核对两条线的端点", "check the ends of both"),
            )
        elif _middle(upper.points) >= _middle(lower.points):
            place = facade.floor_lines.index(upper)
            yield report.error(
                f"{key}.floor_lines[{place}].floor",
                f"楼板线 {upper.floor} 画在 {lower.floor} 的下方",
                f"floor line {upper.floor} lies below line {lower.floor}",
                remedy=("楼层号自下而上增加；y 自上而下增加", "floors count upwards; y grows downwards"),
            )
    for index, mask in enumerate(facade.masks):
        yield from _polygon(f"{key}.masks[{index}]", mask, report)


def _polygon(key: str, points: Sequence[Point], report: Reporter) -> Iterator[Problem]:
    sides = list(zip(points, [*points[1:], points[0]], strict=True))
    crossed = any(
        _cross(*sides[one], *sides[other])
        for one, other in combinations(range(len(sides)), 2)
        if other - one > 1 and not (one == 0 and other == len(sides) - 1)
    )
    if crossed:
        yield report.error(
            key,
            "多边形的边相交",
            "the sides of the polygon cross",
            remedy=("沿边界顺序逐点填写", "give its corners in order along the edge"),
        )
        return
    area = abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in sides)) / 2
    outside = any(max(side) <= 0 or min(side) >= 1 for side in zip(*points, strict=True))
    if area < _AREA_MIN or outside:
        yield report.error(
            key,
            "区域在画面之外或没有面积",
            "the area lies outside of the picture or has no extent",
            found=f"{area:.5f}",
            remedy=("按画面比例 0~1 填写，不是像素", "give fractions 0 to 1 of the picture, not pixels"),
        )


def _middle(points: Sequence[Point]) -> float:
    return sum(y for _, y in points) / len(points)


def _touch(one: Sequence[Point], other: Sequence[Point]) -> bool:
    pairs = ((a, b) for a in pairwise(one) for b in pairwise(other))
    return any(_cross(*a, *b) for a, b in pairs)


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the segments a-b and c-d share a point."""
    turns = (_turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b))
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    return any(
        turn == 0 and _between(*ends, point)
        for turn, ends, point in zip(turns, ((a, b), (a, b), (c, d), (c, d)), (c, d, a, b), strict=True)
    )


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _between(a: Point, b: Point, point: Point) -> bool:
    return all(min(a[n], b[n]) <= point[n] <= max(a[n], b[n]) for n in (0, 1))
