"""Cards, PINs and phones: every rule with its objection, and nothing that opens without a registered person."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.access.credentials import Credential, CredentialKind, masked, pin_hmac
from edge.access.people import AccessMemory, case_of, decide_person, duress, learnt, objections, passback, swept
from edge.access.plates import Reason
from sync.records import Inside
from tests.edge.people import CARD, CHEF, GONE, HELP, HELP_PIN, LI, PEPPER, PIN, TIMED, WANG, at, card, policy, site

HOUR_S = 3600.0


@pytest.mark.parametrize(
    ("shown", "gate", "after_s", "reason"),
    [
        (CARD[WANG], "lobby", 0, Reason.PERSON),
        (CARD[LI], "lobby", 0, Reason.PERSON),
        (CARD[LI], "elsewhere", 0, Reason.WRONG_GATE),
        ("04FFFFFF", "lobby", 0, Reason.UNKNOWN_CARD),
        ("04B10C4D", "lobby", 0, Reason.KEY_BLOCKED),
        (CARD[GONE], "lobby", 0, Reason.PERSON_BLOCKED),
        (CARD[CHEF], "lobby", 0, Reason.PERSON),
        (CARD[CHEF], "lobby", 6 * HOUR_S - 1, Reason.PERSON),
        (CARD[CHEF], "lobby", 6 * HOUR_S, Reason.OUTSIDE_SCHEDULE),
        (CARD[CHEF], "lobby", 48 * HOUR_S, Reason.OUTSIDE_SCHEDULE),
        (CARD[TIMED], "lobby", 59, Reason.PERSON),
        (CARD[TIMED], "lobby", 60, Reason.EXPIRED),
    ],
)
def test_a_card_opens_where_and_when_its_person_may(shown: str, gate: str, after_s: float, reason: Reason) -> None:
    decision = decide_person(policy(), site(), card(shown), gate, at(after_s), AccessMemory())
    assert (decision.reason, decision.granted) == (reason, reason is Reason.PERSON)


def test_a_schedule_that_the_site_file_lost_opens_nothing() -> None:
    settings = site().model_copy(update={"schedules": {}})
    decision = decide_person(policy(), settings, card(CARD[CHEF]), "lobby", at(), AccessMemory())
    assert decision.reason is Reason.OUTSIDE_SCHEDULE


@pytest.mark.parametrize(
    ("who", "reason"),
    [(WANG, Reason.PERSON), (CHEF, Reason.CLOCK_UNTRUSTED), (TIMED, Reason.CLOCK_UNTRUSTED)],
)
def test_without_a_clock_only_what_needs_none_opens(who: str, reason: Reason) -> None:
    memory = AccessMemory(clock_trusted=False)
    assert decide_person(policy(), site(), card(CARD[who]), "lobby", at(), memory).reason is reason


@pytest.mark.parametrize(
    ("shown", "pin", "reason"),
    [
        (CARD[WANG], "", Reason.AWAITING_PIN),
        (CARD[WANG], PIN[WANG], Reason.PERSON),
        (CARD[WANG], HELP_PIN, Reason.PERSON),
        (CARD[WANG], PIN[LI], Reason.WRONG_PIN),
        (CARD[WANG], "999999", Reason.WRONG_PIN),
    ],
)
def test_the_second_factor_is_a_pin_of_the_same_person(shown: str, pin: str, reason: Reason) -> None:
    credential = card(shown, "vault", "r-vault", pin)
    assert decide_person(policy(), site(), credential, "vault", at(), AccessMemory()).reason is reason


def test_a_pin_alone_opens_only_where_no_card_is_asked_for() -> None:
    for reader, gate, reason in [("r-lobby", "lobby", Reason.PERSON), ("r-vault", "vault", Reason.CARD_NEEDED)]:
        typed = Credential(kind=CredentialKind.PIN, value=pin_hmac(PEPPER, PIN[LI]), gate=gate, reader=reader)
        assert decide_person(policy(), site(), typed, gate, at(), AccessMemory()).reason is reason


def test_a_card_waits_twenty_seconds_for_its_pin() -> None:
    credential = card(CARD[WANG], "vault", "r-vault")
    case = case_of(policy(), site(), credential, at(), AccessMemory())
    memory = learnt(case, decide_person(policy(), site(), credential, "vault", at(), AccessMemory()))
    assert memory.cards["r-vault"].credential == credential
    assert swept(memory, site(), at(20).mono_s) == (memory, ())
    left, late = swept(memory, site(), at(20.1).mono_s)
    assert (left.cards, late) == ({}, (credential,))


@pytest.mark.parametrize(
    ("second", "after_s", "reason"),
    [
        (LI, 15, Reason.PERSON),
        (LI, 15.1, Reason.AWAITING_SECOND_PERSON),
        (WANG, 1, Reason.AWAITING_SECOND_PERSON),
        (GONE, 1, Reason.PERSON_BLOCKED),
    ],
)
def test_two_people_open_within_their_time(second: str, after_s: float, reason: Reason) -> None:
    settings = site(two_person=["lobby"], two_person_s=15)
    first = card(CARD[WANG])
    decision = decide_person(policy(), settings, first, "lobby", at(), AccessMemory())
    assert decision.reason is Reason.AWAITING_SECOND_PERSON
    memory = learnt(case_of(policy(), settings, first, at(), AccessMemory()), decision)
    decision = decide_person(policy(), settings, card(CARD[second]), "lobby", at(after_s), memory)
    assert decision.reason is reason
    if decision.granted:
        assert decision.subject == "王先生 + 李女士"
        after = learnt(case_of(policy(), settings, card(CARD[second]), at(after_s), memory), decision)
        assert after.firsts == {}


def test_a_first_person_opens_for_the_others_until_the_day_ends() -> None:
    settings = site(first_person_in=["lobby"])
    memory = AccessMemory()
    assert decide_person(policy(), settings, card(CARD[LI]), "lobby", at(), memory).reason is Reason.FIRST_PERSON_NEEDED
    came = decide_person(policy(), settings, card(CARD[WANG]), "lobby", at(), memory)
    memory = learnt(case_of(policy(), settings, card(CARD[WANG]), at(), memory), came)
    for after_s, granted in [(1, True), (12 * HOUR_S - 1, True), (12 * HOUR_S, False)]:
        assert decide_person(policy(), settings, card(CARD[LI]), "lobby", at(after_s), memory).granted is granted


@pytest.mark.parametrize(
    ("mode", "reader", "inside", "after_s", "granted", "noticed"),
    [
        ("none", "r-lobby", True, 0, True, False),
        ("alert", "r-lobby", True, 0, True, True),
        ("enforce", "r-lobby", True, 0, False, True),
        ("enforce", "r-lobby", False, 0, True, False),
        ("enforce", "r-lobby", True, 12 * HOUR_S, True, False),  # forgotten by then
        ("enforce", "r-lobby-out", True, 0, True, False),
        ("enforce", "r-lobby-out", False, 0, True, True),  # nobody is ever kept from leaving
        ("enforce", "r-in", True, 0, False, True),
    ],
)
def test_anti_passback(mode: str, reader: str, inside: bool, after_s: float, granted: bool, noticed: bool) -> None:
    settings = site(anti_passback=mode)
    here = Inside(key=f"person:{WANG}", name="王先生", gate="lobby", since_s=at().wall_s, event_id="e1")
    lists = replace(policy(), inside={here.key: here} if inside else {})
    gate = settings.readers[reader].lane or settings.readers[reader].door or ""
    credential = card(CARD[WANG], gate, reader)
    decision = decide_person(lists, settings, credential, gate, at(after_s), AccessMemory())
    assert decision.granted is granted
    assert passback(case_of(lists, settings, credential, at(after_s), AccessMemory())) is noticed


def test_a_duress_card_or_pin_opens_like_any_other_and_is_told_apart() -> None:
    for credential, cries in [
        (card(HELP), True),
        (card(CARD[WANG], "vault", "r-vault", HELP_PIN), True),
        (card(CARD[WANG], "vault", "r-vault", PIN[WANG]), False),
        (card(CARD[LI], "vault", "r-vault", HELP_PIN), False),  # somebody else's
    ]:
        case = case_of(policy(), site(), credential, at(), AccessMemory())
        assert duress(case) is cries
    assert decide_person(policy(), site(), card(HELP), "lobby", at(), AccessMemory()).granted


@given(value=st.text(max_size=40), kind=st.sampled_from(["card", "pin", "phone"]), pin=st.text(max_size=20))
def test_nothing_that_is_not_registered_ever_opens(value: str, kind: str, pin: str) -> None:
    lists = policy()
    credential = Credential(kind=CredentialKind(kind), value=value, gate="lobby", reader="r-lobby", pin=pin)
    decision = decide_person(lists, site(), credential, "lobby", at(), AccessMemory())
    assert decision.granted is ((kind, value) in lists.keys and decision.reason is Reason.PERSON)
    shown = [reason for _, reason in objections(case_of(lists, site(), credential, at(), AccessMemory()))]
    assert decision.granted is not any(shown)


@given(st.text(alphabet="0123456789ABCDEF", max_size=40))
def test_what_the_log_sees_never_gives_a_secret_away(value: str) -> None:
    credential = card(value, pin="123456")
    assert credential.pin not in repr(credential)
    assert len(masked(value)) - 1 <= max(4, 0)
    if len(value) >= 4:
        assert value not in credential.shown
        assert value not in repr(credential)


def test_a_pin_is_not_kept_under_a_short_pepper() -> None:
    with pytest.raises(ValueError, match="pepper"):
        pin_hmac(b"short", "123456")
