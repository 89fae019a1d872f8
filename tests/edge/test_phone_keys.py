"""Whose phone signed: the enrolled key and nobody else, and each refusal with its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.ble_format import key_id, reader_id, signed_message
from devices.messages import PhoneProof
from edge.access.phone_keys import PROOF_S, PhoneRefusal, is_phone_key, verify
from sync.records import Key
from tests.devices.ble_book import BookPhone, vectors

V = vectors()
KEY = Key(kind="phone", value=V["public_key"], person="p1", duress=True)
PROOF = PhoneProof(
    reader=V["reader"],
    connection="1",
    key_id=V["key_id"],
    message=bytes.fromhex(V["signed"]),
    signature=bytes.fromhex(V["signature"]),
    at_mono_s=50.0,
)
IDENTITY = "01" + "00" * 31
P = 2**255 - 19
WEAK = [IDENTITY, "00" * 32, "01" + "00" * 30 + "80"]
WEAK += [y.to_bytes(32, "little").hex() for y in (P - 1, P, P + 1, P - 1 + 2**255)]
WEAK += [
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]


def held(*keys: Key) -> dict[tuple[str, str], Key]:
    return {(key.kind, key.value): key for key in keys}


def test_the_published_proof_is_the_enrolled_persons_with_the_duress_mark() -> None:
    assert verify(PROOF, held(KEY), 50.1) == KEY


def bit(data: bytes, at: int) -> bytes:
    return (int.from_bytes(data, "big") ^ (1 << (8 * len(data) - 1 - at))).to_bytes(len(data), "big")


OTHER_ID = BookPhone(bytes(32)).key_id.hex()


@pytest.mark.parametrize(
    ("proof", "now", "reason"),
    [
        (replace(PROOF, reader="west-door"), 50.1, PhoneRefusal.WRONG_MESSAGE),
        (replace(PROOF, key_id=OTHER_ID), 50.1, PhoneRefusal.WRONG_MESSAGE),
        (replace(PROOF, key_id="zz"), 50.1, PhoneRefusal.WRONG_MESSAGE),
        (replace(PROOF, key_id=""), 50.1, PhoneRefusal.WRONG_MESSAGE),
        (replace(PROOF, message=PROOF.message + b"x"), 50.1, PhoneRefusal.WRONG_MESSAGE),
        (replace(PROOF, message=PROOF.message[:-9] + b"\0" + PROOF.message[-8:]), 50.1, PhoneRefusal.WRONG_MESSAGE),
        (replace(PROOF, message=b""), 50.1, PhoneRefusal.WRONG_MESSAGE),
        (replace(PROOF, signature=PROOF.signature[:-1]), 50.1, PhoneRefusal.WRONG_MESSAGE),
        (replace(PROOF, signature=bytes(64)), 50.1, PhoneRefusal.BAD_SIGNATURE),
        (replace(PROOF, message=bit(PROOF.message, 8 * 25)), 50.1, PhoneRefusal.BAD_SIGNATURE),
        (PROOF, 50.0 + PROOF_S + 0.1, PhoneRefusal.STALE),
        (PROOF, 49.9, PhoneRefusal.STALE),
    ],
)
def test_another_reader_key_message_signature_or_time(proof: PhoneProof, now: float, reason: PhoneRefusal) -> None:
    assert verify(proof, held(KEY), now) is reason


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        (held(), PhoneRefusal.UNKNOWN_KEY),
        (held(replace(KEY, kind="card")), PhoneRefusal.UNKNOWN_KEY),
        (held(replace(KEY, value="00ff")), PhoneRefusal.UNKNOWN_KEY),
        (held(replace(KEY, value="no hex")), PhoneRefusal.UNKNOWN_KEY),
        (held(replace(KEY, value=BookPhone(bytes(32)).public.hex())), PhoneRefusal.UNKNOWN_KEY),
        (held(replace(KEY, blocked="lost")), PhoneRefusal.BLOCKED_KEY),
    ],
)
def test_keys_that_are_absent_malformed_or_blocked(keys: dict[tuple[str, str], Key], reason: PhoneRefusal) -> None:
    assert verify(PROOF, keys, 50.1) is reason


def test_the_hex_of_a_key_may_be_in_capitals() -> None:
    assert verify(PROOF, held(replace(KEY, value=KEY.value.upper())), 50.1) != PhoneRefusal.UNKNOWN_KEY


@pytest.mark.parametrize("value", WEAK)
def test_a_key_for_which_anybody_can_sign_is_refused_even_when_enrolled(value: str) -> None:
    ident = key_id(bytes.fromhex(value))
    for number in range(64):  # R the neutral point and S zero fit about every eighth message, and some keys all
        message = signed_message(reader_id(V["reader"]), number.to_bytes(16, "big"), 1, ident)
        forged = replace(PROOF, key_id=ident.hex(), message=message, signature=bytes.fromhex(IDENTITY) + bytes(32))
        assert verify(forged, held(replace(KEY, value=value)), 50.1) is PhoneRefusal.WEAK_KEY
    assert not is_phone_key(value)


@pytest.mark.parametrize(("value", "fits"), [(V["public_key"], True), ("", False), ("00" * 31, False), ("x", False)])
def test_what_may_be_enrolled(value: str, fits: bool) -> None:
    assert is_phone_key(value) is fits


@pytest.mark.parametrize("at", range(0, 512, 7))
def test_no_bit_of_the_signature_is_idle(at: int) -> None:
    assert verify(replace(PROOF, signature=bit(PROOF.signature, at)), held(KEY), 50.1) is PhoneRefusal.BAD_SIGNATURE


@given(st.binary(max_size=80), st.binary(max_size=80), st.text(max_size=20), st.text(max_size=70), st.text(max_size=10))
@settings(deadline=None)
def test_any_proof_and_any_key_have_an_answer(
    message: bytes, signature: bytes, ident: str, value: str, reader: str
) -> None:
    proof = replace(PROOF, reader=reader, message=message, signature=signature, key_id=ident)
    for one in (proof, replace(PROOF, signature=signature), replace(PROOF, key_id=ident)):
        said = verify(one, held(replace(KEY, value=value), KEY), 50.1)
        assert isinstance(said, PhoneRefusal) or one.signature == PROOF.signature
