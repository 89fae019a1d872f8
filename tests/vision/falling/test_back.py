"""What came straight and fast is followed back to where it was let go; what has no beginning stays untold."""

from __future__ import annotations

import numpy as np
import pytest

from tests.vision.falling.test_votes import BEGUN, FRAME_S, SITE, WALL, graded, pictures, piece, spots
from tests.vision.falling.walls import fall
from vision.falling.back import followed_back
from vision.falling.blobs import Blobs
from vision.falling.clutter import Clutter
from vision.falling.judge import Judge, Verdict
from vision.falling.measures import measure, straight
from vision.falling.tracks import Trail
from vision.falling.votes import gather

T = np.arange(0, 75) * FRAME_S
LIGHT = SITE.see(fall(T, np.array([1.0, 0.7, 26.0]), np.array([0.3, 1.0, 0.0]), 8.0))
STREAK = SITE.see(np.stack([np.full_like(T, 1.0), np.full_like(T, 0.7), 32.0 - 8.0 * T], 1))
LAST = range(58, 74)
SWAY = (48.86, 7.152, 0.835, 51.46)
"""Pixels across, its frequency and phase, pixels down."""
SEEN = list[tuple[float, Blobs]]


def verdict_on(shown: SEEN, one: Trail) -> Verdict:
    return Judge(WALL, Clutter(SITE.size)).judge_agreed(one, graded(shown), 0.0, FRAME_S)


def steps_of(one: Trail) -> np.ndarray:
    return np.round((one.at_s - 10) / FRAME_S).astype(int) - BEGUN


def test_the_way_back_is_mostly_found_in_faint_things() -> None:
    """Its last half second is at its final speed, which rain has too; the rest was met in two pictures of five."""
    last = piece(LIGHT, LAST)
    assert straight(measure(WALL, last, FRAME_S))
    told = []
    for seed in range(8):
        shown = pictures(LIGHT, 0.4, 10, seed)
        assert verdict_on(shown, last).kind is None
        back = followed_back(WALL, shown, graded(shown).stronger(0.0), last)
        steps = steps_of(back)
        off = np.hypot(*(back.points - LIGHT[np.clip(steps, 0, len(LIGHT) - 1)]).T)
        assert (off < 3).mean() > 0.9
        told.append(verdict_on(shown, back).kind == "fall" and steps[0] < 15)
    assert sum(told) >= 6


@pytest.mark.parametrize("noise", [10, 40])
@pytest.mark.parametrize("seed", range(6))
def test_chance_makes_no_beginning(noise: float, seed: int) -> None:
    shown = pictures(LIGHT, 0.0, noise, seed)
    assert verdict_on(shown, followed_back(WALL, shown, graded(shown).stronger(0.0), piece(LIGHT, LAST))).kind is None


@pytest.mark.parametrize("seed", range(4))
def test_what_was_always_steady_gets_none_either(seed: int) -> None:
    shown = pictures(STREAK, 0.6, 10, seed)
    assert verdict_on(shown, followed_back(WALL, shown, graded(shown).stronger(0.0), piece(STREAK, LAST))).kind is None


def test_a_start_two_seconds_before_is_joined_to_the_end() -> None:
    """Before a wall of its own grey it was lost; what it says at both ends is more than chance says."""
    whole = pictures(LIGHT, 0.9, 5, 1)
    hidden = pictures(LIGHT, 0.0, 5, 1)
    gone = range(BEGUN + 17, BEGUN + 56)
    shown = [hidden[n] if n in gone else seen for n, seen in enumerate(whole)]
    found = gather(WALL, shown, graded(shown).stronger(0.0), piece(LIGHT, LAST), far=True)
    assert found is not None
    assert steps_of(found)[0] < 8
    assert verdict_on(shown, found).kind == "fall"


def test_a_way_back_that_goes_astray_leaves_what_was_followed() -> None:
    """What comes before it sways further and further aside: no fall goes through both, and little is near the one."""
    last = piece(LIGHT, range(66, 74, 2))
    ago = np.clip(66 * FRAME_S - T, 0, None)
    aside = np.stack([SWAY[0] * ago**1.5 * np.sin(SWAY[1] * ago + SWAY[2]), SWAY[3] * ago**2], 1)
    shown = [(10 + (BEGUN + n) * FRAME_S, spots(at[None])) for n, at in enumerate(LIGHT + aside)]
    back = followed_back(WALL, shown, graded(shown).stronger(0.0), last)
    assert back.rows.tolist() == last.rows.tolist()
