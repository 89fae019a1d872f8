"""An independent peer on either end of the line: pymodbus reads our boards, and our bus drives a pymodbus slave."""

from __future__ import annotations

import asyncio
import os
import select
import struct
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymodbus.client import ModbusSerialClient
from pymodbus.constants import ExcCodes
from pymodbus.pdu.bit_message import WriteSingleCoilRequest
from pymodbus.pdu.register_message import WriteMultipleRegistersRequest, WriteSingleRegisterRequest
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from config.model import Bus
from devices.errors import Refused
from devices.messages import CommandDone, InputsRead, LinkBack
from devices.modbus import Answer, ModbusMaster, Outcome
from devices.relay_board import BOARDS, pulse_request
from devices.sim.board import SimBoard
from devices.sim.board_kinds import simulated
from devices.sim.pty_link import LineFaults, PtyLink
from devices.wire import SerialWire
from tests.devices.rig import Heard, build, open_lane, site


class TimedPulse(WriteSingleCoilRequest):
    """Function 05 as the boards mean it: the value is a number of tenths of a second, and is answered as it came."""

    value = 0

    def encode(self) -> bytes:
        return struct.pack(">HH", self.address, self.value)

    def decode(self, data: bytes) -> None:
        super().decode(data)
        self.value = struct.unpack(">HH", data[:4])[1]

    async def datastore_update(self, context: Any, device_id: int) -> Any:
        answer = await super().datastore_update(context, device_id)
        return answer if answer.isError() else self


# pymodbus as the master, our board as the slave.


@pytest.fixture
def board_and_client(tmp_path: Path) -> Iterator[tuple[SimBoard, ModbusSerialClient]]:
    board = simulated("waveshare-8", 3)
    link = PtyLink(tmp_path / "tty", board.receive, LineFaults(split_s=0.001))
    link.start()
    client = ModbusSerialClient(str(link.path), baudrate=115200, timeout=5)
    assert client.connect()
    yield board, client
    client.close()
    link.stop()


def test_an_independent_master_reads_our_inputs_and_relays(
    board_and_client: tuple[SimBoard, ModbusSerialClient],
) -> None:
    board, client = board_and_client
    board.set_input(2, True)
    board.set_input(8, True)
    assert client.read_discrete_inputs(0, count=8, device_id=3).bits == [n in (2, 8) for n in range(1, 9)]
    assert not client.write_coil(4, True, device_id=3).isError()
    assert not client.write_coils(0, [True, False, True], device_id=3).isError()
    assert client.read_coils(0, count=8, device_id=3).bits == [n in (1, 3, 5) for n in range(1, 9)]
    assert client.read_holding_registers(0x8000, count=1, device_id=3).registers == [200]
    assert client.write_register(0x1001, 2, device_id=3).registers == [2]
    assert client.read_holding_registers(0x1000, count=2, device_id=3).registers == [0, 2]
    assert client.read_coils(0, count=99, device_id=3).exception_code == ExcCodes.ILLEGAL_ADDRESS


def test_an_independent_master_sends_a_timed_pulse(board_and_client: tuple[SimBoard, ModbusSerialClient]) -> None:
    board, client = board_and_client
    pulse = TimedPulse(address=0x0205, dev_id=3)
    pulse.value = 600
    assert not client.execute(False, pulse).isError()
    assert client.read_coils(0, count=8, device_id=3).bits == [n == 6 for n in range(1, 9)]
    assert not board.relay_on(6, time.monotonic() + 60.1), "it ends by itself"


@pytest.fixture(params=["flash-4", "flash-8", "eletechsup-8"])
def other_board_and_client(
    tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[str, SimBoard, ModbusSerialClient]]:
    board = simulated(request.param, 3)
    link = PtyLink(tmp_path / "tty", board.receive)
    link.start()
    client = ModbusSerialClient(str(link.path), baudrate=115200, timeout=5)
    assert client.connect()
    yield request.param, board, client
    client.close()
    link.stop()


def test_an_independent_master_pulses_the_other_families_in_their_way(
    other_board_and_client: tuple[str, SimBoard, ModbusSerialClient],
) -> None:
    model, board, client = other_board_and_client
    if model.startswith("flash"):
        assert not client.write_registers(8, [4, 600], device_id=3).isError()  # 3 + 5: relay 2
        assert client.read_coils(0, count=4, device_id=3).bits[:4] == [False, True, False, False]
        assert client.read_discrete_inputs(0, count=4, device_id=3).exception_code == ExcCodes.ILLEGAL_VALUE
        assert client.write_registers(4, [4, 600], device_id=3).exception_code == ExcCodes.ILLEGAL_ADDRESS
    else:
        assert client.write_register(2, 0x0600 + 60, device_id=3).registers == [0x0600 + 60]
        assert client.read_holding_registers(1, count=8, device_id=3).registers == [0, 1, 0, 0, 0, 0, 0, 0]
        assert client.read_discrete_inputs(0, count=8, device_id=3).exception_code == ExcCodes.ILLEGAL_FUNCTION
        assert client.write_register(9, 0x0100, device_id=3).exception_code == ExcCodes.ILLEGAL_ADDRESS
    assert board.relay_on(2, time.monotonic() + 30.0)
    assert not board.relay_on(2, time.monotonic() + 60.1), "it ends by itself"


