"""A report as tables of texts, the same for every kind of file. Core: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from config.model import Site
from edge.events import KINDS
from edge.figures.rates import Count, Source
from edge.figures.report import Report, kept_overall
from edge.figures.words import CLASSES, CLOCKS, reason_words

NOTHING = "—"
Row = tuple[str, ...]
Places = Mapping[str, str]
"""Device (``camera:east``) -> where it is."""


@dataclass(frozen=True, slots=True)
class Table:
    """A head and rows of texts, as many columns in each."""

    title: str
    head: Row
    rows: tuple[Row, ...]


def tables_of(report: Report, places: Places) -> tuple[Table, ...]:
    """Every table of a report, in the order in which a manager reads them."""
    return (
        Table("概要 summary", ("指标 figure", "值 value", "单位 unit"), _summary(report)),
        Table(
            "时限 limits",
            (
                "级别 class",
                "时限 clock",
                "限 limit min",
                "按时 in time",
                "超时 late",
                "进行中 waiting",
                "按时率 kept",
                "中位 p50 min",
                "p95 min",
                "最长 longest min",
            ),
            _limits(report),
        ),
        Table("告警来源 sources", SOURCE_HEAD, tuple(_source(one, places) for one in report.sources)),
        Table("误报多的来源 cries wolf", SOURCE_HEAD, tuple(_source(one, places) for one in report.wolves)),
        Table("放行 openings", ("方式 how", "项目 item", "次数 times"), _openings(report, places)),
        Table(
            "设备 equipment",
            ("名称 name", "设备 device", "完好率 uptime", "中断 losses"),
            tuple(
                (one.name, places.get(one.device) or one.device, percent(one.uptime), str(one.losses))
                for one in report.equipment
            ),
        ),
        Table("按日 by day", ("日期 day", "告警 alarms"), _bars(report.days)),
        Table("按小时 by hour", ("时 hour", "告警 alarms"), _bars(report.hours)),
    )


SOURCE_HEAD = (
    "位置 place",
    "来源 source",
    "告警 alarm",
    "告警数 alarms",
    "发生次数 occurrences",
    "属实 handled",
    "误报 false",
    "误报率 false share",
)
LONG_HEAD = ("报告 report", "部分 section", "行 row", "列 column", "值 value")


def long_rows(report: Report, places: Places) -> list[Row]:
    """All tables as one list, a cell a line, for CSV."""
    return [
        (report.span.name, table.title, str(number), column, cell)
        for table in tables_of(report, places)
        for number, row in enumerate(table.rows, start=1)
        for column, cell in zip(table.head, row, strict=True)
    ]


def named_places(site: Site) -> dict[str, list[dict[str, str]]]:
    """Every device by its group with its name and where it is."""

    def rows(names: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
        return [{"name": name, "place": place} for name, place in names]

    return {
        "lanes": rows((name, one.place) for name, one in site.lanes.items()),
        "cameras": rows((name, one.place) for name, one in site.cameras.items()),
        "doors": rows((name, one.place) for name, one in site.doors.items()),
        "readers": rows((name, one.place) for name, one in site.readers.items()),
        "sirens": rows((name, one.place) for name, one in site.sirens.items()),
        "inputs": rows((name, one.place) for name, one in site.inputs.items()),
        "boards": rows((name, "") for name in site.boards),
    }


def places_of(site: Site) -> dict[str, str]:
    """Where every device is, by ``kind:name``."""
    groups = named_places(site)
    return {f"{group[:-1]}:{row['name']}": row["place"] or row["name"] for group in groups for row in groups[group]}


def percent(share: float | None) -> str:
    """``98.5 %``; cut, never rounded up to a hundred that was not reached."""
    return NOTHING if share is None else f"{int(share * 1000 + 1e-9) / 10:.1f} %"


def minutes(seconds: float | None) -> str:
    """Minutes with one decimal."""
    return NOTHING if seconds is None else f"{seconds / 60:.1f}"


def _summary(report: Report) -> tuple[Row, ...]:
    rates, openings = report.rates, report.openings
    patrols, watches = report.patrols, report.watches
    return (
        ("按时率 limits kept", percent(kept_overall(report.responses)), ""),
        ("告警 alarms", str(rates.alarms), "条"),
        ("紧急 / 一般 / 系统 urgent / general / system", f"{rates.urgent} / {rates.general} / {rates.system}", "条"),
        ("误报率 false share", percent(rates.false_share), ""),
        ("值守 guard hours", f"{rates.guard_hours:.1f}", "h"),
        ("每人时告警 alarms per guard-hour", _number(rates.per_guard_hour), "条/h"),
        ("十分钟最多 most in ten minutes", str(rates.peak), "条"),
        ("告警泛滥 in flood", f"{rates.flood_min:.1f}", "min"),
        ("异常放行 opened by hand", str(openings.by_hand), "次"),
        ("异常放行占比 share opened by hand", percent(openings.by_hand_share), ""),
        ("巡更完成率 patrol completion", percent(patrols.completion), ""),
        ("巡更 完成 done", str(patrols.done), "轮"),
        ("巡更 漏检 missed", str(patrols.missed), "轮"),
        ("巡更 中止 aborted", str(patrols.aborted), "轮"),
        ("查岗应答率 night checks answered", percent(watches.kept), ""),
        ("技防设备完好率 equipment working", percent(report.uptime), ""),
        ("未计入的演练与自检 drills left out", str(report.drills), "条"),
    )


def _limits(report: Report) -> tuple[Row, ...]:
    return tuple(
        (
            CLASSES[one.priority],
            CLOCKS[one.clock],
            minutes(one.limit_s),
            str(one.within),
            str(one.late),
            str(one.waiting),
            percent(one.kept),
            minutes(one.p50_s),
            minutes(one.p95_s),
            minutes(one.longest_s),
        )
        for one in report.responses
    )


def _source(one: Source, places: Places) -> Row:
    kind = KINDS.get(one.kind)
    return (
        one.place or places.get(one.source, ""),
        one.source,
        one.kind if kind is None else f"{kind.zh} {kind.en}",
        str(one.alarms),
        str(one.occurrences),
        str(one.handled),
        str(one.false),
        percent(one.false_share),
    )


def _openings(report: Report, places: Places) -> tuple[Row, ...]:
    found = report.openings
    groups: tuple[tuple[str, Iterable[tuple[str, int]]], ...] = (
        ("手动原因 by hand, reason", ((reason_words(one.name), one.n) for one in found.hand_reasons)),
        ("手动位置 by hand, place", ((places.get(one.name) or one.name, one.n) for one in found.hand_places)),
        ("手动人员 by hand, person", ((one.name, one.n) for one in found.hand_people)),
        ("自动 by rule", ((reason_words(one.name), one.n) for one in found.granted_reasons)),
    )
    return tuple((how, name, str(n)) for how, items in groups for name, n in items)


def _bars(counts: Iterable[Count]) -> tuple[Row, ...]:
    return tuple((one.name, str(one.n)) for one in counts)


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2f}"
