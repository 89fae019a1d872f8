"""Alarm inputs and sirens, said as a conversation."""

from __future__ import annotations

import itertools
from copy import deepcopy

import pytest

from devices.messages import CommandDone, CommandFailed, FailReason
from edge.intents import Answer, Intent
from edge.observations import AcknowledgeAlarm, CloseAlarm, ResetSirens
from tests.edge.gate_talk import GUARD, RAW, SIREN, GateTalk, pulses

RESET = ResetSirens(request_id="s", operator=GUARD)


@pytest.fixture
def talk() -> GateTalk:
    site = GateTalk()
    site.up()
    return site


def beats(intents: list[Intent]) -> int:
    return len(pulses(intents, SIREN))


def verdict(intents: list[Intent]) -> tuple[bool, str]:
    [answer] = [i for i in intents if isinstance(i, Answer)]
    return answer.ok, answer.reason


def alarm(talk: GateTalk, kind: str) -> str:
    [id_] = [a.id for a in talk.state.alarms.values() if a.kind == kind]
    return id_


def take(talk: GateTalk, kind: str) -> None:
    talk.say(AcknowledgeAlarm(request_id=f"a-{kind}", alarm=alarm(talk, kind), operator=GUARD))


class TestInputs:
    @pytest.mark.parametrize(
        ("contact", "kind", "priority"),
        [("smoke", "smoke", 1), ("panic", "panic", 1), ("flood", "flood", 2)],
    )
    def test_what_fires_is_an_event_and_an_alarm_with_its_place(
        self, talk: GateTalk, contact: str, kind: str, priority: int
    ) -> None:
        talk.set(**{contact: True})
        [opened] = talk.state.alarms.values()
        assert (opened.kind, opened.priority) == (f"{kind}.active", priority)
        assert opened.place in {"电动车棚", "岗亭", "cellar"}
        assert talk.kinds(f"{kind}.") == [f"{kind}.active"]

    @pytest.mark.parametrize("contact", ["smoke", "panic", "flood"])
    def test_only_a_person_closes_it_taken_or_not(self, talk: GateTalk, contact: str) -> None:
        kind = f"{contact}.active"
        talk.set(**{contact: True})
        take(talk, kind)
        talk.set(**{contact: False})
        assert talk.kinds(f"{contact}.")[-1] == f"{contact}.clear"
        assert talk.alarms() == [kind]
        close = CloseAlarm(request_id="c", alarm=alarm(talk, kind), outcome="handled", note="", operator=GUARD)
        assert verdict(talk.say(close)) == (True, "closed")
        assert talk.alarms() == []

    def test_taking_it_after_its_return_closes_nothing_either(self, talk: GateTalk) -> None:
        talk.set(panic=True)
        talk.set(panic=False)
        take(talk, "panic.active")
        assert talk.alarms() == ["panic.active"]

    def test_the_same_alarm_again_is_counted(self, talk: GateTalk) -> None:
        for active in (True, False, True):
            talk.set(panic=active)
        assert [a.count for a in talk.state.alarms.values()] == [2]

    def test_unknown_is_told_and_is_neither_clear_nor_a_new_alarm(self, talk: GateTalk) -> None:
        talk.set(smoke=True)
        talk.down()
        assert talk.alarms().count("input.unknown") == 3
        talk.up("smoke")
        assert talk.kinds("smoke.") == ["smoke.active"]
        assert [a.returned_at_s is not None for a in talk.state.alarms.values() if a.kind == "input.unknown"] == [
            True
        ] * 3

    def test_stale_data_is_unknown(self, talk: GateTalk) -> None:
        talk.live = False
        talk.wait(5)
        assert talk.alarms().count("input.unknown") == 3

    def test_before_the_first_word_nothing_is_unknown(self) -> None:
        fresh = GateTalk()
        fresh.wait(2)
        assert fresh.alarms() == []


class TestSirens:
    def test_smoke_starts_beats_until_a_person_resets(self, talk: GateTalk) -> None:
        first = pulses(talk.set(smoke=True), SIREN)
        assert [p.pulse_s for p in first] == [2.0]
        assert 3 <= beats(talk.wait(12)) <= 5
        assert verdict(talk.say(RESET)) == (True, "reset")
        assert beats(talk.wait(12)) == 0
        assert verdict(talk.say(RESET)) == (False, "no_siren")

    def test_it_falls_silent_after_its_longest_time_and_still_stands(self, talk: GateTalk) -> None:
        talk.set(smoke=True)
        talk.wait(30)
        assert beats(talk.wait(30)) == 0
        assert talk.kinds("siren.") == ["siren.started", "siren.ended"]
        assert talk.state.sirens["yard"].latched

    def test_an_urgent_alarm_starts_it_a_general_one_does_not(self, talk: GateTalk) -> None:
        assert beats(talk.set(flood=True)) == 0
        assert beats(talk.set(panic=True)) == 1

    def test_after_a_reset_the_old_alarm_is_silent_a_new_one_sounds(self, talk: GateTalk) -> None:
        talk.set(panic=True)
        talk.say(RESET)
        assert beats(talk.set(panic=False)) + beats(talk.set(panic=True)) + beats(talk.wait(5)) == 0
        assert beats(talk.set(smoke=True)) == 1

    def test_taking_or_closing_the_alarm_does_not_silence(self, talk: GateTalk) -> None:
        talk.set(panic=True)
        take(talk, "panic.active")
        assert beats(talk.wait(6)) >= 1
        id_ = alarm(talk, "panic.active")
        talk.say(CloseAlarm(request_id="c", alarm=id_, outcome="handled", note="", operator=GUARD))
        assert beats(talk.wait(6)) >= 1

    def test_a_lost_link_keeps_beats_for_later_within_the_longest_time(self, talk: GateTalk) -> None:
        talk.set(smoke=True)
        talk.down()
        assert beats(talk.wait(10)) == 0
        talk.up("smoke")
        assert beats(talk.wait(0.25)) == 1
        talk.down()
        talk.wait(40)
        talk.up("smoke")
        assert beats(talk.wait(5)) == 0

    def test_a_siren_that_cannot_be_driven_is_told_once(self, talk: GateTalk) -> None:
        [first] = pulses(talk.set(smoke=True), SIREN)
        for command in (first, *pulses(talk.wait(6), SIREN)):
            talk.say(CommandFailed(id=command.id, device="box", reason=FailReason.NO_REPLY))
        assert talk.kinds("siren.failed") == ["siren.failed"]
        done = pulses(talk.wait(3), SIREN)[0]
        talk.say(CommandDone(id=done.id, device="box", first_byte_mono_s=talk.mono_s, done_mono_s=talk.mono_s))
        assert talk.kinds("siren.works") == ["siren.works"]

    def test_without_a_pause_the_pulses_overlap(self) -> None:
        raw = deepcopy(RAW)
        raw["sirens"]["yard"] |= {"off_s": 0, "on_s": 2}
        talk = GateTalk(raw)
        talk.up()
        at_s: list[float] = [talk.mono_s] if beats(talk.set(smoke=True)) else []
        for _ in range(80):
            at_s += [talk.mono_s] * beats(talk.wait(0.25))
        gaps = [b - a for a, b in itertools.pairwise(at_s)]
        assert len(gaps) > 5
        assert max(gaps) < 2
