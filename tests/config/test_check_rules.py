"""Schedules, passes, rules and the ledger, held against the rest of a site."""

import re
from pathlib import Path

import pytest

from tests.config.gate_site import GOOD, changed
from tests.config.test_check import assert_error, assert_warning, checked

# What was broken: the text, the table and setting that is blamed, the dotted key, the nearest name, words of it.
ERRORS = {
    "window of no length": (
        changed('end = "18:00"', 'end = "08:00"'),
        "schedules.office.windows",
        "schedules.office.windows[0].end",
        "",
        "all day or never",
    ),
    "number of no gate": (
        changed("shop = 64", "shap = 64"),
        "passes.gates",
        "passes.gates.shap",
        "shop",
        'no lane or door "shap"',
    ),
    "number above 64": (
        changed("shop = 64", "shop = 65"),
        "passes.gates",
        "passes.gates.shop",
        "",
        "between 1 and 64",
    ),
    "number below 1": (changed("shop = 64", "shop = 0"), "passes.gates", "passes.gates.shop", "", "between 1 and 64"),
    "number twice": (
        changed("shop = 64", "shop = 1"),
        "passes.gates",
        "passes.gates.shop",
        "",
        "gate has number 1 already",
    ),
    "number of a name that is lane and door": (
        GOOD + '[doors.gate]\nlock = { board = "d", relay = 4 }\n',
        "passes.gates",
        "passes.gates.gate",
        "",
        "both called",
    ),
    "first person at no door": (
        changed('first_person_in = ["shop"]', 'first_person_in = ["gate"]'),
        "rules.first_person_in",
        "rules.first_person_in[0]",
        "",
        "no [doors.gate]",
    ),
    "two people at no door": (
        changed('two_person = ["inner"]', 'two_person = ["inna"]'),
        "rules.two_person",
        "rules.two_person[0]",
        "inner",
        "no [doors.inna]",
    ),
    "ledger entry of nothing": (
        changed('device = "lane:gate"', 'device = "lane:gata"'),
        "equipment.arm.device",
        "equipment.arm.device",
        "lane:gate",
        'no device "lane:gata"',
    ),
    "ledger entry of an unknown kind": (
        changed('device = "lane:gate"', 'device = "siren"'),
        "equipment.arm.device",
        "equipment.arm.device",
        "siren:yard",
        "KIND:NAME",
    ),
}


@pytest.mark.parametrize(("text", "blamed", "key", "nearest", "words"), ERRORS.values(), ids=ERRORS.keys())
def test_an_error_stops_the_start(tmp_path: Path, text: str, blamed: str, key: str, nearest: str, words: str) -> None:
    assert_error(tmp_path, text, blamed, key, nearest, words)


WARNINGS = {
    "schedule that never holds": (GOOD + "[schedules.never]\n", "schedules.never", "schedules.never", "never holds"),
    "pass keys without a gate": (
        changed("gates = { gate = 1, shop = 64 }\n", ""),
        "passes.public_keys",
        "passes.public_keys",
        "opens anything",
    ),
}


@pytest.mark.parametrize(("text", "blamed", "key", "words"), WARNINGS.values(), ids=WARNINGS.keys())
def test_a_warning_lets_the_site_start(tmp_path: Path, text: str, blamed: str, key: str, words: str) -> None:
    assert_warning(tmp_path, text, blamed, key, words)


def test_a_lane_that_opens_by_an_unknown_schedule_names_the_nearest(tmp_path: Path) -> None:
    lane = re.search(r"\[lanes\.([a-z0-9-]+)\]\n", GOOD)
    assert lane is not None
    broken = GOOD.replace(lane[0], lane[0] + 'open_during = "ofice"\n', 1)
    [problem] = [p for p in checked(tmp_path, broken) if p.key == f"lanes.{lane[1]}.open_during"]
    assert problem.nearest == "office"
