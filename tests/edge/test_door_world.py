"""A world around the door machine: people, a lock that falls by itself, a link that comes and goes, in real time steps.

Whatever happens, an alarm for a forced door is true, nobody who was let in is accused, fire opens every door that can
be reached, and once everything is mended the door is locked and opens for the next person.
"""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.doors.machine import (
    Door,
    DoorEvent,
    DoorLinkBack,
    DoorLinkLost,
    DoorNote,
    DoorRules,
    DoorSensed,
    DoorState,
    DoorTimePassed,
    FireEnded,
    FireStarted,
    Note,
    PulseUnlock,
    ScheduleChanged,
    Unlock,
    step,
)

TICK_S = 0.25


class DoorWorld(RuleBasedStateMachine):
    """The lock is open while its pulse runs; people open the door only then, or by force."""

    @initialize(escape=st.booleans(), unlock_s=st.sampled_from((1.0, 3.0, 10.0)))
    def begin(self, escape: bool, unlock_s: float) -> None:
        self.wiring = DoorRules(has_contact=True, escape_route=escape, unlock_s=unlock_s, held_open_s=20.0)
        self.door = Door(others_clear=True)
        self.now_s = 100.0
        self.lock_until_s = 0.0
        self.is_open = self.pressed = self.linked = self.burning = self.free = False
        self.broken_in = False
        self.tell(DoorLinkBack(False, False))
        self.linked = True

    def tell(self, event: DoorEvent) -> list[DoorNote]:
        self.door, actions = step(self.door, event, self.wiring, self.now_s)
        for action in actions:
            if isinstance(action, PulseUnlock):
                assert self.linked or isinstance(event, DoorLinkBack)
                self.lock_until_s = self.now_s + self.wiring.unlock_s
        notes = [action.what for action in actions if isinstance(action, Note)]
        if DoorNote.FORCED in notes:
            assert self.broken_in
        return notes

    def sense(self) -> None:
        if self.linked:
            self.tell(DoorSensed(self.is_open, self.pressed))

    @property
    def unlocked(self) -> bool:
        return self.now_s < self.lock_until_s

    @rule(ticks=st.integers(1, 120))
    def time_passes(self, ticks: int) -> None:
        for _ in range(ticks):
            self.now_s += TICK_S
            self.tell(DoorTimePassed())

    @rule()
    def somebody_is_let_in(self) -> None:
        notes = self.tell(Unlock("grant"))
        assert notes == ([DoorNote.UNLOCKED] if self.linked else [DoorNote.REFUSED])
        assert self.unlocked or not self.linked

    @rule()
    def the_button_is_pressed(self) -> None:
        self.pressed = True
        self.sense()
        assert self.unlocked or not self.linked
        self.pressed = False
        self.sense()

    @precondition(lambda self: self.unlocked and not self.is_open)
    @rule()
    def the_door_is_opened(self) -> None:
        self.is_open, self.broken_in = True, False
        self.sense()

    @precondition(lambda self: not self.unlocked and not self.is_open)
    @rule()
    def the_door_is_forced(self) -> None:
        self.is_open = self.broken_in = True
        self.sense()

    @rule()
    def the_door_is_closed(self) -> None:
        self.is_open = self.broken_in = False
        self.sense()

    @rule(lost=st.booleans())
    def the_link_comes_or_goes(self, lost: bool) -> None:
        self.linked = not lost
        if lost:
            self.tell(DoorLinkLost())
            self.tell(DoorSensed(None, None))
        else:
            self.tell(DoorLinkBack(self.is_open, self.pressed))

    @rule(on=st.booleans())
    def fire_turns(self, on: bool) -> None:
        self.burning = on
        self.tell(FireStarted() if on else FireEnded())

    @rule(on=st.booleans())
    def the_schedule_turns(self, on: bool) -> None:
        self.free = on
        self.tell(ScheduleChanged(on))

    @invariant()
    def what_is_released_stays_unlocked(self) -> None:
        if self.linked and (self.free or (self.burning and self.wiring.escape_route)):
            assert self.unlocked

    def teardown(self) -> None:
        if not hasattr(self, "wiring"):
            return
        self.the_link_comes_or_goes(lost=False)
        self.fire_turns(on=False)
        self.the_schedule_turns(on=False)
        self.the_door_is_closed()
        self.time_passes(ticks=100)
        assert (self.door.state, self.unlocked) == (DoorState.LOCKED, False)
        self.somebody_is_let_in()
        self.the_door_is_opened()
        assert self.door.state is DoorState.OPEN


TestDoorWorld = DoorWorld.TestCase
TestDoorWorld.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
