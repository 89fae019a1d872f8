"""What ``kill -9`` costs on a board that times nothing: the siren sounds until the gateway is back, and not longer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from devices.messages import LinkBack
from devices.sim.gate import SimGate
from tests.devices.rig import Heard, build, eventually
from tests.devices.test_switched import plan

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 5

OWNER = """
import sys, time
from pathlib import Path
from tests.devices.rig import Heard, build
from tests.devices.test_switched import beat, plan
from devices.messages import LinkBack

heard = Heard()
devices = build(plan(Path(sys.argv[1]), sys.argv[2]), heard)
devices.start()
heard.wait_for(LinkBack)
devices.submit(beat("1", pulse_s=10.0))
heard.verdict("1")
print("sounding", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("model", ["lcus-1", "lcus-4", "lctech-8"])
def test_a_killed_gateway_leaves_it_on_and_the_next_one_lets_it_go(tmp_path: Path, model: str) -> None:
    site = plan(tmp_path, model)
    gate = SimGate(site)
    board = gate.far_end("box")
    gate.start()
    try:
        for _ in range(ROUNDS if model == "lcus-4" else 1):
            owner = subprocess.Popen(
                [sys.executable, "-c", OWNER, str(tmp_path), model],
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE,
            )
            assert owner.stdout is not None
            assert owner.stdout.readline() == b"sounding\n"
            eventually(lambda: board.relay_on(1, time.monotonic()), "the bytes arrive")
            os.kill(owner.pid, signal.SIGKILL)
            owner.wait()
            owner.stdout.close()
            assert board.relay_on(1, time.monotonic()), "nobody else lets it go: that is why nothing moves by it"
            heard = Heard()
            devices = build(site, heard)
            devices.start()
            heard.wait_for(LinkBack)
            eventually(lambda: not board.relay_on(1, time.monotonic()), "the next gateway lets it go")
            devices.stop()
    finally:
        gate.stop()
