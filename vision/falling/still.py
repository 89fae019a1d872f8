"""Core: the picture as it is when nothing moves, and what differs from it now.

Everything is grey and 8 bit and into arrays that stay, because such operations cost a tenth of a millisecond in full
HD; what is learnt is learnt in strips, a quarter of the rows with each picture. The picture is first
brought to the scene: shifted back when the camera shakes, its brightness followed as a whole and, coarsely, in
places (headlights, clouds). Then it is compared with a slow background and with the picture a fifth of a second ago,
against a threshold per pixel that follows what that pixel usually does: swaying trees and washing lose sensitivity
where they are, nothing is switched off.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.falling.steady import Grey, Sway, halved, laid_back, quartered

LEARN = 0.05
"""Share of the new picture in the background, at every fourth picture: a time constant of three seconds at 25 fps."""
EVERY = 4
"""Pictures until a row's turn comes again."""
NOISES = 4.0
"""Thresholds over the mean absolute difference of a pixel; that is 3.2 standard deviations of white noise."""
FLOOR_LEVELS = 3
AIM = (40, 90)
"""Things per picture that the sensitivity is steered to: a clear day lets fainter things be looked for than a night."""
KEENEST, DULLEST = 0.65, 1.3
MOVED = 0.7
"""Of the threshold against the background, that against the picture before."""
AGO = 5
"""Pictures between now and the one that motion is told by; slower than a pixel in that time is not a fall."""
CELL = 8
"""Brightness is followed in squares of so many pixels."""
LIGHT, UNREST = (1, 6), 0.2
"""Levels that it may be off before it is corrected, and before less is believed there; how much less."""
SPREAD = 2
"""Pixels to which a restless one makes its neighbours dull."""
WARM_UP = 22
"""Pictures before anything is told: the background must be known first."""


@dataclass(frozen=True, slots=True)
class Differing:
    """What differs now."""

    excess: Grey
    """HxW: grey levels above the threshold; 0 where nothing differs."""
    scene: Grey
    """HxW: the picture brought to the scene."""
    background: Grey


@dataclass(frozen=True, slots=True)
class _Light:
    """How far the brightness has moved in a part of the picture: 128 and more or less."""

    rows: slice
    columns: slice
    levels: Grey
    much: bool

    def unrest(self) -> Grey:
        """Grey levels that are not believed there."""
        return _scaled(np.asarray(cv2.absdiff(self.levels, np.full_like(self.levels, 128)), np.uint8), UNREST)


