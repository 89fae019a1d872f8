"""A million bent, cut and glued frames into each parser of the wire. Run: python benchmarks/fuzz_wire.py [--frames N]

Counts what must be nothing: exceptions, buffers above their bound, and answers that our Modbus master took although the
reply was not the one that was sent. Displays and turnstiles have checks of 8 or 16 bits, so bent frames that pass them
are counted as well; they are read by simulators only, nothing of ours opens by them.
"""

from __future__ import annotations

import random
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from devices import lane_display, lcus, turnstile
from devices.modbus import BUFFER_MAX, READ_INPUTS, WRITE_COIL, Answer, ModbusMaster, seal
from devices.sim.board_kinds import SIMULATED
from devices.sim.lcus import SimLcus

FRAMES = int(sys.argv[2]) if len(sys.argv) == 3 and sys.argv[1] == "--frames" else 1_000_000
SEED = 20_241_121

Step = Callable[[bytes, bytes], bool]
"""Takes a bent frame and the good one it was made of; True when it passed for a good one though it was none."""


def bent(good: list[bytes], count: int) -> Iterator[tuple[bytes, bytes]]:
    """Frames with up to two wrong bytes, cut, with noise before or after; always the same ones."""
    chance = random.Random(SEED)
    for _ in range(count):
        frame = good[int(chance.random() * len(good))]
        data = bytearray(frame)
        for _ in range(int(chance.random() * 3)):
            data[int(chance.random() * len(data))] = int(chance.random() * 256)
        kind = chance.random()
        if kind < 0.3:
            del data[int(chance.random() * len(data)) :]
        elif kind < 0.5:
            data += chance.randbytes(3)
        elif kind < 0.7:
            data[:0] = chance.randbytes(2)
        yield bytes(data), frame


def master() -> tuple[list[bytes], Step]:
    inputs = seal(bytes((1, READ_INPUTS, 1, 5)))
    write = seal(bytes((1, WRITE_COIL, 2, 0, 0, 5)))
    requests = {inputs: (READ_INPUTS, bytes((0, 0, 0, 8))), write: (WRITE_COIL, bytes((2, 0, 0, 5)))}
    machine, clock = ModbusMaster(echo=False), 0.0

    def step(data: bytes, frame: bytes) -> bool:
        nonlocal clock
        clock += 1.0
        function, payload = requests[frame]
        machine.request(1, function, payload, clock)
        machine.receive(data, clock)
        assert len(machine._buffer) <= BUFFER_MAX
        outcome = machine.poll(clock + 10.0)
        return isinstance(outcome, Answer) and frame not in data

    return list(requests), step


def board(model: str) -> tuple[list[bytes], Step]:
    sim, clock = SIMULATED[model](1), 0.0
    good = [seal(bytes((1, 2, 0, 0, 0, 8))), seal(bytes((1, 5, 2, 0, 0, 5))), seal(bytes((1, 1, 0, 0, 0, 4)))]
    good += [seal(bytes.fromhex("01100003000204 0004 0014")), seal(bytes((1, 6, 0, 1, 6, 2)))]

    def step(data: bytes, frame: bytes) -> bool:
        nonlocal clock
        clock += 1.0
        before = sum(sim.ons)
        sim.receive(data, clock)
        return sum(sim.ons) != before and frame not in data

    return good, step


def display(dialect: lane_display.Dialect) -> tuple[list[bytes], Step]:
    reader = lane_display.Reader(dialect)
    texts = [text.encode("gbk") for text in ("欢迎光临", "京A12345", "请交费10元" * 9)]
    good = [lane_display.text_frame(dialect, line, text) for line, text in enumerate(texts)]
    good += [lane_display.voice_frame(dialect, text) for text in texts]

    def step(data: bytes, frame: bytes) -> bool:
        heard = reader.receive(data)
        for one in heard:
            lane_display.decode(dialect, one)
        assert len(reader._buffer) <= lane_display.BUFFER_MAX
        reader.quiet()
        return bool(heard) and frame not in data

    return good, step


def gate() -> tuple[list[bytes], Step]:
    reader = turnstile.Reader()

    def step(data: bytes, frame: bytes) -> bool:
        told = reader.receive(data)
        reader.quiet()
        return bool(told) and frame not in data

    return [turnstile.frame(address, act) for address in (1, 9) for act in turnstile.Act], step


def usb() -> tuple[list[bytes], Step]:
    sim = SimLcus(4)
    good = [lcus.switch_frame(channel, True) for channel in (1, 4)] + [b"CH1: ON\r\nCH2: OFF\r\n"]

    def step(data: bytes, frame: bytes) -> bool:
        sim.receive(data, 0.0)
        told = lcus.states(data, 2)
        return told is not None and b"CH" not in frame

    return good, step


def main() -> None:
    parsers: dict[str, Callable[[], tuple[list[bytes], Step]]] = {
        "Modbus master": master,
        **{f"simulated {model}": (lambda model=model: board(model)) for model in ("waveshare-8", "flash-4")},
        "display da": lambda: display(lane_display.Dialect("da")),
        "display a5": lambda: display(lane_display.Dialect("a5", 1, {"voice_cmd": 0x3B})),
        "turnstile": gate,
        "LCUS": usb,
    }
    for name, make in parsers.items():
        good, step = make()
        raised = passed = 0
        began = time.monotonic()
        for data, frame in bent(good, FRAMES):
            try:
                passed += step(data, frame)
            except Exception:  # noqa: BLE001 - counting them is the point
                raised += 1
                if raised == 1:
                    traceback.print_exc()
        took_s = time.monotonic() - began
        print(
            f"{name:22} {FRAMES} frames  {raised} exceptions  {passed} passed though bent  {took_s:6.1f} s", flush=True
        )


if __name__ == "__main__":
    main()
