"""What differs from the still scene, under noise, shaking and changes of light."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vision.falling.steady import Sway, laid_back, quartered
from vision.falling.still import AGO, WARM_UP, Stillness

SIZE = (320, 240)


def wall(seed: int = 2) -> np.ndarray:
    """HxW float: a wall with structure."""
    coarse = np.random.default_rng(seed).uniform(70, 180, (30, 40)).astype(np.float32)
    return cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC)


def picture(base: np.ndarray, random: np.random.Generator, noise: float = 1.5) -> np.ndarray:
    grey = np.clip(base + random.normal(0, noise, base.shape), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, 2)


def shifted(base: np.ndarray, x: float, y: float) -> np.ndarray:
    there = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return cv2.warpAffine(base, there, SIZE, borderMode=cv2.BORDER_REPLICATE)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.7, -0.4), (-2.5, 1.5), (5.0, 4.0)])
def test_a_shift_is_measured_to_a_fraction_of_a_pixel(shift: tuple[float, float]) -> None:
    sway = Sway()
    sway.learn(quartered(wall().astype(np.uint8)))
    motion = sway.measure(quartered(shifted(wall(), *shift).astype(np.uint8)))
    assert (motion.x_px, motion.y_px) == pytest.approx(shift, abs=0.25)
    assert motion.steady


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.3, -0.7), (-2.5, 1.5), (12.0, -9.25)])
def test_a_picture_is_laid_back_by_fractions_of_pixels(shift: tuple[float, float]) -> None:
    picture_ = wall().astype(np.uint8)
    back = np.empty_like(picture_)
    laid_back(picture_, *shift, back)
    there = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    known = cv2.warpAffine(picture_, there, SIZE, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    assert np.abs(back.astype(int) - known)[15:-15, 15:-15].max() <= 1


def test_a_shift_by_more_than_the_picture_repeats_its_border() -> None:
    picture_ = wall().astype(np.uint8)
    back = np.empty_like(picture_)
    laid_back(picture_, 500.0, 0.0, back)
    assert (back == picture_[:, -1:]).all()


def test_a_picture_without_structure_stands_still() -> None:
    sway = Sway()
    sway.learn(quartered(np.full((SIZE[1], SIZE[0]), 80, np.uint8)))
    motion = sway.measure(quartered(np.full((SIZE[1], SIZE[0]), 90, np.uint8)))
    assert (motion.x_px, motion.y_px) == pytest.approx((0, 0), abs=0.01)


def test_a_change_of_exposure_is_measured() -> None:
    sway = Sway()
    sway.learn(quartered(wall().astype(np.uint8)))
    motion = sway.measure(quartered((wall() * 1.15).astype(np.uint8)))
    assert motion.gain == pytest.approx(1 / 1.15, abs=0.03)


def differing_pixels(change: object, pictures: int = 60) -> list[int]:
    """Feeds a still wall, from half way on changed by `change(base, step)` -> differing pixels per picture."""
    random, stillness, counts = np.random.default_rng(4), Stillness(), []
    for number in range(pictures):
        step = number - pictures // 2
        base = wall() if step < 0 else change(wall(), step)  # type: ignore[operator]
        found = stillness.look(picture(base, random))
        counts.append(0 if found is None else int(np.count_nonzero(found.excess)))
    return counts


def test_nothing_is_told_while_the_scene_is_learnt() -> None:
    stillness, random = Stillness(), np.random.default_rng(4)
    assert all(stillness.look(picture(wall(), random)) is None for _ in range(max(WARM_UP, AGO)))
    assert stillness.look(picture(wall(), random)) is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda base, step: base,
        lambda base, step: shifted(base, 1.5 * np.sin(step), 0.8 * np.cos(step)),
        lambda base, step: base * (1 + 0.03 * np.sin(step)),
        lambda base, step: base * 1.2,
        lambda base, step: base + 40 * np.exp(-(((np.arange(SIZE[0]) - 8 * step) / 90.0) ** 2)),
    ],
    ids=["still", "shaking", "flicker", "exposure", "headlight"],
)
def test_light_and_shaking_are_not_motion(change: object) -> None:
    counts = differing_pixels(change)
    assert np.median(counts[30:]) < 0.004 * SIZE[0] * SIZE[1]


def test_a_thing_that_moves_differs_and_one_that_stays_does_not_for_long() -> None:
    def moving(base: np.ndarray, step: int) -> np.ndarray:
        base[20 + 5 * step : 26 + 5 * step, 100:106] = 20
        return base

    def staying(base: np.ndarray, step: int) -> np.ndarray:
        base[100:106, 100:106] = 20
        return base

    assert np.median(differing_pixels(moving)[32:]) > 25
    assert np.median(differing_pixels(staying)[45:]) < 12


def test_masked_parts_are_not_looked_at() -> None:
    mask = np.full((SIZE[1], SIZE[0]), 255, np.uint8)
    mask[:, :160] = 0
    stillness, random = Stillness(mask), np.random.default_rng(4)
    for number in range(50):
        base = wall()
        base[100:110, (number * 5) % 300 : (number * 5) % 300 + 10] = 10
        found = stillness.look(picture(base, random))
        assert found is None or not found.excess[:, :160].any()


def test_sensitivity_follows_the_number_of_things() -> None:
    def limits(things: int) -> int:
        random, stillness = np.random.default_rng(4), Stillness()
        counts = []
        for _ in range(90):
            found = stillness.look(picture(wall(), random, 4.0))
            stillness.settle(things)
            counts.append(0 if found is None else int(np.count_nonzero(found.excess)))
        return sum(counts[-20:])

    assert limits(0) > limits(70) > limits(1000)
