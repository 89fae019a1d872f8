"""From differing pixels to things."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vision.falling.blobs import BUSY_PX, MOST, find


def pictures(boxes: list[tuple[int, int, int, int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boxes x1, y1, x2, y2, level on a background of 100 -> excess, scene, background."""
    background = np.full((200, 300), 100, np.uint8)
    scene = background.copy()
    for x1, y1, x2, y2, level in boxes:
        scene[y1:y2, x1:x2] = level
    excess = np.clip(np.abs(scene.astype(int) - 100) - 5, 0, 255).astype(np.uint8)
    return excess, scene, background


@pytest.mark.parametrize(("level", "contrast"), [(160, 60), (60, -40)])
def test_a_thing_has_its_centre_box_and_contrast(level: int, contrast: int) -> None:
    blobs = find(*pictures([(50, 80, 58, 90, level)]), 6)
    assert blobs is not None and len(blobs) == 1
    assert blobs.centre[0] == pytest.approx([54, 85])
    assert (*blobs.low[0], *blobs.high[0]) == (50, 80, 58, 90)
    assert blobs.contrast[0] == pytest.approx(contrast)


def test_things_apart_are_counted_apart_and_near_fragments_together() -> None:
    blobs = find(*pictures([(20, 20, 24, 24, 200), (25, 20, 28, 24, 200), (100, 100, 104, 104, 30)]), 6)
    assert blobs is not None and len(blobs) == 2


def test_faint_things_are_left_out() -> None:
    faint = find(*pictures([(20, 20, 21, 21, 107)]), 6)
    assert faint is not None and len(faint) == 0


def test_nothing_differs() -> None:
    blobs = find(*pictures([]), 6)
    assert blobs is not None and len(blobs) == 0


def test_a_picture_that_differs_as_a_whole_is_not_looked_at() -> None:
    excess = np.full((400, 400), 9, np.uint8)
    assert excess.size > BUSY_PX
    assert find(excess, excess, np.zeros_like(excess), 6) is None


def test_the_number_of_things_is_bounded_by_leaving_out_the_faintest() -> None:
    background = np.zeros((400, 400), np.uint8)
    scene = background.copy()
    scene[::8, ::8] = 100
    scene[200, 200] = 250
    blobs = find(scene, scene, background, 6)
    assert blobs is not None and 0 < len(blobs) <= scene[::8, ::8].size
    assert len(blobs) <= scene[::8, ::8].size and MOST <= 500
    assert blobs.weight.max() == 250


@pytest.mark.parametrize("width", [300, 304])
def test_all_that_differs_is_found_whatever_the_pictures_size(width: int) -> None:
    random = np.random.default_rng(3)
    background = np.full((200, width), 100, np.uint8)
    scene = background.copy()
    places = random.permutation(200 // 10 * 29)[:60]
    rows, columns = places // 29 * 10 + random.integers(0, 3, 60), places % 29 * 10 + random.integers(0, 3, 60)
    scene[rows, columns] = random.integers(110, 250, 60)
    blobs = find(scene - background, scene, background, 6)
    assert blobs is not None
    assert sorted(map(tuple, (blobs.centre - 0.5).tolist())) == sorted(zip(columns, rows, strict=True))


def test_the_core_of_a_thing_is_its_size_without_its_halo() -> None:
    for level in (110, 130, 240):
        excess, scene, background = pictures([(50, 80, 58, 90, level)])
        soft = cv2.GaussianBlur(scene, (0, 0), 1.2)
        excess = cv2.subtract(cv2.absdiff(soft, background), np.full_like(soft, 3))
        blobs = find(excess, soft, background, 6)
        assert blobs is not None and blobs.core is not None
        assert blobs.core[0] == pytest.approx([8, 10], abs=1)


def test_the_strongest_are_those_that_differ_most() -> None:
    blobs = find(*pictures([(20, 20, 24, 24, 110), (60, 20, 64, 24, 200), (100, 100, 104, 104, 150)]), 6)
    assert blobs is not None
    assert blobs.strongest(2).low.tolist() == [[60, 20], [100, 100]]
    assert len(blobs.strongest(5)) == 3
