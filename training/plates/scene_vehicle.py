"""Fronts and tails of made-up vehicles with a place for the plate, as patches with an alpha channel."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.plates.scene_backdrop import grain
from training.plates.scene_clutter import lettering
from vision.sim.car import BOTTOM_M, HALF_WIDTH_M, Look, draw_car
from vision.sim.car import PX_PER_M as SIM_PX_PER_M

Rng = np.random.Generator
PX_PER_M = 250.0


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A drawn front or tail: H x W x 4 uint8 (BGR, alpha), its scale, and where the plate's middle belongs."""

    patch: NDArray[np.uint8]
    px_per_m: float
    mount: tuple[float, float]
    """x, y in pixels of the patch."""


def body_color(rng: Rng) -> NDArray[np.float32]:
    """Paint: mostly white, black, grey; some blue, red, yellow, green, as in traffic."""
    draw = rng.random()
    if draw < 0.55:
        return np.asarray((rng.choice([25, 60, 120, 170, 215, 240]) + rng.normal(0, 8, 3)).clip(5, 250), np.float32)
    hue = rng.choice([0, 10, 22, 28, 60, 95, 108, 115, 120, 175]) + rng.normal(0, 3)
    pixel = np.array([[[hue % 180, rng.uniform(90, 240), rng.uniform(40, 235)]]], np.uint8)
    return np.asarray(cv2.cvtColor(pixel, cv2.COLOR_HSV2BGR)[0, 0], np.float32)


def _shape(rng: Rng, points: list[tuple[float, float]]) -> NDArray[np.int32]:
    return np.round((np.array(points) + rng.normal(0, 0.01, (len(points), 2))) * PX_PER_M).astype(np.int32)


def _fill(canvas: NDArray[np.float32], polygon: NDArray[np.int32], color: NDArray[np.float32] | list[float]) -> None:
    cv2.fillPoly(canvas, [polygon], [float(c) for c in color], cv2.LINE_AA)


def _lamps(rng: Rng, canvas: NDArray[np.float32], half: float, middle: float, y: float) -> None:
    red = rng.random() < 0.5
    for side in (-1, 1):
        w, h = rng.uniform(0.14, 0.34), rng.uniform(0.08, 0.24)
        x = middle + side * (half - w * 0.6)
        lamp = _shape(
            rng, [(x - w / 2, y - h / 2), (x + w / 2, y - h / 2), (x + w / 2, y + h / 2), (x - w / 2, y + h / 2)]
        )
        tone = [40, 40, rng.uniform(120, 230)] if red else (rng.uniform(120, 250) + rng.normal(0, 10, 3)).tolist()
        _fill(canvas, lamp, tone)
        for _ in range(int(rng.integers(0, 4))):
            centre = (int((x + rng.uniform(-w, w) / 3) * PX_PER_M), int(y * PX_PER_M))
            bright = rng.uniform(150, 255)
            cv2.circle(
                canvas, centre, int(rng.uniform(0.02, 0.09) * PX_PER_M), (bright, bright, bright), -1, cv2.LINE_AA
            )
        if rng.random() < 0.4:
            orange = [30, 130, 240]
            cv2.rectangle(canvas, lamp[0].tolist(), (lamp[0] + [int(w * 80), int(h * 240)]).tolist(), orange, -1)


def _grille(rng: Rng, canvas: NDArray[np.float32], middle: float, y: float) -> None:
    w, h = rng.uniform(0.35, 0.95), rng.uniform(0.08, 0.35)
    x1, x2 = int((middle - w / 2) * PX_PER_M), int((middle + w / 2) * PX_PER_M)
    y1, y2 = int((y - h / 2) * PX_PER_M), int((y + h / 2) * PX_PER_M)
    cv2.rectangle(canvas, (x1, y1), (x2, y2), (rng.uniform(5, 60),) * 3, -1)
    bars, tone = int(rng.integers(2, 9)), float(rng.uniform(40, 230))
    if rng.random() < 0.75:
        for line in np.linspace(y1, y2, bars + 1):
            cv2.line(canvas, (x1, int(line)), (x2, int(line)), (tone, tone, tone), int(rng.integers(1, 7)))
    else:
        for line in np.linspace(x1, x2, bars * 3):
            cv2.line(canvas, (int(line), y1), (int(line), y2), (tone, tone, tone), int(rng.integers(1, 5)))
    _badge(rng, canvas, middle, y)


def _badge(rng: Rng, canvas: NDArray[np.float32], x: float, y: float) -> None:
    tone = (float(rng.uniform(150, 250)),) * 3
    radius, line = int(rng.uniform(0.03, 0.08) * PX_PER_M), int(rng.integers(2, 6))
    centre = np.array([x, y]) * PX_PER_M
    draw = rng.random()
    if draw < 0.3:
        for i in range(4):
            at = (int(centre[0] + (i - 1.5) * radius * 1.45), int(centre[1]))
            cv2.circle(canvas, at, radius, tone, line, cv2.LINE_AA)
    elif draw < 0.6:
        at = (int(centre[0]), int(centre[1]))
        cv2.ellipse(canvas, at, (int(radius * rng.uniform(1, 1.7)), radius), 0, 0, 360, tone, line, cv2.LINE_AA)
        cv2.line(canvas, (at[0] - radius, at[1]), (at[0] + radius, at[1]), tone, line, cv2.LINE_AA)
    elif draw < 0.85:
        lettering(rng, canvas, (centre[0], centre[1]), rng.uniform(0.12, 0.5) * PX_PER_M)


