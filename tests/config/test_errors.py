"""What a user reads when the site file is wrong: place, key, what is allowed, the nearest, in both languages."""

import re
from pathlib import Path
from typing import Any

import pytest

from config.errors import ConfigError, Problem
from config.load import load

GOOD = """\
version = 1

[web]
port = 8080

[cameras.gate]
source = "0"
lane = "gate"

[buses.b]
port = "/dev/ttyUSB0"

[boards.a]
bus = "b"

[lanes.gate]
direction = "in"
barrier = { board = "a", open_relay = 1 }
"""


def problems_of(tmp_path: Path, text: str, **more: Any) -> tuple[Problem, ...]:
    path = tmp_path / "site.toml"
    path.write_bytes(text.encode())
    with pytest.raises(ConfigError) as caught:
        load(path, **{"environ": {}, **more})
    assert no_library_words(str(caught.value))
    return caught.value.problems


def no_library_words(text: str) -> bool:
    return not re.search(
        r"pydantic|Input should|Field required|Extra inputs|permitted|valid (string|integer|number|boolean)|ctx|loc=",
        text,
    )


def only(tmp_path: Path, text: str, **more: Any) -> Problem:
    (problem,) = problems_of(tmp_path, text, **more)
    return problem


def has_both_languages(problem: Problem) -> bool:
    chinese = re.compile("[\u4e00-\u9fff]")
    return bool(
        chinese.search(problem.message_zh)
        and re.search("[a-z]{3}", problem.message_en)
        and bool(problem.remedy_zh) == bool(problem.remedy_en)
    )


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


