"""Rendered attacks for benchmarks/faces.py: prints, screens and cut-outs of the pictures at hand, and what passes.

Renders are kinder than life: what passes here will pass at a door, what is caught here may still pass there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import cv2
import numpy as np

from vision.faces.engine import FaceEngine

Image = np.ndarray[Any, np.dtype[np.uint8]]
Rng = np.random.Generator
FRAMES = 5
LIVE_MIN = 0.5
_WIDTH, _HEIGHT = 640, 480


def measure(engine: FaceEngine, pictures: Iterable[tuple[str, Image]], *, count: int) -> None:
    """Print for each attack how many of `count` look alive, in one frame and over the mean of several."""
    rng = np.random.default_rng(11)
    chosen = [image for name, image in pictures if "orl" not in name and min(image.shape[:2]) >= 150]
    chosen = [chosen[at] for at in rng.permutation(len(chosen))[:count]]
    print(f"\nliveness at {LIVE_MIN}: share that looks alive ({len(chosen)} pictures, rendered)")
    print(f"{'':34}{'one frame':>11}{f'mean of {FRAMES}':>11}{'median':>9}{'no face':>9}")
    for name, render in KINDS.items():
        single, mean, lost = [], [], 0
        for image in chosen:
            lives = []
            for _ in range(FRAMES):
                frame = _camera(render(image, rng), rng)
                face = next(iter(engine.find(frame)), None)
                if face is not None:
                    lives.append(engine.live(frame, face))
            lost += FRAMES - len(lives)
            single += lives
            if lives:
                mean.append(float(np.mean(lives)))
        print(
            f"{name:34}{np.mean(np.array(single) >= LIVE_MIN):>11.3f}{np.mean(np.array(mean) >= LIVE_MIN):>11.3f}"
            f"{np.median(single):>9.3f}{lost / (FRAMES * len(chosen)):>9.3f}",
            flush=True,
        )


def _room(rng: Rng) -> Image:
    """A blurred wall with a few things on it."""
    frame = np.empty((_HEIGHT, _WIDTH, 3), np.uint8)
    frame[:] = rng.integers(70, 190, 3)
    for _ in range(12):
        x, y = int(rng.integers(0, _WIDTH)), int(rng.integers(0, _HEIGHT))
        color = tuple(int(v) for v in rng.integers(30, 230, 3))
        cv2.rectangle(frame, (x, y), (x + int(rng.integers(20, 200)), y + int(rng.integers(20, 300))), color, -1)
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), 6), np.uint8)


def genuine(image: Image, rng: Rng) -> Image:
    """The photograph fills the frame, as if the camera had taken it."""
    height, width = image.shape[:2]
    scale = max(_WIDTH / width, _HEIGHT / height)
    large = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    top, left = (large.shape[0] - _HEIGHT) // 2, (large.shape[1] - _WIDTH) // 2
    return np.asarray(large[top : top + _HEIGHT, left : left + _WIDTH], np.uint8)


def printed(image: Image, rng: Rng) -> Image:
    """Paper with a white edge: less contrast, dots, a tint, held at an angle."""
    sheet = cv2.resize(image, (360, 360), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    sheet = 40 + sheet * 0.72
    dots = rng.normal(0, 5, (180, 180, 3)).astype(np.float32)
    sheet += cv2.resize(dots, (360, 360), interpolation=cv2.INTER_NEAREST)
    sheet *= np.array([0.96, 1.0, 1.03], np.float32)
    paper = cv2.copyMakeBorder(_bytes(sheet), 14, 14, 14, 14, cv2.BORDER_CONSTANT, value=(235, 240, 240))
    return _held(np.asarray(paper, np.uint8), rng)


def on_screen(image: Image, rng: Rng) -> Image:
    """A telephone: bezel, raster, moire against the sensor, a bluish light, a reflection."""
    shown = cv2.resize(image, (330, 330), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    y, x = np.mgrid[0:330, 0:330].astype(np.float32)
    period, angle = float(rng.uniform(2.2, 5.0)), float(rng.uniform(0, np.pi))
    shown *= (1 + 0.06 * np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period))[..., None]
    shown[:, ::3] *= 0.94
    shown = shown * np.array([1.12, 1.04, 0.98], np.float32) + 10
    glare = np.clip(1 - np.abs((x - y) - float(rng.uniform(-200, 200))) / 60, 0, 1)
    shown += 35 * glare[..., None]
    phone = cv2.copyMakeBorder(_bytes(shown), 46, 46, 12, 12, cv2.BORDER_CONSTANT, value=(12, 12, 12))
    return _held(np.asarray(phone, np.uint8), rng)


def close_screen(image: Image, rng: Rng) -> Image:
    """The same so near that neither bezel nor room is seen."""
    frame = on_screen(image, rng)
    return np.asarray(cv2.resize(frame[110:370, 150:490], (_WIDTH, _HEIGHT), interpolation=cv2.INTER_LINEAR), np.uint8)


def cut_out(image: Image, rng: Rng) -> Image:
    """The printed head, cut along its outline and held before a room."""
    sheet = _bytes(35 + cv2.resize(image, (330, 330), interpolation=cv2.INTER_CUBIC).astype(np.float32) * 0.75)
    mask = np.zeros((330, 330), np.uint8)
    cv2.ellipse(mask, (165, 172), (92, 128), 0, 0, 360, 255, -1)
    return _held(sheet, rng, mask)


KINDS: dict[str, Callable[[Image, Rng], Image]] = {
    "the photograph as the scene": genuine,
    "print, held into the picture": printed,
    "screen, held into the picture": on_screen,
    "screen that fills the picture": close_screen,
    "cut-out before a room": cut_out,
}


def _held(sheet: Image, rng: Rng, mask: Image | None = None) -> Image:
    """The sheet in a room, slightly turned in space."""
    height, width = sheet.shape[:2]
    left, top = (_WIDTH - width) / 2, (_HEIGHT - height) / 2
    square = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    there = (square + np.array([left, top]) + rng.uniform(-14, 14, (4, 2))).astype(np.float32)
    warp = cv2.getPerspectiveTransform(square, there)
    size = (_WIDTH, _HEIGHT)
    placed = cv2.warpPerspective(sheet, warp, size, flags=cv2.INTER_LINEAR)
    whole = np.full((height, width), 255, np.uint8) if mask is None else mask
    share = cv2.warpPerspective(whole, warp, size, flags=cv2.INTER_LINEAR)[..., None].astype(np.float32) / 255
    return _bytes(placed * share + _room(rng) * (1 - share))


def _camera(frame: Image, rng: Rng) -> Image:
    """What a cheap camera makes of it: a little blur, noise, another exposure, JPEG."""
    seen = cv2.GaussianBlur(frame, (0, 0), float(rng.uniform(0.5, 1.0))).astype(np.float32)
    seen = seen * float(rng.uniform(0.85, 1.1)) + rng.normal(0, 3, seen.shape)
    coded = cv2.imencode(".jpg", _bytes(seen), [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def _bytes(values: Any) -> Image:
    return np.asarray(np.clip(values, 0, 255), np.uint8)
