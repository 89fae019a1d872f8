"""Who is inside: entries and exits across gates, the register's lines, overstays, corrections."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.access.presence import Presence, Search, Who, entering, evacuation, found, overstays, stays
from edge.intents import Intent, Record
from edge.observations import CorrectRegister, OpenByHand, PolicyLoaded
from edge.react.presence import expect, moved
from edge.state import initial
from edge.turn import Turn
from sync.event import Event
from sync.records import CameIn, Inside, Policy, Vehicle, WentOut
from tests.edge.conversation import BOOKED, GUARD, OWNER, POLICY, Talk, answer, drafts
from tests.edge.people import at, site


def changes(intents: list[Intent]) -> list[Any]:
    return [change for i in intents if isinstance(i, Record) for change in i.changes]


def through(talk: Talk) -> list[Intent]:
    """The car that was let in drives under the arm and away."""
    said = talk.contacts(up=True, down=False)
    said += talk.contacts(up=True, down=False, safety=True)
    said += talk.contacts(up=True, down=False)
    return said + talk.wait(2)


def let_in(talk: Talk, plate: str) -> list[Intent]:
    talk.link_up()
    talk.plate(plate)
    return through(talk)


def test_a_car_is_inside_when_it_has_passed_not_when_it_was_let_in() -> None:
    talk = Talk()
    talk.link_up()
    talk.plate(OWNER)
    assert talk.state.policy.inside == {}
    said = through(talk)
    [entry] = drafts(said, "register.came_in")
    [passage] = drafts(said, "lane.passed")
    assert entry.body["key"] == f"vehicle:{OWNER}"
    assert entry.body["reference"] == passage.body["reference"]
    [change] = [c for c in changes(said) if isinstance(c, CameIn)]
    assert change.inside == talk.state.policy.inside[f"vehicle:{OWNER}"]
    assert (change.inside.event_id, change.inside.name) == (entry.id, "王先生")


def test_row_and_event_are_one_record() -> None:
    said = let_in(Talk(), OWNER)
    [record] = [i for i in said if isinstance(i, Record) and i.draft.kind == "register.came_in"]
    assert [type(c) for c in record.changes] == [CameIn]


def test_who_leaves_by_a_lane_out_is_gone() -> None:
    talk = Talk(direction="out")
    here = Inside(key=f"vehicle:{OWNER}", name="王先生", gate="west", since_s=talk.now.wall_s - 60, event_id="e")
    talk.say(PolicyLoaded(replace(POLICY, inside={here.key: here})))
    said = let_in(talk, OWNER)
    [exit_] = drafts(said, "register.went_out")
    assert (exit_.body["gate_in"], exit_.body["paired"]) == ("west", True)
    assert WentOut(here.key) in changes(said)
    assert talk.state.policy.inside == {}


def test_a_lane_for_both_ways_pairs_by_who_is_inside() -> None:
    talk = Talk(direction="both")
    kinds = []
    for _ in range(2):
        kinds += [d.kind for d in (i.draft for i in let_in(talk, OWNER) if isinstance(i, Record))]
        talk.wait(30)
    assert [k for k in kinds if k.startswith("register.")] == ["register.came_in", "register.went_out"]


def test_nobody_is_noted_who_was_let_in_and_did_not_drive() -> None:
    talk = Talk()
    talk.link_up()
    talk.plate(OWNER)
    talk.contacts(up=True, down=False)
    talk.wait(30)
    assert talk.kinds("register.") == []


def test_a_tailgater_is_nobody() -> None:
    talk = Talk()
    let_in(talk, OWNER)
    talk.contacts(up=True, down=False, safety=True)
    talk.contacts(up=True, down=False)
    talk.wait(3)
    assert talk.kinds("register.") == ["register.came_in"]


def test_where_no_loop_sees_passages_the_grant_counts() -> None:
    talk = Talk(inputs={})
    talk.link_up()
    assert [d.kind for d in drafts(talk.plate(OWNER), "register.came_in")] == ["register.came_in"]


def test_a_car_that_the_guard_let_in_is_inside_too() -> None:
    talk = Talk()
    talk.link_up()
    talk.plate("京N55555", visit="v")
    talk.say(OpenByHand(request_id="r", lane="east", reason="visitor", operator=GUARD, visit="v"))
    through(talk)
    assert list(talk.state.policy.inside) == ["vehicle:京N55555"]


def test_a_booked_car_that_stays_too_long_is_reported_once_and_an_owner_never() -> None:
    talk = Talk()
    let_in(talk, OWNER)
    talk.contacts(up=False, down=True)
    talk.wait(12)
    let_in(talk, BOOKED)
    talk.mono_s += 12 * 3600 + 60
    talk.wait(60)
    assert talk.kinds("register.overstayed") == ["register.overstayed"]
    [alarm] = [a for a in talk.state.alarms.values() if a.kind == "register.overstayed"]
    assert alarm.source == f"register:vehicle:{BOOKED}"
    said = talk.say(CorrectRegister(request_id="c", key=f"vehicle:{BOOKED}", reason="seen leaving", operator=GUARD))
    assert (answer(said).ok, answer(said).reason) == (True, "corrected")
    assert f"vehicle:{BOOKED}" not in talk.state.policy.inside
    assert "alarm.returned" in talk.kinds()


@pytest.mark.parametrize(
    ("key", "reason", "said"), [("person:x", "why", "not_inside"), (f"vehicle:{OWNER}", " ", "reason_needed")]
)
def test_a_correction_needs_somebody_inside_and_a_reason(key: str, reason: str, said: str) -> None:
    talk = Talk()
    let_in(talk, OWNER)
    verdict = answer(talk.say(CorrectRegister(request_id="c", key=key, reason=reason, operator=GUARD)))
    assert (verdict.ok, verdict.reason) == (False, said)
    assert len(talk.state.policy.inside) == 1


def test_a_door_pairs_only_where_its_reader_has_a_direction() -> None:
    turn = Turn(initial(site(), "t"), at())
    wang = Who("person:p-wang", "王先生")
    moved(turn, "lobby", wang, "g0", "r-ble")
    assert turn.state.policy.inside == {}
    moved(turn, "lobby", wang, "g1", "r-lobby")
    assert list(turn.state.policy.inside) == [wang.key]
    moved(turn, "lobby", wang, "g2", "r-lobby-out")
    assert turn.state.policy.inside == {}


def test_expected_passages_are_bounded() -> None:
    talk = Talk()
    turn = Turn(talk.state, talk.now)
    for number in range(2000):
        expect(turn, "east", f"g{number}", (Who("vehicle:粤B1", ""),))
    assert len(turn.state.presence.expected) <= 256


@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(["in", "out", "both"])), max_size=30),
)
def test_the_register_tells_the_same_story_as_the_rows(moves: list[tuple[str, str]]) -> None:
    policy, events = Policy(), []
    for number, (plate, direction) in enumerate(moves, start=1):
        who = Who(f"vehicle:{plate}", plate)
        if entering(policy, who, direction):
            events.append(event(number, "register.came_in", key=who.key, name=who.name, gate="g"))
            row = Inside(key=who.key, name=plate, gate="g", since_s=number, event_id=str(number))
            policy = replace(policy, inside={**policy.inside, who.key: row})
        else:
            known = policy.inside.get(who.key)
            since_us = None if known is None else int(known.since_s * 1e6)
            events.append(event(number, "register.went_out", key=who.key, name=plate, gate="h", since_us=since_us))
            policy = replace(policy, inside={k: i for k, i in policy.inside.items() if k != who.key})
    lines = stays(events)
    latest = {line.key: line for line in sorted(lines, key=lambda line: line.seq)}
    assert {k for k, line in latest.items() if line.out_s is None} == set(policy.inside)
    assert sum(line.in_s is not None and line.gate_in == "g" for line in lines) == sum(
        e.kind == "register.came_in" for e in events
    )
    assert [line.at_s for line in lines] == sorted(line.at_s for line in lines)


def event(seq: int, kind: str, at_s: float | None = None, **body: Any) -> Event:
    return Event(
        seq=seq,
        id=str(seq),
        kind=kind,
        source="lane:g",
        priority=2,
        wall_us=int((seq if at_s is None else at_s) * 1e6),
        mono_ns=0,
        boot_id="b",
        clock="synced",
        body=json.dumps(body),
        prev="",
        hash="",
    )


LINES = stays(
    [
        event(
            1, "register.went_out", 100, key="vehicle:粤B1", name="王", gate="west", gate_in="east", since_us=50_000_000
        ),
        event(2, "register.came_in", 200, key="person:p1", name="Li Na", gate="lobby"),
        event(3, "register.came_in", 300, key="visitor:v1", name="访客", gate="east"),
        event(4, "register.corrected", 400, key="visitor:v1", name="访客", gate="", reason="seen leaving"),
    ]
)


@pytest.mark.parametrize(
    ("search", "keys"),
    [
        (Search(from_s=0, until_s=1000), ["visitor:v1", "person:p1", "vehicle:粤B1"]),
        (Search(from_s=0, until_s=1000, text="b1"), ["vehicle:粤B1"]),
        (Search(from_s=0, until_s=1000, text="LI"), ["person:p1"]),
        (Search(from_s=0, until_s=1000, gate="east"), ["visitor:v1", "vehicle:粤B1"]),
        (Search(from_s=0, until_s=1000, kind="person"), ["person:p1"]),
        (Search(from_s=101, until_s=250), ["person:p1"]),
        (Search(from_s=500, until_s=600), ["person:p1"]),  # still inside
        (Search(from_s=0, until_s=50), []),
    ],
)
def test_the_register_is_searched_by_text_time_gate_and_kind(search: Search, keys: list[str]) -> None:
    assert [line.key for line in found(LINES, search)] == keys


def test_an_exit_carries_its_entry_from_before_the_events_at_hand() -> None:
    first = LINES[0]
    assert (first.gate_in, first.in_s, first.gate_out, first.out_s) == ("east", 50.0, "west", 100.0)


def test_overstays_and_the_evacuation_list() -> None:
    rows = [
        Inside(key=key, name=key, gate="east", since_s=since_s, event_id=key)
        for key, since_s in [("vehicle:粤B1", 0), ("vehicle:京A1", 10), ("visitor:v", 5), ("person:p", 0)]
    ]
    owner = Vehicle(plate="粤B1", owner="王")
    policy = Policy(vehicles={"粤B1": owner}, inside={row.key: row for row in rows})
    assert [i.key for i in overstays(policy, 100, 111, frozenset())] == ["visitor:v", "vehicle:京A1"]
    assert [i.key for i in overstays(policy, 100, 110, frozenset({"visitor:v"}))] == []
    assert [i.key for i in evacuation(policy)] == ["person:p", "visitor:v", "vehicle:京A1", "vehicle:粤B1"]
    assert Presence().told == frozenset()
