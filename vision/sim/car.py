"""A car seen from the front, drawn in metres and kept as one sprite. Core: arithmetic only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.sim.plate import Color, render_plate

Kind = Literal["sedan", "suv", "van"]
Badge = Literal["rings", "disc", "chevron"]
Bgr = tuple[int, int, int]
Layer = NDArray[np.float32]

PX_PER_M = 460.0
HALF_WIDTH_M = 1.04
BOTTOM_M = -0.14
"""The sprite reaches below the ground line so that the shadow has room."""


@dataclass(frozen=True, slots=True)
class Look:
    """What tells one car from another."""

    plate: str
    color: Color = "blue"
    rows: int = 1
    kind: Kind = "sedan"
    badge: Badge = "rings"
    body: Bgr = (150, 60, 40)


@dataclass(frozen=True, slots=True)
class Sprite:
    """A drawn car: (height, width, 4) uint8, BGR already multiplied by alpha; colour above alpha is glow."""

    image: NDArray[np.uint8]
    top_m: float
    plate_box_m: tuple[float, float, float, float]
    """Left, top, right, bottom of the plate: metres right of the middle and above the ground."""


@dataclass(frozen=True, slots=True)
class _Shape:
    hood_m: float
    sill_m: float
    roof_m: float
    sill_half_m: float
    roof_half_m: float


_SHAPES: dict[str, _Shape] = {
    "sedan": _Shape(0.80, 0.92, 1.26, 0.68, 0.53),
    "suv": _Shape(0.90, 1.00, 1.40, 0.72, 0.60),
    "van": _Shape(0.82, 0.90, 1.50, 0.73, 0.69),
}
_GLASS: Bgr = (62, 54, 46)
_DARK: Bgr = (26, 25, 25)


class _Easel:
    """Draws shapes given in metres on a colour and an alpha layer."""

    def __init__(self, top_m: float) -> None:
        self.top_m = top_m
        size = (round((top_m - BOTTOM_M) * PX_PER_M), round(2 * HALF_WIDTH_M * PX_PER_M))
        self.color: Layer = np.zeros((*size, 3), np.float32)
        self.alpha: Layer = np.zeros(size, np.float32)

    def points(self, outline: list[tuple[float, float]]) -> NDArray[np.int32]:
        xy = np.array(outline, np.float32)
        xy = np.stack([(xy[:, 0] + HALF_WIDTH_M) * PX_PER_M, (self.top_m - xy[:, 1]) * PX_PER_M], axis=1)
        return np.round(xy * 8).astype(np.int32)

    def fill(self, outline: list[tuple[float, float]], low: Bgr, high: Bgr | None = None) -> None:
        """A polygon shaded from ``low`` at its foot to ``high`` at its top."""
        mask = np.zeros(self.alpha.shape, np.uint8)
        cv2.fillPoly(mask, [self.points(outline)], 255, cv2.LINE_AA, 3)
        x, y, w, h = cv2.boundingRect(mask)
        part = mask[y : y + h, x : x + w].astype(np.float32) / 255
        ramp = np.linspace(1, 0, max(h, 1), dtype=np.float32)[:, None, None]
        paint = np.array(low, np.float32) * (1 - ramp) + np.array(high or low, np.float32) * ramp
        under = self.color[y : y + h, x : x + w]
        under += (paint - under) * part[..., None]
        cover = self.alpha[y : y + h, x : x + w]
        np.maximum(cover, part, out=cover)

    def both(self, outline: list[tuple[float, float]], low: Bgr, high: Bgr | None = None) -> None:
        """A polygon and its mirror image on the other side of the car."""
        self.fill(outline, low, high)
        self.fill([(-x, y) for x, y in outline], low, high)

    def line(self, path: list[tuple[float, float]], width_m: float, color: Bgr, closed: bool = False) -> None:
        cv2.polylines(self.color, [self.points(path)], closed, color, max(1, round(width_m * PX_PER_M)), cv2.LINE_AA, 3)

    def ring(self, x: float, y: float, radius_m: float, width_m: float, color: Bgr) -> None:
        angles = np.linspace(0, 2 * np.pi, 33)[:-1]
        path = [(x + radius_m * float(np.cos(a)), y + radius_m * float(np.sin(a))) for a in angles]
        self.line(path, width_m, color, closed=True)


def _tone(color: Bgr, factor: float, lift: int = 0) -> Bgr:
    b, g, r = (int(min(255, c * factor + lift)) for c in color)
    return b, g, r


def draw_car(look: Look, night: bool = False) -> Sprite:
    """Draw the sprite of one car; some 50 ms, to be cached by the caller."""
    shape = _SHAPES[look.kind]
    easel = _Easel(shape.roof_m + 0.06)
    _draw_cabin(easel, shape, look.body)
    _draw_glass(easel, shape)
    _draw_body(easel, shape, look.body)
    _draw_face(easel, look)
    color = cv2.GaussianBlur(easel.color, (3, 3), 0.7).astype(np.float32)
    alpha = cv2.GaussianBlur(easel.alpha, (3, 3), 0.7)
    if night:
        color *= np.array((0.55, 0.48, 0.46), np.float32)
    box = _mount_plate(easel, color, look, night)
    shadow = _shadow(easel)
    cover = np.maximum(alpha, shadow)
    light = color * alpha[..., None]
    if night:
        light += _glow(easel)
    image = np.dstack([light, cover * 255])
    return Sprite(np.clip(image, 0, 255).astype(np.uint8), easel.top_m, box)


def _draw_cabin(easel: _Easel, shape: _Shape, body: Bgr) -> None:
    sill = shape.sill_m
    pillar = [(0.80, sill - 0.06), (shape.sill_half_m + 0.07, sill), (shape.roof_half_m + 0.05, shape.roof_m)]
    cabin = [*pillar, (shape.roof_half_m - 0.08, shape.roof_m + 0.035)]
    easel.fill(cabin + [(-x, y) for x, y in reversed(cabin)], _tone(body, 0.62), _tone(body, 0.95, 26))
    mirror = [(0.80, sill + 0.0), (0.97, sill + 0.03), (0.985, sill + 0.12), (0.84, sill + 0.13)]
    easel.both(mirror, _tone(body, 0.6), _tone(body, 1.0, 30))


def _draw_body(easel: _Easel, shape: _Shape, body: Bgr) -> None:
    hood, sill = shape.hood_m, shape.sill_m
    tyre = [(0.56, 0.0), (0.77, 0.0), (0.78, 0.05), (0.78, 0.34), (0.56, 0.34)]
    easel.both(tyre, (14, 14, 14), (34, 34, 34))
    easel.fill([(-0.57, 0.09), (-0.57, 0.2), (0.57, 0.2), (0.57, 0.09)], (12, 12, 12))
    flank = [(0.62, 0.13), (0.78, 0.17), (0.815, 0.34), (0.82, 0.56), (0.81, hood - 0.09), (0.77, hood)]
    easel.fill(flank + [(-x, y) for x, y in reversed(flank)], _tone(body, 0.55), _tone(body, 1.0, 12))
    bonnet = [(0.77, hood - 0.03), (0.74, hood + 0.05), (shape.sill_half_m, sill + 0.02)]
    easel.fill(bonnet + [(-x, y) for x, y in reversed(bonnet)], _tone(body, 1.05, 14), _tone(body, 1.1, 60))
    easel.both([(0.30, hood - 0.02), (0.36, hood - 0.02), (0.44, sill), (0.41, sill)], _tone(body, 1.0, 55))


def _draw_glass(easel: _Easel, shape: _Shape) -> None:
    sill, roof = shape.sill_m + 0.015, shape.roof_m - 0.035
    low, high = shape.sill_half_m - 0.03, shape.roof_half_m - 0.03
    glass = [(low, sill), (high, roof), (0, roof + 0.012), (-high, roof), (-low, sill)]
    easel.fill(glass, _GLASS, (150, 138, 118))
    middle = (sill + roof) / 2
    for seat in (-0.29, 0.29):
        rest = [(seat - 0.15, sill), (seat - 0.13, middle), (seat - 0.07, roof - 0.06)]
        rest += [(2 * seat - x, y) for x, y in reversed(rest)]
        easel.fill(rest, (34, 32, 30), (58, 54, 50))
    head = [
        (0.29 + 0.065 * float(np.cos(a)), middle + 0.07 + 0.085 * float(np.sin(a))) for a in np.linspace(0, 6.2, 24)
    ]
    easel.fill(head, (86, 104, 132), (64, 74, 92))
    easel.ring(0.29, sill + 0.05, 0.10, 0.016, (24, 24, 24))
    easel.fill(
        [(-0.62 * low, sill), (-0.25 * low, sill), (-0.12 * high, roof), (-0.55 * high, roof)],
        (96, 86, 74),
        (176, 164, 146),
    )
    easel.fill(
        [
            (-high * 0.86, roof - 0.03),
            (-high * 0.68, roof - 0.03),
            (-high * 0.70, roof - 0.11),
            (-high * 0.89, roof - 0.11),
        ],
        (70, 170, 90),
    )
    easel.line([(-low + 0.04, sill + 0.01), (0.05, sill + 0.035)], 0.014, (18, 18, 18))
    easel.line([(0.0, sill + 0.01), (low - 0.06, sill + 0.04)], 0.014, (18, 18, 18))


def _draw_face(easel: _Easel, look: Look) -> None:
    hood = _SHAPES[look.kind].hood_m
    top, foot = hood - 0.075, 0.545
    lamp = [(0.44, top - 0.09), (0.50, top - 0.015), (0.74, top + 0.025), (0.785, top - 0.03), (0.74, top - 0.115)]
    easel.both(lamp, (120, 122, 124), (196, 198, 200))
    easel.both([(0.46, top - 0.085), (0.51, top - 0.03), (0.56, top - 0.03), (0.55, top - 0.095)], (235, 238, 240))
    easel.both([(0.62, top - 0.10), (0.63, top - 0.02), (0.71, top - 0.005), (0.71, top - 0.10)], (228, 232, 236))
    grille = [(0.33, foot), (0.40, foot + 0.05), (0.36, top)]
    easel.fill(grille + [(-x, y) for x, y in reversed(grille)], _DARK, (44, 44, 44))
    for level in np.linspace(foot + 0.03, top - 0.02, 5):
        easel.line([(-0.35, float(level)), (0.35, float(level))], 0.007, (112, 112, 112))
    easel.line(
        [(-0.36, top), (-0.40, foot + 0.05), (-0.33, foot), (0.33, foot), (0.40, foot + 0.05), (0.36, top)],
        0.014,
        (170, 172, 174),
        closed=True,
    )
    _draw_badge(easel, look.badge, (foot + top) / 2 + 0.01)
    easel.fill([(-0.46, 0.19), (-0.40, 0.30), (0.40, 0.30), (0.46, 0.19)], (18, 18, 18), (38, 38, 38))
    easel.both([(0.55, 0.27), (0.54, 0.40), (0.74, 0.43), (0.72, 0.30)], (22, 22, 22), (46, 46, 46))
    easel.both([(0.62, 0.33), (0.62, 0.38), (0.69, 0.39), (0.69, 0.34)], (200, 204, 206))


def _draw_badge(easel: _Easel, badge: Badge, y: float) -> None:
    chrome = (214, 216, 218)
    if badge == "rings":
        for x in (-0.096, -0.032, 0.032, 0.096):
            easel.ring(x, y, 0.042, 0.011, chrome)
    elif badge == "disc":
        easel.ring(0, y, 0.058, 0.012, chrome)
        easel.fill([(-0.04, y), (0, y + 0.04), (0.04, y), (0, y - 0.04)], (160, 90, 30))
    else:
        easel.line([(-0.06, y - 0.03), (0, y + 0.04), (0.06, y - 0.03)], 0.018, chrome)


def _mount_plate(easel: _Easel, color: Layer, look: Look, night: bool) -> tuple[float, float, float, float]:
    """Paste the plate on its holder; returns its box in metres."""
    plate = render_plate(look.plate, look.color, rows=look.rows, px_per_mm=2.0)
    width_m, height_m = plate.shape[1] / 2000, plate.shape[0] / 2000
    middle = 0.435 if look.rows == 1 else 0.42
    w, h = round(width_m * PX_PER_M), round(height_m * PX_PER_M)
    x = round((HALF_WIDTH_M - width_m / 2) * PX_PER_M)
    y = round((easel.top_m - middle - height_m / 2) * PX_PER_M)
    rim = round(0.012 * PX_PER_M)
    color[y - rim : y + h + rim, x - rim : x + w + rim] = 22
    # Retro-reflective sheeting keeps its brightness under the camera's own lamp.
    color[y : y + h, x : x + w] = cv2.resize(plate, (w, h), interpolation=cv2.INTER_AREA) * (0.86 if night else 0.97)
    half = width_m / 2
    return (-half, middle + height_m / 2, half, middle - height_m / 2)


def _shadow(easel: _Easel) -> Layer:
    mask = np.zeros(easel.alpha.shape, np.uint8)
    cv2.fillPoly(
        mask, [easel.points([(-0.86, -0.03), (-0.80, 0.10), (0.80, 0.10), (0.86, -0.03)])], 175, cv2.LINE_AA, 3
    )
    soft: Layer = cv2.GaussianBlur(mask, (0, 0), 0.03 * PX_PER_M).astype(np.float32) / np.float32(255)
    return soft


def _glow(easel: _Easel) -> Layer:
    """Light of the head lamps, added on top: float32 of the sprite's size."""
    glow = np.zeros((*easel.alpha.shape, 3), np.float32)
    for side in (-1, 1):
        centre = easel.points([(side * 0.63, 0.66)])[0] // 8
        cv2.circle(glow, (int(centre[0]), int(centre[1])), round(0.06 * PX_PER_M), (900, 940, 960), -1)
    small = cv2.resize(glow, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    wide = cv2.GaussianBlur(small, (0, 0), 0.05 * PX_PER_M / 4) + 0.5 * cv2.GaussianBlur(
        small, (0, 0), 0.012 * PX_PER_M
    )
    return cv2.resize(wide, (glow.shape[1], glow.shape[0]), interpolation=cv2.INTER_LINEAR).astype(np.float32)
