"""Composited scenes: what the truth says is where the pixels are, and hidden plates are no plates."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from training.plates.detector_data import Scenes, collate, synthetic_view, targets, view
from training.plates.glyphs import Glyphs
from training.plates.real_scenes import figures
from training.plates.refiner_data import one_crop, samples
from training.plates.scene import LOOKALIKE, PLATE, UNCLEAR, Stock, Truth, _judge, compose, make_stock, pose, project
from training.plates.scene_cache import load, pack, render, save
from vision.geometry import bounds, quad_of
from vision.plate_crop import CROP_SIZE, PLATE_SHARE, nominal
from vision.plate_map import peaks


@cache
def stock() -> Stock:
    return make_stock(np.random.default_rng(1), Glyphs(None), grounds=12, vehicles=4)


def test_a_seed_repeats_a_scene() -> None:
    first, second = (compose(np.random.default_rng(4), stock()) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    assert [t.what for t in first[1]] == [t.what for t in second[1]]


def test_scenes_hold_plates_of_one_and_two_rows_and_look_alikes() -> None:
    rng = np.random.default_rng(2)
    truths = [truth for _ in range(60) for truth in compose(rng, stock())[1]]
    assert {t.what for t in truths} == {PLATE, UNCLEAR, LOOKALIKE}
    assert {t.rows for t in truths if t.what == PLATE} == {1, 2}


def test_a_pose_gives_a_plate_about_the_width_that_was_asked_for() -> None:
    rng = np.random.default_rng(3)
    plate = np.array([[-0.22, -0.07], [0.22, -0.07], [0.22, 0.07], [-0.22, 0.07]])
    for _ in range(50):
        quad = project(pose(rng, (960, 540), 120.0), plate)
        assert 50 < np.linalg.norm(quad[1] - quad[0]) < 190
        assert np.isfinite(quad).all()


@pytest.mark.parametrize(("hidden", "what"), [(0.0, PLATE), (0.25, UNCLEAR), (0.6, LOOKALIKE)])
def test_a_plate_counts_by_how_much_of_it_is_seen(hidden: float, what: int) -> None:
    ids = np.zeros((200, 300), np.int16)
    ids[50:90, 100:220] = 1
    ids[50:90, 100 : 100 + round(120 * hidden)] = 0
    assert _judge(Truth(quad_of((100, 50, 220, 90)), PLATE, 1), ids, 1).what == what


def test_targets_lead_back_to_the_corners_they_were_made_from() -> None:
    quad = np.array([[60, 50], [200, 80], [196, 122], [56, 92]], np.float32)
    heat, weight, corners, inside = targets([Truth(quad, PLATE, 1)], (192, 320))
    width = (quad[:, 0].max() - quad[:, 0].min()) / 8
    output = np.concatenate([np.where(heat > 0.999, 4.0, -9.0)[None], np.full((1, *heat.shape), np.log(width)),
                             corners / width]).astype(np.float32)  # fmt: skip
    found, _ = peaks(output, 0.5, 5)
    np.testing.assert_allclose(found, [quad], atol=1e-2)
    assert weight.min() == 1 and inside.max() == 1


def test_what_is_unclear_teaches_nothing() -> None:
    heat, weight, _, inside = targets([Truth(quad_of((80, 80, 160, 112)), UNCLEAR, 1)], (192, 320))
    assert heat.max() == 0 and inside.max() == 0
    assert weight[11, 15] == 0 and weight[2, 2] == 1


def test_views_carry_the_corners_along() -> None:
    picture = np.zeros((540, 960, 3), np.uint8)
    picture[200:260, 400:590] = 255
    truth = Truth(quad_of((400, 200, 590, 260)), PLATE, 1)
    for seed in range(12):
        out, (moved,) = view(np.random.default_rng(seed), picture, [truth], (288, 416))
        if moved.what != PLATE:
            continue
        x1, y1, x2, y2 = bounds(moved.quad)
        assert out.shape == (288, 416, 3)
        assert out[round((y1 + y2) / 2), round((x1 + x2) / 2)].min() > 250
        assert moved.quad[0, 0] < moved.quad[1, 0] and moved.quad[0, 1] < moved.quad[3, 1], (
            "mirrored ones are relabelled"
        )


def test_shards_keep_scenes_and_a_second_run_renders_nothing_anew(tmp_path: Path) -> None:
    render(Glyphs(None), 3, 4, tmp_path)
    (path,) = tmp_path.glob("scenes-*.npz")
    before = path.stat().st_mtime_ns
    render(Glyphs(None), 3, 4, tmp_path)
    assert path.stat().st_mtime_ns == before
    scenes = Scenes(tmp_path)
    assert len(scenes) == 4
    picture, _ = scenes.get(3)
    assert picture.ndim == 3
    batch = collate([synthetic_view(np.random.default_rng(1), scenes, (96, 128)) for _ in range(3)])
    assert batch.pictures.shape == (3, 96, 128, 3) and batch.heat.shape == (3, 12, 16)


def test_a_packed_shard_reads_back(tmp_path: Path) -> None:
    picture = np.full((64, 96, 3), 120, np.uint8)
    truth = Truth(quad_of((8, 8, 40, 20)), PLATE, 2)
    save(pack([(picture, []), (picture, [truth])]), tmp_path / "scenes-0.npz")
    shard = load(tmp_path / "scenes-0.npz")
    assert shard.scene(0)[1] == []
    (back,) = shard.scene(1)[1]
    np.testing.assert_allclose(back.quad, truth.quad)
    assert (back.what, back.rows) == (PLATE, 2)


def test_a_cut_outs_shifts_point_at_the_plates_corners() -> None:
    picture = np.zeros((300, 400, 3), np.uint8)
    picture[120:160, 100:230] = 255
    rng = np.random.default_rng(7)
    for _ in range(10):
        crop, shifts = one_crop(rng, picture, quad_of((100, 120, 230, 160)), 0.5)
        corners = nominal() + shifts.reshape(4, 2) * np.array(CROP_SIZE) * PLATE_SHARE
        x, y = corners.mean(axis=0)
        assert int(crop[round(y), round(x)].min()) > int(crop[2, 2].max()) + 40


def test_samples_are_plates_and_others() -> None:
    rng = np.random.default_rng(9)
    found = [s for _ in range(12) for s in samples(rng, *compose(rng, stock()))]
    assert {sample[2] for sample in found} == {0.0, 1.0}


def test_figures_count_hits_misses_and_false_ones() -> None:
    truths = (Truth(quad_of((0, 0, 100, 30)), PLATE, 1), Truth(quad_of((200, 0, 300, 30)), PLATE, 1),
              Truth(quad_of((0, 100, 100, 130)), UNCLEAR, 1))  # fmt: skip
    found = [((2.0, 1.0, 101.0, 30.0), 0.9), ((0.0, 100.0, 100.0, 130.0), 0.8), ((400.0, 0.0, 500.0, 30.0), 0.7)]
    result = figures([found], [truths])
    assert (result.plates, result.recall, result.recall_at_95) == (2, 0.5, 0.5)
    assert result.average_precision == pytest.approx(0.5)
