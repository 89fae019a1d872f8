"""Shell: the plate readers that a site may choose from (``plates.reader``)."""

from __future__ import annotations

from typing import Literal, assert_never

from config.model import Plates
from vision.plate_reader import PlateReader


def plate_reader(plates: Plates) -> PlateReader:
    """The reader of the site. Raises `ReaderUnavailable` where its packages or weights are missing."""
    return named_reader(plates.reader)


def named_reader(name: Literal["own", "rapidocr"]) -> PlateReader:
    """One reader on one thread. Raises `ReaderUnavailable` where its packages or weights are missing."""
    match name:
        case "own":
            from vision.plate_own import OwnPlateReader

            return OwnPlateReader()
        case "rapidocr":
            from vision.plate_ocr import OcrPlateReader

            return OcrPlateReader(threads=1)
    assert_never(name)
