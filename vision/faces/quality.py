"""Core: whether a face is seen well enough to be judged, and what to tell the person if not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.faces.align import SIDE_PX, TEMPLATE, Image, aligned, back, similarity
from vision.faces.face import Face

_SHARPNESS_MIN = 12.0
_LIGHT_MIN, _LIGHT_MAX = 35.0, 225.0
_CONTRAST_MIN = 14.0
_YAW_MAX, _PITCH_MAX = 0.45, 0.5
_OUTSIDE_MAX = 0.12
_FACE = slice(24, 104), slice(22, 90)
"""Rows and columns of the aligned picture that every face covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What was measured, and the first thing that is wrong."""

    score: float
    """0 to 1: the weakest of the measures, each 1 where more would not help."""
    problem: str
    """A key of `vision.faces.words`; empty where the face will do."""
    side_px: float
    """Of the aligned square in the picture."""
    sharpness: float
    """Standard deviation of the Laplacian over that of the light, in percent."""
    light: float
    """Mean grey of the face, 0 to 255."""
    contrast: float
    """Standard deviation of the grey."""
    yaw: float
    """Nose off the middle of the eyes, in eye distances: 0 frontal, about 0.5 at 45 degrees."""
    pitch: float
    """Nose off its place between eyes and mouth, in units of their distance."""
    outside: float
    """Share of the aligned square beyond the picture."""


def judge(image: Image, face: Face, *, side_px_min: float, crop: Image | None = None) -> Quality:
    """The quality of a face; `crop`: its aligned picture, where the caller has it."""
    crop = aligned(image, face.points) if crop is None else crop
    grey = cv2.cvtColor(np.ascontiguousarray(crop[_FACE]), cv2.COLOR_BGR2GRAY)
    light, contrast = _mean_and_deviation(grey)
    _, edges = _mean_and_deviation(cv2.Laplacian(grey, cv2.CV_16S))
    sharpness = 100 * edges / max(contrast, 1.0)
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


def _mean_and_deviation(plane: NDArray[Any]) -> tuple[float, float]:
    mean, deviation = cv2.meanStdDev(plane)
    return float(mean[0, 0]), float(deviation[0, 0])


def turn(face: Face) -> tuple[float, float]:
    """Yaw and pitch as ratios of the five points, after the roll is taken out."""
    points = face.points.astype(np.float64)
    right_eye, left_eye, nose, right_mouth, left_mouth = points
    eyes, mouth = (right_eye + left_eye) / 2, (right_mouth + left_mouth) / 2
    across = left_eye - right_eye
    distance = max(float(np.linalg.norm(across)), 1e-6)
    down = mouth - eyes
    height = max(float(np.linalg.norm(down)), 1e-6)
    yaw = float((nose - (eyes + mouth) / 2) @ across) / distance**2
    pitch = float((nose - eyes) @ down) / height**2 - _NOSE_DOWN
    return yaw, pitch


def _nose_down() -> float:
    """Where the template's nose lies between eyes (0) and mouth (1)."""
    eyes, mouth = TEMPLATE[:2].mean(axis=0), TEMPLATE[3:].mean(axis=0)
    return float((TEMPLATE[2] - eyes) @ (mouth - eyes) / ((mouth - eyes) @ (mouth - eyes)))


_NOSE_DOWN = _nose_down()


def _outside(image: Image, face: Face) -> float:
    """Share of a grid over the aligned square that lies beyond the picture."""
    steps = np.linspace(4, SIDE_PX - 4, 9)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2).astype(np.float32)
    there = back(similarity(face.points), grid)
    height, width = image.shape[:2]
    inside = (there >= 0).all(axis=1) & (there[:, 0] < width) & (there[:, 1] < height)
    return 1.0 - float(inside.mean())
