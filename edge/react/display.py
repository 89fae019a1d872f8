"""What is shown and spoken beside a lane: one short text for each verdict at it. Core: pure.

It follows from the events of the step, so that a display says what the log says. The opening goes first, the text
after it. A text names nobody: the plate that everyone sees and what to do, never a name, a house or a reason. A plate
that was not read for sure is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devices.messages import Show
from edge.access.plates import Reason
from edge.intents import Record, Send
from edge.turn import Turn

TEXT_LIFE_S = 5.0
"""A text later than this would greet the next car."""

_GO = {"in": ("欢迎光临", "Welcome"), "out": ("一路平安", "Goodbye"), "both": ("请通行", "Please pass")}
_WAIT = ("请稍候", "Please wait")
_TEXTS: Mapping[str, tuple[str, str]] = {
    "access.denied": ("请联系门卫", "Ask the guard"),
    "access.referred": _WAIT,
    "operator.refused": ("请联系门卫", "Ask the guard"),
    "lane.refused": _WAIT,
    "lane.fire_open": ("火警 请迅速离开", "Fire: leave now"),
}
_GRANTS = ("access.granted", "operator.opened")


def show_verdicts(turn: Turn) -> None:
    """Send the last text of this step to each lane's displays."""
    displays = turn.state.settings.displays
    if not displays:
        return
    texts: dict[str, tuple[str, str]] = {}
    for intent in turn.intents:
        if isinstance(intent, Record):
            lane = _lane_of(intent.draft.source, intent.draft.body)
            text = _text(turn, intent.draft.kind, lane)
            if text:
                texts[lane] = (_plate(intent.draft.body) or texts.get(lane, ("", ""))[0], text)
    for name, display in displays.items():
        if display.lane in texts:
            plate, text = texts[display.lane]
            _send(turn, name, tuple(line for line in (plate, text) if line), text)


def _lane_of(source: str, body: Mapping[str, Any]) -> str:
    kind, _, name = source.partition(":")
    return name if kind == "lane" else str(body.get("lane", ""))


def _text(turn: Turn, kind: str, lane: str) -> str:
    """The text of an event in the site's language; empty: it has none."""
    settings = turn.state.settings
    if lane not in settings.lanes:
        return ""
    pair = _GO[settings.lanes[lane].direction] if kind in _GRANTS else _TEXTS.get(kind, ("", ""))
    return pair[settings.site.language != "zh"]


def _plate(body: Mapping[str, Any]) -> str:
    return "" if body.get("reason") == Reason.UNSURE_READ else str(body.get("plate") or "")


def _send(turn: Turn, display: str, lines: tuple[str, ...], voice: str) -> None:
    expires = turn.now.mono_s + TEXT_LIFE_S
    turn.intents.append(Send(Show(id=turn.new_id(), display=display, lines=lines, voice=voice, expires_mono_s=expires)))
