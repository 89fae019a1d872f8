"""What the trees for falling things learn from: which trail is which event, and how things are varied."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from training.falls.collect import NOTHING, UNCLEAR, Recorder, event_of
from training.falls.render import varied
from vision.falling.tracks import Trail

FPS = 25


def track(x: float, y: float, first: int = 50, side: float = 10.0) -> list[list[float]]:
    """Thirty pictures of a box that goes down six pixels in each."""
    return [[first + i, (first + i) / FPS, x, y + 6 * i, side, side, 40, 80] for i in range(30)]


def event(difficulty: str = "easy", **place: float) -> dict[str, Any]:
    rows = track(place.get("x", 200.0), place.get("y", 100.0))
    return {"object": "can", "difficulty": difficulty, "start_s": 2.0, "track": rows}


def trail(off: np.ndarray, first: int = 50) -> Trail:
    """Centres of the first event's boxes, moved by that much in each picture."""
    n = len(off)
    at_s = (first + np.arange(n)) / FPS
    centre = np.stack([np.full(n, 205.0), 105.0 + 6 * np.arange(n)], 1) + off
    return Trail(np.column_stack([at_s, centre, centre - 4, centre + 4, np.full(n, -30.0)]))


def truth(*events: dict[str, Any], ignore: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"fps": FPS, "condition": "rain", "events": list(events), "ignore": list(ignore)}


FAR = np.array([300.0, 0.0])
DRIP = {"start_s": 1.9, "end_s": 4.0, "x": 505.0, "y": 105.0, "radius": 60.0}


@pytest.mark.parametrize(
    ("one", "said", "is_"),
    [
        (trail(np.zeros((20, 2))), truth(event()), 0),
        (trail(np.zeros((20, 2))), truth(event(x=600.0), event()), 1),
        (trail(np.full((20, 2), 6.0)), truth(event()), 0),
        (trail(np.zeros((20, 2))), truth(event("infeasible")), UNCLEAR),
        (trail(np.tile(FAR, (20, 1))), truth(event()), NOTHING),
        (trail(np.tile(FAR, (20, 1))), truth(), NOTHING),
        (trail(np.where(np.arange(20)[:, None] < 5, 0.0, FAR)), truth(event()), UNCLEAR),
        (trail(np.tile([0.0, -24.0], (20, 1))), truth(event()), UNCLEAR),
        (trail(np.tile(FAR, (20, 1))), truth(event(), ignore=(DRIP,)), UNCLEAR),
        (trail(np.zeros((20, 2)), first=200), truth(event()), NOTHING),
    ],
    ids=[
        "in its boxes", "the second event", "at their edge", "one that nobody can see", "far beside",
        "nothing was thrown", "a quarter of it", "four pictures behind it", "a drip", "long after",
    ],
)  # fmt: skip
def test_a_trail_is_the_event_that_it_lies_in(one: Trail, said: dict[str, Any], is_: int) -> None:
    assert event_of(one, said) == is_


def test_the_recorder_lets_the_rules_decide_and_writes_down_what_it_was_asked() -> None:
    recorder = Recorder(truth(event()))
    assert recorder.worth_a_look(trail(np.zeros((20, 2))), {"a": 1.0})
    assert recorder.chance(trail(np.zeros((20, 2))), {"a": 1.23456789, "b": 2.0}) == 0.5
    assert recorder.written("clip") == {
        "clip": "clip",
        "condition": "rain",
        "events": [["can", "easy", 2.0]],
        "names": ["a", "b"],
        "rows": [[1.2346, 2.0]],
        "event": [0],
        "begins_s": [2.0],
    }


def test_kinds_vary_by_the_seed_alone_and_keep_their_looks() -> None:
    kinds = {
        "paper": (0.25, 0.18, 1.7, "rect", [(1, 2, 3)], 0.95, 1.8),
        "can": (0.13, 0.066, 14.0, "rect", [], 1.0, 0.0),
    }
    assert varied(kinds, 5) == varied(kinds, 5) != varied(kinds, 6)
    for seed in range(40):
        for name, (length, width, terminal, shape, colours, opacity, sway) in varied(kinds, seed).items():
            usual = kinds[name]
            assert length / width == pytest.approx(usual[0] / usual[1])
            assert terminal > 0 and (shape, colours, opacity) == usual[3:6]
            assert sway == 0 or usual[6] > 0
