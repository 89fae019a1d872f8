"""The clocks of an alarm: what is due, and who is told when it is not done. Core: pure functions of age.

Every limit that passes is told once to the supervisor, and once to the project manager when a multiple of it has
passed (逾期自动督办). What was told stands in the alarm and in the log: a restart neither forgets nor repeats it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from config.model_duty import Alarms as Settings
from config.model_duty import Clocks
from edge.alarms.model import Alarm, CallBack, Clock, Level, Overdue


@dataclass(frozen=True, slots=True)
class Due:
    """One limit of one alarm."""

    clock: Clock
    limit_s: float
    """Age at which it is due."""
    done: bool


def limits_of(settings: Settings, priority: int) -> Clocks:
    """The limits of a class."""
    return {1: settings.urgent, 2: settings.general}.get(priority, settings.system)


def dues(alarm: Alarm, settings: Settings) -> tuple[Due, ...]:
    """The limits of an open alarm, in the order in which they fall due."""
    limits = limits_of(settings, alarm.priority)
    rows = (
        (Clock.RESPOND, limits.respond_s, bool(alarm.acknowledged_by)),
        (Clock.ON_SITE, limits.on_site_s, alarm.on_site_age_s is not None),
        (Clock.CLOSE, limits.close_s, False),
    )
    return tuple(Due(clock, limit_s, done) for clock, limit_s, done in rows if limit_s is not None)


def newly_overdue(alarm: Alarm, age_s: float, settings: Settings) -> tuple[Overdue, ...]:
    """What has passed by now and was not told yet, lowest level first."""
    open_ones = (due for due in dues(alarm, settings) if not due.done)
    passed = (told for due in open_ones for told in _passed(due, age_s, settings))
    return tuple(told for told in passed if told not in alarm.overdue)


def call_back_overdue(back: CallBack, age_s: float, settings: Settings) -> tuple[Overdue, ...]:
    """The same for a call-back; ``age_s`` counts from the closing."""
    limit_s = limits_of(settings, back.priority).call_back_s
    if limit_s is None:
        return ()
    due = Due(Clock.CALL_BACK, limit_s, False)
    return tuple(told for told in _passed(due, age_s, settings) if told not in back.overdue)


def _passed(due: Due, age_s: float, settings: Settings) -> Iterator[Overdue]:
    if age_s >= due.limit_s:
        yield due.clock, Level.SUPERVISOR
    if age_s >= due.limit_s * settings.manager_factor:
        yield due.clock, Level.MANAGER
