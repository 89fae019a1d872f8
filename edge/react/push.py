"""Alarms become messages; what channels report becomes events and one alarm a channel. Core: pure.

What a restart finds open and told by nobody is told again: a message in the memory of a program that died is no proof.
"""

from __future__ import annotations

from dataclasses import replace

from edge.alarms.rules import GENERAL, raise_alarm, returned
from edge.intents import Notify, Record
from edge.push.model import PushDelivered, PushFailed
from edge.push.rules import channels_of, notice_of, telling
from edge.react import selftest
from edge.turn import Turn


def on_turn(turn: Turn) -> None:
    """Everything that this turn has written about alarms goes to the channels that want it."""
    settings = turn.state.settings
    if not settings.push.channels:
        return
    for intent in tuple(turn.intents):
        if isinstance(intent, Record):
            for alarm, level in telling(intent.draft.kind, intent.draft.body):
                _tell(turn, alarm, level, intent.draft.id)


def on_started(turn: Turn) -> None:
    """Open alarms of which no channel's delivery is on record."""
    settings, told = turn.state.settings, turn.state.told
    records = (intent.draft for intent in turn.intents if isinstance(intent, Record))
    just_now = {alarm for draft in records for alarm, _ in telling(draft.kind, draft.body)}
    for alarm in tuple(turn.state.alarms.values()):
        if alarm.acknowledged_by or not alarm.genuine or alarm.id in just_now:
            continue
        left = tuple(
            name
            for name in channels_of(settings.push.channels, alarm, "guard")
            if (name, alarm.id, "guard") not in told
        )
        if left:
            turn.intents.append(Notify(notice_of(alarm, "guard", alarm.event_id, settings.site.name), left))
    turn.state = replace(turn.state, told=frozenset())


def on_delivered(turn: Turn, report: PushDelivered) -> None:
    """A channel took a message."""
    source = f"push:{report.channel}"
    body = {
        "channel": report.channel,
        "reference": report.reference,
        "alarms": [list(pair) for pair in report.alarms],
        "tries": report.tries,
        "took_ms": round(report.took_s * 1e3, 1),
        "held": report.held,
    }
    turn.record("push.delivered", source, body)
    returned(turn, "push.failed", source)
    selftest.on_push(turn, report.channel, report.reference, ok=True)


def on_failed(turn: Turn, report: PushFailed) -> None:
    """A channel takes nothing: one alarm, whatever it holds back."""
    source = f"push:{report.channel}"
    body = {
        "channel": report.channel,
        "reference": report.reference,
        "detail": report.detail,
        "failing_s": report.failing_s,
        "tries": report.tries,
        "lost": report.lost,
    }
    event_id = turn.record("push.failed", source, body)
    raise_alarm(turn, "push.failed", GENERAL, source, place=report.channel, event_id=event_id, detail=report.detail)
    selftest.on_push(turn, report.channel, report.reference, ok=False, detail=report.detail)


def _tell(turn: Turn, id_: str, level: str, reference: str) -> None:
    settings, alarm = turn.state.settings, turn.state.alarms.get(id_)
    if alarm is None:
        return
    if alarm.kind == selftest.KIND:
        run = turn.state.selftests.run
        channels, level, reference = tuple(settings.push.channels), "test", run.id if run is not None else ""
    else:
        channels = channels_of(settings.push.channels, alarm, level)
    if channels:
        turn.intents.append(Notify(notice_of(alarm, level, reference, settings.site.name), channels))
