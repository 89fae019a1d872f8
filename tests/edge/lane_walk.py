"""An exhaustive walk over the lane machine: every reachable context, every event, abstracted time.

A context is a lane whose timers are only "running" or "not running" and whose fault is only "some" or "none".
From each context every event is tried, with every subset of the running timers due when time passes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, combinations, product
from typing import Any, get_args

from edge.lanes.machine import (
    Authorised,
    FaultReset,
    FireChanged,
    FireReset,
    HoldOpen,
    Lane,
    LaneAction,
    LaneEvent,
    LaneLinkBack,
    LaneLinkLost,
    LaneRules,
    LaneState,
    OpenFailed,
    Release,
    Sensors,
    SensorsChanged,
    TimePassed,
)

NOW_S = 1000.0
RUNNING_S = 1050.0
"""Where every running timer stands in a context."""
TIMERS = ("deadline_mono_s", "refresh_mono_s", "remind_mono_s")

Step = Callable[[Lane, LaneEvent, LaneRules, float], tuple[Lane, tuple[LaneAction, ...]]]


@dataclass(frozen=True, slots=True)
class Edge:
    """One step of the walk, with what its invariants need."""

    before: Lane
    event: LaneEvent
    due: tuple[str, ...]
    after: Lane
    actions: tuple[LaneAction, ...]
    rules: LaneRules
    again: tuple[Lane, tuple[LaneAction, ...]]
    """The same event once more at the same moment."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must hold on every edge of some events (all of them when none is named)."""

    name: str
    holds: Callable[[Edge], bool]
    events: tuple[type, ...] = ()


@dataclass(frozen=True, slots=True)
class Shape:
    """What must hold in every context."""

    name: str
    holds: Callable[[Lane, LaneRules], bool]


@dataclass
class Walk:
    """What a walk found."""

    contexts: int = 0
    edges: int = 0
    states: set[LaneState] = field(default_factory=set)
    violations: dict[str, Edge] = field(default_factory=dict)
    """First example of each invariant that failed."""
    stuck: list[Lane] = field(default_factory=list)
    """Contexts from which no path leads back to CLOSED."""


def all_rules() -> list[LaneRules]:
    """Every combination of wiring and owner of closing, with a short queue."""
    flags = product((True, False), repeat=4)
    return [
        LaneRules(has_up_limit=up, has_down_limit=down, has_safety=safety, gateway_closes=closes, queue_max=2)
        for up, down, safety, closes in flags
    ]


def name_of(rules: LaneRules) -> str:
    """A short name of a wiring, for test ids and the printed table."""
    wired = [name for name in ("up", "down", "safety") if getattr(rules, f"has_{name}{'_limit' * (name != 'safety')}")]
    return "+".join(wired or ["blind"]) + ("/gateway" if rules.gateway_closes else "/barrier")


def context_of(lane: Lane) -> Lane:
    """The lane without the details that the machine's choices do not depend on."""
    timers: dict[str, Any] = dict.fromkeys((*TIMERS, "hold_until_mono_s"), RUNNING_S)
    timers = {name: None if getattr(lane, name) is None else at for name, at in timers.items()}
    sensors = replace(lane.sensors, manual=lane.manual_seen)
    return replace(lane, since_mono_s=0.0, sensors=sensors, fault="latched" if lane.fault else "", **timers)


def snapshots(rules: LaneRules) -> list[Sensors]:
    """Every combination of values of the wired sensors, unknown included."""
    values = (False, True, None)
    wired = (rules.has_up_limit, rules.has_down_limit, rules.has_safety)
    axes = [values if has else (None,) for has in wired]
    return [Sensors(up=u, down=d, safety=s) for u, d, s in product(*axes)]


ALWAYS: tuple[LaneEvent, ...] = (
    LaneLinkLost(),
    FireChanged(True),
    FireChanged(False),
    FireChanged(None),
    FireReset(),
    Authorised("car"),
    HoldOpen(RUNNING_S, "hold"),
    Release(),
    FaultReset(),
    OpenFailed("silent"),
)


def tries(context: Lane, seen: list[Sensors]) -> Iterator[tuple[Lane, LaneEvent, tuple[str, ...]]]:
    """Every event from a context, and every choice of due timers.

    Limits and safety change together in all ways; the manual input changes with the others standing still.
    """
    for event in ALWAYS:
        yield context, event, ()
    if context.linked:
        told = [replace(sensors, manual=context.manual_seen) for sensors in seen]
        told += [replace(context.sensors, manual=manual) for manual in (not context.manual_seen, None)]
        yield from ((context, SensorsChanged(sensors), ()) for sensors in told)
        # A second "link back" is only news of the sensors: as they are, all unknown, crank turned, crank unknown.
        yield from ((context, LaneLinkBack(sensors), ()) for sensors in (context.sensors, *told[-3:]))
    else:
        yield context, SensorsChanged(Sensors(up=True, down=False, safety=False, manual=True)), ()
        told = [replace(sensors, manual=manual) for sensors in seen for manual in (False, True, None)]
        yield from ((context, LaneLinkBack(sensors), ()) for sensors in told)
    running = [name for name in TIMERS if getattr(context, name) is not None]
    for due in chain.from_iterable(combinations(running, count) for count in range(len(running) + 1)):
        over: dict[str, Any] = dict.fromkeys(due, NOW_S - 1.0)
        yield replace(context, **over), TimePassed(), due


def walk(
    step: Step,
    rules: LaneRules,
    invariants: tuple[Invariant, ...] = (),
    shapes: tuple[Shape, ...] = (),
    *,
    to_first: bool = False,
) -> Walk:
    """Breadth first over all contexts; ``to_first`` ends it at the first broken invariant."""
    found = Walk()
    start = context_of(Lane())
    waiting, known = deque([start]), {start}
    sources: dict[Lane, set[Lane]] = {}
    seen = snapshots(rules)
    by_event = {kind: [i for i in invariants if not i.events or kind in i.events] for kind in get_args(LaneEvent)}
    while waiting and not (to_first and found.violations):
        context = waiting.popleft()
        found.states.add(context.state)
        for before, event, due in tries(context, seen):
            after, actions = step(before, event, rules, NOW_S)
            again = step(after, event, rules, NOW_S) if actions or after != before else (after, actions)
            edge = Edge(before, event, due, after, actions, rules, again)
            found.edges += 1
            for invariant in by_event[type(event)]:
                if not invariant.holds(edge):
                    found.violations.setdefault(invariant.name, edge)
            reached = context_of(after)
            sources.setdefault(reached, set()).add(context)
            if reached not in known:
                known.add(reached)
                waiting.append(reached)
                for shape in shapes:
                    if not shape.holds(after, rules):
                        found.violations.setdefault(shape.name, edge)
    found.contexts = len(known)
    found.stuck = [] if to_first and found.violations else _stuck(known, sources)
    return found


def _stuck(known: set[Lane], sources: dict[Lane, set[Lane]]) -> list[Lane]:
    home = [lane for lane in known if lane.state is LaneState.CLOSED]
    reaching, waiting = set(home), deque(home)
    while waiting:
        for source in sources.get(waiting.popleft(), ()):
            if source not in reaching:
                reaching.add(source)
                waiting.append(source)
    return [lane for lane in known if lane not in reaching]
