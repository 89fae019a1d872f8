"""The guards' duty as the page sees it. Core: pure."""

from __future__ import annotations

from typing import Any

from edge.duty.items import open_items
from edge.observations import Now
from edge.state import State


def duty_rows(state: State, now: Now) -> dict[str, Any]:
    """Every post: who mans it, what is being handed over, whether somebody is asked for."""
    return {"duty": [_post(state, post, now) for post in state.settings.desk.posts], "drill": _drill(state, now)}


def _drill(state: State, now: Now) -> dict[str, Any] | None:
    drill = state.duty.drill
    if drill is None:
        return None
    left_s = round(max(0.0, drill.for_s - drill.age.at(now)), 1)
    return {"by": drill.by, "reason": drill.reason, "left_s": left_s, "made": drill.made}


def _post(state: State, post: str, now: Now) -> dict[str, Any]:
    shift = state.duty.shifts.get(post)
    watch = state.duty.watches.get(post)
    asked = None if watch is None or watch.asked is None else watch.asked.at(now)
    return {
        "post": post,
        "guard": shift.guard if shift is not None else "",
        "since_s": None if shift is None else now.wall_s - shift.age.at(now),
        "answer_left_s": None if asked is None else round(state.settings.desk.watch_answer_s - asked, 1),
        "handover": _handover(state, post),
    }


def _handover(state: State, post: str) -> dict[str, Any] | None:
    handover = state.duty.handovers.get(post)
    if handover is None:
        return None
    items = [
        {"item": item.key, "kind": item.kind, "place": item.place, "taken": item.key in handover.taken}
        for item in open_items(state)
    ]
    return {"from": handover.leaving, "to": handover.coming, "items": items, "signed": sorted(handover.signed)}
