"""The trees that weigh the traits of a trail: what they say, what they are asked, and what a damaged file does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vision.falling.trails import SITE
from vision.falling.clutter import Clutter
from vision.falling.facade import Wall
from vision.falling.fits import against_chance, likeliest_fall
from vision.falling.forest import Forest, Trees
from vision.falling.measures import measure
from vision.falling.tracks import Trail
from vision.falling.traits import of_flight, of_trail
from vision.falling.weather import Weather
from vision.falling.weights import CHEAP, FILE, WHOLE, fall_forest, save

WALL = Wall(SITE.facade(), SITE.size)


def trees(*values: float, base: float = 0.0) -> Trees:
    """Two trees. The first asks for a <= 1 and then, where not, for b <= 2; the second is one leaf."""
    low, middle, high, other = values
    return Trees(
        names=("a", "b"),
        roots=np.array([0, 5], np.int32),
        trait=np.array([0, 0, 1, 0, 0, 0], np.int16),
        most=np.array([1, 0, 2, 0, 0, 0], np.float64),
        lower=np.array([1, 1, 3, 3, 4, 5], np.int32),
        higher=np.array([2, 1, 4, 3, 4, 5], np.int32),
        value=np.array([0, low, 0, middle, high, other], np.float32),
        depth=2,
        base=base,
    )


@pytest.mark.parametrize(
    ("a", "b", "leaf"),
    [(0.0, 9.0, -2.0), (1.0, 9.0, -2.0), (1.1, 2.0, 0.5), (9.0, 2.1, 3.0)],
    ids=["low", "just low", "middle", "high"],
)
def test_each_tree_leads_to_one_leaf_and_all_add_up(a: float, b: float, leaf: float) -> None:
    odds = 0.25 + leaf + 1.5
    assert trees(-2.0, 0.5, 3.0, 1.5, base=0.25).chance({"b": b, "a": a}) == pytest.approx(1 / (1 + np.exp(-odds)))


def test_traits_go_by_name_and_none_may_be_missing() -> None:
    with pytest.raises(KeyError, match="'b'"):
        trees(0, 0, 0, 0).chance({"a": 1.0, "c": 1.0})


@pytest.fixture(scope="module")
def shipped() -> Forest:
    found = fall_forest()
    assert found is not None
    return found


def random_trail(seed: int, points: int, sway_px: float, fall_px: float) -> Trail:
    random = np.random.default_rng(seed)
    at_s = 5 + np.cumsum(random.choice([0.04, 0.08, 0.4], points, p=[0.8, 0.15, 0.05]))
    places = np.stack([600 + sway_px * random.normal(size=points), 150 + fall_px * (at_s - at_s[0])], 1)
    half = random.uniform(0.5, 12, (points, 2))
    return Trail(np.column_stack([at_s, places, places - half, places + half, random.normal(0, 30, points)]))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 9999), st.integers(7, 120), st.floats(0, 80), st.floats(0, 900))
def test_any_trail_has_every_trait_that_the_trees_ask_for_and_a_chance(
    shipped: Forest, seed: int, points: int, sway_px: float, fall_px: float
) -> None:
    trail, clutter = random_trail(seed, points, sway_px, fall_px), Clutter(SITE.size)
    found = measure(WALL, trail, 0.04)
    traits = of_trail(WALL, trail, found, Weather().beside(trail), clutter)
    assert set(shipped.glance.names) == set(traits)
    flight = likeliest_fall(WALL, trail, found)
    odds = against_chance(WALL, clutter, trail, found, flight)
    traits |= of_flight(WALL, trail, found, flight, odds, odds)
    assert set(shipped.whole.names) == set(traits)
    assert np.isfinite(list(traits.values())).all()
    assert 0 <= shipped.chance(trail, traits) <= 1


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    save(tmp_path / "falls.npz", {CHEAP: trees(1, 2, 3, 4), WHOLE: trees(-1, 0, 1, 0.5, base=-1.0)})
    again = fall_forest(tmp_path / "falls.npz")
    assert again is not None
    for a in (0.0, 5.0):
        assert again.glance.chance({"a": a, "b": 0.0}) == trees(1, 2, 3, 4).chance({"a": a, "b": 0.0})
        assert again.whole.chance({"a": a, "b": 3.0}) == trees(-1, 0, 1, 0.5, base=-1.0).chance({"a": a, "b": 3.0})


def damaged(file: Path, how: str) -> None:
    whole = FILE.read_bytes()
    if how == "empty":
        file.write_bytes(b"")
    elif how == "cut off":
        file.write_bytes(whole[: len(whole) // 2])
    elif how == "no archive":
        file.write_bytes(b"menwei" * 100)
    elif how == "a lot is missing":
        save(file, {CHEAP: trees(0, 0, 0, 0)})
    elif how == "nodes that point nowhere":
        bad = trees(0, 0, 0, 0)
        bad.higher[2] = 99
        save(file, {CHEAP: bad, WHOLE: bad})


@pytest.mark.parametrize(
    "how", ["absent", "empty", "cut off", "no archive", "a lot is missing", "nodes that point nowhere"]
)
def test_without_a_sound_file_the_rules_decide_alone_and_it_is_said_how_to_mend_it(
    how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "falls.npz"
    damaged(file, how)
    assert fall_forest(file) is None
    said = capsys.readouterr().err
    assert "falls.npz" in said and "重新安装" in said and "install menwei again" in said
