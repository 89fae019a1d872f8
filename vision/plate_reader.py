"""Core: what a plate reader is. The readers behind it can be exchanged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vision.plate_text import PlateKind

Box = tuple[int, int, int, int]
"""x1, y1, x2, y2 in pixels of the picture; the right and lower edge lie outside."""

Image = NDArray[np.uint8]
"""A picture: height x width x 3, uint8, blue-green-red."""

MIN_SIDE_PX = 16
MAX_SIDE_PX = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateRead:
    """One plate in one picture."""

    text: str
    """Normalised, and a plate by the grammar."""
    confidence: float
    """Of the weakest character, 0 to 1."""
    char_confidences: tuple[float, ...]
    box: Box
    color: str
    """blue, yellow, green, white, black or unknown."""
    rows: int
    kind: PlateKind


class PlateReader(Protocol):
    """Finds and reads the plates of a picture."""

    def read(self, image: Image) -> list[PlateRead]:
        """The plates in a BGR picture, best first; empty where there is none.

        Raises `BadImage` for an array that is no such picture.
        """
        ...


class ReaderError(Exception):
    """A reader cannot work; says why and what to do, in Chinese and English."""

    code = "reader"

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en


class ReaderUnavailable(ReaderError):
    """The reader's packages or weights are not installed."""

    code = "reader_unavailable"


class BadImage(ReaderError):
    """The array is no picture that can be read."""

    code = "bad_image"


def check_image(image: object) -> Image:
    """The picture itself if it is HxWx3 uint8 with sides of 16 to 8192 px, else `BadImage`."""
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        found = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
        raise BadImage(
            f"图像须为 高x宽x3 的 uint8 数组，现为 {found}", f"a picture must be HxWx3 uint8, this is {found}"
        )
    height, width = image.shape[:2]
    if min(height, width) < MIN_SIDE_PX or max(height, width) > MAX_SIDE_PX:
        raise BadImage(
            f"图像尺寸 {width}x{height} 超出范围，边长须为 {MIN_SIDE_PX} 至 {MAX_SIDE_PX} 像素",
            f"picture of {width}x{height} px: sides must have {MIN_SIDE_PX} to {MAX_SIDE_PX} px",
        )
    return image
