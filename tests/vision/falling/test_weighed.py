"""What all traits together say, beside the rules."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from tests.vision.falling.trails import SITE, T, decide, snowing, steady, thrown, trail
from tests.vision.falling.walls import FRAME_S, Site, fall, film, path
from vision.falling.clutter import Clutter
from vision.falling.facade import Wall
from vision.falling.forest import Forest
from vision.falling.judge import LEAST, SURE, Judge
from vision.falling.tracks import Trail
from vision.falling.traits import Traits
from vision.falling.watch import FallWatch
from vision.falling.weights import fall_forest
from vision.sightings import FallSeen

BOTTLE = thrown((0.0, 0.7, 24.0), (0.5, 1.5, 0.0), 26.0)
SNOW = trail(steady(0.0, 24.0, 0.3, -2.0))
BAG = trail(fall(T, np.array([0.0, 0.7, 24.0]), np.array([0.1, 0.3, 0.0]), 2.2), 14.0)


@dataclass
class Says:
    """One opinion of everything."""

    opinion: float
    glance: bool = True
    asked: list[Traits] = field(default_factory=list)

    def worth_a_look(self, trail: Trail, cheap: Traits) -> bool:
        return self.glance

    def chance(self, trail: Trail, traits: Traits) -> float:
        self.asked.append(traits)
        return self.opinion


def judge(learnt: Says | Forest) -> Judge:
    return Judge(Wall(SITE.facade(), SITE.size), Clutter(SITE.size), learnt)


@pytest.mark.parametrize(
    ("one", "chance", "kind", "reason"),
    [
        (BOTTLE, 1.0, "fall", ""),
        (BOTTLE, LEAST, "fall", ""),
        (BOTTLE, LEAST - 0.01, None, "unlike what is thrown"),
        (SNOW, SURE - 0.01, None, "steady speed; did not start here"),
        (SNOW, SURE, "flutter", ""),
        (BAG, LEAST, "flutter", ""),
        (BAG, LEAST - 0.01, None, "unlike what is thrown"),
    ],
)
def test_the_rules_decide_unless_all_traits_together_say_otherwise(
    one: Trail, chance: float, kind: str | None, reason: str
) -> None:
    verdict = decide(one, judge(Says(chance)))
    assert (verdict.kind, verdict.reason) == (kind, reason)


def test_what_gathers_speed_is_a_fall_whatever_the_rule_against_it() -> None:
    hard = thrown((0.0, 0.7, 24.0), (9.0, 1.0, 6.0), 26.0)
    refused = decide(hard)
    assert refused.kind is None
    verdict = decide(hard, judge(Says(0.9)))
    assert (verdict.kind, verdict.confidence) == ("fall", 0.9)


def test_what_a_glance_rules_out_is_not_fitted() -> None:
    says = Says(1.0, glance=False)
    assert decide(SNOW, judge(says)).kind is None
    assert says.asked == []
    assert decide(BOTTLE, judge(says)).kind == "fall"
    assert len(says.asked) == 1


@pytest.mark.parametrize(
    "one",
    [
        Trail(BOTTLE.rows[:6]),
        trail(steady(0.0, 24.0, 0.0, -0.2)),
    ],
    ids=["six points", "hangs"],
)
def test_no_opinion_tells_what_cannot_be(one: Trail) -> None:
    assert decide(one, judge(Says(1.0))).kind is None


@pytest.mark.parametrize(("height_m", "kind"), [(2.8, None), (5.0, "fall")])
def test_nothing_is_told_that_was_let_go_below_three_metres(height_m: float, kind: str | None) -> None:
    low = Site(size=(1280, 720), focal_px=900, floors=8, pitch_deg=8)
    one = trail(fall(T, np.array([0.5, 0.7, height_m]), np.array([0.0, 1.0, 0.0]), 26.0), site=low)
    by = Judge(Wall(low.facade(), low.size), Clutter(low.size), Says(1.0))
    assert decide(one, by).kind == kind


def test_nothing_is_told_of_the_beginning_when_the_scene_is_hardly_known() -> None:
    assert judge(Says(1.0)).judge(BOTTLE, float(BOTTLE.at_s[0]) - 0.1).reason == "at the beginning"


def lowered(first_frame: int, x: float, z: float) -> np.ndarray:
    """Something that comes down at a steady speed, as no rule takes for thrown."""
    t = np.arange(0, 60) * FRAME_S
    return path(first_frame, np.stack([np.full(60, x), np.zeros(60), z - 2.5 * t], 1))


@pytest.mark.parametrize(
    ("second", "told"),
    [((70, 3.0, 11.0), 1), ((70, -8.0, 11.0), 2), ((70, 3.0, 19.0), 2), ((70 + 25 * 12, 3.0, 11.0), 2)],
    ids=["below it: a part of it", "far beside it", "above it", "long after it"],
)
def test_what_the_rules_refuse_is_told_within_a_second_and_its_parts_are_not(
    second: tuple[int, float, float], told: int
) -> None:
    wall = Site()
    frames = film(wall, [lowered(50, 3.0, 15.0), lowered(*second)], second[0] * FRAME_S + 4.0)
    watch, said = FallWatch("tower", wall.facade(), prefix="w", learnt=Says(1.0)), []
    for frame in frames:
        said += [(frame.captured_mono_s, one) for one in watch.look(frame)]
    assert len(said) == told
    for at_s, one in said:
        assert isinstance(one, FallSeen) and one.kind == "flutter"
        assert at_s - one.ended_mono_s < 1.0


def test_what_rules_and_traits_tell_is_told_once() -> None:
    wall = Site()
    bottle = path(50, fall(np.arange(0, 80) * FRAME_S, np.array([2.0, 0.7, 16.5]), np.array([0.2, 0.6, 0.0]), 24.0))
    watch = FallWatch("tower", wall.facade(), prefix="w", learnt=Says(1.0))
    assert [
        one.kind for frame in film(wall, [bottle], 6.0) for one in watch.look(frame) if isinstance(one, FallSeen)
    ] == ["fall"]


@pytest.fixture(scope="module")
def shipped() -> Forest:
    found = fall_forest()
    assert found is not None
    return found


@pytest.mark.parametrize("one", [BOTTLE, BAG, thrown((-4.0, 0.7, 15.0), (0.0, 0.5, 0.0), 14.0)])
def test_what_is_thrown_is_told_with_the_trees_that_ship(one: Trail, shipped: Forest) -> None:
    assert decide(one, judge(shipped)).kind is not None


def test_snow_is_not_told_with_the_trees_that_ship(shipped: Forest) -> None:
    by = judge(shipped)
    snowing(by, 40)
    assert decide(trail(steady(0.0, 24.0, 0.3, -2.0), start_s=25.0), by).kind is None
