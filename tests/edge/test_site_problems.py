"""``menwei check`` says what a start would say, and says it once."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from config.errors import errors_only
from config.load import load
from devices.catalog import build
from devices.catalog import problems as device_problems
from devices.errors import Unsuitable
from edge.cli import cli
from edge.site_problems import site_problems

GOOD = """\
[buses.b]
port = "tty"
[boards.a]
bus = "b"
[boards.old]
bus = "b"
unit = 2
model = "lctech-8"
[lanes.gate]
barrier = { board = "a", open_relay = 1 }
inputs.up_limit = { board = "a", channel = 1 }
[doors.lobby]
lock = { board = "a", relay = 2 }
escape_route = false
"""

BROKEN = {
    "board of no bus": ('[boards.a]\nbus = "b"', '[boards.a]\nbus = "x"', "boards.a.bus"),
    "unknown model": ('model = "lctech-8"', 'model = "lctech-9"', "boards.old.model"),
    "barrier on no board": ('board = "a", open', 'board = "x", open', "lanes.gate.barrier.board"),
    "barrier on a board without pulses": ('board = "a", open', 'board = "old", open', "lanes.gate.barrier.board"),
    "relay that the board lacks": ("open_relay = 1", "open_relay = 9", "lanes.gate.barrier.open_relay"),
    "input that the board lacks": ("channel = 1", "channel = 9", "lanes.gate.inputs.up_limit.channel"),
}


def loaded(tmp_path: Path, text: str) -> tuple[Path, list[str]]:
    file = tmp_path / "site.toml"
    file.write_text(text, encoding="utf-8")
    site = load(file, environ={})
    return file, [p.key for p in errors_only(site_problems(site, device_problems(site.site)))]


@pytest.mark.parametrize(("old", "new", "key"), BROKEN.values(), ids=BROKEN.keys())
def test_what_stops_a_start_is_an_error_of_the_check_said_once(tmp_path: Path, old: str, new: str, key: str) -> None:
    assert old in GOOD
    file, keys = loaded(tmp_path, GOOD.replace(old, new))
    assert keys == [key]
    with pytest.raises(Unsuitable):
        build(load(file, environ={}).site, lambda report: None)
    result = CliRunner().invoke(cli, ["check", str(file)])
    assert result.exit_code == 3
    assert result.output.count(f"{key}: ") == 1


def test_a_sound_site_passes_both(tmp_path: Path) -> None:
    file, keys = loaded(tmp_path, GOOD)
    assert keys == []
    assert build(load(file, environ={}).site, lambda report: None).counters().keys() == {"b"}
    assert CliRunner().invoke(cli, ["check", str(file)]).exit_code == 0


def test_what_only_the_devices_know_is_an_error_at_its_line(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text(GOOD, encoding="utf-8")
    [problem] = site_problems(load(file, environ={}), ["boards.old.model: 不能用 / it cannot be used"])
    assert (problem.line, problem.severity) == (8, "error")
    assert problem.render() == f"{file}:8: boards.old.model: 不能用\n    it cannot be used"
