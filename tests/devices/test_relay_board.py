"""One opening as a pure machine: what is sent, what is believed, what is sent again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.errors import BadReply, NoReply, Refused
from devices.lcus import QUERY, switch_frame
from devices.messages import CloseLane, Command, FailReason, OpenLane, PulseOutput
from devices.modbus import READ_COILS, WRITE_REGISTERS, Answer, Outcome, Request
from devices.own_frames import Ask, Sent, States
from devices.relay_board import (
    ATTEMPTS_MAX,
    BOARDS,
    Asking,
    BoardMap,
    Phase,
    Pulse,
    Verdict,
    inputs_request,
    poll_request,
    pulse_request,
    relay_states,
    relays_request,
    switch_request,
)

WAVESHARE = BOARDS["waveshare-8"]
PULSING = [board for board in BOARDS.values() if board.wiring.pulse is not None]


def opening(life_s: float = 3.0, pulse_s: float = 0.5, relay: int = 1) -> Pulse:
    command: Command = OpenLane(id="1", lane="east", expires_mono_s=life_s)
    return Pulse(command=command, board="gates", map=WAVESHARE, unit=1, relay=relay, pulse_s=pulse_s)


def modbus(asking: Asking | None) -> Request:
    assert isinstance(asking, Request)
    return asking


def answer(request: Asking, *data: int) -> Answer:
    return Answer(modbus(request), bytes(data))


def written(pulse: Pulse, at_s: float = 0.0) -> Pulse:
    """The pulse after its write was sent and acknowledged."""
    request = modbus(pulse.request())
    after = pulse.sent(at_s).advance(Answer(request, request.payload), at_s + 0.03)
    assert isinstance(after, Pulse)
    return after


def test_the_bytes_are_those_of_the_manual() -> None:
    assert pulse_request(WAVESHARE, 1, 1, 0.7).frame().hex(" ") == "01 05 02 00 00 07 8d b0"
    assert inputs_request(WAVESHARE, 1).frame().hex(" ") == "01 02 00 00 00 08 79 cc"
    assert relays_request(WAVESHARE, 1).frame().hex(" ") == "01 01 00 00 00 08 3d cc"


@settings(deadline=None)
@given(
    board=st.sampled_from(PULSING),
    unit=st.integers(1, 255),
    relay=st.integers(-3, 70),
    pulse_s=st.floats(-1, 1e6),
)
def test_nothing_but_a_bounded_timed_pulse_can_be_written(
    board: BoardMap, unit: int, relay: int, pulse_s: float
) -> None:
    if not 1 <= relay <= board.relays:
        with pytest.raises(ValueError, match="no timed pulse"):
            pulse_request(board, unit, relay, pulse_s)
        return
    request = pulse_request(board, unit, relay, pulse_s)
    pulse = board.wiring.pulse
    assert pulse is not None
    words = [int.from_bytes(request.payload[i : i + 2], "big") for i in (0, len(request.payload) - 2)]
    assert request.function == pulse.function
    assert words[0] - pulse.base == pulse.step * (relay - 1)
    units = words[1] - (0 if pulse.function == WRITE_REGISTERS else pulse.command)
    assert 0.1 <= units * pulse.unit_s <= 10.0


@pytest.mark.parametrize(
    ("model", "relay", "pulse_s", "frame"),
    [
        ("waveshare-8", 2, 0.5, "01 05 02 01 00 05"),
        ("flash-4", 1, 2.0, "01 10 00 03 00 02 04 00 04 00 14 f2 74"),  # published by a user of the board
        ("flash-4", 1, 5.0, "01 10 00 03 00 02 04 00 04 00 32 73 ae"),  # likewise
        ("eletechsup-8", 3, 10.0, "01 06 00 03 06 0a"),
        ("eletechsup-8", 1, 0.5, "01 06 00 01 06 01"),  # it counts in seconds
    ],
)
def test_each_family_has_its_own_pulse(model: str, relay: int, pulse_s: float, frame: str) -> None:
    assert pulse_request(BOARDS[model], 1, relay, pulse_s).frame().hex(" ").startswith(frame)


def test_relays_of_a_register_board_are_read_as_registers() -> None:
    board = BOARDS["eletechsup-8"]
    request = modbus(poll_request(board, 1))
    assert request == relays_request(board, 1)
    assert request.frame().hex(" ") == "01 03 00 01 00 08 15 cc"
    reply = Answer(request, bytes((16, 0, 0, 0, 1)) + bytes(12))
    assert relay_states(board, reply) == (False, True, *[False] * 6)


def test_a_board_that_times_no_pulses_gets_none() -> None:
    with pytest.raises(ValueError, match="no timed pulse"):
        pulse_request(BOARDS["lctech-8"], 1, 1, 0.5)


def test_write_read_back_done() -> None:
    pulse = written(opening(relay=3))
    assert modbus(pulse.request()).function == READ_COILS
    assert pulse.advance(answer(pulse.request(), 1, 0b0000_0100), 0.06) == Verdict(None)


@pytest.mark.parametrize(
    ("coils", "relay"),
    [(0b0000_0000, 1), (0b1111_1110, 1), (0b0111_1111, 8)],
)
def test_another_relay_being_on_proves_nothing(coils: int, relay: int) -> None:
    pulse = written(opening(relay=relay))
    again = pulse.advance(answer(pulse.request(), 1, coils), 0.06)
    assert isinstance(again, Pulse)
    assert (again.phase, again.attempt) == (Phase.WRITE, 2)


@pytest.mark.parametrize(
    ("read_at_s", "said"),
    [(0.06, "off during its pulse"), (0.49, "off during its pulse"), (0.51, "only after the pulse")],
)
def test_a_relay_found_off_is_told_apart_from_one_looked_at_too_late(read_at_s: float, said: str) -> None:
    pulse = written(opening(life_s=0.04))  # no life left for another sending
    verdict = pulse.advance(answer(pulse.request(), 1, 0), read_at_s)
    assert isinstance(verdict, Verdict)
    assert verdict.reason is FailReason.NOT_VERIFIED
    assert said in verdict.detail


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (NoReply("unit 1: no answer"), FailReason.NO_REPLY),
        (BadReply("unit 1: not an answer"), FailReason.BAD_REPLY),
        (answer(relays_request(WAVESHARE, 1), 1, 0), FailReason.NOT_VERIFIED),
    ],
)
def test_an_opening_is_sent_three_times_at_most(outcome: Outcome, reason: FailReason) -> None:
    step: Pulse | Verdict = opening(life_s=100.0)
    writes = 0
    while isinstance(step, Pulse):
        if step.phase is Phase.WRITE and isinstance(outcome, Answer):
            writes += 1
            step = written(step, float(writes))
            continue
        writes += step.phase is Phase.WRITE
        step = step.sent(float(writes)).advance(outcome, writes + 0.2)
    assert (step.reason, writes) == (reason, ATTEMPTS_MAX)


def test_no_second_sending_after_the_commands_life() -> None:
    pulse = opening(life_s=1.0).sent(0.9)
    verdict = pulse.advance(NoReply("silence"), 1.1)
    assert isinstance(verdict, Verdict)
    assert verdict.reason is FailReason.NO_REPLY


def test_a_refusal_is_final() -> None:
    verdict = opening().sent(0.0).advance(Refused("exception code 2", code=2), 0.1)
    assert verdict == Verdict(FailReason.REFUSED, "exception code 2")


def test_unlocking_is_repeated_as_an_opening_is() -> None:
    command = PulseOutput(id="1", board="gates", relay=2, pulse_s=3.0, expires_mono_s=100.0)
    pulse = Pulse(command=command, board="gates", map=WAVESHARE, unit=1, relay=2, pulse_s=3.0).sent(0.0)
    again = pulse.advance(NoReply("silence"), 0.2)
    assert isinstance(again, Pulse)
    assert again.attempt == 2


def test_a_closing_pulse_is_never_repeated() -> None:
    command = CloseLane(id="1", lane="east", expires_mono_s=100.0)
    pulse = Pulse(command=command, board="gates", map=WAVESHARE, unit=1, relay=2, pulse_s=0.5).sent(0.0)
    verdict = pulse.advance(NoReply("silence"), 0.2)
    assert isinstance(verdict, Verdict)
    assert verdict.reason is FailReason.NO_REPLY


def test_expiry_counts_for_writes_and_says_what_happened_before() -> None:
    fresh = opening(life_s=1.0)
    assert fresh.expired(0.999) is None
    expired = fresh.expired(1.0)
    assert expired is not None
    assert expired.reason is FailReason.EXPIRED
    again = fresh.sent(0.1).advance(NoReply("silence"), 0.5)
    assert isinstance(again, Pulse)
    late = again.expired(2.0)
    assert late is not None
    assert late.reason is FailReason.NO_REPLY, "bytes were sent before: it may have happened"
    assert written(opening(life_s=1.0)).expired(2.0) is None, "a read-back is harmless"


def test_the_first_byte_is_that_of_the_first_sending() -> None:
    again = opening().sent(1.0).advance(NoReply("silence"), 1.2)
    assert isinstance(again, Pulse)
    again = again.sent(2.0)
    assert (again.first_byte_mono_s, again.write_mono_s) == (1.0, 2.0)


def beat(model: str, relay: int = 2, life_s: float = 100.0) -> Pulse:
    command = PulseOutput(id="1", board="b", relay=relay, pulse_s=2.0, expires_mono_s=life_s)
    return Pulse(command=command, board="b", map=BOARDS[model], unit=9, relay=relay, pulse_s=2.0)


def test_a_beat_on_an_lcus_is_on_and_read_back_by_its_states() -> None:
    step = beat("lcus-4")
    assert step.request() == Ask(switch_frame(2, True))
    verify = step.sent(0.0).advance(Sent(), 0.01)
    assert isinstance(verify, Pulse)
    assert verify.request() == Ask(QUERY, 4)
    assert verify.advance(States((False, True, False, False)), 0.02) == Verdict(None)
    off = verify.advance(States((True, False, True, True)), 0.02)
    assert isinstance(off, Pulse)
    assert off.phase is Phase.WRITE
    assert off.attempt == 2


@pytest.mark.parametrize("model", ["lcus-1", "turnstile-eb"])
def test_what_answers_nothing_is_sent_once_and_never_called_verified(model: str) -> None:
    assert beat(model, 1).sent(0.0).advance(Sent(), 0.01) == Verdict(None, verified=False)
    assert poll_request(BOARDS[model], 9) is None


def test_a_turnstile_opens_to_the_left_and_to_the_right() -> None:
    frames = [beat("turnstile-eb", relay).request().frame().hex(" ") for relay in (1, 2)]
    assert frames == ["eb 09 40 00 a2", "eb 09 41 00 a3"]


def test_a_coil_is_switched_on_and_off_where_the_board_knows_no_better() -> None:
    frames = [modbus(switch_request(BOARDS["lctech-8"], 1, 3, on=on)).payload.hex(" ") for on in (True, False)]
    assert frames == ["00 02 ff 00", "00 02 00 00"]


@pytest.mark.parametrize(("model", "relay"), [("waveshare-8", 1), ("turnstile-eb", 1), ("lcus-2", 3), ("lctech-8", 0)])
def test_nothing_else_is_ever_latched(model: str, relay: int) -> None:
    with pytest.raises(ValueError, match="to switch"):
        switch_request(BOARDS[model], 1, relay, on=True)
