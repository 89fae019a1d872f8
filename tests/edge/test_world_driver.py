"""The driver of a simulated car: stops at the line, passes under an arm that is up, backs off when refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sim.barrier import on_approach_loop, on_safety_loop
from edge.demo.world_driver import GONE_M, START_M, STOP_M, Driver, Phase
from vision.sim.car import Look

CAR = Look("粤B12345")
STEP_S = 0.02


def drive(driver: Driver, seconds: float, arm_up: bool) -> list[str]:
    return [event for _ in range(round(seconds / STEP_S)) for event in driver.step(STEP_S, arm_up)]


def test_an_admitted_car_passes() -> None:
    driver = Driver(CAR, patience_s=20)
    assert drive(driver, 8, arm_up=False) == ["car_at_line"]
    assert driver.position_m == STOP_M
    assert on_approach_loop(driver.position_m)
    assert not on_safety_loop(driver.position_m)
    assert drive(driver, 6, arm_up=True) == ["car_passed"]
    assert driver.phase is Phase.GONE
    assert driver.position_m >= GONE_M
    assert not on_safety_loop(driver.position_m)


def test_a_car_that_nobody_admits_backs_off_after_its_patience() -> None:
    driver = Driver(CAR, patience_s=3)
    assert drive(driver, 25, arm_up=False) == ["car_at_line", "car_refused", "car_left"]
    assert driver.position_m <= START_M


@pytest.mark.parametrize("seconds", [1, 8], ids=["while coming", "at the line"])
def test_a_driver_who_is_sent_away_leaves(seconds: float) -> None:
    driver = Driver(CAR, patience_s=100)
    drive(driver, seconds, arm_up=False)
    driver.give_up()
    assert drive(driver, 20, arm_up=False) == ["car_left"]


def test_a_driver_under_the_arm_is_not_sent_back() -> None:
    driver = Driver(CAR, patience_s=20)
    drive(driver, 8, arm_up=False)
    drive(driver, 1.5, arm_up=True)
    driver.give_up()
    assert drive(driver, 6, arm_up=True) == ["car_passed"]


@given(st.lists(st.tuples(st.floats(0.001, 0.5), st.booleans()), max_size=300))
def test_whatever_the_arm_does_nobody_drives_into_a_closed_one(steps: list[tuple[float, bool]]) -> None:
    """The nose passes the line only in the phase that began under an arm seen up."""
    driver, seen_up = Driver(CAR, patience_s=5), False
    for passed_s, up in steps:
        driver.step(passed_s, up)
        seen_up = seen_up or up
        assert driver.position_m <= STOP_M or seen_up
        assert (driver.position_m > STOP_M) <= (driver.phase in (Phase.PASSING, Phase.GONE))
