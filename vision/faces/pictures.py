"""Shell: a picture that somebody sent, as an array, or a clear refusal.

Only JPEG, PNG and WebP, told by their bytes and never by a suffix: every further decoder is another way in.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.errors import VisionError
from vision.faces.align import Image
from vision.faces.picture_head import Head, Refused, read_head
from vision.faces.words import words

BYTES_MAX = 8 * 1024 * 1024
SIDE_PX_MAX = 4096
"""Larger pictures are reduced: a face needs a hundred pixels."""


class PictureRefused(VisionError):
    """This picture will not do; `key`, `zh` and `en` say why (`vision.faces.words`)."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.zh, self.en = words(key).zh, words(key).en
        super().__init__(f"{self.zh} / {self.en}")


def load(path: Path) -> Image:
    """The picture of a file as HxWx3 uint8 BGR, upright. Raises `PictureRefused`."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise PictureRefused("not_a_file")
        with path.open("rb") as file:
            data = file.read(BYTES_MAX + 1)
    except OSError as error:
        raise PictureRefused("unreadable") from error
    return decode(data)


def decode(data: bytes) -> Image:
    """The picture as HxWx3 uint8 BGR: upright by its EXIF tag, 16 bit made 8, transparency over white.

    Raises `PictureRefused`. Native code reads these bytes: call it where a crash may happen.
    """
    if len(data) > BYTES_MAX:
        raise PictureRefused("too_many_bytes")
    try:
        head = read_head(data)
    except Refused as refused:
        raise PictureRefused(refused.key) from refused
    try:
        raw = cv2.imdecode(np.frombuffer(head.data, np.uint8), _flags(head))
    except cv2.error as error:
        raise PictureRefused("broken") from error
    if raw is None or raw.size == 0:
        raise PictureRefused("broken")
    return _upright(_reduced(_opaque(raw)), head.orientation)


def _flags(head: Head) -> int:
    """JPEG can be reduced while it is decoded; the others may have transparency, which must not be dropped."""
    if head.kind != "jpeg":
        return cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    longer = max(head.width, head.height)
    reduced = cv2.IMREAD_REDUCED_COLOR_2 if longer > SIDE_PX_MAX else cv2.IMREAD_COLOR
    return reduced | cv2.IMREAD_IGNORE_ORIENTATION


def _opaque(raw: NDArray[Any]) -> Image:
    """Any of 1 to 4 channels and 8 or 16 bit as BGR over white, as a browser shows it."""
    deep = raw.reshape(raw.shape[0], raw.shape[1], -1)
    pixels = np.asarray(deep >> 8 if raw.dtype == np.uint16 else deep, np.uint8)
    channels = pixels.shape[2]
    if channels in {2, 4}:
        share = pixels[..., -1:].astype(np.uint16)
        color = pixels[..., :-1].astype(np.uint16)
        pixels = ((color * share + 255 * (255 - share) + 127) // 255).astype(np.uint8)
    return pixels if pixels.shape[2] == 3 else np.repeat(pixels[..., :1], 3, axis=2)


def _reduced(image: Image) -> Image:
    scale = SIDE_PX_MAX / max(image.shape[:2])
    if scale >= 1:
        return image
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _upright(image: Image, orientation: int) -> Image:
    """EXIF 2.3, 4.6.4: which side of the stored picture is up."""
    turned = image
    if orientation >= 5:
        turned = np.transpose(turned, (1, 0, 2))
    if orientation in {2, 3, 6, 7}:
        turned = turned[:, ::-1]
    if orientation in {3, 4, 7, 8}:
        turned = turned[::-1]
    return np.ascontiguousarray(turned)
