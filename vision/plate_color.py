"""Core: the background colour of a plate."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

COLORS = ("blue", "yellow", "green", "white", "black")
"""What `plate_color` can answer besides "unknown"."""

_SIZE = (64, 24)
# OpenCV hues, half degrees. Plate yellow turns to orange under sodium light, plate green to cyan in the shade.
_HUES = {"yellow": (12, 36), "green": (37, 92), "blue": (93, 132)}


def chroma(picture: Image) -> Image:
    """How far the strongest of blue, green and red stands above the weakest, HxW, of HxWx3."""
    blue, green, red = picture[..., 0], picture[..., 1], picture[..., 2]  # several times as fast as along the axis
    return np.maximum(np.maximum(blue, green), red) - np.minimum(np.minimum(blue, green), red)


def is_grey(picture: Image) -> bool:
    """Whether a picture (HxWx3 BGR) has no colour at all, as from a camera in infra-red light."""
    small = cv2.resize(picture, (64, 48), interpolation=cv2.INTER_AREA)
    spread = chroma(small.astype(np.uint8, copy=False))
    return bool(np.count_nonzero(spread >= 14) <= spread.size // 200)


def plate_color(crop: Image, *, grey_picture: bool = False) -> str:
    """Background of a plate cut out upright (HxWx3 BGR, characters and background, no bodywork).

    blue, yellow, green, white, black; "unknown" in a grey picture, where blue and black look alike.
    """
    if grey_picture or crop.shape[0] < 4 or crop.shape[1] < 8:
        return "unknown"
    small = cv2.resize(crop, _SIZE, interpolation=cv2.INTER_AREA)[2:-2, 3:-3]
    chroma = (small.max(axis=2).astype(np.int16) - small.min(axis=2)).ravel()
    hsv = cv2.cvtColor(small, cv2.COLOR_BGR2HSV).reshape(-1, 3).astype(np.int16)
    hue, saturation, value = hsv[:, 0], hsv[:, 1], hsv[:, 2]
    dark = float(np.median(chroma)) < 10 and float(np.median(value)) < 60
    dim = float(np.median(value)) < 130
    vivid = (saturation > max(45, int(np.percentile(saturation, 60)) // 2)) & (chroma > 10)
    shares = {name: float(np.mean(vivid & (low <= hue) & (hue <= high))) for name, (low, high) in _HUES.items()}
    name, share = max(shares.items(), key=lambda item: item[1])
    by_value = _white_or_black(value)
    if share > 0.3 and not (by_value == "black" and dark):
        return name
    tinted = (saturation > 22) & (chroma > 8) & (_HUES["blue"][0] <= hue) & (hue <= _HUES["blue"][1])
    if dim and float(np.mean(tinted)) > 0.6:
        return "blue"  # at dusk a blue plate keeps its hue and loses its saturation
    return by_value if float(np.median(saturation)) < 60 else "unknown"


def _white_or_black(value: NDArray[np.int16]) -> str:
    """By which side of the middle between dark and light most of the plate lies."""
    dark, light = np.percentile(value, (3, 97))
    if light - dark < 40:
        return "unknown"
    bright = float(np.mean(value > (dark + light) / 2))
    if 0.42 < bright < 0.58:
        return "unknown"
    return "white" if bright > 0.5 else "black"
