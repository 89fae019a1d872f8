"""The events of a report out of a log, in a thread of the caller's choosing. Shell: reads the log."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from config.model import Site
from edge.figures.report import Material, Report, report_of
from edge.figures.rounds import ALLOWED
from edge.figures.spans import ShiftSpan, Span, shifts_of, span_of, span_of_shift
from edge.ledger import CARE, STATES, WORK
from sync.timeline import Timeline

FOREVER_US = 2**62
SHIFT_DAYS = 31
"""A shift that began longer ago and never ended is forgotten."""
FLOOD_DAYS = 2
EVENTS_MAX = 500_000
EQUIPMENT_MAX = 100_000
DAY_S = 86_400


def report_from(log: Timeline, site: Site, span: Span, now_s: float) -> Report:
    """Read what a report needs, family by family, and fold it; takes seconds for a quarter of a busy site."""
    zone = ZoneInfo(site.site.timezone)
    from_us, until_us = int(span.from_s * 1e6), int(span.until_s * 1e6)
    devices = {name: entry.device for name, entry in site.equipment.items()}
    equipment = []
    if devices:
        equipment = [*log.walk((*STATES, *CARE), 0, until_us, EQUIPMENT_MAX)]
        equipment += log.walk(WORK, from_us, until_us, EQUIPMENT_MAX)
        equipment.sort(key=lambda event: event.seq)
    material = Material(
        alarms=log.walk(("alarm.",), from_us, FOREVER_US, EVENTS_MAX),
        shifts=log.walk(("shift.",), from_us - SHIFT_DAYS * DAY_S * 1_000_000, until_us),
        floods=log.walk(("alarm.flood", "system."), from_us - FLOOD_DAYS * DAY_S * 1_000_000, until_us),
        openings=log.walk((ALLOWED, "operator."), from_us, until_us, EVENTS_MAX),
        patrols=log.walk(("patrol.",), from_us, until_us),
        watches=log.walk(("watch.",), from_us, until_us),
        equipment=equipment,
        devices=devices,
    )
    return report_of(span, material, site.alarms, zone, now_s)


def shifts_on(log: Timeline, day: date, zone: ZoneInfo) -> list[ShiftSpan]:
    """The shifts that touch a day, oldest first."""
    span = span_of("day", day, zone)
    since_us = int(span.from_s * 1e6) - SHIFT_DAYS * DAY_S * 1_000_000
    found = shifts_of(log.walk(("shift.",), since_us, FOREVER_US))
    return [s for s in found if s.from_s < span.until_s and (s.until_s is None or s.until_s > span.from_s)]


def shift_span(log: Timeline, seq: int, day: date, zone: ZoneInfo, now_s: float) -> Span | None:
    """The shift that an event began, on a day that it touches; None when there is none."""
    found = next((shift for shift in shifts_on(log, day, zone) if shift.seq == seq), None)
    return None if found is None else span_of_shift(found, now_s, zone)
