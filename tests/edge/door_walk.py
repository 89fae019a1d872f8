"""An exhaustive walk over the door machine: every reachable context, every event, abstracted time.

A context is a door whose timers are only "running" or "not running". From each context every event is tried, with
every subset of the running timers due when time passes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, combinations, product
from typing import Any

from edge.doors.machine import (
    Door,
    DoorAction,
    DoorEvent,
    DoorLinkBack,
    DoorLinkLost,
    DoorRules,
    DoorSensed,
    DoorState,
    DoorTimePassed,
    FireEnded,
    FireStarted,
    OthersChanged,
    ScheduleChanged,
    Unlock,
    UnlockDone,
    UnlockFailed,
)

NOW_S = 1000.0
RUNNING_S = 1050.0
"""Where every running timer stands in a context."""
TIMERS = ("unlocked_until_mono_s", "held_at_mono_s", "refresh_mono_s")

Step = Callable[[Door, DoorEvent, DoorRules, float], tuple[Door, tuple[DoorAction, ...]]]


@dataclass(frozen=True, slots=True)
class Edge:
    """One step of the walk, with what its invariants need."""

    before: Door
    event: DoorEvent
    due: tuple[str, ...]
    after: Door
    actions: tuple[DoorAction, ...]
    rules: DoorRules
    again: tuple[Door, tuple[DoorAction, ...]]
    """The same event once more at the same moment."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must hold on every edge."""

    name: str
    holds: Callable[[Edge], bool]


@dataclass
class Walk:
    """What a walk found."""

    contexts: int = 0
    edges: int = 0
    states: set[DoorState] = field(default_factory=set)
    violations: dict[str, Edge] = field(default_factory=dict)
    """First example of each invariant that failed."""
    stuck: list[Door] = field(default_factory=list)
    """Contexts from which no path leads back to LOCKED."""


def all_rules() -> list[DoorRules]:
    """With and without contact, interlock, escape route."""
    flags = product((True, False), repeat=3)
    return [DoorRules(has_contact=contact, interlocked=lock, escape_route=escape) for contact, lock, escape in flags]


def name_of(rules: DoorRules) -> str:
    """A short name of a wiring, for test ids and the printed table."""
    words = ("contact" if rules.has_contact else "blind", "interlocked" if rules.interlocked else "alone")
    return "+".join((*words, "escape" if rules.escape_route else "inner"))


def context_of(door: Door) -> Door:
    """The door without the details that the machine's choices do not depend on."""
    timers: dict[str, Any] = {name: None if getattr(door, name) is None else RUNNING_S for name in TIMERS}
    return replace(door, **timers)


TOLD = tuple(product((False, True, None), repeat=2))
"""Contact and exit button, unknown included."""
ALWAYS: tuple[DoorEvent, ...] = (
    *(DoorSensed(is_open, pressed) for is_open, pressed in TOLD),
    *(DoorLinkBack(is_open, pressed) for is_open, pressed in TOLD),
    DoorLinkLost(),
    FireStarted(),
    FireEnded(),
    ScheduleChanged(True),
    ScheduleChanged(False),
    OthersChanged(True),
    OthersChanged(False),
    Unlock("grant"),
    UnlockFailed("silent", "grant"),
    UnlockFailed("silent"),
    UnlockDone(),
)


def tries(context: Door) -> Iterator[tuple[Door, DoorEvent, tuple[str, ...]]]:
    """Every event from a context, and every choice of due timers."""
    for event in ALWAYS:
        yield context, event, ()
    running = [name for name in TIMERS if getattr(context, name) is not None]
    for due in chain.from_iterable(combinations(running, count) for count in range(len(running) + 1)):
        over: dict[str, Any] = dict.fromkeys(due, NOW_S - 1.0)
        yield replace(context, **over), DoorTimePassed(), due


def walk(step: Step, rules: DoorRules, invariants: tuple[Invariant, ...] = (), *, to_first: bool = False) -> Walk:
    """Breadth first over all contexts; ``to_first`` ends it at the first broken invariant."""
    found = Walk()
    start = context_of(Door())
    waiting, known = deque([start]), {start}
    sources: dict[Door, set[Door]] = {}
    while waiting and not (to_first and found.violations):
        context = waiting.popleft()
        found.states.add(context.state)
        for before, event, due in tries(context):
            after, actions = step(before, event, rules, NOW_S)
            edge = Edge(before, event, due, after, actions, rules, step(after, event, rules, NOW_S))
            found.edges += 1
            for invariant in invariants:
                if not invariant.holds(edge):
                    found.violations.setdefault(invariant.name, edge)
            reached = context_of(after)
            sources.setdefault(reached, set()).add(context)
            if reached not in known:
                known.add(reached)
                waiting.append(reached)
    found.contexts = len(known)
    found.stuck = [] if to_first and found.violations else _stuck(known, sources)
    return found


def _stuck(known: set[Door], sources: dict[Door, set[Door]]) -> list[Door]:
    home = [door for door in known if door.state is DoorState.LOCKED]
    reaching, waiting = set(home), deque(home)
    while waiting:
        for source in sources.get(waiting.popleft(), ()):
            if source not in reaching:
                reaching.add(source)
                waiting.append(source)
    return [door for door in known if door not in reaching]
