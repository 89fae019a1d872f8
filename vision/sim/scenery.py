"""The still parts of a gate scene: sky, road, kerb, booth, and the barrier arm. Core: arithmetic only."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Canvas = NDArray[np.float32]
Bgr = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Optics:
    """A level pinhole camera beside the lane, beyond the barrier, looking at arriving cars."""

    width_px: int
    height_px: int
    mirrored: bool
    """The island with barrier and booth is on the right instead of the left."""

    eye_m: float = 1.12
    stop_m: float = 4.5
    """From the camera to the nose of a car at the stop line."""

    @property
    def focal_px(self) -> float:
        return self.width_px * 1.6

    @property
    def horizon_px(self) -> float:
        return self.height_px * 0.25

    def scale_px_per_m(self, distance_m: float) -> float:
        """Size of a metre at that distance from the camera."""
        return self.focal_px / distance_m

    def project(self, right_m: float, up_m: float, ahead_m: float) -> tuple[float, float]:
        """Pixel of a point: metres right of the lane's middle, above the ground, ahead of the camera."""
        scale = self.scale_px_per_m(ahead_m)
        side = -1 if self.mirrored else 1
        x = self.width_px * 0.52 + (right_m + 0.02) * scale
        x = self.width_px - x if side < 0 else x
        return x, self.horizon_px + (self.eye_m - up_m) * scale


_DAY_SKY = ((236, 208, 176), (246, 236, 226))
_NIGHT_SKY = ((34, 24, 18), (52, 42, 36))
_NIGHT_TINT = np.array((0.30, 0.24, 0.24), np.float32)


def draw_background(optics: Optics, night: bool, seed: int) -> Image:
    """The empty scene without the arm, (height, width, 3) uint8 BGR; to be cached by the caller."""
    rng = np.random.default_rng(seed)
    canvas = np.zeros((optics.height_px, optics.width_px, 3), np.float32)
    _draw_sky(canvas, optics, rng)
    _draw_ground(canvas, optics, rng)
    _draw_booth(canvas, optics)
    _draw_cabinet(canvas, optics)
    canvas = cv2.GaussianBlur(canvas, (0, 0), 0.8).astype(np.float32)
    if night:
        canvas = _at_night(canvas, optics)
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _quad(canvas: Canvas, points: list[tuple[float, float]], color: Bgr) -> None:
    cv2.fillPoly(canvas, [np.round(np.array(points) * 8).astype(np.int32)], color, cv2.LINE_AA, 3)


def _slab(canvas: Canvas, optics: Optics, xs: tuple[float, float], zs: tuple[float, float], color: Bgr) -> None:
    """A flat rectangle on the ground."""
    corners = [(xs[0], zs[0]), (xs[1], zs[0]), (xs[1], zs[1]), (xs[0], zs[1])]
    _quad(canvas, [optics.project(x, 0.0, z) for x, z in corners], color)


def _wall(
    canvas: Canvas, optics: Optics, xs: tuple[float, float], ys: tuple[float, float], z: float, color: Bgr
) -> None:
    """An upright rectangle that faces the camera."""
    corners = [(xs[0], ys[0]), (xs[1], ys[0]), (xs[1], ys[1]), (xs[0], ys[1])]
    _quad(canvas, [optics.project(x, y, z) for x, y in corners], color)


def _draw_sky(canvas: Canvas, optics: Optics, rng: np.random.Generator) -> None:
    horizon = round(optics.horizon_px)
    ramp = np.linspace(0, 1, horizon, dtype=np.float32)[:, None, None]
    canvas[:horizon] = np.array(_DAY_SKY[0], np.float32) * (1 - ramp) + np.array(_DAY_SKY[1], np.float32) * ramp
    x = -30.0
    while x < optics.width_px:  # houses of the quarter, then the trees before them
        width, height = float(rng.uniform(60, 130)), float(rng.uniform(30, 105))
        shade = int(rng.integers(168, 205))
        _quad(
            canvas,
            [(x, horizon), (x, horizon - height), (x + width, horizon - height), (x + width, horizon)],
            (shade, shade - 4, shade - 10),
        )
        for top in np.arange(horizon - height + 8, horizon - 10, 13):
            for left in np.arange(x + 7, x + width - 10, 15):
                _quad(canvas, [(left, top), (left + 7, top), (left + 7, top + 7), (left, top + 7)], (150, 140, 128))
        x += width + float(rng.uniform(0, 30))
    for middle in range(-10, optics.width_px + 40, 34):
        radius = float(rng.uniform(18, 34))
        green = int(rng.integers(78, 120))
        centre = (middle, round(horizon - radius * 0.5))
        cv2.circle(canvas, centre, round(radius), (green * 0.55, green, green * 0.62), -1, cv2.LINE_AA)


