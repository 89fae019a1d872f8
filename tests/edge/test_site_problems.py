"""``menwei check`` says what a start would say, and says it once."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from config.errors import errors_only
from config.last_good import load_or_last_good, save_last_good
from config.load import load
from devices.catalog import build
from devices.errors import Unsuitable
from edge.cli.main import cli
from edge.cli.tools import problems_of
from edge.run.site_problems import site_problems

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

DISPLAY = '[displays.d]\nport = "tty-d"\nlane = "gate"\nparameters = { nonsense = 1 }\n'

BROKEN = {
    "board of no bus": ('[boards.a]\nbus = "b"', '[boards.a]\nbus = "x"', "boards.a.bus"),
    "unknown model": ('model = "lctech-8"', 'model = "lctech-9"', "boards.old.model"),
    "barrier on no board": ('board = "a", open', 'board = "x", open', "lanes.gate.barrier.board"),
    "barrier on a board without pulses": ('board = "a", open', 'board = "old", open', "lanes.gate.barrier.board"),
    "relay that the board lacks": ("open_relay = 1", "open_relay = 9", "lanes.gate.barrier.open_relay"),
    "lock on a board without pulses": ('board = "a", relay', 'board = "old", relay', "doors.lobby.lock.board"),
    "parameter that the display does not know": ("[doors.lobby]", DISPLAY + "[doors.lobby]", "displays.d.parameters"),
    "input that the board lacks": ("channel = 1", "channel = 9", "lanes.gate.inputs.up_limit.channel"),
}


def loaded(tmp_path: Path, text: str) -> tuple[Path, list[str]]:
    file = tmp_path / "site.toml"
    file.write_text(text, encoding="utf-8")
    site = load(file, environ={})
    return file, [p.key for p in errors_only(problems_of(site))]


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


def test_a_site_that_its_devices_refuse_runs_as_the_last_good_one(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text(GOOD, encoding="utf-8")
    good, trouble = load_or_last_good(file, environ={}, find=problems_of)
    assert trouble is None
    save_last_good(good)
    file.write_text(GOOD + DISPLAY, encoding="utf-8")
    again, trouble = load_or_last_good(file, environ={}, find=problems_of)
    assert (again.site, trouble is not None) == (good.site, True)


READERS = {
    "no port": ('kind = "keypad"\n', ["readers.r"]),
    "port of a bus": ('kind = "keypad"\nport = "tty"\n', ["readers.r.port"]),
    "two speeds on one line": (
        'kind = "osdp"\nport = "p"\n[readers.s]\ndoor = "lobby"\nkind = "osdp"\nport = "p"\naddress = 1\nbaud = 1200\n',
        ["readers.s.port"],
    ),
    "one address twice": (
        'kind = "osdp"\nport = "p"\n[readers.s]\ndoor = "lobby"\nkind = "osdp"\nport = "p"\n',
        ["readers.s.address"],
    ),
}


@pytest.mark.parametrize(("text", "keys"), READERS.values(), ids=READERS.keys())
def test_what_is_wrong_with_a_reader_is_said_once(tmp_path: Path, text: str, keys: list[str]) -> None:
    assert loaded(tmp_path, f'{GOOD}[readers.r]\ndoor = "lobby"\n{text}')[1] == keys
