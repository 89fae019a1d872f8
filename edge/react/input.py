"""Alarm inputs: smoke, panic, tamper, flood. Core: pure.

An unknown input is neither clear nor a new alarm. What fired is closed only by a person (``PERSON_CLOSES``).
"""

from __future__ import annotations

from dataclasses import replace

from config.model_gate import Input
from edge import wiring
from edge.alarms.rules import GENERAL, SYSTEM, URGENT, raise_alarm, returned
from edge.react.siren import start
from edge.state_gate import InputView
from edge.turn import Turn

_PRIORITY = {"smoke": URGENT, "panic": URGENT, "tamper": GENERAL, "flood": GENERAL, "other": GENERAL}


def kind_of(settings: Input, what: str) -> str:
    """The kind of event of an input: ``smoke.active``, ``input.clear`` …"""
    return f"{'input' if settings.kind == 'other' else settings.kind}.{what}"


def on_board_inputs(turn: Turn, board: str) -> None:
    """A board's levels changed, became unknown or came back."""
    if turn.state.boards[board].up is None:
        return
    for name, settings in turn.state.settings.inputs.items():
        if settings.input.board == board:
            _changed(turn, name, settings, wiring.value_of(settings.input, turn.state.boards))


def _changed(turn: Turn, name: str, settings: Input, active: bool | None) -> None:
    view = turn.state.inputs[name]
    known = view.known if active is None else active
    after = InputView(active=active, known=known, unknown_told=active is None)
    if after == view:
        return
    turn.state = replace(turn.state, inputs={**turn.state.inputs, name: after})
    source, place = f"input:{name}", settings.place or name
    if after.unknown_told != view.unknown_told:
        _tell_unknown(turn, source, place, after.unknown_told)
    if active is True and view.known is not True:
        _fired(turn, settings, source, place)
    elif active is False and view.known is True:
        turn.record(kind_of(settings, "clear"), source, {"place": place})
        returned(turn, kind_of(settings, "active"), source)


def _tell_unknown(turn: Turn, source: str, place: str, unknown: bool) -> None:
    if unknown:
        event_id = turn.record("input.unknown", source, {"place": place})
        raise_alarm(turn, "input.unknown", SYSTEM, source, place=place, event_id=event_id)
    else:
        turn.record("input.known", source, {"place": place})
        returned(turn, "input.unknown", source)


def _fired(turn: Turn, settings: Input, source: str, place: str) -> None:
    kind = kind_of(settings, "active")
    event_id = turn.record(kind, source, {"place": place})
    raise_alarm(turn, kind, _PRIORITY[settings.kind], source, place=place, event_id=event_id)
    for siren in settings.sirens:
        start(turn, siren, kind, place)
