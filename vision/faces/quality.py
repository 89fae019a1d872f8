"""Core: whether a face is seen well enough to be judged, and what to tell the person if not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.faces.align import Image, aligned, back, similarity
from vision.faces.face import Face

_SHARPNESS_MIN = 16.0
_LIGHT_MIN, _LIGHT_MAX = 35.0, 225.0
_CONTRAST_MIN = 14.0
_YAW_MAX, _PITCH_MAX = 0.45, 0.35
_OUTSIDE_MAX = 0.12
_FACE = slice(24, 104), slice(22, 90)
"""Rows and columns of the aligned picture that every face covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What was measured, and the first thing that is wrong."""

    score: float
    """0 to 1, the weakest of the measures: below 0.5 there is a problem, at 1 it is twice as good as it must be."""
    problem: str
    """A key of `vision.faces.words`; empty where the face will do."""
    side_px: float
    """Of the aligned square in the picture."""
    sharpness: float
    """Standard deviation of the light's curvature over that of the light itself, in percent."""
    light: float
    """Mean grey of the face, 0 to 255."""
    contrast: float
    """Standard deviation of the grey."""
    yaw: float
    """Nose off the middle of the eyes, in eye distances: 0 frontal, about 0.5 at 45 degrees."""
    pitch: float
    """Nose off its usual place between eyes and mouth, in units of their distance: 0 level, above 0 looking down."""
    outside: float
    """Share of the aligned square beyond the picture."""


def judge(image: Image, face: Face, *, side_px_min: float, crop: Image | None = None) -> Quality:
    """The quality of a face; `crop`: its aligned picture, where the caller has it."""
    crop = aligned(image, face.points) if crop is None else crop
    grey = cv2.cvtColor(np.ascontiguousarray(crop[_FACE]), cv2.COLOR_BGR2GRAY)
    light, contrast = _mean_and_deviation(grey)
    sharpness = 100 * _edges(grey) / max(contrast, 1.0)
    yaw, pitch = turn(face)
    outside = _outside(image, face)
    measures = {
        "too_small": face.side_px / max(side_px_min, 1.0),
        "cut_off": 2.0 - outside / _OUTSIDE_MAX,
        "turned": 2.0 - max(abs(yaw) / _YAW_MAX, abs(pitch) / _PITCH_MAX),
        "too_dark": light / _LIGHT_MIN,
        "too_bright": (255.0 - light) / (255.0 - _LIGHT_MAX),
        "low_contrast": contrast / _CONTRAST_MIN,
        "blurred": sharpness / _SHARPNESS_MIN,
    }
    problem = next((key for key, measure in measures.items() if measure < 1.0), "")
    return Quality(
        score=round(float(np.clip(min(measures.values()) / 2, 0.0, 1.0)), 4),
        problem=problem,
        side_px=face.side_px,
        sharpness=sharpness,
        light=light,
        contrast=contrast,
        yaw=yaw,
        pitch=pitch,
        outside=outside,
    )


def _edges(grey: NDArray[Any]) -> float:
    """Curvature of the light in the direction that has less of it, so that a smear to one side counts as blur.

    Smoothed first, or noise would pass for detail; faces have more of it up and down than from side to side.
    """
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.0)
    _, aside = _mean_and_deviation(cv2.Sobel(smooth, cv2.CV_16S, 2, 0))
    _, upright = _mean_and_deviation(cv2.Sobel(smooth, cv2.CV_16S, 0, 2))
    return min(aside, 0.8 * upright)


def _mean_and_deviation(plane: NDArray[Any]) -> tuple[float, float]:
    mean, deviation = cv2.meanStdDev(plane)
    return float(mean[0, 0]), float(deviation[0, 0])


def turn(face: Face) -> tuple[float, float]:
    """Yaw and pitch as ratios of the five points, after the roll is taken out."""
    (rx, ry), (lx, ly), (nx, ny), (ax, ay), (bx, by) = face.points.tolist()
    eyes_x, eyes_y, mouth_x, mouth_y = (rx + lx) / 2, (ry + ly) / 2, (ax + bx) / 2, (ay + by) / 2
    across_x, across_y, down_x, down_y = lx - rx, ly - ry, mouth_x - eyes_x, mouth_y - eyes_y
    aside_x, aside_y = nx - (eyes_x + mouth_x) / 2, ny - (eyes_y + mouth_y) / 2
    yaw = (aside_x * across_x + aside_y * across_y) / max(across_x**2 + across_y**2, 1e-9)
    pitch = ((nx - eyes_x) * down_x + (ny - eyes_y) * down_y) / max(down_x**2 + down_y**2, 1e-9)
    return yaw, pitch - _NOSE_DOWN


_NOSE_DOWN = 0.596
"""Where the nose is found between eyes (0) and mouth (1): median of 900 portraits."""
_STEPS = [4 + 13 * step for step in range(9)]
_GRID = np.array([(x, y) for y in _STEPS for x in _STEPS], np.float32)


def _outside(image: Image, face: Face) -> float:
    """Share of a grid over the aligned square that lies beyond the picture."""
    height, width = image.shape[:2]
    half = 0.8 * face.side_px
    middle_x, middle_y = (float(side) for side in face.points.mean(axis=0))
    if half < middle_x < width - half and half < middle_y < height - half:
        return 0.0
    there = back(similarity(face.points), _GRID)
    inside = (there >= 0).all(axis=1) & (there[:, 0] < width) & (there[:, 1] < height)
    return 1.0 - float(inside.mean())
