"""What weather, light, lens, sensor and compression do to a picture of a plate. Core: arithmetic only.

Every function takes and returns float32 pictures HxWx3 in BGR, 0 to 255, and may change its argument.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Canvas = NDArray[np.float32]
Rng = np.random.Generator


def dirt(rng: Rng, plate: Canvas) -> Canvas:
    """Mud and dust: soft patches of brown or grey, thicker towards one edge."""
    height, width = plate.shape[:2]
    patches = cv2.resize(rng.random((3, 7), np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    fine = cv2.resize(rng.random((9, 25), np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    cover = np.clip((patches * 0.7 + fine * 0.3 - rng.uniform(0.35, 0.7)) * 2.2, 0, rng.uniform(0.2, 0.7))[..., None]
    mud = np.array([70, 95, 115], np.float32) * rng.uniform(0.4, 1.7) + rng.normal(0, 10, 3)
    return np.asarray(plate * (1 - cover) + cover * mud.astype(np.float32), np.float32)


def shadow(rng: Rng, image: Canvas) -> Canvas:
    """A straight shadow edge, hard or soft."""
    height, width = image.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    along = (xs - width * rng.uniform(0.1, 0.9)) * np.cos(angle) + (ys - height * rng.uniform(0.1, 0.9)) * np.sin(angle)
    soft = 1 / (1 + np.exp(np.clip(-along / rng.uniform(0.3, 6), -30, 30)))
    gain = 1 - soft * rng.uniform(0.25, 0.7)
    return np.asarray(image * gain[..., None], np.float32)


def slope(rng: Rng, image: Canvas) -> Canvas:
    """Light that falls off from one side to the other."""
    height, width = image.shape[:2]
    across = np.linspace(-1, 1, width, dtype=np.float32)[None] * rng.normal(0, 0.25)
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None] * rng.normal(0, 0.25)
    return np.asarray(image * np.clip(1 + across + down, 0.3, 2)[..., None], np.float32)


def glare(rng: Rng, image: Canvas) -> Canvas:
    """A bright spot of a lamp or the sun."""
    height, width = image.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    cx, cy = rng.uniform(0, width), rng.uniform(0, height)
    reach = width * rng.uniform(0.06, 0.35)
    spot = np.exp(-(((xs - cx) / reach) ** 2 + ((ys - cy) / (reach * rng.uniform(0.3, 1.2))) ** 2))
    return np.asarray(image + spot[..., None] * rng.uniform(50, 190), np.float32)


def bloom(rng: Rng, image: Canvas) -> Canvas:
    """Too much light: whites clip and flow over their edges."""
    image = np.clip(image * rng.uniform(1.15, 2.1), 0, 400)
    over = np.clip(image - rng.uniform(150, 220), 0, None)
    spread = cv2.GaussianBlur(over, (0, 0), float(rng.uniform(0.8, 2.5)))
    return np.asarray(image + spread * rng.uniform(0.4, 1.2), np.float32)


def burnt(rng: Rng, image: Canvas) -> Canvas:
    """Far too much light: strokes clip and fill up, the sheet between them pales."""
    lit = np.clip(image * rng.uniform(1.4, 2.8) + rng.uniform(0, 45), 0, 700)
    over = np.clip(lit - rng.uniform(200, 250), 0, None)
    spread = cv2.GaussianBlur(over, (0, 0), float(image.shape[1] * rng.uniform(0.004, 0.014)))
    return np.asarray(lit + spread * rng.uniform(0.3, 1.3), np.float32)


def night(rng: Rng, image: Canvas) -> Canvas:
    """Little light: dark, noisy, coloured by the street lamp."""
    lamp = np.array([rng.uniform(0.6, 1.1), rng.uniform(0.8, 1.05), 1.0], np.float32)
    dark = image * lamp * rng.uniform(0.09, 0.45)
    return np.asarray(dark + rng.normal(0, rng.uniform(1, 4), image.shape), np.float32)


def infrared(rng: Rng, image: Canvas) -> Canvas:
    """A grey picture, as infrared lamps or a camera in night mode give."""
    mix = np.clip(np.array([0.2, 0.4, 0.4]) + rng.normal(0, 0.15, 3), 0, 1).astype(np.float32)
    grey = image @ (mix / mix.sum())
    return np.repeat(grey[..., None], 3, axis=2).astype(np.float32)


def haze(rng: Rng, image: Canvas) -> Canvas:
    """Fog, a dirty lens or a washed-out sensor: contrast falls towards grey."""
    keep = rng.uniform(0.25, 0.75)
    veil = np.array([1, 1, 1], np.float32) * rng.uniform(60, 220) + rng.normal(0, 8, 3).astype(np.float32)
    return np.asarray(image * keep + veil * (1 - keep), np.float32)


def cast(rng: Rng, image: Canvas) -> Canvas:
    """White balance, saturation, brightness and tone curve of another camera."""
    tinted = np.asarray(image * np.exp(rng.normal(0, 0.09, 3)), np.float32)
    grey = tinted.mean(axis=2, keepdims=True)
    tinted = grey + (tinted - grey) * np.float32(rng.uniform(0.35, 1.45))
    gamma = float(np.exp(rng.normal(0, 0.22)))
    curve = 255 * (np.clip(tinted, 0, 255) / 255) ** gamma
    return np.asarray(curve * np.exp(rng.normal(0, 0.2)), np.float32)


def defocus(rng: Rng, image: Canvas) -> Canvas:
    """A lens out of focus; the blur grows with the plate's size, or no plate would stay readable."""
    sigma = min(2.6, image.shape[1] / 110) * rng.uniform(0.35, 1.15)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), float(sigma)), np.float32)


