"""A full disk must not lock people in: the gate opens, the page says so, and nothing acknowledged is lost."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site.gateway import SITE, eventually, running

DISK_MB = 24


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of its own, a few megabytes large."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small file system needs root / 挂载小文件系统需要 root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take every free byte."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as out:
        try:
            while True:
                out.write(b"\0" * 65536)
        except OSError:
            pass
    return filler


def test_a_full_disk_keeps_the_gate_working_and_the_log_whole(tmp_path: Path, small_disk: Path) -> None:
    text = SITE.replace('data_dir = "data"', f'data_dir = "{small_disk / "data"}"')
    with running(tmp_path, text) as gateway:
        gateway.wait_lane("closed")
        board = gateway.street.board("box")
        filler = fill(small_disk)
        told = False
        for number in range(400):  # until the log's own reserve is used up
            pulses = board.ons[0]
            status, _ = gateway.guard.post("/v1/lanes/east/open", {"reason": f"full {number} " + "x" * 150})
            assert status == 200
            eventually(lambda before=pulses: board.ons[0] > before, "the relay pulses with a full disk", 20)
            fill(small_disk)
            if not gateway.state()["log"]["ok"]:
                told = True
                break
        assert told, "the page never said that the log cannot be written"
        assert "log.trouble" in [alarm["kind"] for alarm in gateway.state()["alarms"]]
        filler.unlink()
        eventually(lambda: gateway.state()["log"]["ok"], "the log can be written again")
        eventually(lambda: "log.restored" in gateway.kinds(), "its return is on record")
        reasons = [e.data()["reason"].split(" x")[0] for e in gateway.events("operator.opened")]
        assert reasons == [f"full {n}" for n in range(number + 1)]
