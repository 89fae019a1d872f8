"""Cards and PINs shown to readers, as a conversation: one path from credential to opening."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devices.messages import (
    InputsRead,
    LinkLost,
    PulseOutput,
)
from edge.intents import Send
from edge.observations import PolicyLoaded
from edge.state import initial
from tests.edge.access_talk import gate, opened, signal, with_pins
from tests.edge.people import CARD, GONE, HELP, HELP_PIN, LI, PIN, SHORT_PIN, WANG, policy


def test_a_card_opens_is_written_down_and_answered() -> None:
    talk = gate()
    said = talk.card(CARD[WANG].lower())
    assert opened(said)
    [event] = [d for d in talk.log if d.kind == "access.granted"]
    assert (event.source, event.body["subject"], event.body["rule"]) == ("lane:walk-in", "王先生", "person:p-wang")
    assert (event.body["reason"], event.body["credential"]) == ("person", "card:…" + CARD[WANG][-4:])
    assert (signal(said).granted, signal(said).text) == (True, "请通行")
    order = [type(i).__name__ for i in said]
    assert order.index("Record") < order.index("Send")
    assert talk.state.policy.inside["person:p-wang"].name == "王先生"


@pytest.mark.parametrize(
    ("uid", "reason"), [("04FFFFFF", "unknown_card"), (CARD[GONE], "person_blocked"), ("04B10C4D", "key_blocked")]
)
def test_a_refused_card_opens_nothing_and_the_reader_does_not_say_why(uid: str, reason: str) -> None:
    talk = gate()
    said = talk.card(uid)
    assert not opened(said)
    assert [d.body["reason"] for d in talk.log if d.kind == "access.denied"] == [reason]
    assert (signal(said).granted, signal(said).text) == (False, "未授权")


def test_a_lane_that_cannot_open_refuses_and_counts_nothing() -> None:
    talk = gate()
    talk.state = initial(talk.state.settings, "t")  # nothing read yet: offline
    talk.say(PolicyLoaded(with_pins()))
    assert not opened(talk.card(CARD[WANG]))
    assert talk.log[-1].kind == "access.referred"
    assert talk.log[-1].body["reason"] == "lane_offline"
    assert not talk.state.policy.inside


def test_card_then_pin() -> None:
    talk = gate()
    said = talk.card(CARD[WANG], "strict")
    assert (opened(said), signal(said).granted, signal(said).text) == (False, None, "请输入密码")
    assert talk.kinds() == []
    assert opened(talk.keys(PIN[WANG], "strict"))
    assert talk.kinds() == ["access.granted"]


def test_a_short_pin_opens_behind_its_card_and_never_alone() -> None:
    talk = gate()
    said = talk.keys(SHORT_PIN)
    assert not opened(said)
    assert talk.log[-1].body["reason"] == "pin_needs_card"
    assert signal(said).text == "未授权", "at the keypad it looks like any wrong one"
    assert talk.state.access.locks.keypads["pad"].wrong == 1, "and counts like one"
    talk.card(CARD[WANG], "strict")
    assert opened(talk.keys(SHORT_PIN, "strict"))
    assert opened(talk.keys(PIN[WANG])), "eight digits open alone"


@pytest.mark.parametrize("digits", ["7654321", "987654321", "12345678901", "123456789012"])
def test_digits_that_are_no_code_and_no_pin_are_an_unknown_pin(digits: str) -> None:
    talk = gate()
    assert not opened(talk.keys(digits))
    assert talk.log[-1].body["reason"] == "unknown_pin"
    assert talk.state.access.locks.keypads["pad"].wrong == 1


def test_a_pin_typed_without_its_card_counts_as_a_guess_right_or_wrong() -> None:
    talk = gate()
    for pin in (PIN[WANG], "00000001"):
        talk.keys(pin, "strict")
    assert [d.body["reason"] for d in talk.log if d.kind == "access.denied"] == ["card_needed", "code_unknown"]
    assert talk.state.access.locks.keypads["strict"].wrong == 2


def test_a_wrong_pin_asks_for_the_card_again() -> None:
    talk = gate()
    talk.card(CARD[WANG], "strict")
    assert not opened(talk.keys(PIN[LI], "strict"))
    assert not opened(talk.keys(PIN[WANG], "strict"))
    assert [d.body["reason"] for d in talk.log if d.kind == "access.denied"] == ["wrong_pin", "card_needed"]


def test_a_card_without_its_pin_is_refused_after_twenty_seconds() -> None:
    talk = gate()
    talk.card(CARD[WANG], "strict")
    talk.wait(20.5)
    [event] = [d for d in talk.log if d.kind == "access.denied"]
    assert (event.body["reason"], event.body["detail"]) == ("awaiting_pin", "timed out")
    assert not opened(talk.keys(PIN[WANG], "strict"))


def test_a_duress_pin_opens_the_same_and_calls_the_guard_in_silence() -> None:
    talk, usual = gate(), gate()
    said, as_usual = talk.keys(HELP_PIN), usual.keys(PIN[WANG])
    assert opened(said)
    shown, calm = signal(said), signal(as_usual)
    assert (shown.text, shown.granted, shown.reader) == (calm.text, calm.granted, calm.reader)
    [alarm] = [a for a in talk.state.alarms.values() if a.kind == "access.duress"]
    assert alarm.priority == 1
    assert "access.duress" not in usual.kinds()
    blocked = gate(replace(with_pins(), people={**policy().people, WANG: replace(policy().people[WANG], blocked="x")}))
    assert not opened(blocked.card(HELP))
    assert "access.duress" in blocked.kinds()


def test_two_people_both_count_as_inside() -> None:
    talk = gate(two_person=["walk-in"])
    assert not opened(talk.card(CARD[WANG]))
    assert opened(talk.card(CARD[LI]))
    assert sorted(talk.state.policy.inside) == ["person:p-li", "person:p-wang"]
    alone = gate(two_person=["walk-in"])
    alone.card(CARD[WANG])
    alone.wait(15.5)
    assert [d.body["reason"] for d in alone.log if d.kind == "access.denied"] == ["awaiting_second_person"]


def test_anti_passback_is_reset_by_leaving_and_by_a_guard() -> None:
    talk = gate(anti_passback="enforce")
    assert opened(talk.card(CARD[WANG]))
    talk.wait(60)
    assert not opened(talk.card(CARD[WANG]))
    assert opened(talk.card(CARD[WANG], "r-out"))
    talk.wait(60)
    assert opened(talk.card(CARD[WANG]))


def test_alerting_anti_passback_opens_and_tells() -> None:
    talk = gate(anti_passback="alert")
    talk.card(CARD[WANG])
    talk.wait(60)
    assert opened(talk.card(CARD[WANG]))
    assert "access.passback" in talk.kinds()
    assert [a.kind for a in talk.state.alarms.values() if a.kind.startswith("access.")] == ["access.passback"]


def test_a_door_is_unlocked_through_the_same_path() -> None:
    talk = gate()
    said = talk.card(CARD[WANG], "r-lobby")
    [pulse] = [i.command for i in said if isinstance(i, Send) and isinstance(i.command, PulseOutput)]
    assert (pulse.board, pulse.relay) == ("box", 3)
    assert signal(said).granted is True
    assert list(talk.state.policy.inside) == ["person:p-wang"]
    talk.card(CARD[WANG], "r-lobby-out")
    assert not talk.state.policy.inside


def test_a_door_with_a_contact_counts_whoever_opens_it() -> None:
    talk = gate(contact={"board": "box", "channel": 1})
    talk.card(CARD[WANG], "r-lobby")
    assert not talk.state.policy.inside
    talk.say(InputsRead(board="box", levels=(True,) + (False,) * 7, at_mono_s=talk.now.mono_s))
    assert list(talk.state.policy.inside) == ["person:p-wang"]


def test_a_door_that_is_offline_refuses_and_counts_no_use() -> None:
    talk = gate()
    talk.say(LinkLost(board="box", cause="unplugged", at_mono_s=talk.now.mono_s))
    talk.card(CARD[WANG], "r-lobby")
    assert talk.log[-1].body["reason"] == "door_refused"
    assert not talk.state.policy.inside


def test_duress_starts_no_siren() -> None:
    talk = gate()
    talk.card(HELP, "r-lobby")
    assert "access.duress" in talk.kinds()
    assert talk.kinds("siren.") == []
    for _ in range(5):
        talk.keys("99990000")
    assert talk.state.alarms


def test_a_reader_that_is_not_of_this_site_opens_nothing() -> None:
    talk = gate()
    before = talk.state
    assert talk.card(CARD[WANG], "elsewhere") == []
    assert talk.state is before