BROKEN = {
    "unknown key": (changed("port = 8080", "prot = 8080"), 4, "web.prot", "port", "no such setting"),
    "unknown table": (GOOD + "[camera.x]\n", 19, "camera", "cameras", "no such setting"),
    "unknown table of a name used elsewhere": (GOOD + "[door.x]\n", 19, "door", "doors", "no such setting"),
    "not a time of day": (
        GOOD + '[schedules.night]\n[[schedules.night.windows]]\ndays = ["mon"]\nbegin = "9:00"\nend = "24:00"\n',
        22,
        "schedules.night.windows[0].begin",
        "",
        "not a time of day",
    ),
    "a window on no day": (
        GOOD + '[schedules.night]\nwindows = [{ days = [], begin = "09:00", end = "24:00" }]\n',
        20,
        "schedules.night.windows[0].days",
        "",
        "must not be empty",
    ),
    "not a date": (
        GOOD + '[schedules.night]\nholidays = [2026-10-01,\n "1 October"]\n',
        21,
        "schedules.night.holidays[1]",
        "",
        "a date such as 2026-10-01",
    ),
    "time for a date": (
        GOOD + "[schedules.night]\nholidays = [2026-10-01T00:00:00]\n",
        20,
        "schedules.night.holidays[0]",
        "",
        "no date or time",
    ),
    "text for a number of a map": (
        GOOD + '[passes]\ngates = { gate = "1" }\n',
        20,
        "passes.gates.gate",
        "",
        "a whole number",
    ),
    "key of another table": (changed("version = 1", "tls_cert = 'x'"), 1, "tls_cert", "web.tls_cert", "no such"),
    "key two levels down": (
        changed("open_relay = 1", "open_relais = 1, open_relay = 1"),
        18,
        "lanes.gate.barrier.open_relais",
        "open_relay",
        "no such setting",
    ),
    "wrong choice": (changed('"in"', '"inn"'), 17, "lanes.gate.direction", '"in"', 'cannot be "inn"'),
    "choice of another type": (changed('"in"', "3"), 17, "lanes.gate.direction", "", "cannot be 3"),
    "choice in a list": (
        changed('"in"', '"in"\nadmit = ["owners",\n  "anyon"]'),
        19,
        "lanes.gate.admit[1]",
        '"anyone"',
        'cannot be "anyon"',
    ),
    "number choice": (changed('USB0"', 'USB0"\nstop_bits = 3'), 12, "buses.b.stop_bits", "", "cannot be 3"),
    "number in quotes": (changed("8080", '"8080"'), 4, "web.port", "", "a whole number without quotes"),
    "switch for a number": (changed("8080", "true"), 4, "web.port", "", "expected a whole number"),
    "fraction for a whole number": (changed("8080", "80.5"), 4, "web.port", "", "found 80.5"),
    "above the range": (changed("8080", "70000"), 4, "web.port", "", "at least 0 and at most 65535"),
    "below an open range": (changed('"0"', '"0"\nfps_max = 0'), 8, "cameras.gate.fps_max", "", "greater than 0"),
    "not a number": (changed('"0"', '"0"\nfps_max = nan'), 8, "cameras.gate.fps_max", "", "finite"),
    "infinite": (changed('"0"', '"0"\nlost_after_s = inf'), 8, "cameras.gate.lost_after_s", "", "finite"),
    "too large for TOML": (changed("8080", "9" * 30), 4, "web.port", "", "too large"),
    "huge hexadecimal": (changed("8080", "0x" + "f" * 9000), 4, "web.port", "", "too large"),
    "date": (changed('"0"', '"0"\nplace = 2026-01-02'), 8, "cameras.gate.place", "", "no date or time"),
    "switch in quotes": (changed('"0"', '"0"\nloop_file = "yes"'), 8, "cameras.gate.loop_file", "", "true or false"),
    "number for text": (changed('"0"', "0"), 7, "cameras.gate.source", "", "text in quotes, found 0"),
    "empty text": (changed('"0"', '""'), 7, "cameras.gate.source", "", "must not be empty"),
    "text too long": (GOOD + f"[site]\nname = '{'x' * 81}'\n", 20, "site.name", "", "at most 80 characters"),
    "text for a list": (changed('"0"', '"0"\nduties = "plates"'), 8, "cameras.gate.duties", "", "a list [...]"),
    "list too short": (changed('"0"', '"0"\nregion = [0, 1]'), 8, "cameras.gate.region", "", "4 items"),
    "list too long": (changed('"0"', '"0"\nregion = [0,0,1,1,1]'), 8, "cameras.gate.region", "", "4 items"),
    "text in a list of numbers": (
        changed('"0"', '"0"\nregion = [0, 0, 1,\n "x"]'),
        9,
        "cameras.gate.region[3]",
        "",
        "expected a number",
    ),
    "value for a table": (changed("[web]\nport = 8080", "web = 8080"), 3, "web", "", "the table [web]"),
    "value for a map": (GOOD.split("[cam", maxsplit=1)[0] + "[x]\n", 6, "x", "", "no such setting"),
    "list for tables by name": ("[[lanes]]\ndirection = 'in'\n", 1, "lanes", "", "tables [lanes.NAME]"),
    "missing in a table": (changed('source = "0"\n', ""), 6, "cameras.gate.source", "", "is required"),
    "missing inline": (changed('board = "a", ', ""), 17 + 1, "lanes.gate.barrier.board", "", "is required"),
    "bad name of a table": (
        changed("cameras.gate", 'cameras."Gate A"'),
        6,
        'cameras."Gate A"',
        "gate-a",
        'the name "Gate A" is not allowed',
    ),
    "bad name as a value": (changed('lane = "gate"', 'lane = "大门"'), 8, "cameras.gate.lane", "", "not a proper name"),
    "later version": (changed("version = 1", "version = 2"), 1, "version", "", "version 2 is not known"),
    "NUL in a value": (changed('"0"', '"a\\u0000b"'), 7, "cameras.gate.source", "", "cannot be used"),
    "unknown time zone": (
        GOOD + '[site]\ntimezone = "Asia/Beijing"\n',
        20,
        "site.timezone",
        '"Asia/Shanghai"',
        "time zone",
    ),
}


