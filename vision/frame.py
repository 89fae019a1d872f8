"""Core: one picture of a camera, and the rules every picture keeps."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""A picture: height x width x 3, uint8, blue-green-red."""

MIN_WIDTH_PX, MIN_HEIGHT_PX = 64, 48
"""Smaller streams have ended OpenCV 5.0's decoder in heap corruption, and hold no plate anyway."""
MAX_WIDTH_PX, MAX_HEIGHT_PX = 4096, 3072


def size_fault(width_px: float, height_px: float) -> str | None:
    """What is wrong with a picture of this size, or None."""
    if not (MIN_WIDTH_PX <= width_px <= MAX_WIDTH_PX and MIN_HEIGHT_PX <= height_px <= MAX_HEIGHT_PX):
        limits = f"{MIN_WIDTH_PX}x{MIN_HEIGHT_PX}…{MAX_WIDTH_PX}x{MAX_HEIGHT_PX}"
        return f"{width_px:.0f}x{height_px:.0f} px ({limits})"
    return None


def image_fault(image: object) -> str | None:
    """What keeps this object from being a picture (HxWx3, uint8, within the size limits), or None."""
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        return f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
    return size_fault(image.shape[1], image.shape[0])


@dataclass(frozen=True, slots=True)
class Frame:
    """One captured picture. The array is set read-only: several steps look at the same memory."""

    camera: str
    number: int
    """Counts from 1 since the eyes started."""
    captured_mono_s: float
    captured_at_s: float
    image: Image = field(repr=False, compare=False)
    damaged: bool = False
    """Known to be smeared by lost or spoilt data, until the next whole key picture: zones do not look at it."""

    def __post_init__(self) -> None:
        fault = image_fault(self.image)
        if fault is not None:
            raise ValueError(f"no picture: {fault}")
        self.image.flags.writeable = False