def motion(rng: Rng, image: Canvas) -> Canvas:
    """A moving car: blur along a line."""
    length = max(2.0, image.shape[1] / 22 * rng.uniform(0.3, 1.0))
    angle = rng.normal(0, 0.4) + (np.pi / 2 if rng.random() < 0.35 else 0)
    if abs(np.sin(angle)) < 0.5:
        length *= 0.8
    reach = int(np.ceil(length / 2))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    offset = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    ends = [tuple(int(v) for v in np.round((reach + sign * offset) * 16)) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, 4)
    total = float(kernel.sum())
    return np.asarray(cv2.filter2D(image, -1, kernel / total), np.float32) if total else image


def coarse(rng: Rng, image: Canvas) -> Canvas:
    """A picture that was made smaller and larger again on its way."""
    height, width = image.shape[:2]
    factor = rng.uniform(0.45, 0.9)
    size = (max(40, round(width * factor)), max(14, round(height * factor)))
    ways = (cv2.INTER_LINEAR, cv2.INTER_AREA, cv2.INTER_CUBIC)
    small = cv2.resize(image, size, interpolation=ways[int(rng.integers(3))])
    return np.asarray(cv2.resize(small, (width, height), interpolation=ways[int(rng.integers(2)) * 2]), np.float32)


def sharpen(rng: Rng, image: Canvas) -> Canvas:
    """The halo that cameras put round edges."""
    soft = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.7, 1.8)))
    return np.asarray(image + (image - soft) * rng.uniform(0.3, 1.8), np.float32)


def interlace(rng: Rng, image: Canvas) -> Canvas:
    """Two half pictures of a moving car: every other line is shifted."""
    image[::2] = np.roll(image[::2], int(rng.integers(1, 3)), axis=1)
    return image


def rain(rng: Rng, image: Canvas) -> Canvas:
    """Streaks of rain and drops on the glass that blur what lies behind them."""
    height, width = image.shape[:2]
    soft = cv2.GaussianBlur(image, (0, 0), max(1.0, width / 45))
    cover = np.zeros((height, width), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(cover, centre, max(2, int(width * rng.uniform(0.02, 0.07))), 0.8, -1)
    for _ in range(int(rng.integers(2, 12))):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        cv2.line(image, (x, y), (x + int(rng.integers(-3, 4)), y + int(height * 0.3)), (190.0, 190.0, 190.0), 1)
    veil = cv2.GaussianBlur(cover, (0, 0), max(0.8, width / 120))[..., None]
    return np.asarray(image * (1 - veil) + soft * veil, np.float32)


def noise(rng: Rng, image: Canvas) -> Canvas:
    """Sensor noise, and coarser noise of the colours."""
    height, width = image.shape[:2]
    grain = rng.normal(0, rng.uniform(1.5, 11), (height, width, 1))
    small = rng.normal(0, rng.uniform(0, 9), (max(2, height // 2), max(2, width // 2), 3)).astype(np.float32)
    return np.asarray(image + grain + cv2.resize(small, (width, height)), np.float32)


def compress(rng: Rng, image: Canvas) -> Canvas:
    """JPEG, as cameras and recorders send."""
    quality = int(rng.integers(22, 92))
    packed = cv2.imencode(".jpg", np.clip(image, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.float32)


Step = Callable[[Rng, Canvas], Canvas]

STEPS: tuple[tuple[float, Step], ...] = (
    (0.14, shadow),
    (0.35, slope),
    (0.08, glare),
    (0.09, infrared),
    (0.75, cast),
    (0.13, haze),
    (0.14, bloom),
    (0.06, burnt),
    (0.05, rain),
    (0.38, defocus),
    (0.16, motion),
    (0.10, night),
    (0.20, coarse),
    (0.45, noise),
    (0.04, interlace),
    (0.30, sharpen),
    (0.60, compress),
)
"""The order of nature, each step with how often it happens to a fully damaged picture."""


def weather(rng: Rng, image: Image, hardness: float) -> Image:
    """A picture after the gate: ``hardness`` 0 leaves it as it is, 1 does all that `STEPS` says."""
    canvas = image.astype(np.float32)
    for odds, step in STEPS:
        if rng.random() < odds * hardness:
            canvas = step(rng, canvas)
    return np.clip(canvas, 0, 255).astype(np.uint8)