def test_our_frames_are_those_of_an_independent_encoder() -> None:
    flash = WriteMultipleRegistersRequest(address=8, registers=[4, 30], dev_id=1)
    single = WriteSingleRegisterRequest(address=2, registers=[0x0603], dev_id=1)
    for model, theirs in (("flash-4", flash), ("eletechsup-8", single)):
        ours = pulse_request(BOARDS[model], 1, 2, 3.0)
        assert (ours.function, ours.payload) == (theirs.function_code, theirs.encode())


# Our master, pymodbus as the slave.

INPUTS = [True, False, False, True, False, False, False, True]


class PymodbusSlave:
    """A pymodbus server on a pty of its own, in a thread; ``forward`` is the cable between the two ptys."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.loop = asyncio.new_event_loop()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self._run, name="pymodbus")
        self.thread.start()
        assert self.ready.wait(30)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._serve())
        self.loop.close()

    async def _serve(self) -> None:
        device = SimDevice(
            id=1,
            simdata=(
                [
                    SimData(0, values=[False] * 8, datatype=DataType.BITS),
                    SimData(0x200, values=[False] * 8, datatype=DataType.BITS),
                ],
                [SimData(0, values=INPUTS, datatype=DataType.BITS)],
                [SimData(0, values=[7, 8, 9], datatype=DataType.REGISTERS)],
                [SimData(0, values=[1], datatype=DataType.REGISTERS)],
            ),
            action=self._pulse,
        )
        self.server = ModbusSerialServer(
            device, port=os.ttyname(self.slave), baudrate=115200, custom_pdu=[TimedPulse], reconnect_delay=0
        )
        await self.server.serve_forever(background=True)
        self.ready.set()
        self.stopped = asyncio.Event()
        await self.stopped.wait()
        await self.server.shutdown()

    async def _pulse(
        self, function: int, start: int, address: int, count: int, registers: list[int], new: Any
    ) -> ExcCodes | None:
        """Relay n follows its pulse address; the pulse outlasts the test's read-back."""
        self.pulsed = getattr(self, "pulsed", set())
        if new is not None and address >= 0x200:
            self.pulsed.add(address - 0x200)
        if new is None and function == 0x01 and start == 0:
            for relay in self.pulsed:
                registers[relay] = True
        return None

    def forward(self, data: bytes, now_s: float) -> bytes:
        os.write(self.master, data)
        reply = b""
        while select.select([self.master], [], [], 0.05 if reply else 5.0)[0]:
            reply += os.read(self.master, 256)
        return reply

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.stopped.set)
        self.thread.join(30)
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def slave() -> Iterator[PymodbusSlave]:
    server = PymodbusSlave()
    yield server
    server.stop()


def ask(wire: SerialWire, master: ModbusMaster, function: int, payload: str) -> Outcome:
    wire.write(master.request(1, function, bytes.fromhex(payload), time.monotonic()))
    while (outcome := master.poll(time.monotonic())) is None:
        master.receive(wire.read(master.deadline_mono_s), time.monotonic())
    return outcome


def test_our_master_against_an_independent_slave(tmp_path: Path, slave: PymodbusSlave) -> None:
    link = PtyLink(tmp_path / "tty", slave.forward)
    link.start()
    wire = SerialWire.open(Bus.model_validate({"port": link.path}))
    master = ModbusMaster(reply_timeout_s=10)
    inputs = ask(wire, master, 0x02, "00 00 00 08")
    assert isinstance(inputs, Answer)
    assert list(inputs.bits(8)) == INPUTS
    assert isinstance(ask(wire, master, 0x05, "00 02 FF 00"), Answer)
    assert isinstance(ask(wire, master, 0x0F, "00 05 00 02 01 03"), Answer)
    coils = ask(wire, master, 0x01, "00 00 00 08")
    assert isinstance(coils, Answer)
    assert [n for n, on in enumerate(coils.bits(8)) if on] == [2, 5, 6]
    assert isinstance(ask(wire, master, 0x06, "00 01 12 34"), Answer)
    assert isinstance(ask(wire, master, 0x10, "00 02 00 01 02 AB CD"), Answer)
    registers = ask(wire, master, 0x03, "00 00 00 03")
    assert isinstance(registers, Answer)
    assert registers.payload == bytes.fromhex("06 00 07 12 34 AB CD")
    refused = ask(wire, master, 0x01, "03 00 00 08")
    assert isinstance(refused, Refused)
    assert refused.code == ExcCodes.ILLEGAL_ADDRESS
    wire.close()
    link.stop()


def test_our_bus_opens_a_lane_on_an_independent_slave(tmp_path: Path, slave: PymodbusSlave) -> None:
    link = PtyLink(tmp_path / "ttyGATE", slave.forward)
    link.start()
    heard = Heard()
    devices = build(site(tmp_path, bus={"reply_timeout_ms": 10_000}), heard)
    devices.start()
    try:
        assert list(heard.wait_for(LinkBack).levels) == INPUTS
        assert list(heard.wait_for(InputsRead).levels) == INPUTS
        devices.submit(open_lane("1"))
        assert isinstance(heard.verdict("1"), CommandDone)
        assert slave.pulsed == {0}
    finally:
        devices.stop()
        link.stop()
