"""Core: what a detector sees in a lane from the first pictures on: it was there before we came. Time is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from vision.geometry import iou
from vision.zones.found import Found
from vision.zones.region import Region
from vision.zones.standing import TELLING_MIN, Patch, Quad
from vision.zones.surface import SETTLE_S, Surface, strength

START_S = 12.0
_LOOKS = 5


class Starts:
    """Boxes of the first seconds, and how often each was found again."""

    def __init__(self, started_s: float) -> None:
        self._started_s = started_s
        self.waited_s = 0.0
        """Time of damaged pictures, which does not count."""
        self._boxes: list[tuple[Quad, int]] = []

    def __bool__(self) -> bool:
        return bool(self._boxes)

    def wait(self, now_s: float, gap_s: float) -> None:
        """A damaged picture came, so long after the one before."""
        if self.runs(now_s):
            self.waited_s += gap_s

    def runs(self, now_s: float) -> bool:
        """Whether these are the first seconds still."""
        return now_s - self._started_s - self.waited_s < START_S

    def settled(self, now_s: float) -> bool:
        """Whether what has not moved since the start is known by now."""
        return now_s - self._started_s >= SETTLE_S

    def cover(self, mask: cv2.typing.MatLike) -> None:
        """Mark where the ground is not to be learnt before it is decided."""
        for box, _ in self._boxes:
            _fill(mask, box)

    def note(self, found: Sequence[Found], boxes: Sequence[Quad], region: Region, now_s: float) -> None:
        """Take what a detector said; boxes at the scale of work."""
        for item, box in zip(found, boxes, strict=True):
            if item.label == "person" or not region.holds((box[0] + box[2]) / 2, (box[1] + box[3]) / 2):
                continue
            for at, (known, times) in enumerate(self._boxes):
                if iou(known, box) > 0.7:
                    self._boxes[at] = (known, times + 1)
                    break
            else:
                if not self.settled(now_s):
                    self._boxes.append((box, 1))

    def standing(self, surface: Surface, now_s: float) -> list[Patch]:
        """What turned out to have stood there from the start, each once; later on nothing waits any more."""
        if not self.runs(now_s):
            self._boxes = []
        if not self.settled(now_s):
            return []
        first_s, patches = self._started_s + SETTLE_S, []
        for box, times in list(self._boxes):
            if times < _LOOKS:
                continue
            inside = np.zeros(surface.known.shape, np.uint8)
            _fill(inside, box)
            edges = (inside > 0) & surface.settled & (strength(surface.candidate) > surface.tolerance)
            old = edges & (surface.since < first_s - SETTLE_S / 2)
            if np.count_nonzero(old) >= max(TELLING_MIN, 0.6 * np.count_nonzero(edges)):
                self._boxes.remove((box, times))
                patches.append(Patch.of(edges))
        return patches


def _fill(mask: cv2.typing.MatLike, box: Iterable[float]) -> None:
    x1, y1, x2, y2 = (round(side) for side in box)
    mask[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)] = 1
