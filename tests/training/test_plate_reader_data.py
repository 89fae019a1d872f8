"""Training strips: repeatable, labelled with plates only, and never labelled where nothing can be read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from training.plates.clutter import background, no_plate
from training.plates.damage import STEPS, burnt, dirt, weather
from training.plates.draw import draw_plate
from training.plates.glyphs import Glyphs
from training.plates.layouts import KIND_NAMES
from training.plates.pose import draw_corners, place
from training.plates.reader_check import leaning_corners, rates
from training.plates.reader_data import NONE_KIND, box_corners, draw_batch, draw_seen, shown_again
from training.plates.reader_real import FOLDS, fold_of
from vision.plate_text import ALPHABET, kind_of

GLYPHS = Glyphs(None)


def test_a_batch_repeats_from_seed_and_number() -> None:
    first, again, other = (draw_batch(7, n, GLYPHS, 12, 1.0) for n in (3, 3, 4))
    assert np.array_equal(first.strips, again.strips) and np.array_equal(first.texts, again.texts)
    assert not np.array_equal(first.strips, other.strips)


def test_a_batch_shown_again_looks_different_and_says_the_same() -> None:
    batch = draw_batch(7, 3, GLYPHS, 12, 0.3)
    before = batch.strips.copy()
    again = shown_again(np.random.default_rng(0), batch)
    assert np.array_equal(again.texts, batch.texts) and np.array_equal(again.kind, batch.kind)
    assert again.strips.shape == batch.strips.shape and not np.array_equal(again.strips, batch.strips)
    assert np.array_equal(batch.strips, before), "the first batch stays as it was"


def test_texts_are_plates_of_the_labelled_kind_and_empty_where_nothing_is_to_be_read() -> None:
    batch = draw_batch(1, 0, GLYPHS, 160, 1.0)
    assert batch.strips.shape == (160, 40, 160, 3) and batch.strips.dtype == np.uint8
    squeezed = none = 0
    for classes, kind, color, rows in zip(batch.texts, batch.kind, batch.color, batch.rows, strict=True):
        text = "".join(ALPHABET[c - 1] for c in classes if c)
        if kind == NONE_KIND:
            assert text == "" and color == -1
            none += 1
        elif not text:
            assert rows == 1, "only two rows squeezed into one line stay unread"
            squeezed += 1
        else:
            known = kind_of(text)
            assert known is not None and known.name == KIND_NAMES[kind]
    assert none and squeezed


@pytest.mark.parametrize("step", [step for _, step in STEPS] + [dirt], ids=lambda s: s.__name__)
def test_every_damage_keeps_shape_and_changes_the_picture(step: object) -> None:
    picture = draw_plate(np.random.default_rng(2), GLYPHS, kind="ordinary", px_per_mm=0.4).image.astype(np.float32)
    chosen = next(s for _, s in (*STEPS, (0, dirt)) if s is step)
    for seed in range(4):
        damaged = chosen(np.random.default_rng(seed), picture.copy())
        assert damaged.shape == picture.shape and damaged.dtype == np.float32
        assert np.isfinite(damaged).all()
    assert not np.array_equal(damaged, picture)


def test_too_much_light_fills_strokes_and_pales_the_sheet() -> None:
    picture = draw_plate(np.random.default_rng(2), GLYPHS, text="粤B12345", color="blue", px_per_mm=0.4).image
    for seed in range(6):
        lit = np.clip(burnt(np.random.default_rng(seed), picture.astype(np.float32)), 0, 255)
        assert (lit.min(axis=2) > 250).sum() > (picture.min(axis=2) > 230).sum()
        assert lit.mean() > picture.mean() + 20


def test_no_hardness_is_no_damage() -> None:
    picture = draw_plate(np.random.default_rng(2), GLYPHS, px_per_mm=0.4).image
    assert np.array_equal(weather(np.random.default_rng(0), picture, 0.0), picture)


def test_corners_frame_the_plate_that_is_placed() -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        corners = draw_corners(rng, 150, 440 / 140)
        corners = (corners - corners.min(axis=0) + 20).astype(np.float32)
        size = np.ceil(corners.max(axis=0) + 20).astype(int)
        seen = place(np.full((70, 220, 3), 255, np.uint8), np.zeros((size[1], size[0], 3), np.uint8), corners)
        area = cv2.contourArea(corners)
        assert area > 0, "clockwise from the upper left"
        assert seen[..., 0].sum() / 255 == pytest.approx(area, rel=0.08)


def test_a_seen_plate_lies_inside_its_picture_or_loses_half_a_character() -> None:
    rng = np.random.default_rng(8)
    clipped = 0
    for _ in range(60):
        seen = draw_seen(rng, GLYPHS, 1.0)
        box = box_corners(seen.corners)
        width = box[1][0] - box[0][0]
        over = max(-box[0][0], box[1][0] - seen.image.shape[1]) / width
        assert over < 0.1 and box[0][1] >= 0 and box[2][1] < seen.image.shape[0]
        clipped += over > 0
    assert 0 < clipped < 20


def test_what_is_no_plate_has_the_size_of_a_strip() -> None:
    rng = np.random.default_rng(1)
    for _ in range(40):
        assert no_plate(rng, GLYPHS, 1.0).shape == (40, 160, 3)
    far = np.array([[-9, -9], [-8, -9], [-8, -8], [-9, -8]], np.float32)
    assert background(rng, 90, 40, far).shape == (40, 90, 3)


@pytest.mark.parametrize(
    ("box", "angle", "corners"),
    [
        ((10, 10, 110, 40), 0.0, [[10, 10], [110, 10], [110, 40], [10, 40]]),
        ((0, 0, 100, 40), 5.711, [[0, 0], [100, 10], [100, 40], [0, 30]]),
        ((0, 0, 100, 40), -5.711, [[0, 10], [100, 0], [100, 30], [0, 40]]),
    ],
)
def test_corners_from_box_and_angle(
    box: tuple[float, float, float, float], angle: float, corners: list[list[float]]
) -> None:
    assert leaning_corners(*box, angle) == pytest.approx(np.array(corners), abs=0.1)


def test_rates_count_whole_plates_tails_and_provinces() -> None:
    truth = ["皖A12345", "皖A12345", "粤B00000", "京C99999"]
    assert rates(truth, ["皖A12345", "苏A12345", "粤B0000", ""]) == (0.25, 0.5, 0.5)


def test_folds_are_fixed_by_the_pictures_name_and_used() -> None:
    names = [f"scenes/scene_{i:04d}.jpg" for i in range(200)]
    assert {fold_of(n) for n in names} == set(range(FOLDS))
    assert all(fold_of(n) == fold_of(n.removeprefix("scenes/")) for n in names)