def draw_vehicle(rng: Rng) -> Vehicle:
    """One random front or tail at 250 px per metre."""
    wide, tall = rng.uniform(1.55, 2.1), rng.uniform(1.0, 1.9)
    if rng.random() < 0.25:
        wide, tall = rng.uniform(1.8, 2.5), rng.uniform(1.5, 2.3)
    width, height, middle = wide + 0.2, tall + 0.25, wide / 2 + 0.1
    size = (int(height * PX_PER_M), int(width * PX_PER_M))
    canvas, alpha = np.zeros((*size, 3), np.float32), np.zeros(size, np.float32)
    paint, foot = body_color(rng), tall
    belt = tall * rng.uniform(0.3, 0.55)
    roof, sill = wide * rng.uniform(0.3, 0.48), wide * rng.uniform(0.4, 0.5)
    body = _shape(rng, [(middle - sill, belt), (middle - roof, 0.06), (middle + roof, 0.06), (middle + sill, belt),
                        (middle + wide / 2, belt + 0.2), (middle + wide / 2, foot), (middle - wide / 2, foot),
                        (middle - wide / 2, belt + 0.2)])  # fmt: skip
    cv2.fillPoly(alpha, [body], 1.0, cv2.LINE_AA)
    shine = np.linspace(rng.uniform(0.9, 1.4), rng.uniform(0.5, 1.0), size[0], dtype=np.float32)[:, None, None]
    canvas[:] = paint * shine
    glass = _shape(rng, [(middle - sill + 0.05, belt - 0.03), (middle - roof + 0.06, 0.13),
                         (middle + roof - 0.06, 0.13), (middle + sill - 0.05, belt - 0.03)])  # fmt: skip
    if rng.random() < 0.85:
        _fill(canvas, glass, np.clip(rng.uniform(15, 140) + rng.normal(0, 8, 3), 0, 255))
    _lamps(rng, canvas, wide / 2, middle, belt + rng.uniform(0.1, 0.4) * (foot - belt))
    level = belt + rng.uniform(0.5, 0.9) * (foot - belt)
    if rng.random() < 0.8:
        _grille(rng, canvas, middle, belt + rng.uniform(0.12, 0.45) * (foot - belt))
    if rng.random() < 0.6:
        bumper = (rng.uniform(0.1, 1.1) * paint).clip(5, 250)
        low = _shape(rng, [(middle - wide / 2, level - 0.12), (middle + wide / 2, level - 0.12),
                           (middle + wide / 2, foot), (middle - wide / 2, foot)])  # fmt: skip
        _fill(canvas, low, bumper)
    if rng.random() < 0.5:
        recess = [(middle - 0.4, level - 0.1), (middle + 0.4, level - 0.1), (middle + 0.36, level + 0.1)]
        _fill(canvas, _shape(rng, [*recess, (middle - 0.36, level + 0.1)]), [rng.uniform(5, 70)] * 3)
    for _ in range(int(rng.integers(0, 4))):
        spot = (rng.uniform(0.15, width - 0.15) * PX_PER_M, rng.uniform(belt, foot) * PX_PER_M)
        lettering(rng, canvas, spot, rng.uniform(0.1, 0.6) * PX_PER_M)
    canvas += grain(rng, *size, 64)[..., None] * rng.uniform(1, 14)
    mount_x = middle + (rng.normal(0, 0.25) if rng.random() < 0.2 else 0)
    patch = np.dstack([cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.4, 2)), alpha * 255])
    return Vehicle(np.clip(patch, 0, 255).astype(np.uint8), PX_PER_M, (mount_x * PX_PER_M, level * PX_PER_M))


def sim_vehicle(rng: Rng) -> Vehicle:
    """A car of the demonstration, whose own plate is painted over."""
    body = body_color(rng)
    look = Look(
        "京A00000",
        kind=("sedan", "suv", "van")[int(rng.integers(3))],
        badge=("rings", "disc", "chevron")[int(rng.integers(3))],
        body=(int(body[0]), int(body[1]), int(body[2])),
    )
    sprite = draw_car(look, bool(rng.random() < 0.3))
    patch = cv2.resize(sprite.image, None, fx=0.55, fy=0.55, interpolation=cv2.INTER_AREA)
    scale = SIM_PX_PER_M * 0.55
    left, top, right, bottom = sprite.plate_box_m
    x1, x2 = (HALF_WIDTH_M + left) * scale, (HALF_WIDTH_M + right) * scale
    y1, y2 = (sprite.top_m - top) * scale, (sprite.top_m - bottom) * scale
    cv2.rectangle(patch, (int(x1) - 2, int(y1) - 2), (int(x2) + 2, int(y2) + 2), (30, 30, 30, 255), -1)
    assert patch.shape[0] > (sprite.top_m - BOTTOM_M) * scale - 2
    share = np.maximum(patch[..., 3:].astype(np.float32), 1) / 255
    straight = np.dstack([np.clip(patch[..., :3] / share, 0, 255), patch[..., 3]]).astype(np.uint8)
    return Vehicle(straight, scale, ((x1 + x2) / 2, (y1 + y2) / 2))
