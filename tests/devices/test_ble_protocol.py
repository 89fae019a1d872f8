"""The reader's side of the phone door, fed bytes and time: what passes, and each refusal with its own reason."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices import ble_format
from devices.ble_format import Kind, Refusal, assemble, key_id, pieces, reader_id, signed_message
from devices.ble_protocol import (
    CONNECTION_S,
    CONNECTIONS_MAX,
    NONCE_S,
    PROOFS_BURST,
    REFUSALS_MAX,
    SECOND_FACTOR_S,
    SPENT_MAX,
    VERDICT_S,
    Drop,
    Output,
    PhoneDoor,
    Send,
)
from devices.messages import PhoneProof
from tests.devices.ble_book import PAGE, BookPhone, vectors

READER = "east-door"
BOOK = BookPhone(bytes(range(32)))


class Air:
    """A reader with its clock; ``a`` is connected."""

    def __init__(self) -> None:
        self.door, self.now, self._random = PhoneDoor(READER), 100.0, random.Random(5)
        self.heard: list[Output] = []
        assert self.door.connect("a", self.now) == ()

    def write(self, data: bytes | Iterable[bytes], phone: str = "a") -> list[Output]:
        """Write one piece or several; everything that came of it."""
        out: list[Output] = []
        for piece in [data] if isinstance(data, bytes) else data:
            out += self.door.receive(phone, piece, self.now, self._random.randbytes(16))
        return out

    def open(self, phone: str = "a") -> bytes:
        """Press at a phone; the challenge."""
        (challenge,) = self.write(BOOK.press(self.door.hello), phone)
        assert isinstance(challenge, Send)
        assert (challenge.connection, challenge.on) == (phone, "challenge")
        return challenge.piece

    def proof(self, phone: str = "a") -> list[bytes]:
        """Press and sign, nothing of the proof written yet."""
        return BOOK.answer(self.door.hello, self.open(phone))


def refusal(out: list[Output]) -> Refusal:
    """The one refusal among what was said; nothing else may be there but a farewell."""
    assert not [o for o in out if isinstance(o, PhoneProof)]
    said = [BookPhone.verdict_in([o.piece]) for o in out if isinstance(o, Send)]
    assert len(said) == 1
    assert said[0] is not None
    assert said[0][0] == 1
    return Refusal(said[0][1])


def test_the_published_vectors_are_ours_and_those_of_the_second_implementation() -> None:
    v = vectors()
    nonce, public, reader = bytes.fromhex(v["nonce"]), bytes.fromhex(v["public_key"]), reader_id(v["reader"])
    signature = bytes.fromhex(v["signature"])
    book = BookPhone(bytes.fromhex(v["private_key"]))
    assert (ble_format.hello(v["reader"]).hex(), key_id(public).hex()) == (v["hello"], v["key_id"])
    assert (book.public, book.key_id.hex()) == (public, v["key_id"])
    assert signed_message(reader, nonce, 1, key_id(public)).hex() == v["signed"]
    assert [p.hex() for p in pieces(Kind.CHALLENGE, nonce)] == v["challenge"]
    for encoded in (pieces(Kind.OPEN, b"\1\1" + reader), book.press(bytes.fromhex(v["hello"]))):
        assert [p.hex() for p in encoded] == v["open"]
    ours = pieces(Kind.PROOF, key_id(public) + nonce + signature)
    for encoded in (ours, book.answer(bytes.fromhex(v["hello"]), bytes.fromhex(v["challenge"][0]))):
        assert [p.hex() for p in encoded] == v["proof"]
    for verdict in v["verdicts"]:
        parts = ble_format.verdict(verdict["status"], Refusal(verdict["reason"]), verdict["text"])
        assert [p.hex() for p in parts] == verdict["pieces"]
        assert book.verdict_in(list(parts)) == (verdict["status"], verdict["reason"], verdict["text"])


def test_the_page_lists_every_reason_with_its_code() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for reason in Refusal:
        assert f"| {reason.value} | {reason.name.lower().replace('_', ' ')} |" in text


def test_a_press_a_nonce_a_proof_and_one_report() -> None:
    air = Air()
    challenge = air.open()
    assert air.door.challenge("a") == challenge
    *first, last = BOOK.answer(air.door.hello, challenge)
    assert air.write(first) == []
    (proof,) = air.write(last)
    assert isinstance(proof, PhoneProof)
    assert (proof.reader, proof.connection, proof.key_id) == (READER, "a", BOOK.key_id.hex())
    assert proof.message == signed_message(reader_id(READER), challenge[4:], 1, BOOK.key_id)
    assert proof.at_mono_s == air.now
    assert air.door.challenge("a") == b"", "the nonce is used"
    assert air.door.verdict("a", True, "请进", air.now) == tuple(
        Send("a", "verdict", piece) for piece in ble_format.verdict(0, text="请进")
    )
    assert air.door.verdict("a", True, "", air.now) is None, "one verdict for one proof"
    assert isinstance(air.write(air.proof())[0], PhoneProof), "and the next press works"


def bent(piece: bytes, at: int, value: int) -> bytes:
    return piece[:at] + bytes((value,)) + piece[at + 1 :]


SPOILT: dict[str, tuple[Callable[[list[bytes]], list[bytes]], Refusal]] = {
    "21 bytes": (lambda p: [p[0] + b"x"], Refusal.OVERSIZE),
    "a whole message in one write": (lambda p: [b"".join(p)], Refusal.OVERSIZE),
    "nothing": (lambda p: [b""], Refusal.TRUNCATED),
    "half a header": (lambda p: [p[0][:3]], Refusal.TRUNCATED),
    "a piece cut short": (lambda p: [*p[:2], p[2][:-1]], Refusal.TRUNCATED),
    "the last piece cut short": (lambda p: [*p[:5], p[5][:-1]], Refusal.TRUNCATED),
    "the last piece too long": (lambda p: [*p[:5], p[5] + b"x"], Refusal.BAD_HEADER),
    "another length": (lambda p: [bent(p[0], 3, 80)], Refusal.BAD_HEADER),
    "another total": (lambda p: [bent(p[0], 2, 5)], Refusal.BAD_HEADER),
    "total of nothing": (lambda p: [bent(p[0], 2, 0)], Refusal.BAD_HEADER),
    "an index beyond": (lambda p: [bent(p[0], 1, 6)], Refusal.BAD_HEADER),
    "kind of nothing": (lambda p: [bent(p[0], 0, 0)], Refusal.UNKNOWN_KIND),
    "the reader's own words": (lambda p: [bytes.fromhex(vectors()["challenge"][0])], Refusal.UNKNOWN_KIND),
    "twice": (lambda p: [p[0], p[0]], Refusal.DUPLICATE),
    "an earlier one again": (lambda p: [*p[:4], p[2]], Refusal.DUPLICATE),
    "one left out": (lambda p: [p[0], p[2]], Refusal.OUT_OF_ORDER),
    "from the middle": (lambda p: [p[3]], Refusal.OUT_OF_ORDER),
    "OPEN in between": (lambda p: [*p[:3], *BOOK.press(ble_format.hello(READER))], Refusal.MIXED),
}


@pytest.mark.parametrize("spoil", SPOILT)
def test_spoilt_pieces_are_refused_with_their_reason_and_end_the_attempt(spoil: str) -> None:
    air = Air()
    proof = air.proof()
    damage, reason = SPOILT[spoil]
    *before, last = damage(proof)
    assert air.write(before) == []
    assert refusal(air.write(last)) is reason
    assert air.door.counters[reason.name.lower()] == 1
    assert refusal(air.write(proof)) is Refusal.SPENT_NONCE, "the good pieces are no good any more"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"\2\1" + reader_id(READER), Refusal.WRONG_VERSION),
        (b"\1\0" + reader_id(READER), Refusal.NO_PRESS),
        (b"\1\2" + reader_id(READER), Refusal.UNKNOWN_ACTION),
        (b"\1\1" + reader_id("west-door"), Refusal.WRONG_READER),
    ],
)
def test_an_open_without_a_press_or_for_another_door_gets_no_nonce(message: bytes, reason: Refusal) -> None:
    air = Air()
    assert refusal(air.write(pieces(Kind.OPEN, message))) is reason
    assert air.door.challenge("a") == b""


def test_a_proof_without_a_challenge_or_with_a_made_up_nonce() -> None:
    air = Air()
    made_up = BOOK.answer(air.door.hello, b"\x81\x00\x01\x10" + bytes(16))
    assert refusal(air.write(made_up)) is Refusal.NO_CHALLENGE
    air.open()
    assert refusal(air.write(made_up)) is Refusal.WRONG_NONCE


def test_a_nonce_is_good_for_ten_seconds() -> None:
    air = Air()
    *first, last = air.proof()
    air.now += NONCE_S - 0.5
    air.write(first)
    air.now += 0.499
    assert isinstance(air.write(last)[0], PhoneProof)
    air.door.verdict("a", True, "", air.now)
    *first, last = air.proof()
    air.now += NONCE_S - 0.5
    air.write(first)
    air.now += 0.5
    assert refusal(air.write(last)) is Refusal.LATE


def test_a_used_nonce_is_no_good_again_here_nor_elsewhere_nor_after_a_new_connection() -> None:
    air = Air()
    air.door.connect("b", air.now)
    proof = air.proof()
    assert isinstance(air.write(proof)[0], PhoneProof)
    air.door.verdict("a", True, "", air.now)
    assert refusal(air.write(proof)) is Refusal.SPENT_NONCE
    assert refusal(air.write(proof, "b")) is Refusal.SPENT_NONCE
    unused = air.proof()
    air.door.disconnect("a")
    air.door.connect("c", air.now)
    assert refusal(air.write(unused, "c")) is Refusal.SPENT_NONCE
    replaced = air.proof("c")
    air.open("c")
    assert refusal(air.write(replaced, "c")) is Refusal.SPENT_NONCE


def test_a_nonce_of_another_connection_is_refused_and_stays_good_there() -> None:
    air = Air()
    air.door.connect("b", air.now)
    proof = air.proof("a")
    air.open("b")
    assert refusal(air.write(proof, "b")) is Refusal.OTHER_CONNECTION
    assert isinstance(air.write(proof, "a")[0], PhoneProof)


def test_two_phones_may_interleave_but_not_through_one_connection() -> None:
    air, other = Air(), BookPhone(bytes(32))
    air.door.connect("b", air.now)
    a, b = air.proof("a"), other.answer(air.door.hello, air.open("b"))
    out: list[Output] = []
    for one, two in zip(a, b, strict=True):
        out += air.write(one, "a") + air.write(two, "b")
    assert [(o.connection, o.key_id) for o in out if isinstance(o, PhoneProof)] == [
        ("a", BOOK.key_id.hex()),
        ("b", other.key_id.hex()),
    ]
    for phone in ("a", "b"):
        air.door.verdict(phone, True, "", air.now)
    a, b = air.proof("a"), other.answer(air.door.hello, air.open("b"))
    assert air.write(a[:3], "a") == []
    assert refusal(air.write(b[0], "a")) is Refusal.DUPLICATE
    assert isinstance(air.write(b, "b")[0], PhoneProof)


def test_a_phone_gone_midway_leaves_nothing_behind() -> None:
    air = Air()
    *first, last = air.proof()
    air.write(first)
    air.door.disconnect("a")
    assert air.write(last) == []
    assert air.door.connections == ()
    air.door.connect("a", air.now)
    assert refusal(air.write(last)) is Refusal.OUT_OF_ORDER
    assert air.door.verdict("a", True, "", air.now) is None
    assert air.door.counters["ignored"] == 1


def test_a_message_that_takes_too_long_is_refused_by_the_next_piece_or_by_time() -> None:
    air = Air()
    proof = air.proof()
    air.write(proof[:2])
    air.now += 5.1
    assert refusal(air.write(proof[2])) is Refusal.SLOW
    proof = air.proof()
    air.write(proof[:2])
    air.now += 5.1
    assert refusal(list(air.door.tick(air.now))) is Refusal.SLOW
    assert air.door.tick(air.now) == (), "said once"


def test_while_a_verdict_is_awaited_nothing_else_is_taken_and_silence_ends_it() -> None:
    air = Air()
    air.write(air.proof())
    assert refusal(air.write(BOOK.press(air.door.hello))) is Refusal.BUSY
    air.now += VERDICT_S
    assert refusal(list(air.door.tick(air.now))) is Refusal.NO_VERDICT
    assert air.door.verdict("a", True, "", air.now) is None, "too late: nobody waits"


def test_a_second_factor_is_waited_for() -> None:
    air = Air()
    air.write(air.proof())
    (wait,) = air.door.verdict("a", None, "", air.now) or ()
    assert isinstance(wait, Send)
    assert BookPhone.verdict_in([wait.piece]) == (2, 0, "")
    air.now += SECOND_FACTOR_S - 1
    assert air.door.tick(air.now) == ()
    assert air.door.verdict("a", False, "", air.now)
    assert air.door.counters["waiting"] == air.door.counters["refused"] == 1


def test_who_writes_too_fast_is_refused_and_then_sent_away() -> None:
    air = Air()
    out = [air.write(BOOK.press(air.door.hello)) for _ in range(21)]
    assert all(isinstance(o[0], Send) and o[0].on == "challenge" for o in out)
    said = [air.write(BOOK.press(air.door.hello)) for _ in range(REFUSALS_MAX)]
    assert {refusal(o) for o in said} == {Refusal.TOO_FAST}
    assert [o for out in said for o in out if isinstance(o, Drop)] == [Drop("a")]
    assert air.write(BOOK.press(air.door.hello)) == [], "a connection that is being ended is deaf"


def test_the_allowance_comes_back_with_time() -> None:
    air = Air()
    for _ in range(21):
        air.open()
    air.now += 2.0
    assert isinstance(air.write(air.proof())[0], PhoneProof)


def test_a_connection_ends_after_a_minute_but_not_in_the_middle_of_a_verdict() -> None:
    air = Air()
    air.now += CONNECTION_S - 1
    air.write(air.proof())
    air.now += 1
    assert air.door.tick(air.now) == ()
    air.door.verdict("a", True, "", air.now)
    assert air.door.tick(air.now) == (Drop("a"),)
    assert air.door.tick(air.now) == ()


def test_one_connection_too_many_is_sent_away_and_the_others_work_on() -> None:
    air = Air()
    for number in range(1, CONNECTIONS_MAX):
        assert air.door.connect(f"p{number}", air.now) == ()
    out = list(air.door.connect("late", air.now))
    assert refusal(out) is Refusal.TOO_MANY
    assert out[-1] == Drop("late")
    assert air.write(BOOK.press(air.door.hello), "late") == []
    assert isinstance(air.write(air.proof())[0], PhoneProof)


def test_the_hub_gets_a_bounded_number_of_proofs_from_all_phones_together() -> None:
    air, proofs, refused = Air(), 0, []
    for number in range(30):
        phone = f"p{number}"
        air.door.connect(phone, air.now)
        out = air.write(air.proof(phone), phone)
        proofs += isinstance(out[0], PhoneProof)
        refused += [] if isinstance(out[0], PhoneProof) else [refusal(out)]
        air.door.disconnect(phone)
    assert proofs == PROOFS_BURST
    assert set(refused) == {Refusal.BUSY}


def test_a_source_of_random_that_repeats_itself_or_is_dry_gives_no_nonce() -> None:
    air = Air()
    (open_,) = BOOK.press(air.door.hello)
    air.door.connect("b", air.now)
    air.door.receive("a", open_, air.now, bytes(16))
    for phone, fresh in (("b", bytes(16)), ("a", bytes(16)), ("a", b"")):
        assert refusal(list(air.door.receive(phone, open_, air.now, fresh))) is Refusal.BUSY


def test_memory_of_spent_nonces_is_bounded() -> None:
    air = Air()
    for _ in range(2 * SPENT_MAX):
        air.now += 1
        air.open()
    assert len(air.door._spent) == SPENT_MAX


@given(st.lists(st.binary(max_size=24), max_size=12))
@settings(deadline=None)
def test_assembling_is_total_and_never_holds_more_than_a_message(written: list[bytes]) -> None:
    held = None
    for data in written:
        step = assemble(held, data, 0.0)
        held = None if isinstance(step, Refusal) or step.done else step
        assert held is None or len(held.payload) <= 88


@given(st.binary(min_size=88, max_size=88))
@settings(deadline=None)
def test_what_is_cut_comes_together_again(message: bytes) -> None:
    held = None
    for piece in pieces(Kind.PROOF, message):
        assert len(piece) <= 20
        step = assemble(held, piece, 0.0)
        assert not isinstance(step, Refusal)
        held = step
    assert held is not None
    assert held.done
    assert held.payload == message


@given(st.text(max_size=80))
@settings(deadline=None)
def test_a_verdicts_text_is_cut_between_characters(text: str) -> None:
    parts = list(ble_format.verdict(1, Refusal.GATEWAY, text))
    read = BookPhone.verdict_in(parts)
    assert read is not None
    assert len(parts) <= 4
    assert text.encode("utf-8", "replace").decode("utf-8").startswith(read[2])
