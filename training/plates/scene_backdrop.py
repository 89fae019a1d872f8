"""What stands behind the cars: procedural streets, textures, the demonstration's own scenery, frames of a free video.

Pictures are H x W x 3 uint8, blue-green-red.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.sim.scenery import Optics, draw_background

Image = NDArray[np.uint8]
Rng = np.random.Generator


def grain(rng: Rng, height: int, width: int, coarse: int = 64, octaves: int = 5) -> NDArray[np.float32]:
    """Noise of several octaves, H x W float32, about -1 to 1."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cell = max(1, coarse >> octave)
        small = rng.standard_normal((height // cell + 2, width // cell + 2)).astype(np.float32)
        weight = float(rng.uniform(0.3, 1.0)) / (octave + 1)
        total += weight * cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return total / 1.6


def _color(rng: Rng, low: float = 10, high: float = 245, chroma: float = 30) -> NDArray[np.float32]:
    return np.clip(rng.uniform(low, high) + rng.normal(0, chroma, 3), 0, 255).astype(np.float32)


def _ramp(
    rng: Rng, height: int, width: int, first: NDArray[np.float32], last: NDArray[np.float32]
) -> NDArray[np.float32]:
    t = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    sheet = np.repeat(first * (1 - t) + last * t, width, axis=1)
    return np.asarray(
        sheet + grain(rng, height, width, int(rng.choice([16, 32, 64, 128])))[..., None] * rng.uniform(3, 16),
        np.float32,
    )


def _facade(rng: Rng, canvas: NDArray[np.float32], horizon: int) -> None:
    """Buildings, hedges and poles above the horizon."""
    height, width = canvas.shape[:2]
    for _ in range(int(rng.integers(0, 6))):
        w = int(rng.uniform(0.1, 0.6) * width)
        x = int(rng.uniform(-0.2, 1.0) * width)
        top = int(horizon * rng.uniform(0.0, 0.8))
        foot = min(height, horizon + int(rng.uniform(0, 0.08) * height))
        part = canvas[top:foot, max(0, x) : max(0, x + w)]
        if part.shape[0] < 4 or part.shape[1] < 4:
            continue
        part[:] = _color(rng) + grain(rng, part.shape[0], part.shape[1], 32)[..., None] * rng.uniform(2, 10)
        step_x, step_y = int(rng.uniform(8, 50)), int(rng.uniform(8, 50))
        pane = _color(rng, 10, 160)
        fill_x, fill_y = rng.uniform(0.3, 0.8, 2)
        for py in range(3, part.shape[0], step_y):
            for px in range(3, part.shape[1], step_x):
                part[py : py + int(step_y * fill_y), px : px + int(step_x * fill_x)] = pane * rng.uniform(0.6, 1.4)
    if rng.random() < 0.6:
        top, foot = int(horizon * rng.uniform(0.1, 0.7)), min(height, horizon + int(rng.uniform(0, 40)))
        leaves = grain(rng, foot - top, width, int(rng.choice([16, 32, 64])), 6)
        edge = np.linspace(-0.8, 1.0, foot - top, dtype=np.float32)[:, None]
        mask = (leaves + edge > 0)[..., None]
        green = np.array([40, 75, 55], np.float32) * rng.uniform(0.3, 1.7) + rng.normal(0, 10, 3)
        canvas[top:foot] = np.where(mask, green + leaves[..., None] * 45, canvas[top:foot])
    for _ in range(int(rng.integers(0, 8))):
        x = int(rng.uniform(0, width))
        cv2.line(canvas, (x, int(rng.uniform(0, horizon))), (x + int(rng.normal(0, 6)), horizon + 10),
                 _color(rng).tolist(), int(rng.integers(1, 10)))  # fmt: skip


def _marks(rng: Rng, canvas: NDArray[np.float32], horizon: int) -> None:
    """Lane lines, kerbs, cracks and shadows below the horizon."""
    height, width = canvas.shape[:2]
    vanish = np.array([rng.uniform(-0.3, 1.3) * width, horizon])
    for _ in range(int(rng.integers(0, 7))):
        a, b = rng.uniform(-0.5, 1.5) * width, rng.uniform(0.004, 0.04) * width
        near = np.array([[a, height], [a + b, height]])
        far = near + (vanish - near) * rng.uniform(0.2, 0.98)
        paint = _color(rng, 150, 245, 12) if rng.random() < 0.7 else np.array([60, 190, 220], np.float32)
        cv2.fillPoly(canvas, [np.array([near[0], near[1], far[1], far[0]], np.int32)], paint.tolist(), cv2.LINE_AA)
    if rng.random() < 0.35:
        for i in range(int(rng.integers(3, 9))):
            y = horizon + int((height - horizon) * (0.3 + 0.07 * i))
            cv2.line(canvas, (0, y), (width, y + int(rng.normal(0, 20))), _color(rng, 60, 240, 8).tolist(),
                     int(rng.integers(1, 8)))  # fmt: skip
    if rng.random() < 0.5:
        polygon = rng.uniform([0, horizon], [width, height], (int(rng.integers(3, 7)), 2)).astype(np.int32)
        shade = np.ones((height, width), np.float32)
        cv2.fillPoly(shade, [polygon], float(rng.uniform(0.35, 0.8)))
        canvas *= cv2.GaussianBlur(shade, (0, 0), rng.uniform(1, 12))[..., None]


def street(rng: Rng, height: int, width: int) -> Image:
    """A made-up street: sky, things that stand, ground with marks."""
    horizon = int(height * rng.uniform(-0.1, 0.6))
    horizon = max(horizon, 1)
    sky = _ramp(rng, horizon, width, _color(rng, 90, 255, 14), _color(rng, 90, 255, 14))
    ground = _ramp(rng, height - horizon, width, _color(rng, 30, 190, 8), _color(rng, 30, 190, 8))
    canvas = np.ascontiguousarray(np.vstack([sky, ground]))
    if horizon > 20:
        _facade(rng, canvas, horizon)
    _marks(rng, canvas, horizon)
    return np.clip(canvas, 0, 255).astype(np.uint8)


def texture(rng: Rng, height: int, width: int) -> Image:
    """Coloured noise with polygons and lines on it: nothing that a net could lean on."""
    canvas = np.ascontiguousarray(_ramp(rng, height, width, _color(rng), _color(rng)))
    for _ in range(int(rng.integers(2, 18))):
        centre, radius = rng.uniform(0, [width, height]), rng.uniform(0.02, 0.4) * width
        corners = centre + rng.normal(0, radius, (int(rng.integers(3, 7)), 2)) * [1, rng.uniform(0.2, 1)]
        cv2.fillPoly(canvas, [corners.astype(np.int32)], _color(rng).tolist(), cv2.LINE_AA)
    for _ in range(int(rng.integers(0, 25))):
        a, b = rng.uniform(0, [width, height]), rng.uniform(0, [width, height])
        cv2.line(canvas, a.astype(int).tolist(), b.astype(int).tolist(), _color(rng).tolist(), int(rng.integers(1, 9)))
    canvas += grain(rng, height, width, 16, 4)[..., None] * rng.uniform(2, 20)
    return np.clip(canvas, 0, 255).astype(np.uint8)


def video_frames(path: Path, count: int) -> Iterator[Image]:
    """Evenly spaced frames of a video file; none where it cannot be opened."""
    capture = cv2.VideoCapture(str(path))
    total = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted = set(np.linspace(0, max(total - 1, 0), count).astype(int).tolist())
    for number in range(total):
        found, frame = capture.read()
        if not found:
            break
        if number in wanted:
            yield frame.astype(np.uint8)
    capture.release()


def backdrops(rng: Rng, count: int, video: Path | None = None) -> list[Image]:
    """A stock of backgrounds; one in eight from the video where there is one."""
    stock: list[Image] = list(islice(video_frames(video, count // 8), count // 8)) if video else []
    for seed in range(count // 12):
        optics = Optics(960, 540, bool(rng.integers(2)))
        stock.append(draw_background(optics, bool(rng.random() < 0.4), 100 + seed))
    while len(stock) < count:
        height, width = (720, 960) if rng.random() < 0.7 else (960, 640)
        stock.append(street(rng, height, width) if rng.random() < 0.7 else texture(rng, height, width))
    return stock