@pytest.mark.parametrize(("text", "line", "key", "nearest", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_one_mistake_gives_one_problem_at_its_place(
    tmp_path: Path, text: str, line: int | None, key: str, nearest: str, words: str
) -> None:
    problem = only(tmp_path, text)
    assert (problem.file, problem.line) == (str(tmp_path / "site.toml"), line)
    assert problem.key == key
    assert problem.nearest == nearest
    assert words in problem.sentence("en")
    assert has_both_languages(problem)


SYNTAX = {
    "no value": ("[web]\nport =\n", 2, "not understood"),
    "word without quotes": ("[web]\nhost = localhost\n", 2, "text needs quotes"),
    "open quote": ('[site]\nname = "abc\n', 2, "quote is not closed"),
    "open multi-line quote": ('[site]\nname = """abc\n\n', 2, "quote is not closed"),
    "no equals sign": ("[web]\nport 8080\n", 2, "not followed by ="),
    "open header": ("[web\nport = 1\n", 1, "lacks its ]"),
    "open double header": ("[[web]\nport = 1\n", 1, "lacks its ]]"),
    "open list": ("[sync]\ncentrals = ['a'\n", 2, "list lacks"),
    "open inline table": ("[lanes.a]\nbarrier = { board = 'a'\n", 2, "inline table lacks"),
    "key twice": ("[web]\nport = 1\nport = 2\n", 3, "set twice"),
    "inline key twice": ("a = { b = 1, b = 2 }\n", 1, "set twice"),
    "table twice": ("[web]\nport = 1\n[web]\n", 3, "declared twice"),
    "added to an inline table": ("web = {}\nweb.x = 1\n", 2, "complete already"),
    "two on a line": ("a = 1 b = 2\n", 1, "after the value"),
    "backslash": ('a = "C:\\dev"\n', 1, "backslash"),
    "bad unicode escape": ('a = "\\u12"\n', 1, "hexadecimal"),
    "surrogate escape": ('a = "\\ud800"\n', 1, "character"),
    "bad date": ("a = 2026-02-30\n", 1, "date"),
    "no statement": ("\n\n= 1\n", 3, "key = value"),
    "full-width equals sign": ("[web]\nport ＝ 1\n", 2, "full-width sign ＝"),
    "Chinese quotes": ("[web]\nhost = “localhost”\n", 2, "full-width sign “"),
    "deep nesting": ("a = " + "[" * 60_000, None, "nested too deeply"),
    "number of many digits": ("a = " + "1" * 5000, None, "too many digits"),
}


@pytest.mark.parametrize(("text", "line", "words"), SYNTAX.values(), ids=SYNTAX.keys())
def test_text_that_is_not_toml(tmp_path: Path, text: str, line: int | None, words: str) -> None:
    problem = only(tmp_path, text)
    assert problem.line == line
    assert words in problem.sentence("en")
    assert has_both_languages(problem)


def test_a_syntax_error_tells_its_column(tmp_path: Path) -> None:
    assert only(tmp_path, "[web]\nport = @\n").place.endswith("site.toml:2:8")


def test_the_rendering_is_chinese_first_then_english(tmp_path: Path) -> None:
    problem = only(tmp_path, BROKEN["wrong choice"][0])
    assert problem.render().replace(str(tmp_path) + "/", "") == (
        'site.toml:17: lanes.gate.direction: 不能是 "inn"；可用："in"、"out"、"both"；是否想写 "in"？\n'
        '    it cannot be "inn"; allowed: "in", "out", "both"; did you mean "in"?'
    )


def test_all_problems_of_a_file_are_told_at_once_in_the_order_of_its_lines(tmp_path: Path) -> None:
    text = changed("8080", "70000").replace('"in"', '"inn"').replace('source = "0"', "sorce = 0")
    found = [(problem.line, problem.key) for problem in problems_of(tmp_path, text)]
    assert found == [
        (4, "web.port"),
        (6, "cameras.gate.source"),
        (7, "cameras.gate.sorce"),
        (17, "lanes.gate.direction"),
    ]


def test_every_message_of_an_error_stands_in_its_text(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, changed("8080", "70000").replace('"in"', '"inn"'))
    text = str(ConfigError(problems))
    for problem in problems:
        assert problem.sentence("zh") in text
        assert problem.sentence("en") in text


def test_passwords_of_addresses_never_stand_in_an_error(tmp_path: Path) -> None:
    text = changed('lane = "gate"', 'lane = "rtsp://admin:s3cr@t/x@192.0.2.1/?token=hush&x=1"')
    problem = only(tmp_path, text)
    assert problem.found == '"rtsp://admin:***@192.0.2.1/?token=***&x=1"'
    assert "s3cr" not in problem.render()
    assert "hush" not in problem.render()
