"""Night checks (查岗), and a handing-over that takes too long: what time does to the duty. Core: pure."""

from __future__ import annotations

from dataclasses import replace

from edge.access.schedules import within
from edge.alarms.model import Age, anchored, begun
from edge.alarms.rules import GENERAL, raise_alarm, returned
from edge.duty.acts import AnswerWatch
from edge.duty.model import Handover, Watch
from edge.turn import Turn


def on_tick(turn: Turn) -> None:
    """Ask, miss, remind; ages that come from before a restart go on by the monotonic clock."""
    _anchor(turn)
    for handover in tuple(turn.state.duty.handovers.values()):
        _slow(turn, handover)
    for post in turn.state.settings.desk.posts:
        _watch(turn, post)


def answer(turn: Turn, act: AnswerWatch) -> tuple[bool, str]:
    """Somebody is awake. Late is noted, never refused."""
    watch = turn.state.duty.watches.get(act.post)
    if watch is None or watch.asked is None:
        return False, "nothing_asked"
    after_s = round(watch.asked.at(turn.now), 3)
    late = after_s > turn.state.settings.desk.watch_answer_s
    _put(turn, replace(watch, asked=None))
    body = {"post": act.post, "after_s": after_s, "late": late}
    turn.record("watch.answered", f"operator:{act.operator.name}", body)
    returned(turn, "watch.missed", f"post:{act.post}")
    return True, "answered_late" if late else "answered"


def is_night(turn: Turn) -> bool:
    """Whether posts are asked now."""
    settings = turn.state.settings
    return within(settings.desk.night, turn.now.wall_s, settings.site.timezone)


def _watch(turn: Turn, post: str) -> None:
    settings = turn.state.settings.desk
    watch = turn.state.duty.watches.get(post, Watch(post=post))
    if watch.asked is not None:
        if watch.asked.at(turn.now) >= settings.watch_answer_s:
            _missed(turn, watch)
        return
    if not settings.watch_every_s or not is_night(turn):
        return
    if watch.last is not None and watch.last.at(turn.now) < settings.watch_every_s:
        return
    since = begun(turn.now)
    _put(turn, Watch(post=post, asked=since, last=since))
    turn.record("watch.asked", f"post:{post}", {"post": post, "answer_within_s": settings.watch_answer_s})


def _missed(turn: Turn, watch: Watch) -> None:
    """Nobody answered: an alarm, once per question; the next question comes at its time."""
    assert watch.asked is not None
    shift = turn.state.duty.shifts.get(watch.post)
    guard = shift.guard if shift is not None else ""
    body = {"post": watch.post, "guard": guard, "after_s": round(watch.asked.at(turn.now), 3)}
    _put(turn, replace(watch, asked=None))
    event_id = turn.record("watch.missed", f"post:{watch.post}", body)
    raise_alarm(turn, "watch.missed", GENERAL, f"post:{watch.post}", place=watch.post, event_id=event_id, detail=guard)


def _slow(turn: Turn, handover: Handover) -> None:
    if handover.told or handover.age.at(turn.now) < turn.state.settings.desk.handover_within_s:
        return
    duty = turn.state.duty
    late = replace(handover, told=True)
    turn.state = replace(turn.state, duty=replace(duty, handovers={**duty.handovers, handover.post: late}))
    body = {"post": handover.post, "from": handover.leaving, "to": handover.coming}
    event_id = turn.record("shift.handover_slow", f"post:{handover.post}", body)
    place = handover.post
    raise_alarm(turn, "shift.handover_slow", GENERAL, f"post:{place}", place=place, event_id=event_id)


def _anchor(turn: Turn) -> None:
    duty, now = turn.state.duty, turn.now
    ages: list[Age | None] = [shift.age for shift in duty.shifts.values()]
    ages += [handover.age for handover in duty.handovers.values()]
    ages += [age for watch in duty.watches.values() for age in (watch.asked, watch.last)]
    ages += [duty.drill.age] if duty.drill is not None else []
    if all(age is None or age.from_mono_s is not None for age in ages):
        return
    shifts = anchored(duty.shifts, now)
    handovers = anchored(duty.handovers, now)
    watches = {
        k: replace(w, asked=w.asked and w.asked.anchored(now), last=w.last and w.last.anchored(now))
        for k, w in duty.watches.items()
    }
    drill = duty.drill and replace(duty.drill, age=duty.drill.age.anchored(now))
    standing = replace(duty, shifts=shifts, handovers=handovers, watches=watches, drill=drill)
    turn.state = replace(turn.state, duty=standing)


def _put(turn: Turn, watch: Watch) -> None:
    duty = turn.state.duty
    turn.state = replace(turn.state, duty=replace(duty, watches={**duty.watches, watch.post: watch}))
