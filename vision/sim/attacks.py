"""People who hold a plate before a gate camera: on a phone, on paper, on a board. Core: arithmetic only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.sim.car import HALF_WIDTH_M, PX_PER_M, Look, draw_car
from vision.sim.plate import Color, render_plate
from vision.sim.scenery import Optics

Image = NDArray[np.uint8]
Carrier = Literal["phone", "a4", "full_size", "phone_upright", "tablet_car", "board_car"]

CARRIERS: tuple[Carrier, ...] = get_args(Carrier)
WIDTH_M: dict[Carrier, float] = {
    "phone": 0.158,
    "phone_upright": 0.075,
    "a4": 0.297,
    "full_size": 0.46,
    "tablet_car": 0.26,
    "board_car": 2.0,
}
"""Width of what is held up."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is held up, and by whom."""

    carrier: Carrier
    plate: str
    color: Color = "blue"
    coat: tuple[int, int, int] = (70, 90, 60)


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the person and the hand are in one frame."""

    ahead_m: float
    """Of the person, from the camera."""
    right_m: float = 0.0
    hand_right_m: float = 0.0
    """Of the sign's middle, from the person's."""
    hand_up_m: float = 1.25
    hand_ahead_m: float = 0.35
    """How far the sign is held towards the camera."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A picture of a sign, and where the plate is in it, in shares of its width and height."""

    image: Image
    plate: tuple[float, float, float, float]


@lru_cache(maxsize=8)
def draw_sign(held: Held) -> Sign:
    """What is held up, as a flat picture (HxWx3 BGR uint8)."""
    if held.carrier in ("tablet_car", "board_car"):
        return _car_sign(held)
    plate = render_plate(held.plate, held.color, px_per_mm=1.0)
    width = plate.shape[1]
    if held.carrier == "phone_upright":
        return _framed(plate, (4, round(0.85 * width)), (12, 12, 12), (28, 28, 30))
    if held.carrier == "phone":
        return _framed(plate, (24, 14), (12, 12, 12), (28, 28, 30))
    if held.carrier == "a4":
        return _framed(plate, (20, round(0.3 * width)), (236, 238, 240), (236, 238, 240))
    return _framed(plate, (8, 8), (240, 240, 240), (240, 240, 240))


def _framed(plate: Image, edge: tuple[int, int], fill: tuple[int, int, int], rim: tuple[int, int, int]) -> Sign:
    x, y = edge
    inner = cv2.copyMakeBorder(plate, y, y, x, x, cv2.BORDER_CONSTANT, value=fill)
    image = cv2.copyMakeBorder(inner, 6, 6, 6, 6, cv2.BORDER_CONSTANT, value=rim).astype(np.uint8)
    height, width = image.shape[:2]
    left, top = (x + 6) / width, (y + 6) / height
    return Sign(image, (left, top, 1 - left, 1 - top))


def _car_sign(held: Held) -> Sign:
    sprite = draw_car(Look(held.plate, held.color))
    alpha = sprite.image[..., 3:].astype(np.float32) / 255
    ground = np.full(sprite.image.shape[:2], 150, np.float32)[..., None] * np.ones(3, np.float32)
    image = np.clip(ground * (1 - alpha) + sprite.image[..., :3], 0, 255).astype(np.uint8)
    height, width = image.shape[:2]
    left, top, right, bottom = sprite.plate_box_m
    x1, x2 = ((side + HALF_WIDTH_M) * PX_PER_M / width for side in (left, right))
    y1, y2 = ((sprite.top_m - side) * PX_PER_M / height for side in (top, bottom))
    return Sign(image, (x1, y1, x2, y2))


@lru_cache(maxsize=8)
def draw_person(coat: tuple[int, int, int]) -> Image:
    """A standing person, 0.8 m wide and 1.8 m tall at 200 px a metre, (360, 160, 4) uint8, BGR and alpha."""
    rng = np.random.default_rng(sum(coat))
    color = np.zeros((360, 160, 3), np.float32)
    alpha = np.zeros((360, 160), np.uint8)
    for points, tone in (
        ([(48, 190), (76, 190), (74, 356), (52, 356)], (70, 60, 52)),
        ([(84, 190), (112, 190), (108, 356), (86, 356)], (66, 58, 50)),
        ([(36, 76), (124, 76), (118, 200), (42, 200)], coat),
        ([(30, 80), (46, 76), (70, 150), (54, 158)], tuple(0.8 * c for c in coat)),
        ([(130, 80), (114, 76), (90, 150), (106, 158)], tuple(0.8 * c for c in coat)),
    ):
        outline = np.array(points, np.int32)
        cv2.fillPoly(color, [outline], tone)
        cv2.fillPoly(alpha, [outline], 255)
    for mask in (color, alpha):
        cv2.ellipse(mask, (80, 42), (24, 32), 0, 0, 360, (120, 150, 190) if mask is color else 255, -1)
    cv2.ellipse(color, (80, 26), (25, 18), 0, 180, 360, (30, 30, 34), -1)
    for x in (71, 89):
        cv2.circle(color, (x, 40), 3, (40, 40, 40), -1)
    for y in range(84, 200, 16):
        cv2.line(color, (40, y), (120, y), tuple(0.65 * c for c in coat), 3)
    cv2.line(color, (80, 78), (80, 200), tuple(min(255.0, 1.6 * c) for c in coat), 2)
    color += cv2.GaussianBlur(rng.normal(0, 22, color.shape).astype(np.float32), (0, 0), 1.5)
    return np.dstack([np.clip(color, 0, 255).astype(np.uint8), alpha])


