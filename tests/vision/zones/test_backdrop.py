"""People without a detector: whoever stands out from the scene, in whatever clothes, and no light or shadow."""

from __future__ import annotations

import pytest

from tests.vision.zones.yard import LANE, Actor, Yard, shadow, stays
from vision.geometry import area, covered
from vision.zones.backdrop import Backdrop
from vision.zones.people import Box
from vision.zones.region import Region

REGION = Region(LANE, (640, 360), margin=0.3)


def _somebody(since_s: float, until_s: float, color: tuple[int, int, int]) -> Actor:
    return Actor("person", (26, 70), stays(310, 190, since_s, until_s), color=color, restless=True)


def _seen(yard: Yard, until_s: float) -> list[list[Box]]:
    backdrop = Backdrop()
    frames = ((REGION.reduced(frame.image), frame.captured_mono_s) for frame in yard.frames(until_s))
    return [[person.box for person in backdrop.people(work, at_s, keep=[])] for work, at_s in frames]


@pytest.mark.parametrize("color", [(96, 95, 94), (150, 60, 30), (215, 215, 215), (25, 25, 25)])
@pytest.mark.parametrize("light", [1.0, 0.4], ids=["day", "dusk"])
def test_somebody_is_seen_whole_whatever_they_wear(color: tuple[int, int, int], light: float) -> None:
    actor = _somebody(1, 9, color)
    found = _seen(Yard([actor], light=lambda at_s: light), 3)
    assert not any(found[:5])
    truth = REGION.into(actor.box(2) or (0, 0, 0, 0))
    assert all(
        len(boxes) == 1 and covered(truth, boxes[0]) > 0.85 and area(boxes[0]) < 2.5 * area(truth)
        for boxes in found[7:]
    )


@pytest.mark.parametrize(
    "yard",
    [
        pytest.param(Yard(veil=shadow(1, 0.55, [(0, 0), (420, 0), (300, 360), (0, 360)])), id="a shadow's edge"),  # type: ignore[arg-type]
        pytest.param(Yard(light=lambda at_s: 1.0 if at_s < 1 else 0.6), id="a cloud"),
        pytest.param(Yard(light=lambda at_s: 0.3, noise=4.0), id="a noisy night"),
    ],
)
def test_light_and_noise_are_nobody(yard: Yard) -> None:
    assert not any(_seen(yard, 4))


def test_somebody_who_was_there_at_first_and_left_begins_to_fade_at_once() -> None:
    found = _seen(Yard([_somebody(-9, 1, (150, 60, 30))]), 2)
    assert any(found[:5])
    assert not any(found[6:])


def test_two_side_by_side_are_two() -> None:
    others = [Actor("person", (26, 70), stays(x, 190, 1, 9), color=(150, 60, 30)) for x in (300, 328)]
    assert all(len(boxes) == 2 for boxes in _seen(Yard(others), 3)[6:])
