"""Patrol rounds: announced, walked in order and in time, missed, healed by late scans; through restarts and jumps."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.model_patrol import PatrolPlan
from edge.duty.acts import StartShift
from edge.duty.items import open_items
from edge.observations import PolicyLoaded, Tick
from edge.patrol.model import RoundState
from edge.patrol.plans import due_between
from tests.edge.duty_talk import LIN, ZHANG
from tests.edge.patrol_talk import BOSS, CODES, PATROL, ROUND, TEN_S, Walk, patrol_with

DAY_S = 86_400.0


def test_a_round_is_announced_before_it_is_due_and_begins_with_its_first_scan() -> None:
    walk = Walk()
    walk.until(TEN_S - 660)
    assert walk.kinds("patrol.") == []
    walk.until(TEN_S - 590)
    assert walk.kinds("patrol.") == ["patrol.due"]
    assert walk.bodies("patrol.due")[0]["due_s"] == TEN_S
    assert walk.round().state is RoundState.DUE
    assert walk.scan("shed") == (True, "point_visited")
    assert walk.kinds("patrol.") == ["patrol.due", "patrol.started", "patrol.scanned"]
    assert walk.round().guard == "zhang"
    assert walk.round().started_age_s == pytest.approx(-590, abs=60)


def test_a_round_in_order_and_in_time_is_done() -> None:
    walk = Walk()
    walk.until(TEN_S)
    assert walk.start() == (True, "round_started")
    walk.scan("shed")
    walk.wait(900)
    assert walk.scan("roof", how="nfc") == (True, "point_visited")
    walk.wait(300)
    assert walk.scan("pump") == (True, "round_done")
    [done] = walk.bodies("patrol.done")
    assert done["late"] is False
    assert (done["visited"], done["points"], done["out_of_order"], done["off_time"]) == (3, 3, 0, 0)
    assert done["took_s"] == pytest.approx(1200, abs=1)
    walk.until(TEN_S + 7200)
    assert walk.ends() == ["patrol.done"]
    assert walk.state.alarms == {}


def test_what_is_late_is_told_once_can_still_be_done_and_makes_the_round_late() -> None:
    walk = Walk()
    walk.until(TEN_S + 960)
    assert [(b["what"], b["place"]) for b in walk.bodies("patrol.late")] == [("start", "")]
    walk.scan("shed")
    walk.wait(1300, 60)
    walk.wait(300, 60)
    assert [b["what"] for b in walk.bodies("patrol.late")] == ["start", "roof"]
    walk.scan("roof", how="nfc")
    assert walk.scan("pump") == (True, "round_done")
    assert walk.round().state is RoundState.LATE
    assert walk.bodies("patrol.done")[0]["late"] is True
    off_s = walk.round().visited("roof")
    assert off_s is not None
    assert off_s.off_s == pytest.approx(400, abs=1)


def test_what_was_not_visited_becomes_an_alarm_that_names_the_places() -> None:
    walk = Walk()
    walk.until(TEN_S)
    walk.scan("shed")
    walk.until(TEN_S + 3700)
    assert walk.ends() == ["patrol.missed"]
    assert walk.bodies("patrol.missed")[0]["points_missed"] == ["roof", "pump"]
    [alarm] = walk.state.alarms.values()
    assert (alarm.kind, alarm.source, alarm.place) == ("patrol.missed", "patrol:night", "夜间全园")
    assert alarm.detail == "3号楼天台、水泵房"


def test_a_round_that_nobody_began_is_missed_and_the_next_miss_is_counted() -> None:
    walk = Walk()
    walk.until(TEN_S + 4600, 300)
    assert walk.ends() == ["patrol.missed"]
    walk.until(TEN_S + DAY_S + 4600, 600)
    assert walk.ends() == ["patrol.missed"] * 2
    [alarm] = walk.state.alarms.values()
    assert alarm.count == 2


REFUSED: dict[str, tuple[str, dict[str, Any], tuple[bool, str]]] = {
    "a code that is none": ("scan", {"point": "12345678"}, (False, "unknown_code")),
    "typing where it does not count": ("scan", {"point": "roof", "how": "typed"}, (False, "typed_not_allowed")),
    "a clock that runs ahead": ("scanned_before", {"point": "shed", "ago_s": -3600}, (False, "device_clock_ahead")),
    "a scan of last week": ("scanned_before", {"point": "shed", "ago_s": 7 * DAY_S}, (False, "scan_too_old")),
    "a round that there is not": ("start", {"id_": "night@2020-01-01T22:00"}, (False, "unknown_round")),
    "a round of somebody else": ("start", {"who": LIN}, (False, "round_taken:zhang")),
    "one's own round twice": ("start", {}, (True, "round_taken:zhang")),
    "ending somebody else's": ("end", {"who": LIN, "reason": "rain"}, (False, "not_yours")),
    "ending early without a reason": ("end", {"reason": " "}, (False, "reason_needed")),
    "ending early for a reason": ("end", {"reason": "thunderstorm"}, (True, "round_aborted")),
    "ending it from above": ("end", {"who": BOSS, "reason": "fire in 3"}, (True, "round_aborted")),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_who_may_do_what(case: str) -> None:
    act, words, verdict = REFUSED[case]
    walk = Walk()
    walk.until(TEN_S)
    walk.start()
    assert getattr(walk, act)(**words) == verdict
    assert all(code not in str(draft.body) for draft in walk.log for code in CODES.values()), "no event tells a code"


def test_too_early_is_too_early() -> None:
    walk = Walk(patrol={**PATROL, "remind_before_s": 1800})
    walk.until(TEN_S - 1500)
    assert walk.start() == (False, "too_early")
    assert walk.scan("shed") == (True, "scanned_no_round")
    assert walk.round().state is RoundState.DUE


def test_the_same_point_a_moment_later_is_ignored_and_much_later_only_noted() -> None:
    walk = Walk()
    walk.until(TEN_S)
    walk.scan("shed")
    walk.wait(30)
    assert walk.scan("shed") == (True, "duplicate")
    assert len(walk.bodies("patrol.scanned")) == 1
    walk.wait(600)
    assert walk.scan("shed") == (True, "scanned_no_round")
    assert [b["round"] for b in walk.bodies("patrol.scanned")] == [ROUND, ""]


@pytest.mark.parametrize(
    ("order", "verdict", "noted"),
    [("free", (True, "point_visited"), [True]), ("noted", (True, "point_visited"), [False]),
     ("strict", (False, "wrong_order:电动车棚"), [])],
)  # fmt: skip
def test_order(order: str, verdict: tuple[bool, str], noted: list[bool]) -> None:
    walk = Walk(patrol=patrol_with(order=order))
    walk.until(TEN_S)
    assert walk.scan("pump") == verdict
    assert [b["in_order"] for b in walk.bodies("patrol.scanned")] == noted
    assert bool(walk.bodies("patrol.refused")) is (not verdict[0])


def test_a_point_that_need_not_be_visited_may_be_left_out() -> None:
    points = [{"point": "shed", "required": False}, {"point": "roof"}, {"point": "pump", "required": False}]
    walk = Walk(patrol=patrol_with(order="strict", points=points))
    walk.until(TEN_S)
    assert walk.scan("roof", how="nfc") == (True, "point_visited")
    assert walk.end() == (True, "round_done")
    assert walk.bodies("patrol.done")[0]["points_missed"] == ["shed", "pump"]


@pytest.mark.parametrize(
    ("point", "how", "proof"),
    [
        ("shed", "qr", "qr"),
        ("shed", "typed", "typed"),
        ("shed", "nfc", "qr"),
        ("roof", "nfc", "nfc"),
        ("roof", "qr", "qr"),
    ],
)
def test_a_scan_proves_no_more_than_point_and_device_together_can(point: str, how: str, proof: str) -> None:
    walk = Walk()
    walk.until(TEN_S)
    walk.scan(point, how=how)
    assert [b["proof"] for b in walk.bodies("patrol.scanned")] == [proof]


def test_who_is_there_sooner_than_one_can_walk_is_noted() -> None:
    walk = Walk()
    walk.until(TEN_S)
    walk.scan("shed")
    walk.wait(5)
    walk.scan("roof", how="nfc")
    assert [b["doubtful"] for b in walk.bodies("patrol.scanned")] == ["", "too_quick"]


def test_a_guards_card_at_a_door_is_the_strongest_proof_and_nobody_elses_counts() -> None:
    walk = Walk(patrol=patrol_with(points=[{"point": "door"}, {"point": "shed"}]))
    walk.say(PolicyLoaded(walk.policy))
    walk.until(TEN_S - 300)
    walk.card()
    assert walk.kinds("patrol.") == ["patrol.due"], "on the way to work"
    walk.until(TEN_S + 10)
    walk.card("CD34")
    walk.card("EEEE")
    assert walk.kinds("patrol.s") == []
    walk.card()
    walk.card()
    assert [(b["proof"], b["point"]) for b in walk.bodies("patrol.scanned")] == [("reader", "door")]
    assert walk.round().guard == "zhang"


def test_scans_without_a_link_count_at_their_own_time() -> None:
    walk = Walk()
    walk.until(TEN_S + 1500)
    assert walk.scanned_before("shed", 1500, seq=1) == (True, "point_visited")
    assert walk.scanned_before("roof", 600, seq=2) == (True, "point_visited")
    assert walk.scanned_before("roof", 600, seq=2) == (True, "already_known")
    assert walk.scanned_before("pump", 10, seq=3) == (True, "round_done")
    assert [v.offline for v in walk.round().visits] == [True] * 3
    assert walk.round().state is RoundState.DONE, "it was begun and walked in time"


def test_late_scans_heal_a_round_that_was_missed_and_its_alarm() -> None:
    walk = Walk()
    walk.until(TEN_S + 5000, 300)
    [alarm] = walk.state.alarms.values()
    walk.restart(down_s=60)
    walk.scanned_before("shed", 5060, seq=1)
    walk.scanned_before("roof", 4160, seq=2)
    assert walk.scanned_before("pump", 4000, seq=3) == (True, "round_made_good")
    assert walk.ends() == ["patrol.missed", "patrol.made_good"]
    assert walk.state.alarms[alarm.id].returned_at_s is not None
    assert walk.round().healed


def test_late_scans_from_after_the_round_do_not_heal_it() -> None:
    walk = Walk()
    walk.until(TEN_S + 9000, 300)
    assert walk.scanned_before("shed", 60, seq=1) == (True, "scanned_no_round")
    assert walk.ends() == ["patrol.missed"]


def test_a_device_whose_clock_was_set_back_is_noted() -> None:
    walk = Walk()
    walk.until(TEN_S + 1200)
    walk.scanned_before("shed", 100, seq=5)
    walk.scanned_before("roof", 1000, seq=6)
    assert [b["doubtful"] for b in walk.bodies("patrol.scanned")] == ["", "device_clock"]


def test_what_fell_due_while_the_gateway_was_down_is_told_and_can_be_healed() -> None:
    walk = Walk()
    walk.until(TEN_S - 3000)
    walk.open(3, "camera.lost", "camera:east")  # something stands in the log
    walk.restart(down_s=3 * 3600)
    walk.wait(10, 5)
    assert walk.kinds("patrol.") == ["patrol.due", "patrol.missed"]
    assert walk.bodies("patrol.missed")[0]["unwatched"] is True


def test_a_handing_over_lists_the_rounds_that_are_under_way() -> None:
    walk = Walk()
    walk.until(TEN_S)
    walk.scan("shed")
    assert [(i.key, i.kind) for i in open_items(walk.state)] == [(f"round:{ROUND}", "patrol.started")]


def test_who_comes_on_duty_ends_the_round_of_who_went_home() -> None:
    walk = Walk()
    walk.until(TEN_S)
    walk.start()
    walk.say(StartShift(request_id="s", post="gate", operator=LIN))
    assert walk.end("ill", LIN) == (True, "round_aborted")


def test_days_and_times_of_a_plan() -> None:
    plan = PatrolPlan(route="all", days=("mon",), times=("22:00", "00:30"))
    found = [at for at, _ in due_between(plan, TEN_S - DAY_S, TEN_S + 8 * DAY_S, "Asia/Shanghai")]
    assert found == ["2026-06-01T00:30", "2026-06-01T22:00", "2026-06-08T00:30", "2026-06-08T22:00"]
    spring = [s for _, s in due_between(plan, 1774_000_000, 1775_400_000, "Europe/Berlin")]
    assert spring == sorted(set(spring)), "an hour that is left out in spring makes no round twice"


act = st.one_of(
    st.tuples(st.just("wait"), st.floats(1, 5000)),
    st.tuples(st.just("scan"), st.sampled_from(["shed", "roof", "pump"])),
    st.tuples(st.just("before"), st.tuples(st.sampled_from(["shed", "roof", "pump"]), st.floats(0, 9000))),
    st.tuples(st.just("start"), st.sampled_from([ZHANG, LIN])),
    st.tuples(st.just("end"), st.sampled_from(["", "rain"])),
    st.tuples(st.just("restart"), st.tuples(st.floats(0, 20000), st.booleans())),
    st.tuples(st.just("jump"), st.floats(-20_000, 20_000)),
)


def play(walk: Walk, what: str, given_: Any, seq: int) -> None:
    match what:
        case "wait":
            walk.wait(given_, 300)
        case "scan":
            walk.scan(given_, how="nfc")
        case "before":
            point, ago_s = given_
            walk.scanned_before(point, ago_s, seq=seq)
        case "start":
            walk.start(given_)
        case "end":
            walk.end(given_)
        case "restart":
            walk.restart(down_s=given_[0], reboot=given_[1])
        case "jump":
            walk.wall_s += given_


@settings(max_examples=80, deadline=None)
@example(steps=[("wait", 3995.0), ("before", ("shed", 995.0)), ("before", ("shed", 1295.0))])
@given(steps=st.lists(act, max_size=25))
def test_whatever_happens_each_round_is_announced_once_and_ends_once(steps: list[tuple[str, Any]]) -> None:
    often = {"night": {"route": "all", "times": ["18:00", "22:00", "02:00"], "start_late_s": 900}}
    walk = Walk(patrol={**PATROL, "plans": often})
    for seq, step in enumerate(steps, start=1):
        play(walk, *step, seq)
        walk.say(Tick())
        before = walk.state.patrol
        walk.restart(down_s=0.0, reboot=False)
        after = walk.state.patrol
        assert after.rounds.keys() == before.rounds.keys()
        for id_, one in after.rounds.items():
            was = before.rounds[id_]
            assert one.age.at(walk.now) == pytest.approx(was.age.at(walk.now), abs=2e-3)
            assert (one.state, one.visits, one.warned, one.guard, one.started_age_s, one.healed, one.reason) == (
                was.state, was.visits, was.warned, was.guard, was.started_age_s, was.healed, was.reason
            )  # fmt: skip
        assert {name: d.seq for name, d in after.devices.items()} == {n: d.seq for n, d in before.devices.items()}
    walk.wait(8000, 300)
    announced = Counter(b["round"] for b in walk.bodies("patrol.due"))
    assert max(announced.values(), default=1) == 1
    first_ends = Counter(
        d.body["round"] for d in walk.log if d.kind in {"patrol.done", "patrol.missed", "patrol.aborted"}
    )
    assert max(first_ends.values(), default=1) == 1
    still = {one.id for one in walk.state.patrol.open()}
    assert set(announced) - still == set(first_ends), "none is lost"


@settings(max_examples=60, deadline=None)
@given(downs=st.lists(st.tuples(st.floats(60, 7200), st.booleans()), max_size=10))
def test_no_round_is_lost_while_the_gateway_comes_and_goes(downs: list[tuple[float, bool]]) -> None:
    often = {"night": {"route": "all", "times": [f"{hour:02}:00" for hour in range(24)], "start_late_s": 60}}
    walk = Walk(patrol={**PATROL, "remind_before_s": 0, "plans": often})
    begun_s = walk.wall_s
    walk.wait(10, 5)
    walk.open(3, "camera.lost", "camera:east")
    for span_s, down in downs:
        if down:
            walk.restart(down_s=span_s)
        else:
            walk.wait(span_s, 60)
    walk.wait(10, 5)
    plan = walk.site.patrol.plans["night"]
    due = {f"night@{at}" for at, _ in due_between(plan, begun_s, walk.wall_s, "Asia/Shanghai")}
    assert due <= {b["round"] for b in walk.bodies("patrol.due")}
