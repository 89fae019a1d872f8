"""Drills: nobody can take one for the real thing, nothing real is masked by one, none runs for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.model import Site
from edge.duty.acts import BeginDrill, EndDrill, MakeDrillAlarm
from edge.duty.drill import PRACTISED
from edge.duty.items import open_items
from edge.events import KINDS
from edge.intents import Send
from edge.observations import Operator, Tick
from edge.react.switchboard import react
from edge.snapshot_alarms import alarm_rows
from edge.snapshot_duty import duty_rows
from edge.state import initial
from tests.edge.duty_talk import ZHANG, Desk

BOSS = Operator(name="boss", role="supervisor")


class Practice(Desk):
    """A desk at which drills are held."""

    def begin(self, for_s: float = 1800.0, reason: str = "年度演练") -> tuple[bool, str]:
        return self.say(BeginDrill(request_id="b", reason=reason, for_s=for_s, operator=BOSS))

    def make(self, kind: str = "smoke.active", place: str = "电动车棚") -> tuple[bool, str]:
        return self.say(MakeDrillAlarm(request_id="m", kind=kind, place=place, operator=BOSS))

    def end(self) -> tuple[bool, str]:
        return self.say(EndDrill(request_id="e", operator=BOSS))

    def drills(self) -> list[str]:
        return [alarm.id for alarm in self.state.alarms.values() if alarm.drill]


def test_everything_that_is_said_about_practice_is_marked_and_nothing_else() -> None:
    desk = Practice()
    real = desk.open(1, "smoke.active", "input:shed")
    desk.begin()
    desk.make()
    [practice] = desk.drills()
    desk.take(practice)
    desk.advance(practice)
    desk.wait(20 * 60, 60)
    desk.close(practice)
    desk.close(real.id)
    desk.make()
    desk.end()
    marked = {draft.kind for draft in desk.log if draft.body.get("drill") is True}
    assert marked == {
        *("drill.begun", "drill.alarm", "drill.ended"),
        *("alarm.opened", "alarm.acknowledged", "alarm.on_site", "alarm.closed"),
    }
    for draft in desk.log:
        assert (draft.body.get("drill") is True) == (
            draft.kind.startswith("drill.") or str(draft.body.get("alarm", "")).startswith("drill-")
        )


def test_practice_is_never_the_same_condition_as_what_is_real() -> None:
    desk = Practice()
    desk.begin()
    desk.make("smoke.active", "东门")
    real = desk.open(1, "smoke.active", "input:shed")
    assert real.count == 1
    assert len(desk.state.alarms) == 2
    desk.end()
    assert list(desk.state.alarms) == [real.id]
    assert desk.kinds("alarm.closed") == ["alarm.closed"]


def test_what_is_real_stands_before_practice_however_urgent_that_is() -> None:
    desk = Practice()
    desk.begin()
    desk.make("fire.active")
    desk.open(3, "camera.impaired", "camera:east")
    rows = alarm_rows(desk.state, desk.now)["alarms"]
    assert [(row["kind"], row["drill"]) for row in rows] == [("camera.impaired", False), ("fire.active", True)]


def test_practice_sounds_no_siren_makes_no_flood_and_is_not_handed_over() -> None:
    site = Site.model_validate(
        {
            "buses": {"b": {"port": "/dev/null"}},
            "boards": {"io": {"bus": "b"}},
            "sirens": {"yard": {"output": {"board": "io", "relay": 1}, "alarm_priority": 3, "unanswered_priority": 3}},
            "desk": {"watch_every_s": 0},
        }
    )
    desk = Practice()
    desk.site = site
    desk.state = initial(site, "run0-")
    desk.begin()
    for number in range(30):
        desk.make("smoke.active", f"{number}号楼")
    desk.wait(600, 30)
    _, intents = react(desk.state, Tick(), desk.now)
    assert not [intent for intent in intents if isinstance(intent, Send)]
    assert not desk.kinds("siren.")
    assert not desk.state.flood.active
    assert open_items(desk.state) == ()


def test_practice_can_be_closed_while_a_real_fire_is_latched_and_is_never_set_aside() -> None:
    desk = Practice()
    desk.begin()
    desk.make("fire.active")
    desk.make("door.held_open")
    fire, door = desk.drills()
    assert desk.shelve(door) == (False, "never_shelved")
    desk.state = replace(desk.state, fire_latched=True)
    assert desk.close(fire) == (True, "closed")
    assert not desk.state.call_backs


@pytest.mark.parametrize(
    ("for_s", "reason", "said"),
    [
        (60.0, " ", "reason_needed"),
        (7201.0, "x", "drill_too_long"),
        (0.0, "x", "drill_too_long"),
        (7200.0, "x", "drill_begun"),
    ],
)
def test_a_drill_needs_a_reason_and_an_end(for_s: float, reason: str, said: str) -> None:
    assert Practice().begin(for_s, reason)[1] == said


def test_acts_out_of_place_are_refused() -> None:
    desk = Practice()
    assert desk.make() == (False, "no_drill")
    assert desk.end() == (False, "no_drill")
    desk.begin()
    assert desk.begin() == (False, "drill_runs")
    assert desk.make("system.started") == (False, "unknown_kind")
    for number in range(60):
        desk.make("smoke.active", f"{number}")
    assert desk.make() == (False, "drill_full")
    assert duty_rows(desk.state, desk.now)["drill"]["made"] == 50


def test_everything_that_can_be_practised_is_a_kind_of_event() -> None:
    assert set(PRACTISED) <= set(KINDS)


@settings(max_examples=60, deadline=None)
@given(
    for_s=st.floats(60, 7200),
    steps=st.lists(
        st.tuples(st.sampled_from(["wait", "restart", "reboot", "jump", "make", "take", "real"]), st.floats(0, 4000)),
        max_size=12,
    ),
)
def test_a_drill_ends_once_and_takes_all_practice_along_whatever_happens(
    for_s: float, steps: list[tuple[str, float]]
) -> None:
    desk = Practice()
    assert desk.begin(for_s)[0]
    reals = 0
    for what, amount in steps:
        if what == "wait":
            desk.wait(amount, 60)
        elif what in {"restart", "reboot"}:
            desk.restart(amount, reboot=what == "reboot")
        elif what == "jump":
            desk.wall_s += amount - 2000
            desk.say(Tick())
        elif what == "make":
            desk.make(place=f"{amount}")
        elif what == "take" and desk.drills():
            desk.take(desk.drills()[0], ZHANG)
        elif what == "real":
            reals += 1
            desk.open(2, "camera.lost", f"camera:{reals}")
        running = duty_rows(desk.state, desk.now)["drill"] is not None
        assert running or not desk.drills(), "practice outlives its drill"
    desk.wait(7300, 60)
    assert desk.kinds("drill.ended") == ["drill.ended"]
    assert not desk.drills()
    assert sum(alarm.kind == "camera.lost" for alarm in desk.state.alarms.values()) == reals
    desk.restart(10)
    assert desk.state.duty.drill is None
    assert not desk.drills()
