"""Every fault is one clear event or error, and the rest of the gateway goes on."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from config.load import load
from tests.site.gateway import ROOT, SITE, Gateway, eventually, running

TWO_LANES = (
    SITE
    + """
[buses.other]
port = "tty-missing"
[boards.other]
bus = "other"
[lanes.west]
[lanes.west.barrier]
board = "other"
open_relay = 1
"""
)


def test_a_missing_device_is_one_event_and_the_other_lane_works(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, TWO_LANES)
    gateway.street.start()
    gateway.street.unplug("other")
    try:
        gateway.start()
        gateway.wait_lane("closed", name="east")
        eventually(lambda: gateway.kinds("link.lost"), "the missing port is told")
        assert gateway.lane("west")["state"] == "offline"
        assert gateway.guard.post("/v1/lanes/east/open", {"reason": "x"})[0] == 200
        assert [e.source for e in gateway.events("link.lost")] == ["board:other"]
    finally:
        gateway.kill()
        gateway.street.stop()


def test_a_broken_site_file_is_refused_with_its_line_when_there_is_no_good_copy(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.file.write_text(SITE.replace("open_relay", "open_rely"), encoding="utf-8")
    gateway.spawn()
    assert gateway.process is not None
    assert gateway.process.wait(60) == 3
    eventually(lambda: any("open_rely" in line for line in gateway.output), "the mistake is named")
    text = "".join(gateway.output)
    line = SITE[: SITE.index("open_relay")].count("\n") + 1
    assert f"site.toml:{line}: lanes.east.barrier.open_rely" in text
    assert "did you mean open_relay?" in text
    gateway.kill()


def test_a_broken_site_file_after_a_good_start_runs_the_last_good_one_under_a_banner(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        gateway.wait_lane("closed")
        assert gateway.stop() == 0
        gateway.file.write_text(SITE.replace("open_relay", "open_rely"), encoding="utf-8")
        gateway.start()
        gateway.wait_lane("closed")
        assert "lanes.east.barrier.open_re" in gateway.state()["banner"]["en"]
        assert "config.fallback" in gateway.kinds()
        assert gateway.guard.post("/v1/lanes/east/open", {"reason": "x"})[0] == 200


def test_a_taken_port_is_one_sentence_and_exit_status_1(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        gateway = Gateway(tmp_path, SITE.replace("port = 0", f"port = {port}"))
        gateway.spawn()
        assert gateway.process is not None
        assert gateway.process.wait(60) == 1
        gateway.kill()
    assert str(port) in "".join(gateway.output)
    assert "Traceback" not in "".join(gateway.output)


def test_a_second_gateway_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        second = Gateway(tmp_path)
        second.spawn()
        assert second.process is not None
        assert second.process.wait(60) == 1
        second.kill()
        assert "Traceback" not in "".join(second.output)
        gateway.wait_lane("closed")


def test_a_dead_camera_is_told_once_and_the_lane_goes_on(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts nothing, says nothing
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/x.mjpg"
        text = SITE + f'[cameras.east]\nsource = "{address}"\nlane = "east"\nopen_timeout_s = 1\nlost_after_s = 1\n'
        with running(tmp_path, text) as gateway:
            gateway.wait_lane("closed")
            eventually(lambda: gateway.kinds("camera.lost"), "the dead camera is told")
            assert gateway.guard.post("/v1/lanes/east/open", {"reason": "x"})[0] == 200
            eventually(lambda: gateway.street.barrier("east").up_limit, "the arm is up")
            assert gateway.kinds("camera.") == ["camera.lost"]


def variable(name: str) -> str:
    return name.upper().replace("-", "_")


EXAMPLES = sorted((ROOT / "config/examples").rglob("*.toml"))


@pytest.mark.parametrize(
    "example", [p for p in EXAMPLES if "conf.d" not in p.parts], ids=lambda p: p.relative_to(ROOT).as_posix()
)
def test_example_sites_start_on_simulators(example: Path, tmp_path: Path) -> None:
    text = example.read_text(encoding="utf-8")
    for extra in sorted((example.parent / "conf.d").glob("*.toml")):
        (tmp_path / "conf.d").mkdir(exist_ok=True)
        (tmp_path / "conf.d" / extra.name).write_text(extra.read_text(encoding="utf-8"), encoding="utf-8")
    plan = load(example, environ={}).site
    environ = {
        f"MENWEI__BUSES__{name.upper().replace('-', '_')}__PORT": str(tmp_path / f"tty-{name}") for name in plan.buses
    }
    environ |= {
        "MENWEI__WEB__PORT": "0",
        "MENWEI__WEB__HOST": "127.0.0.1",
        "MENWEI__SITE__DATA_DIR": str(tmp_path / "d"),
    }
    environ |= {
        f"MENWEI__{table}__{variable(name)}__PORT": str(tmp_path / f"tty-{table.lower()}-{name}")
        for table, parts in (("READERS", plan.readers), ("DISPLAYS", plan.displays))
        for name in parts
        if parts[name].port is not None
    }
    dead = {
        f"MENWEI__CAMERAS__{name.upper().replace('-', '_')}__SOURCE": str(tmp_path / "none") for name in plan.cameras
    }
    with running(tmp_path, text, **environ, **dead) as gateway:
        for lane in gateway.site.lanes:
            gateway.wait_lane("closed", name=lane)
        absent = [f"reader:{name}" for name in gateway.site.readers]
        eventually(lambda: len(gateway.kinds("reader.lost")) >= len(absent), "absent readers are told")
        assert gateway.stop() == 0
        # Each absent port or key is one event, and nothing else goes wrong.
        assert sorted(e.source for e in gateway.events("reader.lost")) == sorted(absent)
        assert gateway.kinds("internal.") == []
