"""Core: the picture as it is when nothing moves, and what differs from it now.

Everything is grey and 8 bit, because such operations cost a tenth of a millisecond in full HD. The picture is first
brought to the scene: shifted back when the camera shakes, its brightness followed as a whole and, coarsely, in
places (headlights, clouds). Then it is compared with a slow background and with the picture a fifth of a second ago,
against a threshold per pixel that follows what that pixel usually does: swaying trees and washing lose sensitivity
where they are, nothing is switched off.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.falling.steady import Sway

Grey = NDArray[np.uint8]

LEARN = 0.05
"""Share of the new picture in the background, at every fourth picture: a time constant of three seconds at 25 fps."""
EVERY = 4
NOISES = 4.0
"""Thresholds over the mean absolute difference of a pixel; that is 3.2 standard deviations of white noise."""
FLOOR_LEVELS = 3
AIM = (40, 90)
"""Things per picture that the sensitivity is steered to: a clear day lets fainter things be looked for than a night."""
KEENEST, DULLEST = 0.65, 1.3
AGO = 5
"""Pictures between now and the one that motion is told by; slower than a pixel in that time is not a fall."""
COARSE = 8
WARM_UP = 20
"""Pictures before anything is told: the background must be known first."""


@dataclass(frozen=True, slots=True)
class Differing:
    """What differs now."""

    excess: Grey
    """HxW: grey levels above the threshold; 0 where nothing differs."""
    scene: Grey
    """HxW: the picture brought to the scene."""
    background: Grey


class Stillness:
    """The background of one camera, fed picture by picture. Pictures must keep their size."""

    def __init__(self, mask: Grey | None = None) -> None:
        self._mask = mask
        self._seen = 0
        self._sway = Sway()
        self._before: deque[Grey] = deque(maxlen=AGO)
        self._keen = 1.0
        self._slow: NDArray[np.float32] | None = None
        self._noise: NDArray[np.float32] | None = None

    def look(self, image: NDArray[np.uint8]) -> Differing | None:
        """HxWx3 BGR uint8 -> what differs; None while the background is being learnt or the camera jolts."""
        grey = np.asarray(cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (3, 3), 0), np.uint8)
        self._seen += 1
        if self._slow is None or self._noise is None or self._slow.shape != grey.shape:
            self._start(grey)
            return None
        scene, unrest, steady = self._bring(grey)
        difference = np.asarray(cv2.absdiff(scene, self._still), np.uint8)
        found = None
        if self._seen > WARM_UP and steady and len(self._before) == AGO:
            found = self._compare(scene, difference, unrest)
        self._learn(scene, difference)
        self._before.append(scene)
        return found

    def settle(self, things: int) -> None:
        """Steers the thresholds by how many things were found: constant false alarms, as radars do."""
        if things < AIM[0]:
            self._keen = max(KEENEST, self._keen * 0.99)
        elif things > AIM[1]:
            least = 1.0 if things < 4 * AIM[1] else DULLEST
            self._keen = max(self._keen, min(least, self._keen * 1.03))

    def _start(self, grey: Grey) -> None:
        self._seen = 1
        self._slow = grey.astype(np.float32)
        self._noise = np.full(grey.shape, 2.0, np.float32)
        self._still, self._limit = grey, np.full(grey.shape, 12, np.uint8)
        self._sway.learn(grey)
        self._before.clear()

    def _bring(self, grey: Grey) -> tuple[Grey, Grey | None, bool]:
        """The picture laid on the background; how far its brightness was moved in places; whether that went well."""
        motion = self._sway.measure(grey)
        if motion.moved:
            there = np.array([[1, 0, motion.x_px], [0, 1, motion.y_px]], np.float32)
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            size = (grey.shape[1], grey.shape[0])
            grey = np.asarray(cv2.warpAffine(grey, there, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)
        if motion.gain_changed:
            grey = np.asarray(cv2.convertScaleAbs(grey, alpha=motion.gain, beta=motion.offset), np.uint8)
        coarse = _coarse(grey).astype(np.int16) - _coarse(self._still)
        light = cv2.blur(cv2.medianBlur(np.clip(coarse + 128, 0, 255).astype(np.uint8), 5), (5, 5))
        unrest = None
        if int(light.max()) > 129 or int(light.min()) < 127:
            size = (grey.shape[1], grey.shape[0])
            everywhere = cv2.resize(light, size, interpolation=cv2.INTER_LINEAR)
            grey = np.asarray(cv2.addWeighted(grey, 1, everywhere, -1, 128), np.uint8)
            if int(light.max()) > 134 or int(light.min()) < 122:
                unrest = np.asarray(cv2.convertScaleAbs(everywhere, alpha=1, beta=-128), np.uint8)
        return grey, unrest, motion.steady

    def _compare(self, scene: Grey, difference: Grey, unrest: Grey | None) -> Differing:
        limit = np.maximum(_scaled(self._limit, self._keen), np.uint8(FLOOR_LEVELS))
        if unrest is not None:
            limit = np.asarray(cv2.add(limit, _scaled(unrest, 0.2)), np.uint8)
        excess = cv2.subtract(difference, limit)
        moved = cv2.absdiff(scene, self._before[0])
        moving = cv2.compare(moved, _scaled(limit, 0.7), cv2.CMP_GT)
        excess = cv2.bitwise_and(excess, moving)
        if self._mask is not None:
            excess = cv2.bitwise_and(excess, self._mask)
        return Differing(np.asarray(excess, np.uint8), scene, self._still)

    def _learn(self, scene: Grey, difference: Grey) -> None:
        assert self._slow is not None and self._noise is not None
        if self._seen % EVERY and self._seen > WARM_UP:
            return
        early = self._seen <= WARM_UP
        cv2.accumulateWeighted(scene, self._slow, 0.2 if early else LEARN)
        capped = cv2.min(difference, _scaled(self._limit, 1.5, 4))
        cv2.accumulateWeighted(capped, self._noise, 0.1 if early else LEARN)
        self._still = np.asarray(cv2.convertScaleAbs(self._slow), np.uint8)
        usual = cv2.convertScaleAbs(self._noise, alpha=NOISES)
        around = _scaled(np.asarray(cv2.dilate(usual, np.ones((5, 5), np.uint8)), np.uint8), 0.6)
        self._limit = np.maximum(np.asarray(cv2.max(usual, around), np.uint8), np.uint8(FLOOR_LEVELS))
        if self._seen % (EVERY * 4) == 0 or early:
            self._sway.learn(self._still)


def _coarse(grey: Grey) -> Grey:
    half = cv2.resize(grey, (grey.shape[1] // 2, grey.shape[0] // 2), interpolation=cv2.INTER_AREA)
    size = (grey.shape[1] // COARSE, grey.shape[0] // COARSE)
    return np.asarray(cv2.resize(half, size, interpolation=cv2.INTER_AREA), np.uint8)


def _scaled(grey: Grey, factor: float, plus: float = 0.0) -> Grey:
    return np.asarray(cv2.convertScaleAbs(grey, alpha=factor, beta=plus), np.uint8)
