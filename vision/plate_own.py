"""Shell: the plate reader on Menwei's own weights: find, straighten, read, and the grammar as a filter.

Nothing is repaired: a text that is no plate by the grammar is dropped, and a colour that its kind does not come in
halves the confidence.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from vision import geometry
from vision.geometry import Quad
from vision.plate_color import is_grey
from vision.plate_decode import StripRead
from vision.plate_find import FoundPlate, PlateFinder
from vision.plate_reader import Image, PlateRead, check_image
from vision.plate_recogniser import PlateRecogniser, PlateRows

_READ_FLOOR = 0.45
"""Weaker places are not read: most of them are no plates, and none would be sure."""
_FLOOR = 0.1
"""Weaker reads are dropped: they would not even serve as candidates for the guard."""
_PLAIN_FLOOR = 0.3
"""Weakest read of a kind without hanzi (military, some armed police), which must look like that kind besides."""
_MISFIT = 0.5
"""Factor on the confidence of a text whose kind does not come in the colour that the plate has."""
_LIKELY = 0.55
_UNSURE = 0.35
_SHORTEST = 6
"""A likely place where about a plate's length is read, less surely than this: its corners are looked for again."""
_GREY_SIDE_PX = 96
_CUT_OUT_PX = 400
"""A picture up to this width in the shape of a plate may be one, as cameras send them."""


class Finder(Protocol):
    """Finds the corners of plates in a picture."""

    def find(self, image: Image) -> list[FoundPlate]:
        """The plates of an H x W x 3 BGR picture, best first."""
        ...

    def again(self, image: Image, corners: Quad) -> list[Quad]:
        """Other corners that a plate may have, where those that were found read badly."""
        ...


def _doubtful(read: StripRead) -> bool:
    """Whether what is read may be a plate whose corners are wrong."""
    unsure = read.kind is None or read.confidence < _UNSURE
    return unsure and read.plate >= 0.5 and len(read.text) >= _SHORTEST


class OwnPlateReader:
    """Reads plates with our own networks; not for two threads at once."""

    def __init__(self, finder: Finder | None = None, recogniser: PlateRecogniser | None = None) -> None:
        """Both by default with the package's weights. Raises `ReaderUnavailable` where those are missing."""
        self._finder = finder or PlateFinder()
        self._recogniser = recogniser or PlateRecogniser(threads=1)

    def read(self, image: Image) -> list[PlateRead]:
        """The plates in a BGR picture, best first; empty where there is none. Raises `BadImage`."""
        check_image(image)
        return self.read_found(image, self.find(image))

    def find(self, image: Image) -> list[FoundPlate]:
        """The places of plates, best first."""
        height, width = image.shape[:2]
        found = self._finder.find(image)
        if width <= _CUT_OUT_PX and 1.6 * height <= width <= 6 * height:
            whole = geometry.quad_of((0, 0, width, height))
            # A box as wide as the picture itself would be a second read of the same plate.
            found = [place for place in found if geometry.area(place.box) < 0.3 * width * height]
            found.append(FoundPlate(whole, 1.0, 1.0, 1.0, 0.0))
        return found

    def read_found(self, image: Image, found: list[FoundPlate]) -> list[PlateRead]:
        """What stands on the plates that were found, best first."""
        hopeful = [place for place in found if place.score >= _READ_FLOOR]
        step = max(1, min(image.shape[:2]) // _GREY_SIDE_PX)  # averaging a whole picture would cost as much as a read
        grey = is_grey(np.ascontiguousarray(image[::step, ::step])) if hopeful else False
        reads = [r for place in hopeful if (r := self._read(image, place, grey)) is not None]
        return sorted(reads, key=lambda read: -read.confidence)

    def _read(self, image: Image, place: FoundPlate, grey: bool) -> PlateRead | None:
        corners = np.asarray(place.corners, np.float32)
        plate: PlateRows = self._recogniser.read_at(image, corners)
        if place.score >= _LIKELY and _doubtful(plate.read):
            places = [corners, *self._finder.again(image, corners)]
            plate, best = self._recogniser.read_best(image, places, plate.rows)
            corners = places[best]
        read, kind = plate.read, plate.read.kind
        if kind is None:
            return None
        color = "unknown" if grey else read.color
        # A place that hardly looks like a plate lowers what is read there: the two networks err apart.
        factor = min(1.0, read.plate * place.score**0.5) * (1.0 if kind.allows_color(color) else _MISFIT)
        confidences = tuple(round(factor * c, 4) for c in read.char_confidences)
        plain = not kind.has_hanzi
        if min(confidences) < (_PLAIN_FLOOR if plain else _FLOOR) or (plain and read.seen_kind != kind.name):
            return None
        return PlateRead(
            text=read.text,
            confidence=min(confidences),
            char_confidences=confidences,
            box=geometry.clip(geometry.bounds(corners), *image.shape[:2]),
            color=color,
            rows=plate.rows,
            kind=kind,
        )
