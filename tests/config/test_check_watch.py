"""Facades and zones as an installer may draw them wrong: each mistake is named with its place and its remedy."""

from __future__ import annotations

from typing import Any

import pytest

from config.check import check
from config.errors import Problem
from config.model import Site

LINES = [
    {"floor": 0, "points": [[0.1, 0.95], [0.9, 0.95]]},
    {"floor": 1, "points": [[0.12, 0.85], [0.88, 0.86]]},
    {"floor": 9, "points": [[0.3, 0.1], [0.7, 0.1]]},
]
ZONE = {"kind": "lane", "polygon": [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]]}
NIGHT = {"night": {"windows": [{"days": ["mon"], "begin": "22:00", "end": "06:00"}]}}


def problems(*, lines: Any = LINES, zone: Any = None, **camera: Any) -> list[Problem]:
    """Of a site with one camera that watches a tower and a lane, changed."""
    made = {
        "source": "rtsp://tower/1",
        "duties": ["throwing", "zones"],
        "facade": {"floor_lines": lines},
        "zones": {"north": ZONE | (zone or {})},
    } | camera
    kept = {name: value for name, value in made.items() if value is not None}
    return check(Site.model_validate({"cameras": {"tower": kept}, "schedules": NIGHT}))


def test_a_camera_that_is_set_up_well_has_nothing_to_say() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("changed", "key", "words"),
    [
        ({"facade": None}, "cameras.tower.duties", "no facade is marked"),
        ({"zones": {}}, "cameras.tower.duties", "none is drawn"),
        ({"zone": {"during": "nigt"}}, "cameras.tower.zones.north.during", "nigt"),
        (
            {"zone": {"polygon": [[0.2, 0.2], [0.8, 0.8], [0.8, 0.2], [0.2, 0.8]]}},
            "cameras.tower.zones.north.polygon",
            "sides of the polygon cross",
        ),
        (
            {"zone": {"polygon": [[1.2, 0.2], [1.8, 0.2], [1.8, 0.8]]}},
            "cameras.tower.zones.north.polygon",
            "outside of the picture",
        ),
        (
            {"zone": {"polygon": [[0.2, 0.2], [0.5, 0.5], [0.8, 0.8]]}},
            "cameras.tower.zones.north.polygon",
            "no extent",
        ),
        (
            {"facade": {"floor_lines": LINES, "masks": [[[0, 0], [1, 1], [1, 0], [0, 1]]]}},
            "cameras.tower.facade.masks[0]",
            "cross",
        ),
        (
            {"lines": [LINES[0], {"floor": 1, "points": [[0.12, 0.85], [0.88, 0.99]]}]},
            "cameras.tower.facade.floor_lines[1].points",
            "floor lines 1 and 0 cross",
        ),
        (
            {"lines": [LINES[0], {"floor": 2, "points": [[0.1, 0.97], [0.9, 0.98]]}]},
            "cameras.tower.facade.floor_lines[1].floor",
            "floor line 2 lies below line 0",
        ),
        ({"lines": [*LINES, LINES[1]]}, "cameras.tower.facade.floor_lines", "marked twice"),
        (
            {"lines": [LINES[0], {"floor": 1, "points": [[0.88, 0.86], [0.12, 0.85]]}]},
            "cameras.tower.facade.floor_lines[1].points",
            "from left to right",
        ),
    ],
)
def test_what_cannot_be_meant_is_an_error(changed: dict[str, Any], key: str, words: str) -> None:
    (problem,) = [problem for problem in problems(**changed) if problem.severity == "error"]
    assert problem.key == key
    assert words in problem.render()


@pytest.mark.parametrize(
    ("changed", "key", "words"),
    [
        ({"duties": ["zones"]}, "cameras.tower.facade", "never used"),
        ({"duties": ["throwing"]}, "cameras.tower.zones", "never used"),
        ({"zone": {"during": "night"}}, "cameras.tower.zones.north.during", "free at all times"),
        ({"zone": {"dwell_s": 2.0}}, "cameras.tower.zones.north.dwell_s", "whoever only passes"),
    ],
)
def test_what_is_unwise_is_a_warning(changed: dict[str, Any], key: str, words: str) -> None:
    (problem,) = problems(**changed)
    assert (problem.severity, problem.key) == ("warning", key)
    assert words in problem.render()


def test_floor_lines_may_stand_in_any_order_and_reach_out_of_the_picture() -> None:
    assert problems(lines=[LINES[2], {"floor": 0, "points": [[-0.3, 1.4], [1.3, 1.3]]}, LINES[1]]) == []
