"""How long an open command waits for its first byte, beside polling. Run: python benchmarks/wire.py

The far end is a process of its own (boards on a pty that keep to 9600 baud). Four ways: 1 and 4 boards on the line,
alone and beside two busy Python threads. The peer is what most scripts do: pymodbus's serial client behind a lock, one
thread that polls and one that commands. Figures are of this machine; only ratios travel.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from config.model import Site
from devices.catalog import build
from devices.messages import CommandDone, CommandFailed, LinkBack, OpenLane, Report
from devices.sim.gate import SimGate

COMMANDS = int(sys.argv[2]) if len(sys.argv) == 3 and sys.argv[1] == "--commands" else 150
BAUD = 9600


def plan(directory: str, boards: int) -> Site:
    names = [f"b{n}" for n in range(1, boards + 1)]
    return Site.model_validate(
        {
            "buses": {"main": {"port": f"{directory}/tty", "baud": BAUD}},
            "boards": {name: {"bus": "main", "unit": unit} for unit, name in enumerate(names, 1)},
            "lanes": {name: {"barrier": {"board": name, "open_relay": 1}} for name in names},
        }
    )


def far_end(directory: str, boards: int) -> None:
    gate = SimGate(plan(directory, boards))
    gate.faults("main").baud = BAUD
    gate.faults("main").delay_s = 0.005
    gate.start()
    print("ready", flush=True)
    sys.stdin.read()
    gate.stop()


@contextmanager
def line(directory: str, boards: int) -> Iterator[None]:
    child = subprocess.Popen(
        [sys.executable, __file__, "--far-end", directory, str(boards)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin and child.stdout
    child.stdout.readline()
    try:
        yield
    finally:
        child.stdin.close()
        child.wait()


@contextmanager
def busy(threads: int) -> Iterator[None]:
    stop = threading.Event()

    def spin() -> None:
        while not stop.is_set():
            sum(range(1000))

    spinning = [threading.Thread(target=spin) for _ in range(threads)]
    for thread in spinning:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in spinning:
            thread.join()


def ours(directory: str, boards: int) -> list[float]:
    verdicts: dict[str, Report] = {}
    news = threading.Condition()

    def report(heard: Report) -> None:
        key = heard.board if isinstance(heard, LinkBack) else getattr(heard, "id", "")
        with news:
            verdicts[key] = heard
            news.notify_all()

    def wait(key: str) -> Report:
        with news:
            assert news.wait_for(lambda: key in verdicts, 30), key
        return verdicts[key]

    devices = build(plan(directory, boards), report)
    devices.start()
    waits, failed = [], 0
    for n in range(1, boards + 1):
        wait(f"b{n}")
    for n in range(COMMANDS):
        time.sleep(random.uniform(0.02, 0.12))
        began = time.monotonic()
        devices.submit(OpenLane(id=str(n), lane=f"b{n % boards + 1}", expires_mono_s=began + 3))
        verdict = wait(str(n))
        if isinstance(verdict, CommandDone):
            waits.append(verdict.first_byte_mono_s - began)
        else:
            assert isinstance(verdict, CommandFailed)
            failed += 1
    devices.stop()
    if failed:
        print(f"    ({failed} of {COMMANDS} commands failed)")
    return waits


def pymodbus_behind_a_lock(directory: str, boards: int) -> list[float]:
    from pymodbus.client import ModbusSerialClient

    sent: list[float] = []

    def trace(sending: bool, data: bytes) -> bytes:
        if sending and data[1] == 0x05:
            sent.append(time.monotonic())
        return data

    client = ModbusSerialClient(f"{directory}/tty", baudrate=BAUD, timeout=1, trace_packet=trace)
    client.connect()
    lock, stop = threading.Lock(), threading.Event()

    def poll() -> None:
        due = time.monotonic()
        while not stop.is_set():
            for unit in range(1, boards + 1):
                with lock:
                    client.read_discrete_inputs(0, count=8, device_id=unit)
            due = max(due + 0.1, time.monotonic())
            stop.wait(due - time.monotonic())

    poller = threading.Thread(target=poll)
    poller.start()
    waits = []
    for n in range(COMMANDS):
        time.sleep(random.uniform(0.02, 0.12))
        began = time.monotonic()
        with lock:
            client.write_coil(0, True, device_id=n % boards + 1)
        waits.append(sent[-1] - began)
    stop.set()
    poller.join()
    client.close()
    return waits


def show(name: str, waits: list[float]) -> None:
    cuts = statistics.quantiles(waits, n=100)
    print(f"  {name:28} p50 {cuts[49] * 1000:7.2f} ms   p99 {cuts[98] * 1000:7.2f} ms   n {len(waits)}", flush=True)


def main() -> None:
    peers: dict[str, Callable[[str, int], list[float]]] = {
        "menwei": ours,
        "pymodbus client, one lock": pymodbus_behind_a_lock,
    }
    print(f"command to first byte, polling every 100 ms, {BAUD} baud, Python {sys.version.split()[0]}")
    for threads in (0, 2):
        for boards in (1, 4):
            print(f"{boards} board(s), {threads} busy Python threads beside:")
            for name, measure in peers.items():
                with tempfile.TemporaryDirectory() as directory, line(directory, boards), busy(threads):
                    show(name, measure(directory, boards))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--far-end"]:
        far_end(sys.argv[2], int(sys.argv[3]))
    else:
        main()
