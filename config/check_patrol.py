"""The patrol held against itself and against the readers of the site. Core: pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from config.errors import Problem
from config.findings import Reporter, known
from config.model import Site
from config.model_patrol import PatrolPlan, PatrolPoint, PatrolRoute

CODE_MIN = 6
"""Characters of a point's code: fewer can be guessed at the page."""


def check_patrol(site: Site, report: Reporter) -> Iterator[Problem]:
    """Errors and warnings about points, routes and plans."""
    yield from _points(site, report)
    for name, route in site.patrol.routes.items():
        yield from _route(site, report, f"patrol.routes.{name}", route)
    for name, plan in site.patrol.plans.items():
        yield from known(report, f"patrol.plans.{name}.route", plan.route, "patrol.routes", site.patrol.routes)
        yield from _overlap(site, report, name, plan)
    if any(p.kind == "reader" for p in site.patrol.points.values()) and not site.patrol.guards:
        yield report.warning(
            "patrol.guards",
            "有读头巡更点，但没有写谁的卡算门卫，刷卡不会计入巡更",
            "there are readers as checkpoints, but no card holder is named as a guard: cards do not count",
            remedy=("写上 [patrol.guards] 持卡人编号 = 账户", "write [patrol.guards] with person id = account"),
        )


def _points(site: Site, report: Reporter) -> Iterator[Problem]:
    codes: dict[str, str] = {}
    readers: dict[str, str] = {}
    for name, point in site.patrol.points.items():
        key = f"patrol.points.{name}"
        yield from _told_by(site, report, key, point)
        for value, seen, what in ((point.code, codes, "code"), (point.reader or "", readers, "reader")):
            other = seen.setdefault(value, name) if value else name
            if other != name:
                yield report.error(
                    f"{key}.{what}",
                    f"与 {other} 相同，分不清到的是哪一点",
                    f"{other} has the same: it would not be clear which point was visited",
                    remedy=("每点用各自的", "give each point its own"),
                )
        if point.map is not None:
            yield from known(report, f"{key}.map", point.map, "patrol.maps", site.patrol.maps)
        if (point.map is None) != (point.at is None):
            yield report.warning(
                key, "map 和 at 要一起写，否则不会画在图上", "map and at belong together; it is not drawn on a plan"
            )


def _told_by(site: Site, report: Reporter, key: str, point: PatrolPoint) -> Iterator[Problem]:
    """A reader's point needs its reader, any other its code."""
    if point.kind == "reader":
        if point.reader is None:
            yield report.error(key, "kind = reader 需要写 reader", "a point of kind reader needs reader")
        else:
            yield from known(report, f"{key}.reader", point.reader, "readers", site.readers)
        return
    if len(point.code) < CODE_MIN:
        yield report.error(
            f"{key}.code" if point.code else key,
            f"需要 code，至少 {CODE_MIN} 个字符",
            f"it needs a code of at least {CODE_MIN} characters",
            remedy=(
                "用随机文字印成二维码或写入标签，不要用地名",
                "print or write random text, not the name of the place",
            ),
        )


def _route(site: Site, report: Reporter, key: str, route: PatrolRoute) -> Iterator[Problem]:
    seen: set[str] = set()
    before_s = 0.0
    for index, leg in enumerate(route.points):
        at = f"{key}.points[{index}]"
        yield from known(report, f"{at}.point", leg.point, "patrol.points", site.patrol.points)
        if leg.point in seen:
            yield report.error(
                f"{at}.point",
                "同一条路线中一个点只能写一次",
                "a point stands only once in a route",
                found=leg.point,
                remedy=("再走一遍请另写一个计划时刻", "for a second visit plan a second round"),
            )
        seen.add(leg.point)
        if leg.after_s is not None:
            if leg.after_s > route.within_s:
                yield report.error(
                    f"{at}.after_s",
                    f"晚于整条路线的时限 within_s（{route.within_s:g} 秒）",
                    f"it is later than the whole route may take (within_s, {route.within_s:g} s)",
                    found=f"{leg.after_s:g}",
                )
            if route.order == "strict" and leg.after_s < before_s:
                yield report.error(
                    f"{at}.after_s",
                    "严格次序下不能早于前一点",
                    "in strict order it cannot be due before the point before it",
                    found=f"{leg.after_s:g}",
                )
            before_s = max(before_s, leg.after_s)
    if not any(leg.required for leg in route.points):
        yield report.warning(
            key, "没有必到的点，漏走也不会告警", "no point of it is required: nothing that is missed would alarm"
        )


def _overlap(site: Site, report: Reporter, name: str, plan: PatrolPlan) -> Iterator[Problem]:
    """Two rounds of one plan that run at the same time cannot be told apart."""
    minutes = sorted(int(time[:2]) * 60 + int(time[3:]) for time in plan.times)
    gaps = [later - earlier for earlier, later in pairwise(minutes)]
    if 0 in gaps:
        yield report.error(f"patrol.plans.{name}.times", "时刻重复", "a time stands there twice")
    route = site.patrol.routes.get(plan.route)
    longest_s = plan.start_late_s + (route.within_s if route is not None else 0)
    if gaps and 0 < min(gaps) * 60 < longest_s:
        yield report.warning(
            f"patrol.plans.{name}.times",
            "前一轮可能还没走完，下一轮已到时间；扫码先计入较早的一轮",
            "a round may still be under way when the next is due; a scan then counts for the earlier one",
        )
