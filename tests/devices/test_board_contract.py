"""What every board of the catalogue must do, asked of each model's simulator through the whole bus."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from config.model import Site
from devices.catalog import build
from devices.errors import Unsuitable
from devices.messages import CommandDone, InputsRead, LinkBack
from devices.modbus import Request, is_sealed
from devices.relay_board import BOARDS, poll_request, pulse_request, relays_request
from devices.sim.board_kinds import SIMULATED, far_end, simulated
from tests.devices.rig import Heard, eventually, open_lane, running

MODBUS = [name for name, board in BOARDS.items() if board.wiring.frames == "modbus"]
PULSING = [name for name, board in BOARDS.items() if board.can_pulse]
OTHERS = [name for name in BOARDS if name not in PULSING]


def plan(tmp_path: Path, model: str, *, lane: bool, relay: int = 1) -> Site:
    lanes: dict[str, dict[str, Any]] = (
        {"gate": {"barrier": {"board": "b", "open_relay": relay, "pulse_s": 1.0}}} if lane else {}
    )
    if model == "turnstile-eb" and lane:
        lanes["gate"]["kind"] = "person"
    return Site.model_validate(
        {
            "buses": {"main": {"port": tmp_path / "tty", "reply_timeout_ms": 2000}},
            "boards": {"b": {"bus": "main", "model": model, "unit": 17, "poll_ms": 30}},
            "lanes": lanes,
        }
    )


def test_every_model_has_a_simulator_and_a_source() -> None:
    assert set(SIMULATED) == set(MODBUS)
    assert all(far_end(model).ons == [0] * board.relays for model, board in BOARDS.items())
    assert all(board.source and board.model == name for name, board in BOARDS.items())


@pytest.mark.parametrize("model", [name for name, board in BOARDS.items() if board.inputs])
def test_each_input_is_read_in_its_place(tmp_path: Path, model: str) -> None:
    with running(plan(tmp_path, model, lane=False)) as (_, gate, heard):
        heard.wait_for(LinkBack)
        for channel in range(1, BOARDS[model].inputs + 1):
            gate.board("b").set_input(channel, True)
            heard.wait_for(InputsRead, lambda r, n=channel: [i for i, on in enumerate(r.levels, 1) if on] == [n])  # type: ignore[misc]
            gate.board("b").set_input(channel, False)


@pytest.mark.parametrize("model", PULSING)
def test_each_relay_pulses_alone_and_goes_off_by_itself(tmp_path: Path, model: str) -> None:
    for relay in (1, BOARDS[model].relays):
        with running(plan(tmp_path, model, lane=True, relay=relay)) as (devices, gate, heard):
            heard.wait_for(LinkBack)
            devices.submit(open_lane("1", "gate"))
            assert isinstance(heard.verdict("1"), CommandDone)
            board = gate.far_end("b")
            assert [n for n, ons in enumerate(board.ons, 1) if ons] == [relay]
            eventually(lambda b=board, r=relay: not b.relay_on(r, time.monotonic()), "the pulse ends")  # type: ignore[misc]


@pytest.mark.parametrize("model", OTHERS)
def test_a_board_without_timed_pulses_may_not_move_a_barrier(tmp_path: Path, model: str) -> None:
    with pytest.raises(Unsuitable, match=r"(?s)lanes\.gate\.barrier.*不能自己结束脉冲.*does not time its pulses"):
        build(plan(tmp_path, model, lane=True), Heard())


def asked(model: str, unit: int) -> bytes:
    request = poll_request(BOARDS[model], unit)
    assert request is not None
    return request.frame()


@pytest.mark.parametrize("model", MODBUS)
@pytest.mark.parametrize("unit", [1, 255])
def test_wrong_unit_and_bad_crc_get_silence(model: str, unit: int) -> None:
    board = simulated(model, unit)
    good = asked(model, unit)
    assert is_sealed(board.receive(good, 0.0))
    assert board.receive(asked(model, unit - 1 or 2), 1.0) == b""
    assert board.receive(good[:-1] + bytes((good[-1] ^ 1,)), 2.0) == b""
    assert board.receive(good[:4], 3.0) + board.receive(good[4:], 4.0) == b"", "cut by a silence"


def test_a_broadcast_is_obeyed_and_not_answered() -> None:
    board = simulated("waveshare-8")
    frame = Request(0, 0x05, pulse_request(BOARDS["waveshare-8"], 1, 2, 0.5).payload).frame()
    assert board.receive(frame, 0.0) == b""
    assert board.relay_on(2, 0.1)
    assert not board.relay_on(2, 0.6)


@pytest.mark.parametrize(
    ("request_hex", "reply_hex"),
    [
        ("01 05 02 00 00 05", "01 05 02 00 00 05"),
        ("01 05 00 09 FF 00", "01 85 02"),
        ("01 05 00 00 12 34", "01 85 03"),
        ("01 05 03 00 00 05", "01 85 02"),
        ("01 0F 00 00 00 08 01 FF", "01 0F 00 00 00 08"),
        ("01 01 00 00 00 09", "01 81 02"),
        ("01 02 00 04 00 04", "01 02 01 00"),
        ("01 03 80 00 00 01", "01 03 02 00 C8"),
        ("01 03 40 00 00 01", "01 03 02 00 01"),
        ("01 06 10 00 00 01", "01 06 10 00 00 01"),
        ("01 04 00 00 00 01", "01 84 01"),
    ],
)
def test_the_simulated_waveshare_answers_as_its_manual_says(request_hex: str, reply_hex: str) -> None:
    data = bytes.fromhex(request_hex)
    reply = simulated("waveshare-8").receive(Request(data[0], data[1], data[2:]).frame(), 0.0)
    assert is_sealed(reply)
    assert reply[:-2] == bytes.fromhex(reply_hex)


def test_lctech_answers_to_reads_of_exactly_eight_inputs() -> None:
    board = simulated("lctech-8", 255)
    assert board.receive(Request(255, 0x02, bytes((0, 0, 0, 4))).frame(), 0.0)[1] == 0x82
    assert board.receive(relays_request(BOARDS["lctech-8"], 255).frame(), 1.0)[1] == 0x01