class Stillness:
    """The background of one camera, fed picture by picture. Pictures must keep their size."""

    def __init__(self, mask: Grey | None = None) -> None:
        self._mask = mask
        self._seen = 0
        self._sway = Sway()
        self._keen = 1.0
        self._size: tuple[int, ...] = ()

    def look(self, image: NDArray[np.uint8]) -> Differing | None:
        """HxWx3 BGR uint8 -> what differs; None while the background is being learnt or the camera jolts.

        Its arrays are used again: they hold until the next picture.
        """
        if self._size != image.shape[:2]:
            self._start(image)
            return None
        if self._seen > 1:
            self._learn()
        self._seen += 1
        grey = self._ring[self._seen % len(self._ring)]
        cv2.cvtColor(image, cv2.COLOR_BGR2GRAY, dst=self._spare)
        cv2.GaussianBlur(self._spare, (3, 3), 0, dst=grey)
        light, steady = self._bring(grey)
        scene = self._ring[self._seen % len(self._ring)]
        cv2.absdiff(scene, self._still, dst=self._difference)
        return self._compare(scene, light) if self._seen > WARM_UP and steady else None

    def settle(self, things: int) -> None:
        """Steers the thresholds by how many things were found: constant false alarms, as radars do."""
        if things < AIM[0]:
            self._keen = max(KEENEST, self._keen * 0.99)
        elif things > AIM[1]:
            least = 1.0 if things < 4 * AIM[1] else DULLEST
            self._keen = max(self._keen, min(least, self._keen * 1.03))

    def _start(self, image: NDArray[np.uint8]) -> None:
        self._seen, self._size = 1, image.shape[:2]
        grey = np.asarray(cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (3, 3), 0), np.uint8)
        self._ring = [grey.copy() for _ in range(AGO + 1)]
        self._spare, self._difference, self._excess, self._moved = (np.zeros_like(grey) for _ in range(4))
        self._still, self._slow = grey, grey.astype(np.float32)
        self._usual, self._noise = np.full_like(grey, 8), np.full(grey.shape, 2.0, np.float32)
        self._limit, self._least, self._least_moved = (np.full_like(grey, 12) for _ in range(3))
        self._floor = np.full_like(grey, FLOOR_LEVELS)
        self._quarter = quartered(grey)
        self._sway.learn(self._quarter)

    def _bring(self, grey: Grey) -> tuple[_Light | None, bool]:
        """Lays the picture on the background -> where its brightness was moved much; whether that went well."""
        quarter = quartered(grey)
        motion = self._sway.measure(quarter)
        if motion.moved:
            laid_back(grey, motion.x_px, motion.y_px, self._spare)
            self._ring[self._seen % len(self._ring)], self._spare, grey = self._spare, grey, self._spare
            quarter = quartered(grey)
        if motion.gain_changed:
            cv2.convertScaleAbs(grey, dst=grey, alpha=motion.gain, beta=motion.offset)
            cv2.convertScaleAbs(quarter, dst=quarter, alpha=motion.gain, beta=motion.offset)
        light = _light(quarter, self._quarter)
        if light is None:
            return None, motion.steady
        part = grey[light.rows, light.columns]
        cv2.addWeighted(part, 1, light.levels, -1, 128, dst=part)
        return light if light.much else None, motion.steady

    def _compare(self, scene: Grey, light: _Light | None) -> Differing:
        excess, moved = self._excess, self._moved
        cv2.subtract(self._difference, self._least, dst=excess)
        cv2.absdiff(scene, self._ring[(self._seen + 1) % len(self._ring)], dst=moved)
        if light is not None:  # less is believed there
            part = light.rows, light.columns
            dull = np.asarray(cv2.add(self._least[part], light.unrest()), np.uint8)
            cv2.subtract(self._difference[part], dull, dst=excess[part])
            cv2.bitwise_and(moved[part], cv2.compare(moved[part], _scaled(dull, MOVED), cv2.CMP_GT), dst=moved[part])
        cv2.compare(moved, self._least_moved, cv2.CMP_GT, dst=moved)
        cv2.bitwise_and(excess, moved, dst=excess)
        return Differing(excess, scene, self._still)

    def _learn(self) -> None:
        """From the last picture, before the next one comes."""
        height, early = self._size[0], self._seen <= WARM_UP
        turn = self._seen % EVERY
        if early:
            self._learn_rows(slice(0, height), 0.2, 0.1)
        else:
            self._learn_rows(slice(turn * height // EVERY, (turn + 1) * height // EVERY), LEARN, LEARN)
        if early or turn == EVERY - 1:
            self._quarter = quartered(self._still)
        if early or self._seen % (EVERY * 4) == 0:
            self._sway.learn(self._quarter)

    def _learn_rows(self, rows: slice, share: float, share_of_noise: float) -> None:
        slow, noise, limit = self._slow[rows], self._noise[rows], self._limit[rows]
        cv2.accumulateWeighted(self._ring[self._seen % len(self._ring)][rows], slow, share)
        capped = cv2.min(self._difference[rows], _scaled(limit, 1.5, 4))
        cv2.accumulateWeighted(capped, noise, share_of_noise)
        cv2.convertScaleAbs(slow, dst=self._still[rows])
        cv2.convertScaleAbs(noise, dst=self._usual[rows], alpha=NOISES)
        above = min(SPREAD, rows.start)
        near = self._usual[rows.start - above : rows.stop + SPREAD]
        around = cv2.dilate(near, np.ones((2 * SPREAD + 1, 2 * SPREAD + 1), np.uint8))[above : above + len(slow)]
        cv2.max(self._usual[rows], _scaled(np.asarray(around, np.uint8), 0.6), dst=limit)
        cv2.max(limit, self._floor[: len(limit)], dst=limit)
        least = self._least[rows]
        cv2.convertScaleAbs(limit, dst=least, alpha=self._keen)
        cv2.max(least, self._floor[: len(least)], dst=least)
        if self._mask is not None:
            cv2.bitwise_or(least, cv2.bitwise_not(self._mask[rows]), dst=least)
        cv2.convertScaleAbs(least, dst=self._least_moved[rows], alpha=MOVED)


def _brighter(quarter: Grey, still: Grey) -> Grey:
    """By how much cells are brighter than the background, 128 and more or less; not what is as small as a thing."""
    difference = cv2.addWeighted(halved(quarter), 1, halved(still), -1, 128)
    return np.asarray(cv2.blur(cv2.medianBlur(difference, 5), (5, 5)), np.uint8)


def _beyond(cells: Grey, levels: int) -> bool:
    low, high, _, _ = cv2.minMaxLoc(cells)
    return bool(low < 128 - levels or high > 128 + levels)


def _light(quarter: Grey, still: Grey) -> _Light | None:
    """Quarter-size picture and background -> where one is brighter than the other over more than a thing's size."""
    cells = _brighter(quarter, still)
    if not _beyond(cells, LIGHT[0]):
        return None
    left, top, width, height = cv2.boundingRect(cv2.bitwise_not(cv2.inRange(cells, 128 - LIGHT[0], 128 + LIGHT[0])))
    # one cell more on each side, so that the correction runs out
    top, bottom = max(0, top - 1), min(cells.shape[0], top + height + 1)
    left, right = max(0, left - 1), min(cells.shape[1], left + width + 1)
    size = (right - left) * CELL, (bottom - top) * CELL
    levels = np.asarray(cv2.resize(cells[top:bottom, left:right], size, interpolation=cv2.INTER_LINEAR), np.uint8)
    much = _beyond(cells, LIGHT[1])
    return _Light(slice(top * CELL, bottom * CELL), slice(left * CELL, right * CELL), levels, much)


def _scaled(grey: Grey, factor: float, plus: float = 0.0) -> Grey:
    return np.asarray(cv2.convertScaleAbs(grey, alpha=factor, beta=plus), np.uint8)
