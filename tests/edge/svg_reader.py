"""Reads the QR code of one of our SVG pictures with an independent reader."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import zxingcpp


def read_svg(file: Path) -> str:
    """What the picture in a file says."""
    return read_text(file.read_text(encoding="utf-8"))


def read_text(text: str) -> str:
    """Draws the dark modules as pixels and reads them."""
    side = int(re.search(r'viewBox="0 0 (\d+) ', text)[1])  # type: ignore[index]
    picture = np.full((side, side), 255, dtype=np.uint8)
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", text):
        picture[int(y), int(x)] = 0
    [code] = zxingcpp.read_barcodes(picture.repeat(4, axis=0).repeat(4, axis=1))
    return code.text