def _draw_ground(canvas: Canvas, optics: Optics, rng: np.random.Generator) -> None:
    height, width = canvas.shape[:2]
    horizon = round(optics.horizon_px)
    canvas[horizon:] = (96, 138, 112)
    _slab(canvas, optics, (-1.02, 2.3), (1.2, 400.0), (122, 120, 118))
    _slab(canvas, optics, (-6.0, -1.02), (1.2, 26.0), (164, 168, 170))
    for i in range(25):  # kerb stones of the island, painted in turns
        color = (190, 192, 194) if i % 2 else (60, 190, 226)
        _slab(canvas, optics, (-1.02, -0.9), (1.2 + i, 2.2 + i), color)
    for i in range(0, 60, 4):
        _slab(canvas, optics, (2.0, 2.1), (8.0 + i, 10.0 + i), (226, 228, 230))
    _slab(canvas, optics, (-0.86, 1.96), (4.12, 4.44), (222, 224, 226))
    grain = rng.normal(0, 1, (height - horizon, width)).astype(np.float32)
    coarse = cv2.GaussianBlur(grain, (0, 0), 6) * 22 + grain * 3.0
    canvas[horizon:] += coarse[..., None]


def _draw_booth(canvas: Canvas, optics: Optics) -> None:
    """The guard's booth on the island, seen from its front corner."""
    z, xs = 13.0, (-3.3, -1.3)
    _wall(canvas, optics, xs, (0.0, 1.95), z, (206, 212, 216))
    _wall(canvas, optics, xs, (0.0, 0.35), z, (128, 92, 62))
    _wall(canvas, optics, (xs[0] + 0.15, xs[1] - 0.85), (0.85, 1.7), z, (118, 100, 80))
    _wall(canvas, optics, (xs[0] + 0.25, xs[0] + 0.65), (0.85, 1.65), z, (150, 134, 112))
    _wall(canvas, optics, (xs[1] - 0.72, xs[1] - 0.08), (0.06, 1.75), z, (150, 128, 102))
    _wall(canvas, optics, (xs[1] - 0.62, xs[1] - 0.18), (0.9, 1.6), z, (112, 96, 78))
    _wall(canvas, optics, (xs[0] - 0.2, xs[1] + 0.25), (1.92, 2.12), z - 0.2, (150, 84, 46))


def _draw_cabinet(canvas: Canvas, optics: Optics) -> None:
    """The barrier's cabinet, orange, on the island beside the arm's pivot."""
    z = ARM_AHEAD_M
    _wall(canvas, optics, (-1.34, -1.06), (0.0, 1.04), z, (36, 128, 232))
    _wall(canvas, optics, (-1.06, -1.01), (0.0, 1.03), z, (24, 92, 176))
    _wall(canvas, optics, (-1.35, -1.0), (1.02, 1.06), z, (46, 46, 46))
    _wall(canvas, optics, (-1.28, -1.12), (0.50, 0.58), z, (60, 60, 60))


def _at_night(canvas: Canvas, optics: Optics) -> Canvas:
    horizon = round(optics.horizon_px)
    dark: Canvas = canvas * _NIGHT_TINT
    ramp = np.linspace(0, 1, horizon, dtype=np.float32)[:, None, None]
    sky = np.array(_NIGHT_SKY[0], np.float32) * (1 - ramp) + np.array(_NIGHT_SKY[1], np.float32) * ramp
    dark[:horizon] = np.minimum(dark[:horizon], sky + 14)
    pool = np.zeros(canvas.shape[:2], np.float32)  # the lamp over the lane
    x, y = optics.project(0.2, 0.0, 4.6)
    cv2.ellipse(
        pool, (round(x), round(y)), (round(optics.width_px * 0.42), round(optics.height_px * 0.24)), 0, 0, 360, 1.0, -1
    )
    pool = cv2.GaussianBlur(pool, (0, 0), optics.width_px / 14).astype(np.float32)
    dark += pool[..., None] * canvas * np.array((0.26, 0.32, 0.36), np.float32)
    _wall(dark, optics, (-3.1, -2.2), (0.85, 1.7), 13.0, (120, 190, 214))
    return dark


ARM_AHEAD_M = 3.9
_ARM_PIVOT_M = (-1.13, 0.93)
_ARM_LENGTH_M = 3.6
_ARM_HALF_M = 0.03
_ARM_BANDS = 12


def draw_arm(frame: Image, optics: Optics, raised: float, night: bool) -> None:
    """Draw the red and white arm into ``frame``; ``raised`` is 0 (down) to 1 (up)."""
    angle = np.deg2rad(86.0) * raised
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]]) * _ARM_HALF_M
    ends = np.linspace(-0.25, _ARM_LENGTH_M, _ARM_BANDS + 1)
    gain = 0.6 if night else 1.0
    for i in range(_ARM_BANDS):
        a, b = (np.array(_ARM_PIVOT_M) + along * end for end in ends[i : i + 2])
        corners = [optics.project(p[0], p[1], ARM_AHEAD_M) for p in (a + across, b + across, b - across, a - across)]
        red = i % 2 == 0
        color = tuple(c * gain for c in ((44, 40, 206) if red else (238, 240, 242)))
        cv2.fillPoly(frame, [np.round(np.array(corners) * 8).astype(np.int32)], color, cv2.LINE_AA, 3)
    x, y = optics.project(*_ARM_PIVOT_M, ARM_AHEAD_M)
    cv2.circle(
        frame, (round(x), round(y)), round(0.06 * optics.scale_px_per_m(ARM_AHEAD_M)), (40, 40, 40), -1, cv2.LINE_AA
    )
