"""Composited gate scenes with the corners of every plate and of every look-alike. Randomness is passed in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.plates.draw import draw_plate
from training.plates.glyphs import Glyphs
from training.plates.scene_backdrop import Image, backdrops
from training.plates.scene_clutter import blank, half_plate, sign, stamp
from training.plates.scene_light import light_scene
from training.plates.scene_vehicle import Vehicle, draw_vehicle, sim_vehicle

Rng = np.random.Generator
Quad = NDArray[np.float32]

PLATE, UNCLEAR, LOOKALIKE = 1, 0, -1
_SIZES = ((960, 540), (960, 540), (960, 720), (800, 600), (640, 480), (540, 900), (960, 400))


@dataclass(frozen=True, slots=True)
class Truth:
    """The four corners (upper left, upper right, lower right, lower left) of something and what it is."""

    quad: Quad
    what: int
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Stock:
    """What scenes are put together from."""

    grounds: list[Image]
    vehicles: list[Vehicle]
    glyphs: Glyphs


def make_stock(rng: Rng, glyphs: Glyphs, *, grounds: int = 96, vehicles: int = 160, video: Path | None = None) -> Stock:
    """Backgrounds and vehicles; one vehicle in four is the demonstration's."""
    fleet = [sim_vehicle(rng) if i % 4 == 0 else draw_vehicle(rng) for i in range(vehicles)]
    return Stock(backdrops(rng, grounds, video), fleet, glyphs)


def pose(rng: Rng, size: tuple[int, int], width_px: float) -> NDArray[np.float64]:
    """A 3 x 3 map from metres on an upright sheet (0, 0 its middle) to pixels; a 0.44 m plate gets ``width_px``."""
    tilted = rng.random() < 0.35
    roll = np.radians(np.clip(rng.normal(0, 12 if tilted else 2.5), -50, 50))
    yaw = np.radians(np.clip(rng.normal(0, 28 if tilted else 9), -52, 52))
    pitch = np.radians(np.clip(rng.normal(12, 10), -15, 45))
    cz, sz, cy, sy, cx, sx = np.cos(roll), np.sin(roll), np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    turn = (
        np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
        @ np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
        @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    )
    focal = size[0] * rng.uniform(0.9, 2.5)
    distance = focal * 0.44 / width_px
    sheet = np.column_stack([turn[:, 0], turn[:, 1], [0, 0, distance]])
    middle = rng.uniform([0.04, 0.1], [0.96, 0.97]) * size
    return np.asarray(np.array([[focal, 0, middle[0]], [0, focal, middle[1]], [0, 0, 1]]) @ sheet, np.float64)


def project(matrix: NDArray[np.float64], points: NDArray[np.float64]) -> Quad:
    """N x 2 points through a 3 x 3 map."""
    mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return (mapped[:, :2] / mapped[:, 2:]).astype(np.float32)


def paste(
    picture: Image, patch: NDArray[np.uint8], matrix: NDArray[np.float64], ids: NDArray[np.int16], mark: int
) -> None:
    """Lay a BGRA patch (its pixels mapped by ``matrix``) over the picture and note ``mark`` where it is solid."""
    height, width = patch.shape[:2]
    outline = project(matrix, np.array([[0, 0], [width, 0], [width, height], [0, height]], float))
    extent = np.linalg.norm(outline - np.roll(outline, 1, axis=0), axis=1).max() / max(width, height)
    while extent < 0.6 and min(patch.shape[:2]) > 8:
        smaller = (max(4, patch.shape[1] // 2), max(4, patch.shape[0] // 2))
        shrink = np.diag([patch.shape[1] / smaller[0], patch.shape[0] / smaller[1], 1.0])
        patch = cv2.resize(patch, smaller, interpolation=cv2.INTER_AREA).astype(np.uint8)
        matrix, extent = matrix @ shrink, extent * 2
    x1, y1 = np.maximum(np.floor(outline.min(axis=0)), 0).astype(int)
    x2, y2 = np.minimum(np.ceil(outline.max(axis=0)) + 1, picture.shape[1::-1]).astype(int)
    if x2 - x1 < 2 or y2 - y1 < 2:
        return
    shift = np.array([[1, 0, -x1], [0, 1, -y1], [0, 0, 1]], float)
    size = (int(x2 - x1), int(y2 - y1))
    warped = cv2.warpPerspective(patch, shift @ matrix, size, flags=cv2.INTER_LINEAR).astype(np.float32)
    share = warped[..., 3:] / 255
    under = picture[y1:y2, x1:x2]
    under[:] = (under * (1 - share) + warped[..., :3] * share).astype(np.uint8)
    ids[y1:y2, x1:x2][warped[..., 3] > 127] = mark


def _sheet(image: NDArray[np.generic]) -> NDArray[np.uint8]:
    pixels = np.clip(image, 0, 255).astype(np.uint8)
    return np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])


def _place_sheet(picture: Image, ids: NDArray[np.int16], sheet: NDArray[np.uint8], matrix: NDArray[np.float64],
                 width_m: float, mark: int) -> Quad:  # fmt: skip
    """Paste a flat sheet centred on 0, 0 of the map; returns its corners in the picture."""
    height, width = sheet.shape[:2]
    unit = width_m / width
    to_m = np.array([[unit, 0, -width_m / 2], [0, unit, -height * unit / 2], [0, 0, 1.0]])
    paste(picture, sheet, matrix @ to_m, ids, mark)
    return project(matrix @ to_m, np.array([[0, 0], [width, 0], [width, height], [0, height]], float))


