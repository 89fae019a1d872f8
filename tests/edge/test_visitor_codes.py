"""Visitor codes: made once, kept as HMAC, honoured by their rules; guessing does not pay."""

from __future__ import annotations

import random
import secrets
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.model_gate import Passes
from edge.access.guess_locks import (
    GuessLocks,
    LockRules,
    after_right,
    after_wrong,
    guesses_max,
    hit_chance,
    lock_length_s,
    locked_for_s,
    rules_of,
)
from edge.access.passes import PassReason
from edge.access.reason_words import CODE_WORDS, PASS_WORDS, SLIP_WORDS
from edge.access.slips import SlipReason
from edge.access.visitor_codes import (
    CodeDecision,
    CodeReason,
    Issued,
    Wish,
    check,
    code_hmac,
    enter,
    is_live,
    issue,
    stored,
)
from edge.intents import Answer
from edge.observations import ChangeLists
from sync.policy import applied
from sync.records import Policy, PutCode, RevokeCode, UseCode
from tests.edge.conversation import GUARD, Talk

PEPPER = bytes(range(32))
NOON_S = 1_780_000_000.0
DAY_S = 86_400.0
WISH = Wish(host="王", visitor="李", gates=("east",), not_before_s=NOON_S, not_after_s=NOON_S + DAY_S)
RULES = LockRules()


def made(wish: Wish = WISH, policy: Policy | None = None, draws: list[int] | None = None) -> tuple[Issued, Policy]:
    """A fresh code and the lists with it."""
    policy = policy or Policy()
    rows = iter(draws or [])
    issued = issue(
        policy,
        PEPPER,
        wish,
        NOON_S,
        new_id=f"c{len(policy.codes)}",
        randbelow=(lambda below: next(rows)) if draws else secrets.randbelow,
        per_host=10,
    )
    assert isinstance(issued, Issued)
    return issued, applied(policy, (PutCode(issued.code),))


@pytest.mark.parametrize(
    ("bound", "digits"),
    [({}, 8), ({"plate": "京A12345"}, 6), ({"phone": "138-0013-8000"}, 6)],
)
def test_a_code_has_eight_digits_or_six_when_it_is_bound(bound: dict[str, Any], digits: int) -> None:
    issued, _ = made(replace(WISH, **bound))
    assert len(issued.digits) == digits
    assert issued.digits.isdigit()


def test_the_digits_are_shown_once_and_kept_nowhere() -> None:
    wish = replace(WISH, phone="13800134321")
    issued, policy = made(wish)
    for shown in (issued, policy, wish, check(policy, PEPPER, issued.digits + "4321", "east", "", NOON_S)):
        text = repr(shown).replace(issued.code.hmac, "")
        assert issued.digits not in text
        assert "4321" not in text
    assert issued.code.hmac == code_hmac(PEPPER, issued.digits + "4321")
    assert code_hmac(bytes(32), issued.digits) != code_hmac(PEPPER, issued.digits)


@pytest.mark.parametrize(
    ("wish", "used", "shown", "reason"),
    [
        ({}, 0, {}, CodeReason.GRANTED),
        ({"gates": ()}, 0, {"gate": "anywhere"}, CodeReason.GRANTED),
        ({}, 0, {"gate": "west"}, CodeReason.WRONG_GATE),
        ({}, 0, {"now_s": NOON_S - 0.1}, CodeReason.EARLY),
        ({}, 0, {"now_s": NOON_S + DAY_S}, CodeReason.LATE),
        ({}, 1, {}, CodeReason.USED_UP),
        ({"uses_allowed": 2}, 1, {}, CodeReason.GRANTED),
        ({"plate": "京A12345"}, 0, {"plate": "京A12345"}, CodeReason.GRANTED),
        ({"plate": "京A12345"}, 0, {"plate": "京A12346"}, CodeReason.WRONG_PLATE),
        ({"plate": "京A12345"}, 0, {}, CodeReason.PLATE_NEEDED),
        # whoever was let in is let out, at any gate and time
        ({}, 1, {"entering": False, "gate": "west", "now_s": NOON_S + 9 * DAY_S}, CodeReason.GRANTED),
        ({}, 0, {"entering": False, "now_s": NOON_S + 9 * DAY_S}, CodeReason.LATE),
        ({"plate": "京A12345"}, 1, {"entering": False, "plate": "京A12346"}, CodeReason.WRONG_PLATE),
    ],
)
def test_what_a_code_opens(wish: dict[str, Any], used: int, shown: dict[str, Any], reason: CodeReason) -> None:
    issued, policy = made(replace(WISH, **wish))
    policy = applied(policy, (UseCode("c0"),) * used)
    at: dict[str, Any] = {"gate": "east", "plate": "", "now_s": NOON_S, **shown}
    decision = check(policy, PEPPER, issued.digits, **at)
    assert (decision.reason, decision.granted) == (reason, reason is CodeReason.GRANTED)
    counts = decision.granted and at.get("entering", True)
    assert decision.changes == ((UseCode("c0"),) if counts else ())