def show(frame: Image, optics: Optics, held: Held, pose: Pose) -> tuple[float, float, float, float]:
    """Paint the person and the sign into the frame; returns the box of the plate."""
    scale = optics.scale_px_per_m(pose.ahead_m)
    if held.carrier != "board_car":
        left, foot = optics.project(pose.right_m, 0.0, pose.ahead_m)
        _blend(frame, draw_person(held.coat), (left - 0.4 * scale, foot - 1.8 * scale), scale / 200)
    sign, width_m = draw_sign(held), WIDTH_M[held.carrier]
    near = optics.scale_px_per_m(pose.ahead_m - pose.hand_ahead_m)
    middle = optics.project(pose.right_m + pose.hand_right_m, pose.hand_up_m, pose.ahead_m - pose.hand_ahead_m)
    zoom = width_m * near / sign.image.shape[1]
    height, width = (side * zoom for side in sign.image.shape[:2])
    opaque = np.dstack([sign.image, np.full(sign.image.shape[:2], 255, np.uint8)])
    x, y = middle[0] - width / 2, middle[1] - height / 2
    _blend(frame, opaque, (x, y), zoom)
    x1, y1, x2, y2 = sign.plate
    return x + x1 * width, y + y1 * height, x + x2 * width, y + y2 * height


def _blend(frame: Image, sprite: NDArray[np.uint8], corner: tuple[float, float], zoom: float) -> None:
    """Paint a sprite (BGR and alpha) scaled by `zoom` with its upper left corner there."""
    while zoom < 0.6 and min(sprite.shape[:2]) > 8:
        sprite = np.asarray(cv2.resize(sprite, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        zoom *= 2
    matrix = np.array([[zoom, 0, corner[0]], [0, zoom, corner[1]]])
    size = frame.shape[1], frame.shape[0]
    warped = cv2.warpAffine(sprite, matrix, size, flags=cv2.INTER_LINEAR).astype(np.float32)
    cover = warped[..., 3:] / 255
    frame[:] = (frame * (1 - cover) + warped[..., :3] * cover).astype(np.uint8)


Path = Literal["hold", "wave", "thrust", "walk", "sway", "walk_low", "knee"]
PATHS: tuple[Path, ...] = get_args(Path)
PICTURES = 36


def poses(path: Path, number: int) -> Pose:
    """Where the person is in one of the 36 pictures of an attack, some eight a second."""
    share, ahead_m = number / PICTURES, 6.0 - 4.4 * number / PICTURES
    match path:
        case "hold":
            return _swayed(Pose(2.4, hand_up_m=1.15), number / 3, 0.008)
        case "wave":
            return Pose(2.5, hand_right_m=0.25 * float(np.sin(number / 4)), hand_up_m=1.15)
        case "thrust":
            return Pose(2.4, hand_up_m=1.1, hand_ahead_m=0.15 + 0.6 * share)
        case "walk":
            return Pose(ahead_m, hand_up_m=1.25)
        case "sway":
            return _swayed(Pose(ahead_m, hand_up_m=1.25), number / 4, 0.02)
        case "walk_low":
            return _swayed(Pose(ahead_m, hand_up_m=0.75), number / 4, 0.008)
        case "knee":
            return _swayed(Pose(ahead_m, hand_up_m=0.42), number / 4, 0.004)


def _swayed(pose: Pose, step: float, amount_m: float) -> Pose:
    """The pose with the unrest of a hand and a walk; `step` counts steps taken."""
    return replace(
        pose,
        right_m=pose.right_m + amount_m * float(np.sin(np.pi * step)),
        hand_right_m=pose.hand_right_m + amount_m * float(np.sin(1.7 * np.pi * step + 1)),
        hand_up_m=pose.hand_up_m + amount_m * float(np.cos(2.3 * np.pi * step)),
    )
