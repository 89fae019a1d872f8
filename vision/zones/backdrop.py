"""Core: the scene without people, for sites without a detector, and who stands out from it. Time is passed in.

Two things tell somebody from the scene: colours that no shadow or lamp makes, and edges that the scene has not; the
latter also where clothes are as grey as the ground.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frame import Image
from vision.zones.people import Box, Person, lab_of, looks_of
from vision.zones.region import Mask
from vision.zones.surface import Field, slopes_of, strength

_WIDTH_PER_HEIGHT = 0.42
_HEIGHT_MIN_PX = 20.0
_FILLED_MIN = 0.3
_PART_MIN_PX = 12
_ONE_WIDTH, _GAP, _TALLER = 0.5, 0.4, 5.0
"""Of parts that are one person: width and gap against the height of both, and height against the wider part."""
_LIGHT = 0.6
"""Log brightness that shadows and lamps add or take."""
_TINT = 0.18
_SLOPE_MIN, _NOISE_FACTOR, _EDGE_SHARE = 0.05, 6.0, 0.3
_LEARN_S, _GHOST_S = 30.0, 2.0
_GHOST = 0.5
_DARK = 12.0
_THIRDS = np.full((1, 3), 1 / 3, np.float32)

Patch = tuple[int, int, int, int, int]
"""x1, y1, x2, y2 and the pixels in it."""
Picture = NDArray[np.float32]
"""Height x width x BGR, logarithms."""


class Backdrop:
    """Learns the scene and finds who stands out from it."""

    def __init__(self) -> None:
        self._log: Picture | None = None
        self._looked_s = 0.0

    def people(self, work: Image, now_s: float, *, keep: list[Box]) -> list[Person]:
        """Whoever stands out from it; `keep`: where it must not be learnt, because somebody who walked is there."""
        log = np.log(cv2.GaussianBlur(work, (3, 3), 0).astype(np.float32) + _DARK)
        if self._log is None:
            self._log, self._looked_s = log, now_s
            return []
        now, scene = (slopes_of(_mean(picture)) for picture in (log, self._log))
        apart = log - self._log
        apart -= np.median(apart[::4, ::4].reshape(-1, 3), axis=0)
        mask = _stands_out(apart, now, scene)
        boxes = _boxes(mask)
        ghosts = [box for box in boxes if _is_ghost(box, mask, now, scene)]
        self._learn(log, mask, [box for box in keep if box not in ghosts], ghosts, now_s)
        lab = lab_of(work)
        return [Person(box, looks_of(lab, box)) for box in boxes if box not in ghosts]

    def _learn(self, log: Picture, mask: Mask, keep: list[Box], ghosts: list[Box], now_s: float) -> None:
        assert self._log is not None
        past_s = now_s - self._looked_s
        rate = np.where(mask, 0.3, 1.0).astype(np.float32) * min(1.0, past_s / _LEARN_S)
        for box in keep:
            _part(rate, box)[:] = 0
        for box in ghosts:
            _part(rate, box)[:] = min(1.0, past_s / _GHOST_S)
        self._log += rate[..., None] * (log - self._log)
        self._looked_s = now_s


def _mean(picture: Picture) -> NDArray[np.float32]:
    """Of the three colours; a tenth of what numpy takes over a last axis of three."""
    return np.asarray(cv2.transform(picture, _THIRDS), np.float32)


def _part(plane: NDArray[np.float32], box: Box) -> NDArray[np.float32]:
    x1, y1, x2, y2 = (max(0, round(side)) for side in box)
    return plane[y1:y2, x1:x2]


def _stands_out(apart: Picture, now: Field, scene: Field) -> Mask:
    """Where the colours differ as no light makes them differ, or the edges do."""
    mean = _mean(apart)
    blue, green, red = (cv2.absdiff(channel, mean) for channel in cv2.split(apart))
    tint = cv2.max(cv2.max(blue, green), red)
    steeper = cv2.magnitude(now[1] - scene[1], now[2] - scene[2])
    noise = 1.48 * float(np.median((np.abs(now[1] - scene[1]) * np.exp(now[0]))[::2, ::2])) * np.exp(-now[0])
    edges = steeper > np.maximum(_SLOPE_MIN, _NOISE_FACTOR * noise) + _EDGE_SHARE * strength(scene)
    raw = (np.abs(mean) > _LIGHT) | (tint > np.maximum(_TINT, 2 * _NOISE_FACTOR * noise)) | edges
    opened = cv2.morphologyEx(raw.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((9, 5), np.uint8))
    return np.asarray(closed > 0)


def _is_ghost(box: Box, mask: Mask, now: Field, scene: Field) -> bool:
    """Whether somebody who was taken for the scene has left: then it has the edges, and the picture has not."""
    x1, y1, x2, y2 = (max(0, round(side)) for side in box)
    where = mask[y1:y2, x1:x2]
    seen, learnt = (strength(field[:, y1:y2, x1:x2])[where] for field in (now, scene))
    return bool(seen.size) and float(seen.mean()) < _GHOST * float(learnt.mean())


def _boxes(mask: Mask) -> list[Box]:
    """Boxes of people; a patch too wide for one is divided among several."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    found: list[Box] = []
    for x1, y1, x2, y2, size in _whole([(x, y, x + w, y + h, n) for x, y, w, h, n in stats[1:count].tolist()]):
        width, height = x2 - x1, y2 - y1
        if height < _HEIGHT_MIN_PX or size < _FILLED_MIN * width * height or width > 4 * height:
            continue
        several = max(1, round(width / (_WIDTH_PER_HEIGHT * height) - 0.4))
        step = width / several
        found += [(x1 + at * step, y1, x1 + (at + 1) * step, y2) for at in range(several)]
    return found


def _whole(patches: list[Patch]) -> list[Patch]:
    """Head and legs of somebody whose coat is as grey as the ground are one."""
    waiting = sorted((patch for patch in patches if patch[4] >= _PART_MIN_PX), key=lambda patch: patch[1])
    whole: list[Patch] = []
    while waiting:
        upper = waiting.pop(0)
        for lower in waiting:
            if _are_one(upper, lower):
                waiting.remove(lower)
                joined = min(upper[0], lower[0]), upper[1], max(upper[2], lower[2]), max(upper[3], lower[3])
                waiting.insert(0, (*joined, upper[4] + lower[4]))
                break
        else:
            whole.append(upper)
    return whole


def _are_one(upper: Patch, lower: Patch) -> bool:
    width = max(upper[2], lower[2]) - min(upper[0], lower[0])
    height = max(upper[3], lower[3]) - upper[1]
    shared = min(upper[2], lower[2]) - max(upper[0], lower[0])
    gap = lower[1] - upper[3]
    narrow = shared > 0.5 * min(upper[2] - upper[0], lower[2] - lower[0]) and width < _ONE_WIDTH * height
    return narrow and gap < _GAP * height and height < _TALLER * max(upper[2] - upper[0], lower[2] - lower[0])
