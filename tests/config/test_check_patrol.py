"""The patrol held against itself and the site's readers: each mistake at its place, with its remedy."""

import re
from pathlib import Path

import pytest

from config.errors import Severity
from tests.config.gate_site import GOOD
from tests.config.test_check import checked

PATROL = """
[patrol.guards]
p-1 = "zhang"
[patrol.points.shed]
code = "7f3a-shed"
[patrol.points.pump]
code = "c0de-pump"
[patrol.points.lobby]
kind = "reader"
reader = "card"
[patrol.routes.all]
points = [{ point = "shed" }, { point = "pump", after_s = 600 }, { point = "lobby" }]
[patrol.plans.night]
route = "all"
times = ["22:00", "02:00"]
"""


def broken(old: str, new: str) -> str:
    """The sound site with one thing changed."""
    assert PATROL.count(old) == 1, old
    return GOOD + PATROL.replace(old, new)


def test_a_sound_patrol_has_nothing_to_say(tmp_path: Path) -> None:
    assert [problem.render() for problem in checked(tmp_path, GOOD + PATROL)] == []


FOUND = {
    "two points of one code": (
        broken('"c0de-pump"', '"7f3a-shed"'),
        "error",
        "patrol.points.pump.code",
        "shed has the same",
    ),
    "a code that can be guessed": (broken('"c0de-pump"', '"pump"'), "error", "patrol.points.pump.code", "6 characters"),
    "a point without a code": (broken('code = "c0de-pump"', ""), "error", "patrol.points.pump", "6 characters"),
    "a reader that there is not": (
        broken('reader = "card"', 'reader = "cart"'),
        "error",
        "patrol.points.lobby.reader",
        "no [readers.cart]",
    ),
    "a reader's point without its reader": (
        broken('reader = "card"', ""),
        "error",
        "patrol.points.lobby",
        "needs reader",
    ),
    "a route over no point": (
        broken('point = "pump"', 'point = "pumq"'),
        "error",
        "patrol.routes.all.points[1].point",
        "no [patrol.points.pumq]",
    ),
    "a point twice in a route": (
        broken('point = "pump"', 'point = "shed"'),
        "error",
        "patrol.routes.all.points[1].point",
        "only once",
    ),
    "a point that is due after the end": (
        broken("after_s = 600", "after_s = 7200"),
        "error",
        "patrol.routes.all.points[1].after_s",
        "later than the whole route",
    ),
    "a plan over no route": (
        broken('route = "all"', 'route = "oll"'),
        "error",
        "patrol.plans.night.route",
        "no [patrol.routes.oll]",
    ),
    "a time twice": (broken('"02:00"', '"22:00"'), "error", "patrol.plans.night.times", "twice"),
    "rounds that run into each other": (
        broken('"02:00"', '"22:30"'),
        "warning",
        "patrol.plans.night.times",
        "still be under way",
    ),
    "cards of nobody": (
        broken('[patrol.guards]\np-1 = "zhang"\n', ""),
        "warning",
        "patrol.guards",
        "cards do not count",
    ),
    "a place on no plan": (
        broken('code = "c0de-pump"', 'code = "c0de-pump"\nat = [0.5, 0.5]'),
        "warning",
        "patrol.points.pump",
        "belong together",
    ),
    "a plan that there is not": (
        broken('code = "c0de-pump"', 'code = "c0de-pump"\nat = [0.5, 0.5]\nmap = "moon"'),
        "error",
        "patrol.points.pump.map",
        "no [patrol.maps.moon]",
    ),
    "a route on which nothing must be visited": (
        broken(
            'points = [{ point = "shed" }, { point = "pump", after_s = 600 }, { point = "lobby" }]',
            'points = [{ point = "shed", required = false }]',
        ),
        "warning",
        "patrol.routes.all",
        "no point of it is required",
    ),
}


@pytest.mark.parametrize(("text", "severity", "key", "words"), FOUND.values(), ids=FOUND.keys())
def test_a_mistake_is_told_at_its_place(tmp_path: Path, text: str, severity: str, key: str, words: str) -> None:
    [problem] = checked(tmp_path, text)
    assert (problem.severity, problem.key) == (Severity(severity), key)
    assert words in problem.sentence("en")
    assert re.search("[\u4e00-\u9fff]", problem.message_zh)


def test_what_is_wrong_never_shows_a_code(tmp_path: Path) -> None:
    for text, *_ in FOUND.values():
        assert "7f3a-shed" not in "".join(problem.render() for problem in checked(tmp_path, text))
