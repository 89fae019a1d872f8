"""What time does to alarms: limits that pass, shelves that end, the box's own siren, floods. Core: pure."""

from __future__ import annotations

from dataclasses import replace

from edge.alarms.clocks import call_back_overdue, limits_of, newly_overdue
from edge.alarms.model import Alarm, CallBack, Flood, Level, Overdue, anchored
from edge.alarms.rules import put, shelf_of, without
from edge.alarms.steps import take_back
from edge.react.siren import SILENT, start
from edge.turn import Turn

LEVEL_NAMES = {Level.SUPERVISOR: "supervisor", Level.MANAGER: "manager"}


def on_tick(turn: Turn) -> None:
    """Every timer of alarms; the order matters: a shelf that ends lets its alarm's clocks speak in the same turn."""
    _anchor(turn)
    _end_shelves(turn)
    for alarm in tuple(turn.state.alarms.values()):
        if shelf_of(turn, alarm) is None:
            _tell_overdue(turn, alarm)
            _sound(turn, turn.state.alarms[alarm.id])
    for back in tuple(turn.state.call_backs.values()):
        _call_back(turn, back)
    _flood(turn)
    _forget(turn)


def _anchor(turn: Turn) -> None:
    """After a restart ages go on by the monotonic clock, from what the log and the wall clock say."""
    state, now = turn.state, turn.now
    ages = [a.age for a in state.alarms.values()] + [c.age for c in state.call_backs.values()]
    ages += [shelf.age for shelf in state.shelves.values()]
    if all(age.from_mono_s is not None for age in ages):
        return
    turn.state = replace(
        state,
        alarms=anchored(state.alarms, now),
        shelves=anchored(state.shelves, now),
        call_backs=anchored(state.call_backs, now),
    )


def _end_shelves(turn: Turn) -> None:
    for shelf in tuple(turn.state.shelves.values()):
        if shelf.left_s(turn.now) <= 0:
            take_back(turn, shelf.kind, shelf.source, "gateway")


def _tell_overdue(turn: Turn, alarm: Alarm) -> None:
    age_s = alarm.age.at(turn.now)
    told = newly_overdue(alarm, age_s, turn.state.settings.alarms)
    if told:
        put(turn, replace(alarm, overdue=alarm.overdue | set(told)))
        body = {"alarm": alarm.id, "kind": alarm.kind, "place": alarm.place, "by": alarm.acknowledged_by}
        _tell(turn, alarm.source, told, age_s, body)


def _call_back(turn: Turn, back: CallBack) -> None:
    age_s = back.age.at(turn.now)
    settings = turn.state.settings.alarms
    if limits_of(settings, back.priority).call_back_s is None:
        turn.state = replace(turn.state, call_backs=without(turn.state.call_backs, back.alarm))
        return
    told = call_back_overdue(back, age_s, settings)
    if told:
        late = replace(back, overdue=back.overdue | set(told))
        turn.state = replace(turn.state, call_backs={**turn.state.call_backs, back.alarm: late})
        body = {"alarm": back.alarm, "kind": back.kind, "place": back.place, "by": back.closed_by}
        _tell(turn, back.source, told, age_s, body)


def _tell(turn: Turn, source: str, told: tuple[Overdue, ...], age_s: float, about: dict[str, str]) -> None:
    """One event for each limit that passed and each level that must know."""
    for clock, level in told:
        limit = {"clock": clock.value, "level": int(level), "to": LEVEL_NAMES[level], "age_s": round(age_s, 3)}
        turn.record("alarm.overdue", source, {**about, **limit})


def _sound(turn: Turn, alarm: Alarm) -> None:
    """Nobody took it: the box's own sirens sound, even if every browser is dead."""
    settings = turn.state.settings
    if alarm.acknowledged_by or alarm.sounded or alarm.kind in SILENT or not alarm.genuine:
        return
    if alarm.age.at(turn.now) < settings.alarms.siren_after_s:
        return
    put(turn, replace(alarm, sounded=True))
    for name, siren in settings.sirens.items():
        # More urgent ones started it when they opened; its own failure cannot be told by the siren that failed.
        waited = siren.alarm_priority < alarm.priority <= siren.unanswered_priority
        if waited and alarm.source != f"siren:{name}":
            start(turn, name, alarm.kind, alarm.place)


def _flood(turn: Turn) -> None:
    settings, flood = turn.state.settings.alarms, turn.state.flood
    since_s = turn.now.mono_s - settings.flood_window_s
    kept = tuple(at_s for at_s in flood.opened_mono_s if at_s > since_s)
    begins, ends = (
        not flood.active and len(kept) > settings.flood_begin,
        flood.active and len(kept) < settings.flood_end,
    )
    if begins:
        turn.record("alarm.flood", "gateway", {"alarms": len(kept), "window_s": settings.flood_window_s})
    if ends:
        turn.record("alarm.flood_ended", "gateway", {"alarms": len(kept)})
    if kept != flood.opened_mono_s or begins or ends:
        turn.state = replace(turn.state, flood=Flood(opened_mono_s=kept, active=begins or (flood.active and not ends)))


def _forget(turn: Turn) -> None:
    """What closed by itself too long ago to count as chatter."""
    chatter_s, now_s = turn.state.settings.alarms.chatter_s, turn.now.mono_s
    kept = {key: row for key, row in turn.state.recent.items() if now_s - row.closed_mono_s <= chatter_s}
    if len(kept) != len(turn.state.recent):
        turn.state = replace(turn.state, recent=kept)
