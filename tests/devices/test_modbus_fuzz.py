"""100,000 damaged frames, each way: no exception, and nothing opens."""

from __future__ import annotations

import random

from devices.errors import BadReply, NoReply, Refused
from devices.messages import FailReason, OpenLane
from devices.modbus import Answer, ModbusMaster, seal
from devices.relay_board import ATTEMPTS_MAX, BOARDS, Phase, Pulse, Verdict, inputs_request
from devices.sim.board_kinds import simulated

FRAMES = 100_000
BOARD = BOARDS["waveshare-8"]


def damaged(frame: bytes, chance: random.Random) -> bytes:
    """A frame with damage that a CRC of 16 bits is proven to notice (up to 3 bits, or a burst of up to 16), or cut."""
    if chance.random() < 0.2:
        return frame[: chance.randrange(len(frame))]
    bits = int.from_bytes(frame, "big")
    if chance.random() < 0.5:
        for place in chance.sample(range(8 * len(frame)), chance.randint(1, 3)):
            bits ^= 1 << place
    else:
        bits ^= (chance.getrandbits(15) << 1 | 1) << chance.randrange(8 * len(frame) - 15)
    return bits.to_bytes(len(frame), "big")


def test_damaged_replies_never_raise_never_open_and_never_pass_for_a_done_opening() -> None:
    chance, master, now = random.Random(20_261), ModbusMaster(echo=False), 0.0
    writes: dict[str, list[bytes]] = {}
    outcomes = dict.fromkeys((Answer, NoReply, BadReply, Refused), 0)
    pulse: Pulse | None = None
    for number in range(FRAMES):
        if pulse is None and number % 50 == 0:
            command = OpenLane(id=str(number), lane="a", expires_mono_s=now + 1000)
            pulse = Pulse(command=command, board="b", map=BOARD, unit=1, relay=3, pulse_s=0.5)
        request = pulse.request() if pulse else inputs_request(BOARD, 1)
        frame = master.request(request.unit, request.function, request.payload, now)
        if frame[1] not in (0x01, 0x02):
            assert pulse is not None, "a write without a command"
            writes.setdefault(pulse.command.id, []).append(frame)
        good = frame if frame[1] == 0x05 else seal(frame[:2] + bytes((1, 0xFF)))
        master.receive(damaged(good, chance), now + 0.01)
        now = master.deadline_mono_s
        outcome = master.poll(now)
        assert outcome is not None
        outcomes[type(outcome)] += 1
        if pulse is not None:
            after = pulse.sent(now - 0.1).advance(outcome, now)
            assert not (isinstance(after, Verdict) and after.reason is None), "nothing good was ever received"
            pulse = after if isinstance(after, Pulse) else None
    assert outcomes[Answer] == outcomes[Refused] == 0
    assert sum(outcomes.values()) == FRAMES
    intended = seal(bytes.fromhex("01 05 02 02 00 05"))
    assert len(writes) > 100
    assert all(1 <= len(frames) <= ATTEMPTS_MAX and set(frames) == {intended} for frames in writes.values())


def test_random_bytes_in_any_state_never_raise_nor_make_a_write() -> None:
    chance, master, now = random.Random(7), ModbusMaster(), 0.0
    waiting = False
    for _ in range(FRAMES):
        now += chance.random() * 0.1
        if not waiting:
            frame = master.request(1, 0x02, bytes((0, 0, 0, 8)), now)
            assert frame == bytes.fromhex("01 02 00 00 00 08 79 CC")
            waiting = True
        master.receive(chance.randbytes(chance.randrange(12)), now)
        waiting = master.poll(now) is None
    assert master.counters.requests > 1000


def test_damaged_opening_frames_move_no_relay() -> None:
    chance, now = random.Random(11), 0.0
    board = simulated("waveshare-8")
    opening = [seal(bytes((1, 5, 2, relay, 0, 5))) for relay in range(8)] + [seal(bytes.fromhex("01 05 00 00 FF 00"))]
    for _ in range(FRAMES):
        now += 1.0
        assert board.receive(damaged(chance.choice(opening), chance), now) == b""
    assert board.ons == [0] * 8
    assert not any(board.relay_on(relay, now) for relay in range(1, 9))


def test_a_pulse_step_takes_any_outcome_in_any_phase() -> None:
    command = OpenLane(id="1", lane="a", expires_mono_s=5.0)
    fresh = Pulse(command=command, board="b", map=BOARD, unit=1, relay=1, pulse_s=0.5).sent(0.0)
    answer = Answer(inputs_request(BOARD, 1), bytes((1, 0)))
    ends = set()
    for outcome in (answer, NoReply("x"), BadReply("x"), Refused("x", code=2)):
        for now in (0.1, 1.0, 9.0):
            for phase in Phase:
                step = fresh if phase is Phase.WRITE else fresh.advance(answer, 0.1)
                assert isinstance(step, Pulse)
                after = step.advance(outcome, now)
                if isinstance(after, Verdict):
                    ends.add(after.reason)
    assert ends == {FailReason.REFUSED, FailReason.NO_REPLY, FailReason.BAD_REPLY, FailReason.NOT_VERIFIED}
