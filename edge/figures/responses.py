"""Response times of each class of alarms against its limits (时限考核). Core: pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from config.model_duty import Alarms as Settings
from edge.alarms.clocks import limits_of
from edge.alarms.model import Clock
from edge.figures.lives import Life
from edge.figures.numbers import percentile, share

PRIORITIES = (1, 2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One limit of one class. ``within + late + waiting`` alarms were under it."""

    priority: int
    clock: str
    """``respond``, ``on_site``, ``close``, ``call_back``."""
    limit_s: float | None
    within: int
    late: int
    """Done too late, or not done although the limit has passed."""
    waiting: int
    """Not done yet, and still in time."""
    p50_s: float | None
    p95_s: float | None
    """Of what was done, in time or not; by nearest rank."""
    longest_s: float | None
    kept: float | None
    """Share in time of what is decided."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One alarm under one limit: done after so long, or open for so long."""

    done_s: float | None
    open_s: float | None


def responses_of(lives: Iterable[Life], settings: Settings, now_s: float) -> list[Response]:
    """Every class and clock that has a limit or a case, urgent first."""
    known = list(lives)
    found = []
    for priority in PRIORITIES:
        limits = limits_of(settings, priority)
        mine = [life for life in known if life.priority == priority]
        for clock, limit_s in (
            (Clock.RESPOND, limits.respond_s),
            (Clock.ON_SITE, limits.on_site_s),
            (Clock.CLOSE, limits.close_s),
            (Clock.CALL_BACK, limits.call_back_s),
        ):
            cases = [case for life in mine for case in _CASES[clock](life, now_s)]
            if limit_s is None:  # nothing is awaited, so only what was done counts
                cases = [case for case in cases if case.done_s is not None]
            if cases or limit_s is not None:
                found.append(_response(priority, clock, limit_s, cases))
    return found


def _response(priority: int, clock: Clock, limit_s: float | None, cases: list[_Case]) -> Response:
    limit = float("inf") if limit_s is None else limit_s
    done = [case.done_s for case in cases if case.done_s is not None]
    opened = [case.open_s for case in cases if case.open_s is not None]
    within = sum(age_s <= limit for age_s in done)
    late = len(done) - within + sum(age_s > limit for age_s in opened)
    return Response(
        priority=priority,
        clock=clock.value,
        limit_s=limit_s,
        within=within,
        late=late,
        waiting=sum(age_s <= limit for age_s in opened),
        p50_s=percentile(done, 50),
        p95_s=percentile(done, 95),
        longest_s=max(done, default=None),
        kept=share(within, within + late) if limit_s is not None else None,
    )


def _respond(life: Life, now_s: float) -> Iterator[_Case]:
    if life.responded_age_s is not None:
        yield _Case(life.responded_age_s, None)
    elif not life.outcome:
        yield _Case(None, now_s - life.opened_s)


def _on_site(life: Life, now_s: float) -> Iterator[_Case]:
    """Whoever closed it from the desk was not needed there: no case."""
    if life.on_site_age_s is not None:
        yield _Case(life.on_site_age_s, None)
    elif not life.outcome:
        yield _Case(None, now_s - life.opened_s)


def _close(life: Life, now_s: float) -> Iterator[_Case]:
    if life.closed_age_s is not None:
        yield _Case(life.closed_age_s, None)
    else:
        yield _Case(None, now_s - life.opened_s)


def _call_back(life: Life, now_s: float) -> Iterator[_Case]:
    if life.called_back_age_s is not None:
        yield _Case(life.called_back_age_s, None)
    elif life.outcome == "handled" and life.closed_age_s is not None:
        yield _Case(None, now_s - life.opened_s - life.closed_age_s)


_CASES: dict[Clock, Callable[[Life, float], Iterator[_Case]]] = {
    Clock.RESPOND: _respond,
    Clock.ON_SITE: _on_site,
    Clock.CLOSE: _close,
    Clock.CALL_BACK: _call_back,
}
