"""One report: every figure of one span, from the log alone. Core: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from config.model_duty import Alarms as Settings
from edge import ledger
from edge.figures.lives import Life, lives_of
from edge.figures.numbers import share
from edge.figures.rates import (
    TOP,
    Count,
    Rates,
    Source,
    by_day,
    by_hour,
    floods_of,
    rates_of,
    sources_of,
    wolves_of,
)
from edge.figures.responses import Response, responses_of
from edge.figures.rounds import Openings, Patrols, Watches, openings_of, patrols_of, watches_of
from edge.figures.spans import ShiftSpan, Span, shifts_of
from sync.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Events by what they are read for, each in the order of the log."""

    alarms: Iterable[Event] = ()
    """``alarm.`` from the begin of the span until now, so that later ends are known."""
    shifts: Iterable[Event] = ()
    """``shift.``, also from before the span."""
    floods: Iterable[Event] = ()
    """``alarm.flood`` and ``system.``, also from before the span."""
    openings: Iterable[Event] = ()
    patrols: Iterable[Event] = ()
    watches: Iterable[Event] = ()
    equipment: Sequence[Event] = ()
    """As ``edge.ledger`` reads them."""
    devices: dict[str, str] = field(default_factory=dict)
    """Name in the ledger -> device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptime:
    """One piece of equipment."""

    name: str
    device: str
    uptime: float | None
    losses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a page, a file and a test read."""

    span: Span
    made_s: float
    drills: int
    """Alarms of exercises and self-tests that were left out."""
    responses: tuple[Response, ...]
    rates: Rates
    sources: tuple[Source, ...]
    """The ten with most alarms."""
    wolves: tuple[Source, ...]
    hours: tuple[Count, ...]
    days: tuple[Count, ...]
    openings: Openings
    patrols: Patrols
    watches: Watches
    uptime: float | None
    """技防设备完好率: the mean over the equipment that was observed."""
    equipment: tuple[Uptime, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def report_of(span: Span, material: Material, settings: Settings, zone: ZoneInfo, now_s: float) -> Report:
    """All figures of a span. What lies in the future of ``now_s`` counts for nothing."""
    seen = Span(from_s=span.from_s, until_s=max(span.from_s, min(span.until_s, now_s)), name=span.name)
    every = [life for life in lives_of(material.alarms, drills=True) if life.opened_s < seen.until_s]
    lives = _real(every)
    shifts: list[ShiftSpan] = shifts_of(material.shifts)
    sources = sources_of(lives)
    ledger_span = ledger.Span(from_s=seen.from_s, until_s=seen.until_s)
    equipment = [
        _uptime(name, device, material.equipment, ledger_span) for name, device in sorted(material.devices.items())
    ]
    return Report(
        span=span,
        made_s=now_s,
        drills=len(every) - len(lives),
        responses=tuple(responses_of(lives, settings, now_s)),
        rates=rates_of(lives, shifts, floods_of(material.floods, seen.until_s), seen),
        sources=tuple(sources[:TOP]),
        wolves=tuple(wolves_of(sources)),
        hours=tuple(by_hour(lives, zone)),
        days=tuple(by_day(lives, seen, zone)),
        openings=openings_of(material.openings),
        patrols=patrols_of(material.patrols),
        watches=watches_of(material.watches),
        uptime=ledger.share_working([one.uptime for one in equipment]),
        equipment=tuple(equipment),
    )


def kept_overall(responses: Iterable[Response]) -> float | None:
    """Share of all limits together that were kept."""
    limited = [one for one in responses if one.limit_s is not None]
    within = sum(one.within for one in limited)
    return share(within, within + sum(one.late for one in limited))


def _real(lives: Sequence[Life]) -> list[Life]:
    return [life for life in lives if not life.exercise]


def _uptime(name: str, device: str, events: Sequence[Event], span: ledger.Span) -> Uptime:
    found = ledger.figures(device, name, events, span)
    return Uptime(name=name, device=device, uptime=found.uptime, losses=found.losses)