def test_a_code_for_one_entry_lets_in_once() -> None:
    issued, policy = made()
    first = check(policy, PEPPER, issued.digits, "east", "", NOON_S)
    policy = applied(policy, first.changes)
    again = check(policy, PEPPER, issued.digits, "east", "", NOON_S)
    assert (first.reason, again.reason) == (CodeReason.GRANTED, CodeReason.USED_UP)


def test_a_revoked_code_is_refused() -> None:
    issued, policy = made()
    policy = applied(policy, (RevokeCode("c0"),))
    assert check(policy, PEPPER, issued.digits, "east", "", NOON_S).reason is CodeReason.REVOKED


def test_a_code_bound_to_a_phone_needs_its_last_four_digits() -> None:
    issued, policy = made(replace(WISH, phone="13800138000"))
    for tail, reason in (("8000", "code"), ("8001", "code_unknown"), ("", "code_unknown")):
        assert check(policy, PEPPER, issued.digits + tail, "east", "", NOON_S).reason.value == reason


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"not_after_s": NOON_S}, CodeReason.BAD_WINDOW),
        ({"not_before_s": NOON_S - 2 * DAY_S, "not_after_s": NOON_S - DAY_S}, CodeReason.BAD_WINDOW),
        ({"not_after_s": float("nan")}, CodeReason.BAD_WINDOW),
        ({"uses_allowed": 0}, CodeReason.BAD_USES),
        ({"uses_allowed": 1001}, CodeReason.BAD_USES),
        ({"phone": "138"}, CodeReason.BAD_PHONE),
    ],
    ids=repr,
)
def test_an_odd_wish_is_refused(wish: dict[str, Any], reason: CodeReason) -> None:
    odd = replace(WISH, **wish)
    got = issue(Policy(), PEPPER, odd, NOON_S, new_id="c", randbelow=secrets.randbelow, per_host=10)
    assert got is reason


def test_a_host_has_so_many_live_codes_and_no_more() -> None:
    policy = Policy()
    for _ in range(3):
        _, policy = made(policy=policy)
    wish: dict[str, Any] = {"new_id": "x", "randbelow": secrets.randbelow, "per_host": 3}
    assert issue(policy, PEPPER, WISH, NOON_S, **wish) is CodeReason.HOST_LIMIT
    assert isinstance(issue(policy, PEPPER, replace(WISH, host="赵"), NOON_S, **wish), Issued)
    policy = applied(policy, (RevokeCode("c1"),))
    assert isinstance(issue(policy, PEPPER, WISH, NOON_S, **wish), Issued)


def test_a_new_code_is_never_one_that_is_on_the_list() -> None:
    first, policy = made(draws=[12345678])
    second, policy = made(policy=policy, draws=[12345678, 12345678, 87654321])
    assert (first.digits, second.digits) == ("12345678", "87654321")
    assert len(policy.codes) == 2


