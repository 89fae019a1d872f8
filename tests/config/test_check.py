"""Settings held against each other: what stops a start and what is only said."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from config.check import check
from config.errors import Problem, Severity, errors_only
from config.load import load
from tests.config.gate_site import line_of

# A sound site; the tests break one thing each.
GOOD = """\
[web]
host = "127.0.0.1"
[cameras.c]
source = "0"
lane = "gate"
[buses.b]
port = "/dev/ttyUSB0"
[boards.a]
bus = "b"
[lanes.gate]
closing = "gateway"
barrier = { board = "a", open_relay = 1, close_relay = 2 }
[lanes.gate.inputs]
up_limit = { board = "a", channel = 1 }
down_limit = { board = "a", channel = 2 }
safety = { board = "a", channel = 3, normally = "closed" }
[lanes.walk]
kind = "person"
barrier = { board = "a", open_relay = 3 }
[fire]
input = { board = "a", channel = 8, normally = "closed" }
"""


def checked(tmp_path: Path, text: str) -> list[Problem]:
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    loaded = load(path, environ={})
    return check(loaded.site, loaded.origins)


def assert_error(tmp_path: Path, text: str, blamed: str, key: str, nearest: str, words: str) -> None:
    """The text has this one error, at the line of ``blamed``, told in both languages with or without a remedy."""
    (problem,) = errors_only(checked(tmp_path, text))
    assert (problem.key, problem.nearest) == (key, nearest)
    assert problem.line == line_of(text, blamed)
    assert words in problem.sentence("en")
    assert re.search("[\u4e00-\u9fff]", problem.message_zh)
    assert bool(problem.remedy_zh) == bool(problem.remedy_en)


def assert_warning(tmp_path: Path, text: str, blamed: str, key: str, words: str) -> None:
    """The text has nothing but this warning, at the line of ``blamed``, told in both languages."""
    (problem,) = checked(tmp_path, text)
    assert (problem.severity, problem.key, problem.line) == (Severity.WARNING, key, line_of(text, blamed))
    assert words in problem.sentence("en")
    assert re.search("[\u4e00-\u9fff]", problem.message_zh)


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def without(*lines: str) -> str:
    kept = [line for line in GOOD.splitlines() if not any(line.startswith(gone) for gone in lines)]
    return "\n".join(kept) + "\n"


def test_a_sound_site_has_nothing_to_mend(tmp_path: Path) -> None:
    assert checked(tmp_path, GOOD) == []


def test_an_empty_site_has_nothing_to_mend(tmp_path: Path) -> None:
    assert checked(tmp_path, "") == []


ERRORS = {
    "camera of no lane": (changed('lane = "gate"', 'lane = "gates"'), 5, "cameras.c.lane", "gate", "no [lanes.gates]"),
    "board of no bus": (changed('bus = "b"', 'bus = "bb"'), 9, "boards.a.bus", "b", "no [buses.bb]"),
    "barrier of no board": (
        changed('"a", open_relay = 3', '"x", open_relay = 3'),
        19,
        "lanes.walk.barrier.board",
        "",
        "no [boards.x]",
    ),
    "input of no board": (
        changed('"a", channel = 1', '"ab", channel = 1'),
        14,
        "lanes.gate.inputs.up_limit.board",
        "a",
        "no [boards.ab]",
    ),
    "fire of no board": (changed('"a", channel = 8', '"x", channel = 8'), 21, "fire.input.board", "", "no [boards.x]"),
    "fire of no lane": (GOOD + 'lanes = ["walk", "gote"]\n', 22, "fire.lanes[1]", "gate", "no [lanes.gote]"),
    "unknown model": (
        changed('bus = "b"', 'bus = "b"\nmodel = "waveshar-8"'),
        10,
        "boards.a.model",
        "waveshare-8",
        "no board model",
    ),
    "barrier on a board that times no pulses": (
        GOOD.replace('"a", open_relay = 3', '"l", open_relay = 3')
        + '[boards.l]\nbus = "b"\nunit = 2\nmodel = "lctech-8"\n',
        19,
        "lanes.walk.barrier.board",
        "",
        "could stay on for ever",
    ),
    "two boards of one address": (GOOD + '[boards.z]\nbus = "b"\n', 22, "boards.z.unit", "", "boards.a has unit"),
    "relay twice": (
        changed("open_relay = 3", "open_relay = 1"),
        19,
        "lanes.walk.barrier.open_relay",
        "",
        "relay 1 of a is used by lanes.gate.barrier.open_relay",
    ),
    "open and close by one relay": (
        changed("close_relay = 2", "close_relay = 1"),
        12,
        "lanes.gate.barrier.close_relay",
        "",
        "lanes.gate.barrier.open_relay",
    ),
    "input twice": (
        changed("channel = 8", "channel = 3"),
        21,
        "fire.input.channel",
        "",
        "lanes.gate.inputs.safety",
    ),
    "one input, open here and closed there": (
        GOOD
        + '[lanes.x]\nbarrier = { board = "a", open_relay = 7 }\n'
        + 'inputs.safety = { board = "a", channel = 3, normally = "open" }\n',
        24,
        "lanes.x.inputs.safety.channel",
        "",
        "means something else",
    ),
    "relay that the board lacks": (
        changed("open_relay = 3", "open_relay = 9"),
        19,
        "lanes.walk.barrier.open_relay",
        "",
        "relays 1 to 8 only",
    ),
    "input that the board lacks": (
        changed("channel = 8", "channel = 9"),
        21,
        "fire.input.channel",
        "",
        "inputs 1 to 8 only",
    ),
    "two buses on one port": (
        GOOD + '[buses.z]\nport = "/dev/../dev/ttyUSB0"\n',
        23,
        "buses.z.port",
        "",
        "buses.b owns this port",
    ),
    "inputs stale before they are read": (
        changed('bus = "b"', 'bus = "b"\nstale_s = 0.1'),
        10,
        "boards.a.stale_s",
        "",
        "always unknown",
    ),
    "closing without the safety input": (without("safety"), 11, "lanes.gate.closing", "", "inputs.safety"),
    "closing without an upper limit": (without("up_limit"), 11, "lanes.gate.closing", "", "inputs.up_limit"),
    "closing without a lower limit": (without("down_limit"), 11, "lanes.gate.closing", "", "inputs.down_limit"),
    "closing without a relay": (
        changed(", close_relay = 2", ""),
        11,
        "lanes.gate.closing",
        "",
        "barrier.close_relay",
    ),
    "demanding a loop that is not wired": (
        changed('closing = "gateway"', 'closing = "gateway"\nrequire_approach = true'),
        12,
        "lanes.gate.require_approach",
        "",
        "never open by itself",
    ),
    "walkway left out in a fire": (GOOD + 'lanes = ["gate"]\n', 22, "fire.lanes", "", "walkway walk is left out"),
    "walkway left out of an empty list": (GOOD + "lanes = []\n", 22, "fire.lanes", "", "walkway walk"),
    "line monitor alone": (changed("input = {", "line_ok = {"), 21, "fire.line_ok", "", "fire.input is not wired"),
    "region the wrong way round": (
        changed('source = "0"', 'source = "0"\nregion = [0.5, 0, 0.5, 1]'),
        5,
        "cameras.c.region",
        "",
        "0 <= x1 < x2 <= 1",
    ),
    "region in pixels": (
        changed('source = "0"', 'source = "0"\nregion = [0, 0, 1920, 1080]'),
        5,
        "cameras.c.region",
        "",
        "not pixels",
    ),
    "frames rarer than the alarm": (
        changed('source = "0"', 'source = "0"\nfps_max = 0.1'),
        3,
        "cameras.c.lost_after_s",
        "",
        "alarm all the time",
    ),
    "certificate without key": (changed("[web]", "[web]\ntls_cert = 'c'"), 2, "web.tls_cert", "", "tls_key is missing"),
    "key without certificate": (changed("[web]", "[web]\ntls_key = 'c'"), 2, "web.tls_key", "", "tls_cert is missing"),
}


@pytest.mark.parametrize(("text", "line", "key", "nearest", "words"), ERRORS.values(), ids=ERRORS.keys())
def test_an_error_stops_the_start(tmp_path: Path, text: str, line: int, key: str, nearest: str, words: str) -> None:
    (problem,) = errors_only(checked(tmp_path, text))
    assert (problem.key, problem.line, problem.nearest) == (key, line, nearest)
    assert problem.file == str(tmp_path / "site.toml")
    assert words in problem.sentence("en")
    assert re.search("[\u4e00-\u9fff]", problem.message_zh)


WARNINGS = {
    "safety on a normally-open contact": (
        changed(', channel = 3, normally = "closed"', ", channel = 3"),
        16,
        "lanes.gate.inputs.safety.normally",
    ),
    "fire on a normally-open contact": (
        changed(', channel = 8, normally = "closed"', ", channel = 8"),
        21,
        "fire.input.normally",
    ),
    "walkway without a fire input": (without("input ="), 20, "fire"),
    "one source twice": (GOOD + '[cameras.d]\nsource = "0"\nlane = "walk"\n', 23, "cameras.d.source"),
    "camera that opens nothing": (changed('lane = "gate"\n', ""), 3, "cameras.c"),
    "closing relay that nobody uses": (changed('closing = "gateway"\n', ""), 11, "lanes.gate.barrier.close_relay"),
    "open to the network without HTTPS": (changed("127.0.0.1", "0.0.0.0"), 2, "web.host"),
    "open by name without HTTPS": (changed("127.0.0.1", "gate.example"), 2, "web.host"),
    "one loop for two lanes": (
        GOOD
        + '[lanes.x]\nbarrier = { board = "a", open_relay = 7 }\n'
        + 'inputs.safety = { board = "a", channel = 3, normally = "closed" }\n',
        24,
        "lanes.x.inputs.safety.channel",
    ),
}


@pytest.mark.parametrize(("text", "line", "key"), WARNINGS.values(), ids=WARNINGS.keys())
def test_a_warning_lets_the_site_start(tmp_path: Path, text: str, line: int, key: str) -> None:
    (problem,) = checked(tmp_path, text)
    assert (problem.severity, problem.key, problem.line) == (Severity.WARNING, key, line)
    assert "警告 warning: " in problem.render()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace("127.0.0.1", "::1"), id="IPv6 loopback"),
        pytest.param(lambda text: text.replace("127.0.0.1", "localhost"), id="localhost"),
        pytest.param(lambda text: text.replace("127.0.0.1", "127.8.8.8"), id="another loopback address"),
        pytest.param(
            lambda text: text.replace('"127.0.0.1"', '"0.0.0.0"\ntls_cert = "c"\ntls_key = "k"'), id="HTTPS everywhere"
        ),
        pytest.param(lambda text: text + 'lanes = ["walk"]\n', id="cars may be left out of the fire lanes"),
        pytest.param(lambda text: text.replace('lane = "gate"', 'lane = "walk"'), id="a lane that no camera sees"),
        pytest.param(lambda text: text + '[boards.z]\nbus = "b"\nunit = 2\n', id="two boards on a bus"),
        pytest.param(
            lambda text: (
                text.replace('"a", channel = 8', '"z", channel = 8')
                + '[boards.z]\nbus = "b"\nunit = 2\nmodel = "lctech-8"\n'
            ),
            id="inputs on a board that times no pulses",
        ),
    ],
)
def test_what_is_fine_is_not_talked_about(tmp_path: Path, change: Callable[[str], str]) -> None:
    assert checked(tmp_path, change(GOOD)) == []


def test_errors_come_before_warnings_and_none_hides_another(tmp_path: Path) -> None:
    text = changed("127.0.0.1", "0.0.0.0").replace('bus = "b"', 'bus = "nope"') + "lanes = []\n"
    found = [(problem.severity, problem.key) for problem in checked(tmp_path, text)]
    assert found == [
        (Severity.ERROR, "boards.a.bus"),
        (Severity.ERROR, "fire.lanes"),
        (Severity.WARNING, "web.host"),
    ]


def test_a_site_without_origins_is_checked_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(ERRORS["relay twice"][0], encoding="utf-8")
    (problem,) = check(load(path, environ={}).site)
    assert problem.key == "lanes.walk.barrier.open_relay"
    assert problem.line is None
