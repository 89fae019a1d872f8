"""Core: pictures made small and coded as JPEG, for evidence, clips and whoever watches."""

from __future__ import annotations

import cv2
import numpy as np

from vision.frame import Image

QUALITY = 85


def shrunk(image: Image, width_px: int) -> Image:
    """The picture (HxWx3 BGR uint8) at most so wide, its shape kept; a smaller one stays as it is."""
    height, width = image.shape[:2]
    if width <= width_px:
        return image
    size = (width_px, max(1, round(height * width_px / width)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def jpeg(image: Image, quality: int = QUALITY) -> bytes:
    """The picture as JPEG; empty if it cannot be coded."""
    ok, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return coded.tobytes() if ok else b""
