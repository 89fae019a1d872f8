"""Visitor codes and signed passes, as a conversation: used as often as they say, once on disk, and never shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devices.messages import CodeScanned
from edge.intents import Confirm, Intent, Record, Send
from edge.observations import Now, Tick, Written
from sync.records import CameIn, SpendPass, UseCode
from tests.edge.access_talk import PEPPER, code_for, gate, opened, signal, signed_pass
from tests.edge.people import CARD, HELP_PIN, LI, MONDAY_NOON_S, PIN, WANG
from vision.observations import CodeShown


@pytest.mark.parametrize("way", ["keypad", "scanner", "camera"])
def test_a_visitor_code_opens_once_however_it_is_shown(way: str) -> None:
    digits, lists = code_for()
    talk = gate(lists)

    def show() -> list[Intent]:
        if way == "keypad":
            return talk.keys(digits)
        if way == "scanner":
            return talk.say(CodeScanned(reader="qr", text=digits, at_mono_s=talk.now.mono_s))
        return talk.say(CodeShown(camera="east", text=digits, captured_mono_s=0.0, captured_at_s=0.0))

    said = show()
    assert opened(said)
    [record] = [i for i in said if isinstance(i, Record) and i.draft.kind == "access.granted"]
    assert record.changes == (UseCode("c1"),)
    assert [c.inside.key for i in said if isinstance(i, Record) for c in i.changes if isinstance(c, CameIn)] == [
        "visitor:c1"
    ]
    assert not opened(show())
    assert talk.log[-1].body["reason"] == "code_used_up"


def test_wrong_codes_lock_the_keypad_and_raise_an_alarm() -> None:
    digits, lists = code_for()
    talk = gate(lists)
    for number in range(5):
        assert not opened(talk.keys(f"9999000{number}"))
    assert "access.locked" in talk.kinds()
    assert [a.kind for a in talk.state.alarms.values() if a.kind == "access.locked"] == ["access.locked"]
    said = talk.keys(digits)
    assert not opened(said)
    assert (talk.log[-1].body["reason"], signal(said).text) == ("code_locked", "已锁定，请稍候")
    assert opened(talk.card(CARD[WANG])), "cards go on"
    talk.wait(61)
    assert opened(talk.keys(digits))


def test_wrong_pins_count_like_wrong_codes() -> None:
    talk = gate()
    for _ in range(5):
        talk.card(CARD[WANG], "strict")
        talk.keys("000000", "strict")
    assert "access.locked" in talk.kinds()
    talk.card(CARD[WANG], "strict")
    assert not opened(talk.keys(PIN[WANG], "strict"))


def test_a_signed_pass_opens_as_often_as_it_says() -> None:
    token, secrets = signed_pass()
    talk = gate()
    talk.state = replace(talk.state, secrets=secrets)
    said = talk.say(CodeScanned(reader="qr", text=token, at_mono_s=1.0))
    assert opened(said)
    [record] = [i for i in said if isinstance(i, Record) and i.draft.kind == "access.granted"]
    assert (record.changes, record.draft.body["credential"]) == (
        (SpendPass("00112233445566ff", until_s=MONDAY_NOON_S + 3600),),
        "pass",
    )
    assert not opened(talk.say(CodeScanned(reader="qr", text=token, at_mono_s=2.0)))
    assert talk.log[-1].body["reason"] == "pass_used_up"


@pytest.mark.parametrize("text", ["", "MW1:", "https://example.com/?x=1", "MW1:" + "A" * 300, "\x00\n\ud800", "１２３"])
def test_any_other_text_is_refused(text: str) -> None:
    talk = gate()
    assert not opened(talk.say(CodeScanned(reader="qr", text=text, at_mono_s=1.0)))
    assert talk.kinds() == ["access.denied"]


def test_visitors_do_not_open_where_two_people_or_a_first_person_are_needed() -> None:
    digits, lists = code_for()
    for rules, reason in [
        ({"two_person": ["walk-in"]}, "visitors_not_here"),
        ({"first_person_in": ["walk-in"]}, "first_person_needed"),
    ]:
        talk = gate(lists, **rules)
        assert not opened(talk.keys(digits))
        assert talk.log[-1].body["reason"] == reason


@pytest.mark.parametrize(
    ("mode", "synced", "behind_s", "trusted"),
    [("any", False, 0, True), ("any", False, 3600, False), ("any", True, 3600, True), ("synced", False, 0, False)],
)
def test_the_clock_is_trusted_when_known_or_at_least_plausible(
    mode: str, synced: bool, behind_s: float, trusted: bool
) -> None:
    digits, lists = code_for()
    talk = gate(lists, clock=mode)
    talk.state = replace(talk.state, wall_floor_s=MONDAY_NOON_S + behind_s)
    talk.say(Tick(clock_synced=synced))
    assert talk.state.access.clock_trusted is trusted
    assert opened(talk.keys(digits)) is trusted
    assert opened(talk.card(CARD[WANG])), "what needs no clock opens"
    talk.say(Tick(clock_synced=True))
    assert talk.state.access.clock_trusted is True
    assert talk.kinds().count("access.degraded") == talk.kinds().count("access.restored") == (not trusted)


def test_no_secret_is_ever_written_down_or_shown() -> None:
    digits, lists = code_for()
    token, secrets = signed_pass()
    talk = gate(lists)
    talk.state = replace(talk.state, secrets=secrets)
    talk.card(CARD[WANG], "strict")
    talk.keys(HELP_PIN, "strict")
    talk.keys(digits)
    talk.keys(PIN[LI])
    talk.card("04FFFFFF")
    talk.say(CodeScanned(reader="qr", text=token, at_mono_s=1.0))
    written = repr(talk.log) + repr([i for i in talk.all if isinstance(i, Send)]) + repr(talk.state.secrets)
    for secret in (CARD[WANG], HELP_PIN, digits, PIN[LI], "04FFFFFF", token, repr(PEPPER)):
        assert secret not in written


def test_a_use_waits_for_the_disk_and_is_measured_from_its_decision() -> None:
    digits, lists = code_for()
    talk = gate(lists)
    talk.disk = False
    said = talk.keys(digits)
    [confirm] = [i for i in said if isinstance(i, Confirm)]
    assert not opened(said)
    talk.now = Now(mono_s=talk.now.mono_s + 0.4, wall_s=talk.now.wall_s + 0.4)
    assert opened(talk.say(Written(confirm.reference, durable=True)))
    [pending] = [p for p in talk.state.commands.values() if p.reference == confirm.reference]
    assert talk.now.mono_s - pending.decided_mono_s == pytest.approx(0.4)
    assert not talk.state.uses
    assert not opened(talk.say(Written(confirm.reference, durable=True))), "said once, it opens once"


@pytest.mark.parametrize("told", [True, False], ids=["not in time", "never told"])
def test_a_use_that_is_not_on_disk_opens_nothing_and_stays_counted(told: bool) -> None:
    digits, lists = code_for()
    talk = gate(lists)
    talk.disk = False
    [confirm] = [i for i in talk.keys(digits) if isinstance(i, Confirm)]
    said = talk.say(Written(confirm.reference, durable=False)) if told else talk.wait(10.5)
    assert not opened(said)
    assert [signal(said).granted, signal(said).text] == [False, "未授权"]
    assert [a.kind for a in talk.state.alarms.values() if a.kind.startswith("access.")] == ["access.not_written"]
    [code] = talk.state.policy.codes.values()
    assert code.uses_used == 1
    assert not talk.state.uses
    assert not opened(talk.say(Written(confirm.reference, durable=True))), "late is too late"
    talk.disk = True
    assert not opened(talk.keys(digits))
