"""What time does to rounds: announced, told to be late, missed. Core: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from config.model_patrol import PatrolPlan
from edge.alarms.model import Age, anchored
from edge.alarms.rules import GENERAL, raise_alarm
from edge.patrol.model import OPEN, Leg, Round, RoundState
from edge.patrol.plans import due_between, lead_s, legs_of
from edge.turn import Turn

LOOK_S = 5.0
"""The plans are looked at so often."""
BACKLOG_S = 86_400.0
"""After being down, or a clock that jumps forward, rounds of so long ago are still told."""
ENDED_KEPT = 200
"""Rounds that ended and are remembered: to heal a miss by late scans, and to know them again."""
MISSED = "patrol.missed"


def on_tick(turn: Turn) -> None:
    """Announce what is due, tell what is late, close what is over."""
    _anchor(turn)
    _look(turn)
    for round_ in turn.state.patrol.open():
        _over(turn, round_)
        if turn.state.patrol.rounds[round_.id].state in OPEN:
            _late(turn, round_)


def put(turn: Turn, round_: Round) -> None:
    """Keep a round as it now is; the oldest that ended are forgotten."""
    rounds = {**turn.state.patrol.rounds, round_.id: round_}
    rounds = forgotten(rounds)
    turn.state = replace(turn.state, patrol=replace(turn.state.patrol, rounds=rounds))


def forgotten(rounds: Mapping[str, Round]) -> dict[str, Round]:
    """The rounds without the oldest of those that ended."""
    ended = [id_ for id_, one in rounds.items() if one.state not in OPEN]
    gone = frozenset(ended[:-ENDED_KEPT])
    return {id_: one for id_, one in rounds.items() if id_ not in gone} if gone else dict(rounds)


def about(round_: Round, turn: Turn) -> dict[str, Any]:
    """What every event of a round says."""
    return {
        "round": round_.id,
        "plan": round_.plan,
        "route": round_.route,
        "title": round_.title,
        "age_s": round(round_.age.at(turn.now), 3),
    }


def finish(turn: Turn, round_: Round) -> Round:
    """Everything was visited, or everything that must be and the guard says so."""
    late = is_late(round_)
    done = replace(round_, state=RoundState.LATE if late else RoundState.DONE)
    put(turn, done)
    turn.record("patrol.done", f"patrol:{round_.plan}", {**about(done, turn), "late": late, **counted(done)})
    return done


def counted(round_: Round) -> dict[str, Any]:
    """How a round went, in figures."""
    took_s = 0.0
    if round_.visits and round_.started_age_s is not None:
        took_s = max(0.0, max(visit.age_s for visit in round_.visits) - round_.started_age_s)
    return {
        "guard": round_.guard,
        "points": len(round_.legs),
        "visited": len(round_.visits),
        "off_time": sum(visit.off_s != 0 for visit in round_.visits),
        "out_of_order": sum(not visit.in_order for visit in round_.visits),
        "offline": sum(visit.offline for visit in round_.visits),
        "doubtful": sum(bool(visit.doubtful) for visit in round_.visits),
        "took_s": round(took_s, 3),
        "points_missed": [leg.point for leg in round_.left()],
    }


def is_late(round_: Round) -> bool:
    """Whether it was begun late, or a point was visited late."""
    begun_late = round_.started_age_s is None or round_.started_age_s > round_.start_late_s
    return begun_late or any(visit.off_s > 0 for visit in round_.visits)


def _look(turn: Turn) -> None:
    view, now_s = turn.state.patrol, turn.now.wall_s
    settings = turn.state.settings
    if not settings.patrol.plans or 0 <= now_s - view.looked_s < LOOK_S:
        return
    since_s = now_s if view.looked_s in (0.0, now_s) else min(now_s, max(view.looked_s, now_s - BACKLOG_S))
    for name, plan in settings.patrol.plans.items():
        until_s = now_s + lead_s(settings.patrol, plan)
        for at, due_s in due_between(plan, since_s, until_s, settings.site.timezone):
            if f"{name}@{at}" not in turn.state.patrol.rounds:
                _announce(turn, f"{name}@{at}", name, plan, due_s)
    turn.state = replace(turn.state, patrol=replace(turn.state.patrol, looked_s=now_s))


def _announce(turn: Turn, id_: str, name: str, plan: PatrolPlan, due_s: float) -> None:
    patrol = turn.state.settings.patrol
    route = patrol.routes[plan.route]
    legs = legs_of(patrol, plan.route)
    age = Age(since_wall_s=due_s, base_s=turn.now.wall_s - due_s, from_mono_s=turn.now.mono_s)
    announced = Round(
        id=id_,
        plan=name,
        route=plan.route,
        title=route.title or plan.route,
        order=route.order,
        legs=legs,
        start_early_s=plan.start_early_s,
        start_late_s=plan.start_late_s,
        within_s=route.within_s,
        due_s=due_s,
        age=age,
    )
    put(turn, announced)
    rules = {
        "order": route.order,
        "start_early_s": plan.start_early_s,
        "start_late_s": plan.start_late_s,
        "within_s": route.within_s,
        "due_s": due_s,
        "legs": [_leg(leg) for leg in legs],
    }
    turn.record("patrol.due", f"patrol:{name}", {**about(announced, turn), **rules})


def _leg(leg: Leg) -> dict[str, Any]:
    return {name: getattr(leg, name) for name in Leg.__slots__}


def _late(turn: Turn, round_: Round) -> None:
    """Yellow: late, and it can still be done. Each is told once."""
    age_s = round_.age.at(turn.now)
    late = [("start", "")] if round_.state is RoundState.DUE and age_s > round_.start_late_s else []
    if round_.started_age_s is not None:
        since_s = age_s - round_.started_age_s
        late += [
            (leg.point, leg.place)
            for leg in round_.left()
            if leg.after_s is not None and since_s > leg.after_s + leg.tolerance_s
        ]
    for what, place in late:
        if what not in round_.warned:
            round_ = replace(round_, warned=round_.warned | {what})
            put(turn, round_)
            turn.record("patrol.late", f"patrol:{round_.plan}", {**about(round_, turn), "what": what, "place": place})


def _over(turn: Turn, round_: Round) -> None:
    """The time is over: done if everything that must be was visited, else missed, which is an alarm."""
    if round_.age.at(turn.now) <= round_.deadline_age_s:
        return
    missed = round_.left(required=True)
    if not missed and round_.started_age_s is not None:
        finish(turn, round_)
        return
    over = replace(round_, state=RoundState.MISSED)
    put(turn, over)
    # Nobody watched this round to its end: what was scanned meanwhile may still come.
    unwatched = round_.age.base_s > round_.deadline_age_s
    body = {**about(over, turn), **counted(over), "started": round_.started_age_s is not None, "unwatched": unwatched}
    event_id = turn.record(MISSED, f"patrol:{round_.plan}", body)
    places = "、".join(leg.place for leg in (missed or round_.legs))
    raise_alarm(
        turn, MISSED, GENERAL, f"patrol:{round_.plan}", place=round_.title, event_id=event_id, detail=places[:160]
    )


def _anchor(turn: Turn) -> None:
    """Ages that come from before a restart go on by the monotonic clock."""
    rounds = turn.state.patrol.rounds
    if all(one.age.from_mono_s is not None for one in rounds.values()):
        return
    patrol = replace(turn.state.patrol, rounds=anchored(rounds, turn.now))
    turn.state = replace(turn.state, patrol=patrol)
