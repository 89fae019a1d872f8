"""Shell: a picture file of any kind as an array that a reader takes."""

from __future__ import annotations

import stat
from pathlib import Path

import cv2
import numpy as np

from vision.plate_reader import MAX_SIDE_PX, BadImage, Image


def load_picture(path: Path, *, max_file_bytes: int) -> tuple[Image, float]:
    """The picture as HxWx3 uint8 BGR, upright by its EXIF tag, and the scale back to its own pixels.

    Grey, 16-bit, transparent and CMYK pictures are converted; sides beyond the reader's limit are reduced.
    Raises `BadImage` for what is no picture and OSError for what cannot be read.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise BadImage("不是普通文件", "not a regular file")
    if status.st_size == 0:
        raise BadImage("文件为空", "the file is empty")
    if status.st_size > max_file_bytes:
        megabytes = max_file_bytes >> 20
        raise BadImage(f"文件超过 {megabytes} MB", f"the file is larger than {megabytes} MB")
    try:
        picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise BadImage(f"无法解码：{error.err}", f"cannot be decoded: {error.err}") from error
    if picture is None:
        raise BadImage("不是可识别的图片", "not a picture of a known kind, or damaged")
    scale = max(1.0, max(picture.shape[:2]) / MAX_SIDE_PX)
    if scale > 1:
        picture = cv2.resize(picture, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA)
    return np.asarray(picture, np.uint8), scale
