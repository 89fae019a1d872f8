"""Sirens and strobes: board-timed beats until a person resets them. Core: pure.

No relay is ever latched on: a gateway that dies leaves silence after one beat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from devices.messages import Priority, PulseOutput
from edge.alarms.model import Alarm
from edge.alarms.rules import GENERAL, raise_alarm, returned
from edge.intents import Send
from edge.observations import ResetSirens
from edge.state import PendingOpen
from edge.state_gate import SirenView
from edge.turn import Turn

TICK_S = 0.25
SHORTEST_S = 0.1
SILENT = frozenset({"access.duress", "push.failed"})
"""Alarms that start no siren, whatever their priority: what must not be noticed at the gate, and what a siren cannot
mend (a lost internet would sound in the yard at night)."""


def on_new_alarms(turn: Turn, before: Mapping[str, Alarm]) -> None:
    """Alarms that opened in this turn start the sirens of their priority; one that is counted once more does not."""
    opened = [alarm for id_, alarm in turn.state.alarms.items() if id_ not in before]
    for name, siren in turn.state.settings.sirens.items():
        for alarm in opened:
            quiet = not alarm.genuine or alarm.kind in SILENT or alarm.condition in turn.state.shelves
            if alarm.priority <= siren.alarm_priority and not quiet:
                start(turn, name, alarm.kind, alarm.place)


def start(turn: Turn, name: str, cause: str, place: str) -> None:
    """Sound from now on, at most the longest time; what already sounds begins its time anew."""
    settings, view = turn.state.settings.sirens[name], turn.state.sirens[name]
    until_s = turn.now.mono_s + settings.max_s
    if view.until_mono_s == until_s and view.cause == cause:
        return  # an input that fires and its alarm are one start
    beat_s = view.beat_mono_s if view.until_mono_s is not None else turn.now.mono_s
    turn.record("siren.started", f"siren:{name}", {"cause": cause, "place": place, "max_s": settings.max_s})
    _put(turn, name, replace(view, latched=True, cause=cause, until_mono_s=until_s, beat_mono_s=beat_s))
    _beat(turn, name)


def reset_sirens(turn: Turn, act: ResetSirens) -> tuple[bool, str]:
    """A person silences all sirens. Returns (ok, reason)."""
    standing = [name for name, view in turn.state.sirens.items() if view.latched]
    if not standing:
        return False, "no_siren"
    body = {"role": act.operator.role, "sirens": standing}
    turn.record("siren.reset", f"operator:{act.operator.name}", body)
    for name in standing:
        _put(turn, name, SirenView(failing=turn.state.sirens[name].failing))
    return True, "reset"


def on_tick(turn: Turn) -> None:
    """Beats that are due, and the end of the longest time."""
    for name in turn.state.sirens:
        _resume(turn, name)
        view = turn.state.sirens[name]
        if view.until_mono_s is not None and turn.now.mono_s >= view.until_mono_s:
            _put(turn, name, replace(view, until_mono_s=None))
            turn.record("siren.ended", f"siren:{name}", {"cause": view.cause})
        elif view.until_mono_s is not None:
            _beat(turn, name)


def _resume(turn: Turn, name: str) -> None:
    """After a restart: sound for the rest of the time; never longer than the longest, whatever the clock says."""
    view = turn.state.sirens[name]
    if view.resume_until_s is None:
        return
    left_s = min(turn.state.settings.sirens[name].max_s, view.resume_until_s - turn.now.wall_s)
    until_s = turn.now.mono_s + left_s if left_s > 0 else None
    _put(turn, name, replace(view, resume_until_s=None, until_mono_s=until_s, beat_mono_s=turn.now.mono_s))


def on_beat_done(turn: Turn, name: str) -> None:
    """A beat was sent and read back."""
    if turn.state.sirens[name].failing:
        _put(turn, name, replace(turn.state.sirens[name], failing=False))
        turn.record("siren.works", f"siren:{name}", {})
        returned(turn, "siren.failed", f"siren:{name}")


def on_beat_failed(turn: Turn, name: str, detail: str) -> None:
    """A beat was not carried out; told once, the next beat tries again."""
    view = turn.state.sirens[name]
    if view.failing:
        return
    _put(turn, name, replace(view, failing=True))
    event_id = turn.record("siren.failed", f"siren:{name}", {"detail": detail})
    place = turn.state.settings.sirens[name].place or name
    raise_alarm(turn, "siren.failed", GENERAL, f"siren:{name}", place=place, event_id=event_id, detail=detail)


def chirp(turn: Turn, name: str) -> None:
    """One short beat of a self-test; a siren that sounds already proves itself."""
    if turn.state.sirens[name].until_mono_s is None:
        _pulse(turn, name, SHORTEST_S)


def _beat(turn: Turn, name: str) -> None:
    view, settings, now_s = turn.state.sirens[name], turn.state.settings.sirens[name], turn.now.mono_s
    if view.until_mono_s is None or now_s < view.beat_mono_s:
        return
    if turn.state.boards[settings.output.board].up is not True:
        return  # the beat stays due and goes out as soon as the board answers
    pulse_s = max(SHORTEST_S, min(settings.on_s, view.until_mono_s - now_s))
    # A tone without pauses: the next beat comes a tick early, so that no gap is heard.
    period_s = settings.on_s + settings.off_s if settings.off_s > 0 else max(TICK_S, settings.on_s - TICK_S)
    _put(turn, name, replace(view, beat_mono_s=now_s + period_s))
    _pulse(turn, name, pulse_s)


def _pulse(turn: Turn, name: str, pulse_s: float) -> None:
    settings, now_s = turn.state.settings.sirens[name], turn.now.mono_s
    command = PulseOutput(
        id=turn.new_id(),
        board=settings.output.board,
        relay=settings.output.relay,
        pulse_s=pulse_s,
        expires_mono_s=now_s + max(1.0, settings.on_s),
        priority=Priority.NORMAL,
    )
    turn.intents.append(Send(command))
    pending = PendingOpen(
        lane="", siren=name, reference="", expires_mono_s=command.expires_mono_s, decided_mono_s=now_s
    )
    turn.state = replace(turn.state, commands={**turn.state.commands, command.id: pending})


def _put(turn: Turn, name: str, view: SirenView) -> None:
    turn.state = replace(turn.state, sirens={**turn.state.sirens, name: view})
