"""Light and lens: night, head lamps, haze, colour casts, blur, noise, compression, on H x W x 3 BGR pictures."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Rng = np.random.Generator
Image = NDArray[np.uint8]
Canvas = NDArray[np.float32]


def _blob(canvas: Canvas, x: float, y: float, radius: float, light: NDArray[np.float32]) -> None:
    """Adds a soft round light, in place."""
    reach = radius * 3
    height, width = canvas.shape[:2]
    x1, x2 = max(0, int(x - reach)), min(width, int(x + reach) + 1)
    y1, y2 = max(0, int(y - reach)), min(height, int(y + reach) + 1)
    if x2 <= x1 or y2 <= y1:
        return
    across = np.exp(-0.5 * ((np.arange(x1, x2, dtype=np.float32) - x) / radius) ** 2)
    down = np.exp(-0.5 * ((np.arange(y1, y2, dtype=np.float32) - y) / radius) ** 2)
    canvas[y1:y2, x1:x2] += (down[:, None] * across[None, :])[..., None] * light


def head_lamps(rng: Rng, canvas: Canvas, quad: NDArray[np.float32]) -> None:
    """A pair of lamps left and right above a plate, with halo and now and then a streak, in place."""
    wide = float(np.linalg.norm(quad[1] - quad[0]))
    middle = quad.mean(axis=0)
    warm = np.array([rng.uniform(180, 255), rng.uniform(220, 255), 255], np.float32)
    if rng.random() < 0.25:
        warm = np.array([40, 50, 255], np.float32)
    lift, reach = rng.uniform(0.2, 1.1) * wide, rng.uniform(1.1, 1.9) * wide
    for side in (-1, 1):
        if rng.random() < 0.12:
            continue
        x, y = middle[0] + side * reach, middle[1] - lift
        _blob(canvas, x, y, rng.uniform(0.08, 0.25) * wide, warm * rng.uniform(2, 8))
        _blob(canvas, x, y, rng.uniform(0.4, 1.3) * wide, warm * rng.uniform(0.1, 0.8))
        if rng.random() < 0.3:
            end = rng.normal((x, y), 2.5 * wide)
            streak = np.zeros(canvas.shape[:2], np.float32)
            cv2.line(streak, (int(x), int(y)), end.astype(int).tolist(), 1.0, max(1, int(0.08 * wide)))
            canvas += cv2.GaussianBlur(streak, (0, 0), 0.06 * wide + 1)[..., None] * warm * rng.uniform(0.1, 0.5)


def light_scene(rng: Rng, picture: Image, plates: NDArray[np.float32], quads: list[NDArray[np.float32]]) -> Image:
    """Day, dusk, night with lamps or infrared; ``plates`` (H x W, 0 to 1) tells where light comes straight back."""
    canvas = picture.astype(np.float32)
    draw = rng.random()
    if draw < 0.62:
        _shade(rng, canvas)
    else:
        dark = rng.uniform(0.04, 0.5)
        shine = min(1.3, dark * rng.uniform(1.0, 6.0))
        canvas *= (dark + (shine - dark) * cv2.GaussianBlur(plates, (0, 0), 1.5))[..., None]
        if draw > 0.93:
            canvas[:] = canvas.mean(axis=2, keepdims=True) * rng.uniform(1.0, 2.0)
    if draw > 0.62 or rng.random() < 0.12:
        for quad in quads:
            if rng.random() < 0.75:
                head_lamps(rng, canvas, quad)
    if rng.random() < 0.25:
        fog = rng.uniform(0.05, 0.55)
        canvas = canvas * np.float32(1 - fog) + np.float32(fog * rng.uniform(20, 230))
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _shade(rng: Rng, canvas: Canvas) -> None:
    """Sun and shadow, in place."""
    if rng.random() < 0.4:
        height, width = canvas.shape[:2]
        middle, spread = rng.uniform(0, [width, height]), rng.uniform(0.1, 0.5) * width
        polygon = (middle + rng.normal(0, spread, (int(rng.integers(3, 6)), 2))).astype(np.int32)
        mask = np.zeros((height, width), np.float32)
        cv2.fillPoly(mask, [polygon], 1.0, cv2.LINE_AA)
        soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.7, 10))
        canvas *= (1 - soft * rng.uniform(0.25, 0.75))[..., None]
    canvas *= rng.uniform(0.5, 1.35)


def motion_blur(rng: Rng, picture: Image, length: float) -> Image:
    """Blur along a random, mostly level or upright, direction."""
    size = max(2, round(length)) | 1
    angle = rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.3)
    kernel = np.zeros((size, size), np.float32)
    reach = np.array([np.cos(angle), np.sin(angle)]) * (size - 1) / 2
    middle = (size - 1) / 2
    cv2.line(
        kernel, np.round(middle - reach).astype(int).tolist(), np.round(middle + reach).astype(int).tolist(), 1.0, 1
    )
    return cv2.filter2D(picture, -1, kernel / kernel.sum()).astype(np.uint8)


@lru_cache(maxsize=1)
def _noise_sheet() -> NDArray[np.float32]:
    """Made once: drawing normal numbers costs more than all the rest of `lens`."""
    return np.random.default_rng(0).standard_normal((1000, 1000, 3), dtype=np.float32)


def noise(rng: Rng, height: int, width: int) -> NDArray[np.float32]:
    """Normal noise of variance 1, H x W x 3, sides up to 1000: a random part of one sheet."""
    y, x = int(rng.integers(1001 - height)), int(rng.integers(1001 - width))
    part: NDArray[np.float32] = _noise_sheet()[y : y + height, x : x + width]
    return part


def tones(rng: Rng) -> NDArray[np.uint8]:
    """A random curve of gamma, contrast, brightness and colour cast: 256 x 1 x 3."""
    level = 255 * (np.arange(256) / 255) ** np.exp(rng.normal(0, 0.25))
    if rng.random() < 0.15:
        # Dusk, underexposure, mist: what is left is a narrow band of levels.
        level = level * rng.uniform(0.12, 0.5) + rng.uniform(0, 1) ** 2 * 130
    else:
        level = (level - 110) * rng.uniform(0.6, 1.3) + 110 + rng.normal(0, 18)
    colors = np.clip(level[:, None] * np.exp(rng.normal(0, 0.06, 3)), 0, 255)
    return np.asarray(colors[:, None], np.uint8)


def lens(rng: Rng, picture: Image, strength: float = 1.0) -> Image:
    """What camera and codec do to a picture that already has its final size."""
    out = picture
    draw = rng.random()
    if draw < 0.3 * strength:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 1.4)).astype(np.uint8)
    elif draw < 0.42 * strength:
        out = motion_blur(rng, out, rng.uniform(2, 5))
    if rng.random() < 0.12:
        unsharp = cv2.GaussianBlur(out, (0, 0), 1.2)
        out = cv2.addWeighted(out, 1.8, unsharp, -0.8, 0).astype(np.uint8)
    contrast = 1.0
    if rng.random() < 0.8:
        curve = tones(rng)
        contrast = float(np.clip((float(curve[200].mean()) - float(curve[55].mean())) / 145, 0.15, 1))
        out = cv2.LUT(out, curve).astype(np.uint8)
    if rng.random() < 0.06:
        out = np.repeat(cv2.cvtColor(out, cv2.COLOR_BGR2GRAY)[..., None], 3, axis=2).astype(np.uint8)
    if rng.random() < 0.6:
        rough = noise(rng, out.shape[0], out.shape[1]) * np.float32(rng.uniform(0.5, 9) * strength * contrast)
        out = cv2.add(out, rough, dtype=cv2.CV_8U).astype(np.uint8)
    if rng.random() < 0.5:
        quality = int(rng.uniform(25, 95))
        _, data = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, quality])
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
        assert decoded is not None
        out = decoded.astype(np.uint8)
    return out
