"""The simulated barrier: what its controller must do for our tests to mean something."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sim.barrier import CAR_LENGTH_M, Contacts, SimBarrier, on_approach_loop, on_safety_loop
from devices.sim.gate import SimGate
from tests.devices.rig import site

STEP_S = 0.05
NOTHING, OPEN, SAFETY = Contacts(), Contacts(open=True), Contacts(safety=True)


class Clocked:
    """A barrier and its time."""

    def __init__(self, **settings: float) -> None:
        self.barrier = SimBarrier(**settings)  # type: ignore[arg-type]
        self.now_s = 0.0
        self.barrier.step(NOTHING, 0.0)

    def run(self, contacts: Contacts, for_s: float) -> SimBarrier:
        for _ in range(round(for_s / STEP_S)):
            self.now_s += STEP_S
            self.barrier.step(contacts, self.now_s)
        return self.barrier


def opened(**settings: float) -> Clocked:
    world = Clocked(**settings)
    world.run(OPEN, 0.5)
    assert world.run(NOTHING, 2.0).up_limit
    return world


def test_a_pulse_raises_the_arm_in_its_time() -> None:
    world = Clocked()
    assert world.barrier.down_limit
    world.run(OPEN, 0.5)
    assert not world.barrier.down_limit
    assert not world.barrier.up_limit
    assert world.run(NOTHING, 1.0).up_limit


def test_it_waits_for_its_car_and_closes_behind_it() -> None:
    world = opened()
    assert world.run(NOTHING, 60.0).up_limit
    assert world.run(SAFETY, 30.0).up_limit
    assert world.run(NOTHING, 0.4).up_limit
    assert world.run(NOTHING, 2.5).down_limit


def test_an_auto_close_time_ends_the_waiting() -> None:
    world = opened(auto_close_s=5.0)
    assert world.run(NOTHING, 8.0).down_limit


def test_a_car_that_comes_while_it_closes_raises_it_again() -> None:
    world = opened()
    world.run(SAFETY, 1.0)
    world.run(NOTHING, 1.0)
    assert world.barrier.motion == -1
    assert world.run(SAFETY, 2.0).up_limit
    assert world.run(NOTHING, 3.0).down_limit


def test_a_second_pulse_while_open_waits_for_a_second_car() -> None:
    world = opened()
    world.run(SAFETY, 1.0)
    world.run(OPEN, 0.3)
    assert world.run(NOTHING, 30.0).up_limit
    world.run(SAFETY, 1.0)
    assert world.run(NOTHING, 3.0).down_limit


def test_fire_holds_it_open() -> None:
    world = Clocked()
    assert world.run(Contacts(fire=True), 30.0).up_limit


def test_the_crank_stops_the_motor() -> None:
    world = Clocked()
    world.barrier.crank(0.5)
    assert world.run(OPEN, 3.0).angle == 0.5
    world.barrier.release_crank()
    world.run(NOTHING, 0.1)
    world.run(OPEN, 0.1)
    assert world.run(NOTHING, 3.0).up_limit


@pytest.mark.parametrize(
    ("fault", "up", "down"),
    [
        ({"stuck": True}, False, True),
        ({"up_limit_stuck": False}, False, False),
        ({"down_limit_stuck": True}, True, True),
    ],
)
def test_faults_are_seen_at_the_limits(fault: dict[str, bool], up: bool, down: bool) -> None:
    world = Clocked(**fault)
    world.run(OPEN, 3.0)
    assert (world.barrier.up_limit, world.barrier.down_limit) == (up, down)


@given(
    st.lists(
        st.tuples(
            st.builds(Contacts, open=st.booleans(), close=st.booleans(), safety=st.booleans()), st.floats(0.05, 3)
        ),
        max_size=25,
    )
)
def test_the_arm_never_falls_while_something_is_under_it(script: list[tuple[Contacts, float]]) -> None:
    world = Clocked()
    for contacts, for_s in script:
        before = world.barrier.angle
        after = world.run(contacts, for_s).angle
        assert 0.0 <= after <= 1.0
        if contacts.safety:
            assert after >= before


@pytest.mark.parametrize(
    ("front_m", "approach", "safety"),
    [
        (None, False, False),
        (-6.0, False, False),
        (-3.0, True, False),
        (0.0, True, True),
        (1.5, True, True),
        (3.0, False, True),
        (CAR_LENGTH_M + 1.0, False, False),
    ],
)
def test_where_a_car_is_seen(front_m: float | None, approach: bool, safety: bool) -> None:
    assert (on_approach_loop(front_m), on_safety_loop(front_m)) == (approach, safety)


def test_a_gate_wires_cars_and_arms_to_inputs_with_their_polarity(tmp_path: Path) -> None:
    gate = SimGate(site(tmp_path))
    levels = gate.board("gates").inputs
    gate.step(0.0)
    assert levels[:5] == [False, True, False, False, True], "down, no car, crank contact closed at rest"
    gate.set_car("east-in", 0.5)
    gate.barrier("east-in").crank(1.0)
    gate.step(0.1)
    assert levels[:5] == [True, False, True, True, False]


def test_the_fire_contact_can_be_wired_to_the_barriers_as_well(tmp_path: Path) -> None:
    plan = site(tmp_path, fire={"input": {"board": "gates", "channel": 8, "normally": "closed"}})
    gate = SimGate(plan)
    gate.step(0.0)
    assert gate.board("gates").inputs[7] is True, "normally closed, at rest"
    gate.set_fire(True)
    for tenth in range(1, 30):
        gate.step(tenth / 10)
    assert gate.board("gates").inputs[7] is False
    assert gate.barrier("east-in").down_limit, "only the gateway was told"
    gate.set_fire(True, at_barriers=True)
    for tenth in range(30, 60):
        gate.step(tenth / 10)
    assert gate.barrier("east-in").up_limit


def test_a_real_port_is_never_replaced_by_a_simulated_one(tmp_path: Path) -> None:
    plan = site(tmp_path)
    (tmp_path / "ttyGATE").write_text("a real one")
    with pytest.raises(FileExistsError, match="not a simulated port"):
        SimGate(plan).start(real_time=False)
