"""How a flat plate looks from where the camera stands. Core: arithmetic only."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Corners = NDArray[np.float32]


def draw_corners(rng: np.random.Generator, width_px: float, ratio: float, tilt: float = 1.0) -> Corners:
    """Corners of a plate about ``width_px`` wide, turned and tilted, 4x2 float32 around the origin.

    ``ratio`` is width by height of the sheet; ``tilt`` scales the angles (1: up to 50 degrees, mostly below 20).
    """
    yaw = tilt * float(np.clip(rng.normal(0, 17), -52, 52))
    pitch = tilt * float(np.clip(rng.normal(6, 10), -20, 35))
    roll = tilt * float(np.clip(rng.standard_t(3) * 2.5, -18, 18))
    half = np.array([[-1, -1 / ratio], [1, -1 / ratio], [1, 1 / ratio], [-1, 1 / ratio]]) / 2
    points = np.column_stack([half, np.zeros(4)]) @ _rotation(yaw, pitch, roll).T
    distance = float(rng.uniform(2.5, 14))
    flat = points[:, :2] * (distance / (distance + points[:, 2:]))
    span = float(np.ptp(flat[:, 0]))
    return (flat * (width_px / max(span, 0.3))).astype(np.float32)


def _rotation(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    (sy, sp, sr), (cy, cp, cr) = (f(np.radians([yaw, pitch, roll])) for f in (np.sin, np.cos))
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    rotation: NDArray[np.float64] = about_z @ about_x @ about_y
    return rotation


def place(plate: Image, canvas: Image, corners: Corners) -> Image:
    """The plate warped into the canvas at the corners; edges are smooth, the canvas is not changed."""
    height, width = plate.shape[:2]
    span = float(np.linalg.norm(corners[1] - corners[0]))
    if span < width * 0.75:
        shrink = max(span, 8) / width
        size = (max(8, round(width * shrink)), max(4, round(height * shrink)))
        plate = cv2.resize(plate, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
        height, width = plate.shape[:2]
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(source, corners)
    size = (canvas.shape[1], canvas.shape[0])
    warped = cv2.warpPerspective(plate, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillConvexPoly(cover, np.round((corners + 0.5) * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    alpha = (cover.astype(np.float32) / 255)[..., None]
    return (canvas * (1 - alpha) + warped * alpha).astype(np.uint8)
