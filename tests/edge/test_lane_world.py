"""The lane machine against a small world of arm, cars, link and people, in real time steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.lanes.machine import (
    Authorised,
    FaultReset,
    FireChanged,
    FireReset,
    HoldOpen,
    Lane,
    LaneEvent,
    LaneLinkBack,
    LaneLinkLost,
    LaneRules,
    LaneState,
    PulseClose,
    PulseOpen,
    Release,
    Sensors,
    SensorsChanged,
    TimePassed,
    step,
)
from tests.edge.lane_shapes import SHAPES
from tests.edge.lane_walk import all_rules

TICK_S = 0.25
RISE_S = 3.0
OWN_CLOSE_AFTER_S = 6.0


@dataclass
class Barrier:
    """An arm with its own controller: it closes by itself unless the gateway does, and never onto its own loop."""

    closes_itself: bool
    height: float = 0.0
    rising: bool = False
    up_for_s: float = 0.0
    stuck: bool = False
    crank: bool = False
    car: bool = False
    safety_broken: bool = False

    def open(self) -> None:
        self.rising, self.up_for_s = True, 0.0

    def tick(self) -> None:
        if self.closes_itself:
            self._own_controller()
        if not (self.stuck or self.crank):
            move = TICK_S / RISE_S if self.rising else -TICK_S / RISE_S
            self.height = min(1.0, max(0.0, self.height + move))

    def _own_controller(self) -> None:
        if self.car and self.height > 0.0:
            self.open()
        elif self.rising and self.height == 1.0:
            self.up_for_s += TICK_S
            self.rising = self.up_for_s < OWN_CLOSE_AFTER_S

    def sensors(self) -> Sensors:
        safety = None if self.safety_broken else self.car
        return Sensors(up=self.height == 1.0, down=self.height == 0.0, safety=safety, manual=self.crank)


class LaneInItsWorld(RuleBasedStateMachine):
    """People and things do what they like; the lane must stay safe, and come back to work when they stop."""

    @initialize(rules=st.sampled_from(all_rules()))
    def start(self, rules: LaneRules) -> None:
        self.wiring = rules
        self.lane, self.now_s = Lane(), 0.0
        self.barrier = Barrier(closes_itself=not (rules.gateway_closes and rules.has_safety))
        self.linked, self.fire, self.told = False, False, Sensors()
        self.lifted_by_fire_s = 0.0
        self.link_back()

    def give(self, event: LaneEvent) -> None:
        self.lane, actions = step(self.lane, event, self.wiring, self.now_s)
        for action in actions:
            if isinstance(action, PulseOpen):
                assert self.linked
                assert self.lane.fire_latched or not self.barrier.crank
                self.barrier.open()
            if isinstance(action, PulseClose):
                assert self.linked and not self.fire
                assert not (self.barrier.car or self.barrier.crank or self.barrier.safety_broken)
                self.barrier.rising = False

    def look(self) -> None:
        sensors = self.barrier.sensors()
        if self.linked and sensors != self.told:
            self.told = sensors
            self.give(SensorsChanged(sensors))

    @rule(seconds=st.sampled_from([0.25, 1.0, 4.0, 10.0, 25.0, 40.0]))
    def wait(self, seconds: float) -> None:
        for _ in range(int(seconds / TICK_S)):
            self.now_s += TICK_S
            self.barrier.tick()
            self.look()
            self.give(TimePassed())
            able = self.lane.fire_latched and self.linked and not (self.barrier.stuck or self.barrier.crank)
            self.lifted_by_fire_s = self.lifted_by_fire_s + TICK_S if able else 0.0
            if self.lifted_by_fire_s > RISE_S + self.wiring.hold_refresh_s:
                assert self.barrier.height == 1.0

    @rule(by_hand=st.booleans())
    def grant(self, by_hand: bool) -> None:
        self.give(Authorised("car", by_hand))

    @precondition(lambda self: self.barrier.height > 0.8 or self.barrier.car)
    @rule()
    def car_moves(self) -> None:
        self.barrier.car = not self.barrier.car
        self.look()

    @rule(seconds=st.sampled_from([1.0, 20.0, 400.0]))
    def hold(self, seconds: float) -> None:
        self.give(HoldOpen(self.now_s + seconds, "hold"))

    @rule(event=st.sampled_from([Release(), FaultReset(), FireReset()]))
    def person_resets(self, event: LaneEvent) -> None:
        self.give(event)

    @rule(active=st.sampled_from([True, False, None]))
    def fire_input(self, active: bool | None) -> None:
        self.fire = active is not False
        self.give(FireChanged(active))

    @rule(what=st.sampled_from(["crank", "stuck", "safety_broken"]))
    def thing_changes(self, what: str) -> None:
        setattr(self.barrier, what, not getattr(self.barrier, what))
        self.look()

    @precondition(lambda self: self.barrier.closes_itself)
    @rule()
    def opened_with_the_remote(self) -> None:
        self.barrier.open()

    @precondition(lambda self: self.linked)
    @rule()
    def link_lost(self) -> None:
        self.linked = False
        self.give(LaneLinkLost())

    @precondition(lambda self: not self.linked)
    @rule()
    def link_back(self) -> None:
        self.linked, self.told = True, self.barrier.sensors()
        self.give(LaneLinkBack(self.told))

    @invariant()
    def context_is_sound(self) -> None:
        for shape in SHAPES:
            assert shape.holds(self.lane, self.wiring), shape.name

    def teardown(self) -> None:
        """Repair everything: the lane goes home, and the next car gets in."""
        if not hasattr(self, "wiring"):
            return
        self._repair()
        self.wait(90.0)
        self.give(FaultReset())
        if self.lane.state is LaneState.FORCED:
            # An arm that stands open unasked is a guard's to close: hold and release put it back to work.
            self.hold(1.0)
            self.wait(8.0)
            self.give(Release())
        self.wait(90.0)
        assert (self.lane.state, self.lane.queue, self.barrier.height) == (LaneState.CLOSED, (), 0.0)
        self.grant(by_hand=False)
        self.wait(RISE_S + TICK_S)
        assert self.barrier.height == 1.0

    def _repair(self) -> None:
        mended = replace(self.barrier, stuck=False, crank=False, car=False, safety_broken=False)
        self.barrier = mended
        if not self.linked:
            self.link_back()
        self.look()
        for event in (FireChanged(False), FireReset(), Release(), FaultReset()):
            self.give(event)
        self.fire = False


TestLaneInItsWorld = LaneInItsWorld.TestCase
TestLaneInItsWorld.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
