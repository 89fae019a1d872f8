"""What is taken back from the log after a restart: open alarms, fire latch, latched faults, told overstays,
lock-outs. Shell."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from config.model import Site
from edge.access.guess_locks import GuessLocks, recalled, rules_of
from edge.alarms.fold import fold
from edge.doors.machine import DoorState
from edge.duty.fold import fold as fold_duty
from edge.lanes.machine import LaneState
from edge.observations import Now
from edge.patrol.fold import fold as fold_patrol
from edge.push.fold import fold as fold_told
from edge.selftest.fold import fold as fold_selftests
from edge.state import State
from edge.state_gate import InputView, SirenView
from edge.wiring import fire_lanes
from sync.clock import SystemClock
from sync.event import Event
from sync.queries import newest_saying, of_kinds
from sync.store import Store

PAGE = 1000


GUESS_DAYS, GUESSES_MAX = 30, 1000
PATROL_MAX = 10_000
"""Newest patrol events that are read back: far more than the rounds that are remembered have."""


def remembered(state: State, store: Store, now: Now | None = None) -> State:
    """The state with what must survive a restart."""
    now = now or Now(mono_s=time.monotonic(), wall_s=time.time())
    alarms: list[Event] = []
    fire: list[Event] = []
    faults: list[Event] = []
    for event in _all_of(store, ("alarm.", "clip.", "still.", "zone.cleared", "fire.", "lane.fault")):
        if event.kind.startswith(("alarm.", "clip.", "still.", "zone.")):
            alarms.append(event)
        elif event.kind.startswith("fire."):
            fire.append(event)
        else:
            faults.append(event)
    told = frozenset(str(e.data()["entry"]) for e in _all_of(store, ("register.overstayed",)))
    boot_id = SystemClock().boot_id()
    booted = first_of_boot(store, boot_id)
    standing = fold(alarms, boot_id, booted)
    state = replace(state, alarms=standing.alarms, shelves=standing.shelves, call_backs=standing.call_backs)
    shifts = _all_of(store, ("shift.", "watch.", "drill."))
    state = replace(state, duty=fold_duty(shifts, boot_id, booted), fire_latched=fire_latched(fire))
    patrol = fold_patrol(deque(_all_of(store, ("patrol.",)), PATROL_MAX), boot_id, booted)
    # Rounds that fell due while the program was down are told too.
    state = replace(state, patrol=replace(patrol, looked_s=max(patrol.looked_s, _newest_s(store))))
    pushed = fold_told(_all_of(store, ("push.delivered",)), state.alarms)
    state = replace(state, told=pushed, selftests=fold_selftests(_all_of(store, ("selftest.",))))
    state = replace(state, presence=replace(state.presence, told=told), wall_floor_s=_newest_s(store))
    state = replace(state, access=replace(state.access, locks=lock_outs(state.settings, store, now)))
    state = replace(state, lost_holds=standing_holds(_all_of(store, ("lane.held", "lane.released"))))
    sirens = standing_sirens(_all_of(store, ("siren.",)))
    return with_gate_latches(with_latches(state, latched_faults(faults)), sirens)


def first_of_boot(store: Store, boot_id: str) -> Event | None:
    """The first start of the program since the machine booted; None when it starts for the first time."""
    return next((event for event in _all_of(store, ("system.started",)) if event.boot_id == boot_id), None)


def lock_outs(settings: Site, store: Store, now: Now) -> GuessLocks:
    """Lock-outs after wrong codes and PINs: whoever pulls the plug gains no guess.

    A clock that lies before the newest event (no battery) counts as standing at it: nothing has become calm meanwhile.
    """
    wall_s = max(now.wall_s, _newest_s(store))
    since_us = int((wall_s - GUESS_DAYS * 86_400) * 1e6)
    found = newest_saying(store, "access.denied", '"guess":', since_us, GUESSES_MAX)
    said = ((event.data(), event.wall_us / 1e6) for event in found)
    guesses = ((str(body["reader"]), body["guess"], now.mono_s - (wall_s - at_s)) for body, at_s in said)
    return recalled(guesses, rules_of(settings.passes))


def fire_latched(events: Iterable[Event]) -> bool:
    """Whether a fire alarm was never reset by a person: it stays, whatever happened to the program."""
    latched = False
    for event in events:
        if event.kind == "fire.active":
            latched = True
        elif event.kind == "fire.reset":
            latched = False
    return latched


def latched_faults(events: Iterable[Event]) -> dict[str, str]:
    """Lane -> fault that no person has cleared."""
    faults: dict[str, str] = {}
    for event in events:
        lane = event.source.removeprefix("lane:")
        if event.kind == "lane.fault":
            faults[lane] = str(event.data().get("detail") or "fault")
        elif event.kind == "lane.fault_cleared":
            faults.pop(lane, None)
    return faults


def standing_holds(events: Iterable[Event]) -> tuple[str, ...]:
    """Lanes that a person held open when the program ended. Their pulses have stopped: the guard must be told."""
    held: dict[str, None] = {}
    for event in events:
        lane = event.source.removeprefix("lane:")
        if event.kind == "lane.held":
            held[lane] = None
        else:
            held.pop(lane, None)
    return tuple(held)


def with_latches(state: State, faults: dict[str, str]) -> State:
    """The lanes' machines as at every start, with fire and faults still latched; fire outranks being offline."""
    lanes = {}
    joined = fire_lanes(state.settings)
    for name, view in state.lanes.items():
        latched = state.fire_latched and name in joined
        start = LaneState.FIRE_OPEN if latched else view.machine.state
        machine = replace(view.machine, state=start, fault=faults.get(name, ""), fire_latched=latched)
        lanes[name] = replace(view, machine=machine)
    return replace(state, lanes=lanes)


