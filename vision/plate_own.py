"""Shell: the plate reader on Menwei's own weights: find, straighten, read, and the grammar as a filter.

Nothing is repaired: a text that is no plate by the grammar is dropped, and a colour that its kind does not come in
halves the confidence.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from vision import geometry
from vision.geometry import Quad
from vision.plate_color import chroma, is_grey
from vision.plate_decode import StripRead
from vision.plate_find import FoundPlate, PlateFinder
from vision.plate_reader import Image, PlateRead, check_image
from vision.plate_recogniser import PlateRecogniser, PlateRows

_READ_FLOOR = 0.45
"""Weaker places are not read: most of them are no plates, and none would be sure."""
_FLOOR = 0.22
"""Weaker reads are dropped: most of them are wrong, usually in the province. Chosen on real scenes, as is `_UNSURE`."""
_PLAIN_FLOOR = 0.3
"""Weakest read of a kind without hanzi (military, some armed police), which must look like that kind besides."""
_MISFIT = 0.5
"""Factor on the confidence of a text whose kind does not come in the colour that the plate has."""
_LIKELY = 0.55
_LOST, _UNSURE = 0.1, 0.35
_SHORTEST = 6
_AGAIN_MAX = 4
"""A likely place where about a plate's length is read, less surely than this in one cut or in three: its corners are
looked for again, in the best few places of a picture, or a wall of signs would cost as much as many cars."""
_GREY_SIDE_PX = 96
_COLOURED = 40
"""Difference between the strongest and the weakest of blue, green and red that no grey camera makes."""
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


def _has_no_colour(image: Image, places: list[FoundPlate]) -> bool:
    """Whether the whole picture is grey; a coloured plate answers that at once."""
    for place in places:
        x1, y1, x2, y2 = geometry.clip(place.box, *image.shape[:2])
        patch = image[y1 : y2 : max(1, (y2 - y1) // 12), x1 : x2 : max(1, (x2 - x1) // 36)]
        spread = chroma(patch)
        if np.count_nonzero(spread >= _COLOURED) > spread.size // 4:
            return False
    step = max(1, min(image.shape[:2]) // _GREY_SIDE_PX)  # averaging a whole picture would cost as much as a read
    return is_grey(np.ascontiguousarray(image[::step, ::step]))


def _doubtful(read: StripRead, least: float) -> bool:
    """Whether what is read, less surely than ``least``, may be a plate whose corners are wrong."""
    unsure = read.kind is None or read.confidence < least
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
        grey = bool(hopeful) and _has_no_colour(image, hopeful)
        reads = [
            read
            for rank, place in enumerate(hopeful)
            if (read := self._read(image, place, grey, again=rank < _AGAIN_MAX)) is not None
        ]
        return sorted(reads, key=lambda read: -read.confidence)

    def _text_at(self, image: Image, corners: Quad, again: bool) -> tuple[PlateRows, Quad]:
        """The text, and the corners under which it was read; ``again``: whether others may be looked for."""
        glance, settled = self._recogniser.glance(image, corners), None
        if not (again and _doubtful(glance.read, _LOST)):
            settled = self._recogniser.settle(image, corners, glance)
            if not (again and _doubtful(settled.read, _UNSURE)):
                return settled, corners
        places = [corners, *self._finder.again(image, corners)]
        plate, best = self._recogniser.read_best(image, places, glance, settled)
        return plate, places[best]

    def _read(self, image: Image, place: FoundPlate, grey: bool, *, again: bool) -> PlateRead | None:
        found = np.asarray(place.corners, np.float32)
        plate, corners = self._text_at(image, found, again and place.score >= _LIKELY)
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