def test_a_live_codes_digits_stay_its_own_wherever_another_comes_from() -> None:
    issued, policy = made()
    other = replace(issued.code, id="from-the-centre")
    assert stored(policy, other, NOON_S) is CodeReason.TAKEN
    assert stored(policy, other, NOON_S + DAY_S) == other, "the old one is over"


def test_a_code_that_is_put_again_keeps_its_uses_and_its_revocation() -> None:
    issued, policy = made()
    used = applied(policy, (UseCode("c0"), RevokeCode("c0")))
    again = stored(used, issued.code, NOON_S)
    assert again == replace(issued.code, uses_used=1, revoked=True)


def test_the_gateway_itself_holds_to_both() -> None:
    talk = Talk()
    issued, _ = made(replace(WISH, gates=()))
    talk.say(ChangeLists(request_id="1", change=PutCode(issued.code), operator=GUARD))
    talk.state = replace(talk.state, policy=applied(talk.state.policy, (UseCode(issued.code.id),)))
    talk.say(ChangeLists(request_id="2", change=PutCode(issued.code), operator=GUARD))
    assert [code.uses_used for code in talk.state.policy.codes.values()] == [1]
    late = replace(issued.code, id="late", not_after_s=NOON_S + 9 * DAY_S)
    talk.state = replace(talk.state, policy=applied(Policy(), (PutCode(issued.code),)))
    [answer] = talk.say(ChangeLists(request_id="3", change=PutCode(late), operator=GUARD))
    assert isinstance(answer, Answer)
    assert (answer.ok, answer.reason) == (False, "code_taken")


@settings(max_examples=300)
@given(st.text(max_size=20) | st.from_regex(r"\A[0-9]{0,14}\Z"))
def test_any_keys_get_a_reason_and_open_nothing(typed: str) -> None:
    issued, policy = made(draws=[12345678])
    decision = check(policy, PEPPER, typed, "east", "", NOON_S)
    assert decision.granted == (typed == issued.digits)
    assert decision.reason in (CodeReason.MALFORMED, CodeReason.UNKNOWN, CodeReason.GRANTED)


def test_every_reason_has_a_sentence_in_both_languages() -> None:
    assert set(CODE_WORDS) == set(CodeReason)
    assert set(PASS_WORDS) == set(PassReason)
    assert set(SLIP_WORDS) == set(SlipReason)
    for zh, en in [*CODE_WORDS.values(), *PASS_WORDS.values(), *SLIP_WORDS.values()]:
        assert zh and en and zh != en


# Guessing


def wrong() -> CodeDecision:
    return CodeDecision(False, CodeReason.UNKNOWN)


def right() -> CodeDecision:
    return CodeDecision(True, CodeReason.GRANTED)


def test_five_wrong_codes_in_a_row_lock_the_keypad_and_each_lock_out_is_twice_as_long() -> None:
    locks, now_s = GuessLocks(), 0.0
    lengths = []
    for _ in range(4):
        for turn in range(5):
            decision, locks = enter(locks, RULES, "east", now_s, wrong)
            assert (decision.locked != "") == (turn == 4)
        lengths.append(decision.retry_after_s)
        now_s += decision.retry_after_s
    assert lengths == [60, 120, 240, 480]


def test_while_locked_no_code_is_looked_at() -> None:
    locks = GuessLocks()
    for _ in range(5):
        locks, scope = after_wrong(locks, "east", RULES, 0.0)
    assert scope == "keypad"

    def never() -> CodeDecision:
        raise AssertionError("looked at")

    decision, same = enter(locks, RULES, "east", 59.9, never)
    assert (decision.reason, same) == (CodeReason.LOCKED, locks)
    assert decision.retry_after_s == pytest.approx(0.1)
    assert enter(locks, RULES, "west", 0.0, right)[0].granted, "the others go on"
    assert enter(locks, RULES, "east", 60.0, right)[0].granted


