"""From the site file to buses: what is refused at start, and where a command ends up."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from config.check import check
from config.load import load
from config.model import Site
from devices.catalog import build, problems
from devices.errors import Unsuitable
from devices.messages import CloseLane, CommandDone, CommandFailed, FailReason, LinkBack
from devices.relay_board import BOARDS
from tests.devices.rig import Heard, open_lane, running, site


def close_lane(command_id: str) -> CloseLane:
    return CloseLane(id=command_id, lane="east-in", expires_mono_s=time.monotonic() + 20)


BARRIER = {"board": "gates", "open_relay": 1, "close_relay": 2, "pulse_s": 2.0}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"board": {"model": "waveshare-80"}}, r"boards\.gates\.model: 未知型号 waveshare-80"),
        ({"board": {"bus": "mian"}}, r"boards\.gates\.bus: 没有名为 mian 的串口"),
        ({"lane": {"barrier": {"board": "gtaes", "open_relay": 1}}}, r"lanes\.east-in\.barrier\.board: .*gtaes"),
        ({"lane": {"barrier": {"board": "gates", "open_relay": 9}}}, r"has only 8 relays"),
        ({"lane": {"barrier": BARRIER | {"close_relay": 9}, "closing": "gateway"}}, r"has only 8 relays"),
        ({"lane": {"inputs": {"safety": {"board": "gates", "channel": 9}}}}, r"inputs\.safety\.channel: .*8 inputs"),
        ({"fire": {"input": {"board": "hall", "channel": 1}}}, r"fire\.input\.board: .*no board"),
        ({"board": {"model": "lctech-8"}}, r"does not time its pulses.* use waveshare-8"),
    ],
)
def test_what_a_board_cannot_do_is_said_at_start(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Unsuitable, match=said):
        build(site(tmp_path, **changes), Heard())


def test_a_good_site_has_no_problems(tmp_path: Path) -> None:
    assert problems(site(tmp_path)) == ()


def test_a_site_without_devices_starts_and_knows_no_lane() -> None:
    heard = Heard()
    devices = build(Site(), heard)
    devices.start()
    devices.submit(open_lane("1", "nowhere"))
    devices.stop()
    failed = heard.verdict("1")
    assert isinstance(failed, CommandFailed)
    assert (failed.reason, failed.device) == (FailReason.UNKNOWN_LANE, "nowhere")


@pytest.mark.parametrize("lane", [{}, {"barrier": BARRIER}], ids=["no relay", "the barrier closes by itself"])
def test_closing_is_not_ours_unless_the_site_says_so(tmp_path: Path, lane: dict[str, Any]) -> None:
    with running(site(tmp_path, lane=lane)) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        devices.submit(close_lane("1"))
        failed = heard.verdict("1")
        assert isinstance(failed, CommandFailed)
        assert failed.reason is FailReason.UNKNOWN_LANE
        assert sum(gate.board("gates").ons) == 0


def test_a_gateway_that_owns_closing_pulses_the_close_relay(tmp_path: Path) -> None:
    plan = site(tmp_path, lane={"barrier": BARRIER, "closing": "gateway"})
    with running(plan) as (devices, gate, heard):
        heard.wait_for(LinkBack)
        devices.submit(close_lane("1"))
        assert isinstance(heard.verdict("1"), CommandDone)
        assert gate.board("gates").ons[:2] == [0, 1]


def test_two_buses_fail_apart(tmp_path: Path) -> None:
    buses = {name: {"port": tmp_path / name} for name in ("north", "south")}
    boards = {name: {"bus": name, "poll_ms": 50} for name in buses}
    lanes = {name: {"barrier": {"board": name, "open_relay": 1, "pulse_s": 2.0}} for name in buses}
    with running(site(tmp_path, buses=buses, boards=boards, lanes=lanes)) as (devices, gate, heard):
        heard.wait_for(LinkBack, lambda r: r.board == "north")
        heard.wait_for(LinkBack, lambda r: r.board == "south")
        gate.unplug("north")
        devices.submit(open_lane("s", "south"))
        assert isinstance(heard.verdict("s"), CommandDone)
        assert set(devices.counters()) == {"north", "south"}


def test_every_model_and_every_reason_is_in_the_guide() -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs" / "devices.md").read_text(encoding="utf-8")
    assert [model for model in BOARDS if guide.count(f"| `{model}` |") != 2] == []
    assert [reason for reason in FailReason if f"`{reason}`" not in guide] == []


def test_the_examples_in_the_guide_are_accepted(tmp_path: Path) -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs" / "devices.md").read_text(encoding="utf-8")
    blocks = guide.split("```toml\n")[1:]
    bus, own, display, turnstile = (block.split("```")[0] for block in blocks)
    text = f"{bus}\n{own}\n{display}\n{turnstile}".replace(
        '[boards.east]\nbus = "gates"\nmodel = "waveshare-8"\nunit = 1\n', ""
    )
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    loaded = load(path, environ={})
    assert [problem for problem in check(loaded.site, loaded.origins) if problem.severity == "error"] == []
    assert problems(loaded.site) == ()
