"""Signed passes: what opens, what does not and why; a second implementation agrees; garbage never opens."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.passes import forged
from edge.access.base45 import ALPHABET, decode45, encode45
from edge.access.pass_keys import verifier
from edge.access.passes import Keyring, Pass, PassDecision, PassReason, check, key_id, make, plate_hash
from sync.policy import applied
from sync.records import Policy, SpendPass
from tests.edge import second_pass

ROOT = Path(__file__).resolve().parents[2]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ISSUER = key_id(KEY.public_key().public_bytes_raw())
RING: Keyring = ((ISSUER, verifier(KEY.public_key())),)
BEGIN, END = 1_780_000_000, 1_780_007_200
ID = "00112233445566aa"
PLAIN = Pass(id=ID, not_before_s=BEGIN, not_after_s=END, gates=frozenset({1, 3}))
BOUND = replace(PLAIN, plate_hash=plate_hash(ID, "京A12345"))
ONCE = replace(PLAIN, uses=1, home=3)


def decided(pass_: Pass | str, **shown: Any) -> PassDecision:
    """Show a pass at gate 1 at its begin, at a gateway that counts for gate 1 alone; ``shown`` overrides."""
    token = pass_ if isinstance(pass_, str) else make(pass_, ISSUER, KEY.sign)
    usual: dict[str, Any] = {"gate": 1, "plate": "", "now_s": BEGIN, "spent": {}, "counted": {1}}
    return check(token, RING, **{**usual, **shown})


@pytest.mark.parametrize(
    ("pass_", "shown", "reason"),
    [
        (PLAIN, {}, PassReason.GRANTED),
        (PLAIN, {"gate": 3, "now_s": END - 0.01, "plate": "沪B00001"}, PassReason.GRANTED),
        (PLAIN, {"gate": 2}, PassReason.WRONG_GATE),
        (PLAIN, {"now_s": BEGIN - 0.01}, PassReason.EARLY),
        (PLAIN, {"now_s": END}, PassReason.LATE),
        (PLAIN, {"spent": {ID: -1}}, PassReason.REVOKED),
        (PLAIN, {"spent": {ID: 500}}, PassReason.GRANTED),
        (BOUND, {"plate": "京A12345"}, PassReason.GRANTED),
        (BOUND, {"plate": "京A12346"}, PassReason.WRONG_PLATE),
        (BOUND, {}, PassReason.PLATE_NEEDED),
        (ONCE, {}, PassReason.HOME_GATE_ONLY),
        (ONCE, {"gate": 3, "counted": {3}}, PassReason.GRANTED),
        (ONCE, {"counted": {1, 3}}, PassReason.GRANTED),
        (ONCE, {"counted": {1, 3}, "spent": {ID: 1}}, PassReason.USED_UP),
        (ONCE, {"counted": {1, 3}, "spent": {ID: -1}}, PassReason.REVOKED),
        # whoever was let in is let out
        (ONCE, {"counted": {3}, "spent": {ID: 1}, "entering": False, "now_s": END + 9}, PassReason.GRANTED),
        (ONCE, {"counted": {3}, "entering": False, "now_s": END + 9}, PassReason.LATE),
        (ONCE, {"counted": {3}, "spent": {ID: -1}, "entering": False}, PassReason.REVOKED),
    ],
)
def test_what_opens_and_why_not(pass_: Pass, shown: dict[str, Any], reason: PassReason) -> None:
    decision = decided(pass_, **shown)
    assert (decision.reason, decision.granted) == (reason, reason is PassReason.GRANTED)
    counts = reason is PassReason.GRANTED and pass_.uses and shown.get("entering", True)
    assert decision.changes == ((SpendPass(ID, until_s=float(END)),) if counts else ())


@pytest.mark.parametrize(
    "changed",
    [
        {"gates": frozenset()},
        {"gates": frozenset({65})},
        {"gates": frozenset({0})},
        {"not_after_s": BEGIN},
        {"not_before_s": -1},
        {"not_after_s": 2**32},
        {"uses": 256, "home": 1},
        {"uses": 1, "home": 2},
        {"uses": 1, "home": 0},
        {"home": 1},
        {"plate_hash": b"123"},
        {"id": "00"},
    ],
    ids=repr,
)
def test_a_pass_out_of_range_is_not_made(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a pass cannot hold this"):
        make(replace(PLAIN, **changed), ISSUER, KEY.sign)


def test_it_fits_a_qr_code_of_version_6_with_correction_level_m() -> None:
    """ISO/IEC 18004: 154 characters in alphanumeric mode."""
    longest = make(replace(BOUND, gates=frozenset(range(1, 65)), uses=255, home=64), ISSUER, KEY.sign)
    usual = make(BOUND, ISSUER, KEY.sign)
    assert (len(usual), len(longest)) == (136, 147)
    assert set(longest + usual) <= set(ALPHABET)


@pytest.mark.parametrize("gates", [{1, 3}, set(range(1, 65))])
def test_a_real_qr_writer_and_reader_agree_on_version_6(gates: set[int]) -> None:
    """An independent peer: 41 modules a side are version 6."""
    zxingcpp = pytest.importorskip("zxingcpp", reason="the extra `qr` is not installed")
    token = make(replace(PLAIN, gates=frozenset(gates)), ISSUER, KEY.sign)
    barcode = zxingcpp.create_barcode(token, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    assert memoryview(barcode.to_image(scale=1, add_quiet_zones=False)).shape == (41, 41)
    [read] = zxingcpp.read_barcodes(barcode.to_image(scale=3))
    assert (read.text, read.ec_level) == (token, "M")


def test_another_key_of_the_same_id_is_tried_too() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    token = make(PLAIN, ISSUER, KEY.sign)
    at: dict[str, Any] = {"gate": 1, "plate": "", "now_s": BEGIN, "spent": {}, "counted": ()}
    crowded = ((ISSUER, verifier(other.public_key())), *RING)
    assert check(token, crowded, **at).granted
    assert check(token, crowded[:1], **at).reason is PassReason.BAD_SIGNATURE
    assert check(token, (), **at).reason is PassReason.UNKNOWN_KEY


@given(st.binary(max_size=120))
def test_base45_comes_back(data: bytes) -> None:
    assert decode45(encode45(data)) == data
    assert encode45(data) == second_pass.to_base45(data)


@pytest.mark.parametrize("text", ["A", "AAAA", ":::", "::", "GG-", "ab0", "é00", "00"])
def test_base45_has_one_way_to_write(text: str) -> None:
    """RFC 9285 section 6; ``00`` is the one of these that an encoder writes."""
    assert (decode45(text) is not None) == (text == "00")


def test_base45_agrees_with_the_examples_of_rfc_9285() -> None:
    for plain, coded in (
        (b"AB", "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
    ):
        assert encode45(plain) == coded
        assert decode45(coded) == plain


fields = st.builds(
    second_pass.Fields,
    pass_id=st.binary(min_size=8, max_size=8),
    begin=st.integers(0, 2**32 - 1),
    end=st.integers(0, 2**32 - 1),
    uses=st.integers(0, 3),
    home=st.integers(0, 4),
    gates=st.lists(st.integers(1, 64) | st.integers(1, 4), max_size=5, unique=True),
    plate=st.sampled_from(["", "京A12345", "粤Z1234港"]),
)
shows = st.fixed_dictionaries(
    {
        "gate": st.integers(1, 5),
        "at": st.integers(0, 2**32) | st.sampled_from([BEGIN, END]),
        "plate": st.sampled_from(["", "京A12345"]),
        "used": st.integers(-1, 3),
        "knows": st.lists(st.integers(1, 4), max_size=3).map(tuple),
    }
)


def ours(token: str, show: Mapping[str, Any], pass_id: bytes) -> str:
    spent = {pass_id.hex(): show["used"]} if show["used"] else {}
    at = {"gate": show["gate"], "plate": show["plate"], "now_s": show["at"]}
    return check(token, RING, **at, spent=spent, counted=show["knows"]).reason.value


@settings(max_examples=600, deadline=None)
@given(fields, shows, st.booleans())
def test_the_second_implementation_judges_the_same(f: second_pass.Fields, show: dict[str, Any], near: bool) -> None:
    if near:
        f.begin, f.end, f.gates = BEGIN, END, sorted({*f.gates, 1, 2})
        show = {**show, "gate": 1, "at": BEGIN}
    token = second_pass.issue(KEY, f)
    assert ours(token, show, f.pass_id) == second_pass.verdict(KEY.public_key(), token, **show)


@settings(max_examples=200, deadline=None)
@given(
    st.sets(st.integers(1, 64), min_size=1, max_size=6),
    st.integers(0, 255),
    st.integers(0, 2**32 - 2),
    st.integers(1, 2**20),
    st.sampled_from(["", "京A12345"]),
)
def test_the_second_implementation_reads_ours(gates: set[int], uses: int, begin: int, span: int, plate: str) -> None:
    home = min(gates) if uses else 0
    end = min(begin + span, 2**32 - 1)
    bound = plate_hash(ID, plate) if plate else bytes(4)
    pass_ = Pass(
        id=ID, not_before_s=begin, not_after_s=end, gates=frozenset(gates), uses=uses, home=home, plate_hash=bound
    )
    token = make(pass_, ISSUER, KEY.sign)
    same = second_pass.Fields(bytes.fromhex(ID), begin, end, uses, home, sorted(gates), plate)
    assert token == second_pass.issue(KEY, same)
    gate = max(gates)
    assert second_pass.verdict(KEY.public_key(), token, gate=gate, at=begin, plate=plate, knows=(home,)) == "pass"


def test_a_hundred_thousand_forgeries_open_nothing() -> None:
    """The million is in benchmarks/passes.py."""
    rng = random.Random(45)
    tokens = [make(pass_, ISSUER, KEY.sign) for pass_ in (PLAIN, BOUND, ONCE)]
    reasons = set()
    for _ in range(100_000):
        token = forged(rng, tokens, ISSUER)
        if token.strip() in tokens:
            continue
        decision = check(token, RING, gate=1, plate="京A12345", now_s=BEGIN, spent={}, counted={1, 3})
        assert not decision.granted, token
        reasons.add(decision.reason)
    assert reasons == {PassReason.MALFORMED, PassReason.UNKNOWN_KEY, PassReason.BAD_SIGNATURE}


@settings(max_examples=300)
@given(st.text(max_size=200))
def test_any_text_gets_a_reason(text: str) -> None:
    assert not decided(text).granted


class Gateway:
    """One of two gateways: its own gates and lists, and the other one while the line holds."""

    def __init__(self, gates: set[int]) -> None:
        self.gates = gates
        self.policy = Policy()
        self.other: Gateway | None = None

    def show(self, token: str, gate: int, *, line: bool) -> bool:
        """Present a pass; while the line holds, the home gateway's counter decides and counts."""
        own = check(token, RING, gate=gate, plate="", now_s=BEGIN, spent=self.policy.spent_passes, counted=self.gates)
        counter = self
        if own.reason is PassReason.HOME_GATE_ONLY and line and self.other is not None:
            counter = self.other
            spent = counter.policy.spent_passes
            own = check(token, RING, gate=gate, plate="", now_s=BEGIN, spent=spent, counted=counter.gates)
        counter.policy = applied(counter.policy, own.changes)
        return own.granted