def test_a_right_code_ends_the_row_at_its_keypad_but_not_the_sites_count() -> None:
    locks, seen = GuessLocks(), []
    for _ in range(4):
        for _ in range(4):
            decision, locks = enter(locks, RULES, "east", 0.0, wrong)
            seen.append(decision.locked)
        _, locks = enter(locks, RULES, "east", 0.0, right)
    for _ in range(4):
        decision, locks = enter(locks, RULES, "east", 0.0, wrong)
        seen.append(decision.locked)
    assert seen == [""] * 19 + ["site"]
    assert locked_for_s(locks, "west", 1.0) == 59.0


@pytest.mark.parametrize(
    ("reason", "counts"),
    [
        (CodeReason.UNKNOWN, True),
        (CodeReason.WRONG_PLATE, True),
        (CodeReason.WRONG_GATE, True),
        (CodeReason.MALFORMED, False),
        (CodeReason.EARLY, False),
        (CodeReason.USED_UP, False),
    ],
)
def test_only_what_may_be_a_guess_counts(reason: CodeReason, counts: bool) -> None:
    _, locks = enter(GuessLocks(), RULES, "east", 0.0, lambda: CodeDecision(False, reason))
    assert (locks != GuessLocks()) == counts


def test_a_calm_day_takes_one_doubling_back() -> None:
    locks, now_s = GuessLocks(), 0.0
    for _ in range(15):
        now_s += locked_for_s(locks, "east", now_s)
        locks, _ = after_wrong(locks, "east", RULES, now_s)
    now_s += locked_for_s(locks, "east", now_s) + DAY_S
    for _ in range(5):
        locks, _ = after_wrong(locks, "east", RULES, now_s)
    assert locked_for_s(locks, "east", now_s) == lock_length_s(RULES, 2)


def test_a_guess_of_300_live_codes_hits_in_30_days_with_at_most_1_2_percent() -> None:
    guesses = guesses_max(RULES, 30)
    assert guesses == 3740
    assert hit_chance(guesses, live_codes=300, digits=8) == pytest.approx(0.01116, abs=5e-5)
    assert hit_chance(guesses, live_codes=300, digits=8) <= 0.012


@pytest.mark.parametrize("passes", [Passes(), Passes(wrong_max=50), Passes(lock_s=1), Passes(lock_s=90_000)], ids=repr)
def test_no_setting_of_the_site_makes_guessing_cheaper(passes: Passes) -> None:
    assert hit_chance(guesses_max(rules_of(passes), 30), 300, 8) <= 0.012


def test_the_chance_is_that_of_drawing_without_putting_back() -> None:
    """By hand: 2 codes among 10 digits, 3 guesses: 1 - 8/10 * 7/9 * 6/8."""
    assert hit_chance(3, live_codes=2, digits=1) == pytest.approx(1 - 8 * 7 * 6 / (10 * 9 * 8))


def guessed(rng: random.Random, days: float, *, hurry: float, keypads: int) -> int:
    """Wrong codes that a guesser of this temper gets in, with right codes of their own in between."""
    locks, now_s, count = GuessLocks(), 0.0, 0
    while now_s <= days * DAY_S:
        keypad = f"k{rng.randrange(keypads)}"
        wait_s = locked_for_s(locks, keypad, now_s)
        if wait_s:
            now_s += wait_s if rng.random() < hurry else rng.choice((wait_s, 2 * wait_s, DAY_S, 3 * DAY_S))
            continue
        locks, _ = after_wrong(locks, keypad, RULES, now_s)
        count += 1
        if rng.random() < 0.5:
            locks = after_right(locks, keypad)
    return count


def test_no_guesser_gets_more_in_than_calculated_and_the_hastiest_gets_just_that() -> None:
    rng = random.Random(3)
    most = guesses_max(RULES, 30)
    for hurry in (0.0, 0.5, 0.9, 1.0):
        for keypads in (1, 3, 40):
            assert guessed(rng, 30, hurry=hurry, keypads=keypads) <= most
    assert guessed(rng, 30, hurry=1.0, keypads=2000) == most


def test_over_codes_do_not_count_as_live() -> None:
    issued, _ = made()
    assert is_live(issued.code, NOON_S)
    assert not is_live(replace(issued.code, uses_used=1), NOON_S)
    assert not is_live(issued.code, NOON_S + DAY_S)
