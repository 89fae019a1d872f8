"""The master on a wild line: what makes an answer, and what never does. pymodbus computes the CRCs beside us."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer.rtu import FramerRTU

from devices.errors import BadReply, NoReply, Refused
from devices.modbus import ADU_MAX, BUFFER_MAX, Answer, ModbusMaster, Outcome, Request, crc16, is_sealed, seal

READ_8 = bytes.fromhex("00 00 00 08")
PULSE_1 = bytes.fromhex("02 00 00 05")
INPUTS_REPLY = seal(bytes.fromhex("01 02 01 05"))
PULSE_FRAME = seal(bytes.fromhex("01 05") + PULSE_1)


def converse(
    master: ModbusMaster, function: int, payload: bytes, *pieces: bytes, pause_s: float = 0.001
) -> Outcome | None:
    """Ask unit 1, feed the pieces one after the other, and let the time run out."""
    master.request(1, function, payload, 0.0)
    now = 0.0
    for piece in pieces:
        now += pause_s
        master.receive(piece, now)
        if (outcome := master.poll(now)) is not None:
            return outcome
    return master.poll(master.deadline_mono_s)


@pytest.mark.parametrize(
    ("frame", "source"),
    [
        ("01 05 02 00 00 07 8D B0", "Waveshare wiki: flash on, relay 1, 700 ms"),
        ("01 01 00 00 00 08 3D CC", "Waveshare wiki: read relays"),
        ("01 02 00 00 00 08 79 CC", "Waveshare wiki: read inputs"),
    ],
)
def test_frames_equal_those_printed_in_the_manual(frame: str, source: str) -> None:
    data = bytes.fromhex(frame)
    assert Request(data[0], data[1], data[2:-2]).frame() == data, source
    assert is_sealed(data)


@given(st.binary(max_size=ADU_MAX))
def test_crc_equals_an_independent_one(data: bytes) -> None:
    theirs = FramerRTU.compute_CRC(data)
    # pymodbus returns the value as it goes to the wire, low byte first.
    assert crc16(data).to_bytes(2, "little") == theirs.to_bytes(2, "big")


@pytest.mark.parametrize(
    "pieces",
    [
        (INPUTS_REPLY,),
        (INPUTS_REPLY[:1], INPUTS_REPLY[1:4], INPUTS_REPLY[4:]),
        (b"\x00\xff" + INPUTS_REPLY,),
        (b"\x01\x02\x01" + INPUTS_REPLY,),
        (INPUTS_REPLY + b"\x55\x55",),
        (seal(bytes.fromhex("02 02 01 FF")) + INPUTS_REPLY,),
        (seal(bytes.fromhex("01 01 01 FF")) + INPUTS_REPLY,),
        (seal(bytes.fromhex("01 02 02 FF FF")) + INPUTS_REPLY,),
    ],
    ids=[
        "whole",
        "in pieces",
        "noise before",
        "cut reply before",
        "noise after",
        "other unit",
        "other function",
        "other length",
    ],
)
def test_the_answer_is_found_among_other_bytes(pieces: tuple[bytes, ...]) -> None:
    outcome = converse(ModbusMaster(), 0x02, READ_8, *pieces)
    assert isinstance(outcome, Answer)
    assert outcome.bits(8) == (True, False, True, False, False, False, False, False)


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        ((), NoReply),
        ((b"\x00",), BadReply),
        ((INPUTS_REPLY[:-1],), BadReply),
        ((INPUTS_REPLY[:3] + b"\x00" + INPUTS_REPLY[3:],), BadReply),
        ((bytes((INPUTS_REPLY[0] ^ 1,)) + INPUTS_REPLY[1:],), BadReply),
        ((seal(bytes.fromhex("02 02 01 05")),), BadReply),
        ((seal(bytes.fromhex("01 01 01 05")),), BadReply),
        ((seal(bytes.fromhex("01 82 02")),), Refused),
        ((b"\x7f" * 5000,), BadReply),
    ],
    ids=["silence", "noise", "cut", "noise inside", "bit", "other unit", "other function", "exception", "babble"],
)
def test_what_is_no_answer_is_named(pieces: tuple[bytes, ...], kind: type) -> None:
    assert type(converse(ModbusMaster(), 0x02, READ_8, *pieces)) is kind


def test_a_refusal_carries_its_code() -> None:
    outcome = converse(ModbusMaster(), 0x05, PULSE_1, seal(bytes.fromhex("01 85 04")))
    assert isinstance(outcome, Refused)
    assert outcome.code == 4


def test_a_cut_head_does_not_join_bytes_that_come_after_a_silence() -> None:
    master = ModbusMaster(idle_gap_s=0.05, reply_timeout_s=1.0)
    pieces = (INPUTS_REPLY[:3], INPUTS_REPLY[3:])
    assert isinstance(converse(master, 0x02, READ_8, *pieces, pause_s=0.06), BadReply)
    assert isinstance(converse(master, 0x02, READ_8, *pieces, pause_s=0.04), Answer)


def test_the_outcome_comes_once_and_at_the_deadline_only() -> None:
    master = ModbusMaster()
    master.request(1, 0x02, READ_8, 10.0)
    assert master.poll(master.deadline_mono_s - 0.001) is None
    assert isinstance(master.poll(master.deadline_mono_s), NoReply)
    assert master.poll(99.0) is None


def test_a_late_reply_is_dropped_and_counted() -> None:
    master = ModbusMaster()
    assert isinstance(converse(master, 0x02, READ_8), NoReply)
    master.receive(INPUTS_REPLY, 5.0)
    assert master.poll(5.0) is None
    assert master.counters.dropped_bytes == len(INPUTS_REPLY)


def test_a_babbling_line_fills_no_memory() -> None:
    master = ModbusMaster()
    master.request(1, 0x02, READ_8, 0.0)
    for _ in range(1000):
        master.receive(b"\x7f" * 10, 0.01)
    assert master.counters.dropped_bytes >= 10_000 - BUFFER_MAX, "the rest may still be held"


def test_one_request_at_a_time() -> None:
    master = ModbusMaster()
    master.request(1, 0x02, READ_8, 0.0)
    with pytest.raises(ValueError, match="under way"):
        master.request(1, 0x02, READ_8, 0.0)


@pytest.mark.parametrize(
    ("unit", "function", "payload"),
    [
        (0, 0x05, PULSE_1),  # a broadcast has no answer
        (256, 0x05, PULSE_1),
        (1, 0x02, b"\x00\x00\x00\x00"),
        (1, 0x02, b"\x00\x00\xff\xff"),
        (1, 0x03, b"\x00\x00\x00\x7e"),
        (1, 0x05, PULSE_1 + b"\x00"),
        (1, 0x10, bytes(ADU_MAX)),
        (1, 0x2B, b"\x0e\x01\x00"),
    ],
)
def test_a_request_outside_the_standard_is_a_programmers_error(unit: int, function: int, payload: bytes) -> None:
    with pytest.raises(ValueError, match=r"unit|not spoken"):
        ModbusMaster().request(unit, function, payload, 0.0)


# Local echo: an adapter that hears itself.

READ_FRAME = seal(bytes.fromhex("01 02") + READ_8)
COILS_FRAME = seal(bytes.fromhex("01 01") + READ_8)
COILS_REPLY = seal(bytes.fromhex("01 01 01 01"))


def test_an_echo_is_learned_from_a_read_and_then_skipped() -> None:
    master = ModbusMaster()
    assert isinstance(converse(master, 0x02, READ_8, READ_FRAME + INPUTS_REPLY), Answer)
    assert master.echo is True
    assert isinstance(converse(master, 0x05, PULSE_1, PULSE_FRAME), NoReply), "the echo alone is no acknowledgement"
    assert isinstance(converse(master, 0x05, PULSE_1, PULSE_FRAME + PULSE_FRAME), Answer)


def test_the_absence_of_an_echo_is_learned_too() -> None:
    master = ModbusMaster()
    converse(master, 0x02, READ_8, READ_FRAME + INPUTS_REPLY)
    assert isinstance(converse(master, 0x02, READ_8, INPUTS_REPLY), Answer)
    assert master.echo is False
    assert isinstance(converse(master, 0x05, PULSE_1, PULSE_FRAME), Answer)


@pytest.mark.parametrize("echo", [None, True, False])
@pytest.mark.parametrize("function", [0x01, 0x02, 0x03])
def test_on_an_empty_bus_the_echo_of_a_read_is_never_an_answer(function: int, echo: bool | None) -> None:
    master = ModbusMaster(echo=echo)
    frame = seal(bytes((1, function)) + READ_8)
    assert isinstance(converse(master, function, READ_8, frame), NoReply | BadReply)


def test_a_read_whose_echo_has_the_shape_of_its_reply_is_still_an_echo() -> None:
    # Address 0x03.. reads as byte count 3, and 17 to 24 inputs make a reply of 8 bytes, as long as the request.
    payload = bytes.fromhex("03 00 00 18")
    frame = seal(bytes.fromhex("01 02") + payload)
    assert isinstance(converse(ModbusMaster(), 0x02, payload, frame), NoReply)


def test_a_set_echo_is_not_unlearned() -> None:
    master = ModbusMaster(echo=True)
    converse(master, 0x02, READ_8, INPUTS_REPLY)
    assert master.echo is True


def test_a_lost_port_forgets_the_learned_echo() -> None:
    master = ModbusMaster()
    converse(master, 0x02, READ_8, READ_FRAME + INPUTS_REPLY)
    master.abandon()
    assert master.echo is None


# Properties.

Line = st.lists(
    st.one_of(st.binary(max_size=40), st.sampled_from([INPUTS_REPLY, READ_FRAME, PULSE_FRAME, COILS_REPLY]))
)


@given(line=Line, pause_s=st.floats(0, 0.1), function=st.sampled_from([0x01, 0x02, 0x05]))
def test_no_bytes_raise_and_only_a_sealed_frame_is_believed(line: list[bytes], pause_s: float, function: int) -> None:
    payload = PULSE_1 if function == 0x05 else READ_8
    outcome = converse(ModbusMaster(), function, payload, *line, pause_s=pause_s)
    assert isinstance(outcome, Answer | NoReply | BadReply | Refused)
    if isinstance(outcome, Answer):
        assert seal(bytes((1, function)) + outcome.payload) in b"".join(line)


@given(cuts=st.lists(st.integers(0, len(READ_FRAME + INPUTS_REPLY)), max_size=6))
def test_how_the_bytes_are_cut_does_not_matter(cuts: list[int]) -> None:
    stream = READ_FRAME + INPUTS_REPLY
    edges = [0, *sorted(cuts), len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    assert isinstance(converse(ModbusMaster(), 0x02, READ_8, *pieces), Answer)