def _dirty(rng: Rng, image: NDArray[np.generic]) -> NDArray[np.float32]:
    canvas = image.astype(np.float32) * rng.uniform(0.65, 1.1)
    if rng.random() < 0.3:
        small = rng.random((6, 14), np.float32) ** 3 * rng.uniform(0.1, 0.8)
        mud = cv2.resize(small, canvas.shape[1::-1], interpolation=cv2.INTER_CUBIC)[..., None]
        canvas = canvas * (1 - mud) + mud * rng.uniform(60, 190)
    return canvas


def compose(rng: Rng, stock: Stock) -> tuple[Image, list[Truth]]:
    """One scene of day or night and the truth about it."""
    width, height = _SIZES[int(rng.integers(len(_SIZES)))]
    picture = _ground(rng, stock, width, height)
    ids = np.zeros((height, width), np.int16)
    truths: list[Truth] = []
    for _ in range(int(rng.integers(0, 5))):
        _add_clutter(rng, stock, picture, ids, truths)
    count = int(rng.choice([0, 1, 1, 1, 1, 2, 2, 3, 4]))
    widths = sorted(float(np.exp(rng.uniform(np.log(26), np.log(0.5 * width)))) for _ in range(count))
    for width_px in widths:
        _add_vehicle(rng, stock, picture, ids, truths, width_px)
    for _ in range(int(rng.integers(0, 3))):
        _add_clutter(rng, stock, picture, ids, truths)
    truths = [_judge(truth, ids, mark) for mark, truth in enumerate(truths, 1)]
    shine = (ids > 0).astype(np.float32) if rng.random() < 0.8 else np.zeros((height, width), np.float32)
    quads = [truth.quad for truth in truths if truth.what == PLATE]
    picture = light_scene(rng, picture, shine, quads)
    if rng.random() < 0.35:
        stamp(rng, picture)
    return picture, truths


def _ground(rng: Rng, stock: Stock, width: int, height: int) -> Image:
    ground = stock.grounds[int(rng.integers(len(stock.grounds)))]
    share = rng.uniform(0.5, 1.0)
    h, w = int(ground.shape[0] * share), int(ground.shape[1] * share)
    y, x = int(rng.integers(ground.shape[0] - h + 1)), int(rng.integers(ground.shape[1] - w + 1))
    picture = cv2.resize(ground[y : y + h, x : x + w], (width, height), interpolation=cv2.INTER_LINEAR)
    return (picture[:, ::-1] if rng.random() < 0.5 else picture).astype(np.uint8).copy()


def _add_vehicle(rng: Rng, stock: Stock, picture: Image, ids: NDArray[np.int16], truths: list[Truth],
                 width_px: float) -> None:  # fmt: skip
    matrix = pose(rng, (picture.shape[1], picture.shape[0]), width_px)
    if rng.random() < 0.9:
        vehicle = stock.vehicles[int(rng.integers(len(stock.vehicles)))]
        unit = 1 / vehicle.px_per_m
        to_m = np.array([[unit, 0, -vehicle.mount[0] * unit], [0, unit, -vehicle.mount[1] * unit], [0, 0, 1.0]])
        paste(picture, vehicle.patch, matrix @ to_m, ids, 0)
    if rng.random() < 0.1:
        return
    px_per_mm = 0.5 if width_px < 150 else 1.0
    plain = rng.random() < 0.5
    kind, color = ("ordinary", "blue") if plain else (None, None)
    plate = draw_plate(rng, stock.glyphs, kind=kind, color=color, px_per_mm=px_per_mm)
    width_m = plate.image.shape[1] / px_per_mm / 1000
    image = _dirty(rng, plate.image)
    if rng.random() < 0.3:
        rim = int(rng.uniform(4, 24) * px_per_mm)
        frame = cv2.copyMakeBorder(image, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=[rng.uniform(10, 230)] * 3)
        _place_sheet(picture, ids, _sheet(frame), matrix, width_m * frame.shape[1] / image.shape[1], 0)
    quad = _place_sheet(picture, ids, _sheet(image), matrix, width_m, len(truths) + 1)
    truths.append(Truth(quad, PLATE, plate.rows))


def _add_clutter(rng: Rng, stock: Stock, picture: Image, ids: NDArray[np.int16], truths: list[Truth]) -> None:
    draw = rng.random()
    if draw < 0.5:
        image = sign(rng)
    elif draw < 0.75:
        image = blank(rng)
    else:
        image = half_plate(rng, draw_plate(rng, stock.glyphs, px_per_mm=0.5).image)
    width_px = float(np.exp(rng.uniform(np.log(40), np.log(0.35 * picture.shape[1]))))
    matrix = pose(rng, (picture.shape[1], picture.shape[0]), width_px)
    quad = _place_sheet(picture, ids, _sheet(_dirty(rng, image)), matrix, 0.44, len(truths) + 1)
    truths.append(Truth(quad, LOOKALIKE))


def _judge(truth: Truth, ids: NDArray[np.int16], mark: int) -> Truth:
    """A plate that is hidden or cut by more than 40 % is none; one with a little missing counts neither way."""
    if truth.what != PLATE:
        return truth
    whole = cv2.contourArea(truth.quad)
    seen = float((ids == mark).sum()) / max(whole, 1.0)
    short = float(np.linalg.norm(truth.quad - np.roll(truth.quad, 1, axis=0), axis=1).min())
    if seen < 0.6:
        return Truth(truth.quad, LOOKALIKE)
    return truth if seen > 0.9 and short > 4.5 else Truth(truth.quad, UNCLEAR)