def test_two_gateways_that_cannot_talk_never_let_a_pass_in_too_often() -> None:
    """10,000 trials: a pass of one to three uses, shown up to eight times at both, the line failing at any moment."""
    rng = random.Random(7)
    entries = double = 0
    for _ in range(10_000):
        east, west = Gateway({1, 2}), Gateway({3, 4})
        east.other, west.other = west, east
        uses = rng.choice((1, 1, 1, 2, 3))
        pass_ = replace(
            PLAIN, id=rng.randbytes(8).hex(), gates=frozenset({1, 2, 3, 4}), uses=uses, home=rng.randint(1, 4)
        )
        token = make(pass_, ISSUER, KEY.sign)
        let_in = 0
        for _ in range(rng.randint(2, 8)):
            gate = rng.randint(1, 4)
            gateway = east if gate in east.gates else west
            let_in += gateway.show(token, gate, line=rng.random() < 0.3)
        entries += let_in
        double += let_in > uses
    assert double == 0
    assert entries > 8_000, "the quota must not simply refuse everybody"


def test_the_published_vectors_hold() -> None:
    """Every vector of docs/passes.md, with both implementations."""
    text = (ROOT / "docs/passes.md").read_text(encoding="utf-8")
    vectors = json.loads(re.search(r"```json\n(.*?)```", text, re.S)[1])  # type: ignore[index]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vectors["seed"]))
    public = key.public_key()
    assert public.public_bytes_raw().hex() == vectors["public_key"]
    ring: Keyring = ((key_id(public.public_bytes_raw()), verifier(public)),)
    assert len(vectors["checks"]) >= 12
    for row in vectors["checks"]:
        at = {"gate": row["gate"], "plate": row["plate"]}
        knows, used = tuple(row["counters_known"]), row["uses_counted"]
        token = vectors["tokens"][row["token"]]["text"]
        pass_id = vectors["tokens"][row["token"]]["pass_id"]
        decision = check(token, ring, **at, now_s=row["at"], spent={pass_id: used}, counted=knows)
        assert decision.reason.value == row["reason"], row
        assert second_pass.verdict(public, token, **at, at=row["at"], used=used, knows=knows) == row["reason"], row
    assert {row["reason"] for row in vectors["checks"]} == {reason.value for reason in PassReason}