def standing_sirens(events: Iterable[Event]) -> dict[str, SirenView]:
    """Sirens that no person has reset, and until when they should sound."""
    sirens: dict[str, SirenView] = {}
    for event in events:
        name, body = event.source.removeprefix("siren:"), event.data()
        if event.kind == "siren.started":
            until_s = event.wall_us / 1e6 + float(body["max_s"])
            sirens[name] = SirenView(latched=True, cause=str(body["cause"]), resume_until_s=until_s)
        elif event.kind == "siren.ended" and name in sirens:
            sirens[name] = replace(sirens[name], resume_until_s=None)
        elif event.kind == "siren.reset":
            sirens = {siren: view for siren, view in sirens.items() if siren not in body["sirens"]}
    return sirens


def with_gate_latches(state: State, sirens: dict[str, SirenView]) -> State:
    """Doors still released by fire, sirens that stand, inputs whose alarm is still active."""
    doors = {}
    for name, view in state.doors.items():
        released = state.fire_latched and view.rules.escape_route
        start = DoorState.FIRE_RELEASED if released else view.machine.state
        doors[name] = replace(view, machine=replace(view.machine, state=start, fire_latched=state.fire_latched))
    active = {a.source for a in state.alarms.values() if a.kind.endswith(".active") and a.returned_at_s is None}
    inputs = {n: InputView(known=True) if f"input:{n}" in active else v for n, v in state.inputs.items()}
    return replace(
        state, doors=doors, inputs=inputs, sirens={n: sirens.get(n, view) for n, view in state.sirens.items()}
    )


def _newest_s(store: Store) -> float:
    """Time of the newest event; 0 for an empty log."""
    return next((event.wall_us / 1e6 for event in store.read_before(store.newest + 1, 1)), 0.0)


def _all_of(store: Store, prefixes: tuple[str, ...]) -> Iterable[Event]:
    after = 0
    while page := of_kinds(store, prefixes, after=after, limit=PAGE):
        yield from page
        after = page[-1].seq
