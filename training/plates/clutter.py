"""What stands round a plate, and what is mistaken for one. Core: arithmetic only, randomness is passed in."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from training.plates.damage import weather
from training.plates.draw import draw_plate
from training.plates.glyphs import Glyphs
from vision.plate_strip import STRIP_PX
from vision.plate_text import ALPHABET

Image = NDArray[np.uint8]
Corners = NDArray[np.float32]
Rng = np.random.Generator

_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_PLAIN,
)
_SIGNS = "ABCDEFGHKLMNOPRSTUVXYZ0123456789-:./ "


def background(rng: Rng, width: int, height: int, corners: Corners) -> Image:
    """A car's bumper: paint, edges, the plate's holder, lettering below it; HxWx3 uint8 BGR."""
    paint = _paint(rng)
    soft = rng.normal(0, rng.uniform(2, 30), (3, 5, 1)).astype(np.float32) + paint
    canvas = cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(int(rng.integers(0, 5))):
        y = int(rng.integers(height))
        end = y + int(rng.normal(0, height * 0.12))
        cv2.line(canvas, (0, y), (width, end), _shade(rng, paint, 60), int(rng.integers(1, max(2, height // 6))))
    if rng.random() < 0.55:
        grow = float(rng.uniform(1.01, 1.07))
        centre = corners.mean(axis=0)
        holder = (corners - centre) * np.array([grow, 1 + (grow - 1) * 3]) + centre
        tone = float(rng.choice([20, 45, 120, 200]))
        cv2.fillConvexPoly(canvas, np.round(holder * 16).astype(np.int32), (tone, tone, tone), cv2.LINE_AA, 4)
    done = np.clip(canvas, 0, 255).astype(np.uint8)
    if rng.random() < 0.2:
        _letter(rng, done, (int(rng.integers(width // 2)), height - 2), height * rng.uniform(0.06, 0.13))
    return done


def _paint(rng: Rng) -> NDArray[np.float32]:
    """A car's colour: mostly grey, sometimes red, blue or green."""
    tone = float(rng.choice([15, 35, 80, 150, 205, 235]) + rng.normal(0, 10))
    spread = 4.0 if rng.random() < 0.7 else 55.0
    return (tone + rng.normal(0, spread, 3)).astype(np.float32)


def _shade(rng: Rng, bgr: NDArray[np.float32], spread: float) -> tuple[float, float, float]:
    b, g, r = np.clip(bgr + rng.normal(0, spread), 0, 255)
    return float(b), float(g), float(r)


def _letter(rng: Rng, canvas: Image, at: tuple[int, int], height_px: float) -> None:
    text = "".join(_SIGNS[int(rng.integers(len(_SIGNS)))] for _ in range(int(rng.integers(4, 12))))
    tone = float(rng.uniform(0, 255))
    font = _FONTS[int(rng.integers(len(_FONTS)))]
    thick = int(rng.integers(1, 3))
    cv2.putText(canvas, text, at, font, max(0.25, height_px / 22), (tone, tone, tone), thick, cv2.LINE_AA)


def cover_rim(rng: Rng, plate: Image) -> Image:
    """The plate with a holder's rim lying over one or more of its edges."""
    height, width = plate.shape[:2]
    tone = float(np.clip(rng.choice([20, 60, 150, 215]) + rng.normal(0, 15), 0, 255))
    for side in range(4):
        if rng.random() < 0.6:
            reach = max(1, round(height * rng.uniform(0.02, 0.11)))
            view = plate[:reach] if side == 0 else plate[height - reach :] if side == 1 else plate
            if side > 1:
                reach = max(1, round(width * rng.uniform(0.005, 0.025)))
                view = plate[:, :reach] if side == 2 else plate[:, width - reach :]
            view[:] = np.clip(tone + rng.normal(0, 6, 3), 0, 255).astype(np.uint8)
    return plate


def stamp_time(rng: Rng, image: Image) -> Image:
    """The picture with a camera's lettering laid over some place of it."""
    height, width = image.shape[:2]
    _letter(rng, image, (int(rng.integers(-width // 4, width // 2)), int(rng.uniform(0.3, 1) * height)), height * 0.14)
    return image


def no_plate(rng: Rng, glyphs: Glyphs, hardness: float) -> Image:
    """A strip, 40x160x3, of what finders take for plates: lettering, grilles, lamps, bare metal, cut plates."""
    draws = (_lettering, _grille, _bare, _wrong_characters, _half_plate)
    canvas = draws[int(rng.choice(len(draws), p=(0.3, 0.2, 0.15, 0.2, 0.15)))](rng, glyphs)
    return weather(rng, canvas, hardness)


def _bare(rng: Rng, _: Glyphs) -> Image:
    width, height = STRIP_PX
    far = np.array([[-9, -9], [-8, -9], [-8, -8], [-9, -8]], np.float32)
    return background(rng, width, height, far)


def _lettering(rng: Rng, glyphs: Glyphs) -> Image:
    canvas = _bare(rng, glyphs)
    for row in range(int(rng.integers(1, 3))):
        size = rng.uniform(7, 26)
        _letter(rng, canvas, (int(rng.integers(-20, 40)), int(rng.uniform(14, 38) / (row + 1))), size)
    return canvas


def _grille(rng: Rng, glyphs: Glyphs) -> Image:
    canvas = _bare(rng, glyphs)
    tone = int(rng.integers(256))
    step = int(rng.integers(4, 22))
    lean = int(rng.normal(0, 4))
    for x in range(-10, STRIP_PX[0] + 10, step):
        cv2.line(canvas, (x, 0), (x + lean, 40), (tone, tone, tone), int(rng.integers(1, max(2, step // 2))))
    if rng.random() < 0.4:
        for x in range(int(rng.integers(10, 50)), 150, int(rng.integers(16, 32))):
            cv2.circle(canvas, (x, 20), int(rng.integers(7, 13)), (tone, tone, tone), 2, cv2.LINE_AA)
    return canvas


def _wrong_characters(rng: Rng, glyphs: Glyphs) -> Image:
    """Plate-like characters that are no plate: too few, with wide gaps."""
    canvas = _bare(rng, glyphs).astype(np.float32)
    ink = float(rng.choice([15, 240]))
    size = (int(rng.integers(10, 22)), int(rng.integers(16, 34)))
    x = int(rng.integers(0, 30))
    for _ in range(int(rng.integers(1, 5))):
        char = ALPHABET[int(rng.integers(len(ALPHABET)))]
        mask = glyphs.mask(char, "140", size)[..., None]
        top = (40 - size[1]) // 2
        if x + size[0] > STRIP_PX[0]:
            break
        patch = canvas[top : top + size[1], x : x + size[0]]
        patch *= 1 - mask
        patch += mask * ink
        x += size[0] + int(rng.integers(3, 40))
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _half_plate(rng: Rng, glyphs: Glyphs) -> Image:
    """Less than two thirds of a plate, cut at one side."""
    plate = draw_plate(rng, glyphs, px_per_mm=0.4).image
    width = plate.shape[1]
    keep = round(width * rng.uniform(0.25, 0.6))
    part = plate[:, :keep] if rng.random() < 0.5 else plate[:, width - keep :]
    side = _bare(rng, glyphs)
    at = int(rng.integers(0, STRIP_PX[0] // 2))
    shown = cv2.resize(part, (min(STRIP_PX[0] - at, round(keep * 0.9)), 32), interpolation=cv2.INTER_AREA)
    side[4:36, at : at + shown.shape[1]] = shown
    return side
