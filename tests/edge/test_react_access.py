"""What is shown to readers, as a conversation: one path from credential to opening, and no secret in any line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from config.model import Site
from devices.messages import (
    CardRead,
    CodeScanned,
    InputsRead,
    KeysTyped,
    LinkBack,
    LinkLost,
    OpenLane,
    PulseOutput,
    SignalReader,
)
from edge.access.passes import Pass, key_id, make
from edge.access.visitor_codes import Wish, issue
from edge.access.visitors import Secrets
from edge.intents import Confirm, Intent, Record, Send
from edge.observations import Now, Observation, PolicyLoaded, Tick, Written
from edge.react.switchboard import react
from edge.state import initial
from sync.event import EventDraft
from sync.records import CameIn, Policy, SpendPass, UseCode
from tests.edge.people import CARD, GONE, HELP, HELP_PIN, LI, MONDAY_NOON_S, PIN, RAW, SHORT_PIN, WANG, at, policy
from vision.observations import CodeShown

PEPPER = b"p" * 32


class Gate:
    """A walk-in lane with a reader of every kind."""

    def __init__(self, lists: Policy | None = None, contact: dict[str, Any] | None = None, **rules: Any) -> None:
        readers = {
            **RAW["readers"],
            "pad": {"kind": "keypad", "lane": "walk-in", "port": "/dev/null"},
            "strict": {"kind": "osdp", "lane": "walk-in", "port": "/dev/null", "second_factor": "pin"},
            "qr": {"kind": "qr-serial", "lane": "walk-in", "port": "/dev/null"},
            "qr-cam": {"kind": "qr-camera", "lane": "walk-in", "camera": "east"},
        }
        raw = {**RAW, "readers": readers, "rules": rules, "passes": {"gates": {"walk-in": 1}}}
        raw["cameras"] = {"east": {"source": "0"}}
        raw["doors"] = {**RAW["doors"], "lobby": {**RAW["doors"]["lobby"], "contact": contact}}
        raw["sirens"] = {"yard": {"output": {"board": "box", "relay": 8}}}
        self.state = initial(Site.model_validate(raw), "t")
        self.now = at()
        self.log: list[EventDraft] = []
        self.all: list[Intent] = []
        self.disk = True
        """Every use is on disk at once."""
        self.say(PolicyLoaded(lists or with_pins()))
        self.say(LinkBack(board="box", levels=(False,) * 8, at_mono_s=self.now.mono_s))

    def say(self, observation: Observation) -> list[Intent]:
        self.state, intents = react(self.state, observation, self.now)
        self.log += [i.draft for i in intents if isinstance(i, Record)]
        self.all += intents
        confirms = [i for i in intents if isinstance(i, Confirm)] if self.disk else []
        return [*intents, *(i for c in confirms for i in self.say(Written(c.reference, durable=True)))]

    def wait(self, seconds: float) -> list[Intent]:
        self.now = Now(mono_s=self.now.mono_s + seconds, wall_s=self.now.wall_s + seconds)
        said = self.say(LinkBack(board="box", levels=(False,) * 8, at_mono_s=self.now.mono_s))
        return said + self.say(Tick())

    def card(self, uid: str, reader: str = "r-in") -> list[Intent]:
        return self.say(CardRead(reader=reader, uid=uid, bits=32, at_mono_s=self.now.mono_s))

    def keys(self, typed: str, reader: str = "pad") -> list[Intent]:
        return self.say(KeysTyped(reader=reader, keys=typed, at_mono_s=self.now.mono_s))

    def kinds(self, prefix: str = "access.") -> list[str]:
        return [d.kind for d in self.log if d.kind.startswith(prefix)]


def with_pins() -> Policy:
    """The people of the site, their PINs under this test's pepper."""
    from edge.access.credentials import pin_hmac
    from sync.records import Key

    lists = policy()
    keys = {k: v for k, v in lists.keys.items() if v.kind != "pin"}
    pins = [(PIN[WANG], WANG, False), (PIN[LI], LI, False), (HELP_PIN, WANG, True), (SHORT_PIN, WANG, False)]
    for pin, person, duress in pins:
        key = Key(kind="pin", value=pin_hmac(PEPPER, pin), person=person, duress=duress)
        keys[key.kind, key.value] = key
    return replace(lists, keys=keys)


def gate(lists: Policy | None = None, **rules: Any) -> Gate:
    talk = Gate(lists, **rules)
    talk.state = replace(talk.state, secrets=Secrets(pepper=PEPPER))
    return talk


def opened(intents: list[Intent]) -> bool:
    return any(isinstance(i, Send) and isinstance(i.command, OpenLane) for i in intents)


def signal(intents: list[Intent]) -> SignalReader:
    [only] = [i.command for i in intents if isinstance(i, Send) and isinstance(i.command, SignalReader)]
    return only


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


def code_for(**wish: Any) -> tuple[str, Policy]:
    """A visitor code and the lists that hold it."""
    lists = with_pins()
    asked = Wish(
        host="1号楼101",
        visitor="访客甲",
        gates=("walk-in",),
        not_before_s=MONDAY_NOON_S - 60,
        not_after_s=MONDAY_NOON_S + 3600,
        **wish,
    )
    issued = issue(lists, PEPPER, asked, MONDAY_NOON_S, new_id="c1", randbelow=lambda n: n // 7, per_host=5)
    assert not isinstance(issued, str)
    return issued.digits, replace(lists, codes={issued.code.hmac: issued.code})


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


def signed_pass(**fields: Any) -> tuple[str, Secrets]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from edge.access.pass_keys import verifier

    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    issuer = key_id(key.public_key().public_bytes_raw())
    window = {"not_before_s": int(MONDAY_NOON_S) - 60, "not_after_s": int(MONDAY_NOON_S) + 3600}
    made = Pass(**{"id": "00112233445566ff", "gates": frozenset({1}), "uses": 1, "home": 1, **window, **fields})
    return make(made, issuer, key.sign), Secrets(pepper=PEPPER, pass_keys=((issuer, verifier(key.public_key())),))


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
