"""Core: what a lane's ground looks like, and which of its pixels have shown something else, unmoved, for how long.

Pictures are compared by the gradients of the logarithm of their brightness: lamps, clouds and the camera's gain scale
brightness and leave these as they are; so does the soft edge of a shadow. For each pixel three things are kept: the
empty lane (*reference*), what it shows now (*candidate*), and since when the candidate has held. Time is passed in.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frame import Image
from vision.zones.region import Mask, Push, pushed_aside

Field = NDArray[np.float32]
"""3 x height x width: log brightness, and its slopes to the right and downwards."""
Plane = NDArray[np.float32]

SETTLE_S = 3.0
"""Nothing counts as standing before it has kept still so long."""
_DARK = 12.0
"""Grey levels added before the logarithm: dark pixels are noise."""
_SLOPE_MIN = 0.05
_NOISE_FACTOR = 7.0
_EDGE_SHARE = 0.3
"""A pole in the wind moves edges by half a pixel: near strong edges more must differ."""
_FOLLOW = 0.1
_SLIP_S = 0.7
"""A candidate that is not seen so long is given up."""
_LEARN = 0.02


def field_of(work: Image) -> Field:
    """Of a reduced picture (HxWx3 BGR uint8)."""
    grey = cv2.GaussianBlur(cv2.cvtColor(work, cv2.COLOR_BGR2GRAY), (3, 3), 0).astype(np.float32)
    return slopes_of(np.log(grey + _DARK))


def slopes_of(log: Plane) -> Field:
    """Of the logarithm of brightness plus 12."""
    right = cv2.Sobel(log, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    down = cv2.Sobel(log, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    return np.asarray(np.stack([log, right, down]), np.float32)


def strength(field: Field) -> Plane:
    """How steep each pixel is."""
    return np.asarray(cv2.magnitude(field[1], field[2]), np.float32)


class Surface:
    """The pixels of one lane, at the scale of work."""

    def __init__(self, first: Field, now_s: float) -> None:
        shape = first.shape[1:]
        self.now: Field = first
        self.reference: Field = first.copy()
        self.candidate: Field = first.copy()
        self.since = np.full(shape, now_s, np.float64)
        self.known: Mask = np.zeros(shape, bool)
        """Where the reference is an empty lane's."""
        self._seen = np.full(shape, now_s, np.float64)
        self._noise = 0.0
        self.tolerance: Plane = self._tolerance()
        self.settled: Mask = np.zeros(shape, bool)
        """Where the candidate is seen and has held for `SETTLE_S`."""
        self.foreign: Mask = np.zeros(shape, bool)
        """Settled, and not what the empty lane shows."""

    def look(self, work: Field, now_s: float, *, keep: Mask) -> None:
        """Take one picture; `keep` are pixels whose reference must not be learnt, because something stands there."""
        self.now = work
        self._noise += 0.05 * (self._spread() - self._noise) if self._noise else self._spread()
        self.tolerance = self._tolerance()
        same = ~self.differ(work, self.candidate)
        lost = ~same & (now_s - self._seen > _SLIP_S)
        self.candidate += np.where(same, np.float32(_FOLLOW), np.float32(0)) * (work - self.candidate)
        np.copyto(self.candidate, work, where=lost)
        self.since[lost] = now_s
        self._seen[same | lost] = now_s
        self.settled = same & (now_s - self.since >= SETTLE_S)
        different = self.differ(self.candidate, self.reference)
        fresh = self.settled & ~self.known & ~keep
        np.copyto(self.reference, self.candidate, where=fresh)
        self.known |= fresh
        self.foreign = self.settled & self.known & different & ~fresh
        calm = self.settled & self.known & ~different & ~keep
        self.reference += np.where(calm, np.float32(_LEARN), np.float32(0)) * (self.candidate - self.reference)

    def wait(self, gap_s: float) -> None:
        """For so long nothing could be seen; nothing was out of sight for it."""
        self._seen += gap_s

    def absorb(self, where: Mask) -> None:
        """What is seen there belongs to the lane from now on."""
        np.copyto(self.reference, self.candidate, where=where)
        self.known |= where
        self.foreign &= ~where

    def forget(self, where: Mask) -> None:
        """What the empty lane shows there is not known."""
        self.known &= ~where
        self.foreign &= ~where

    def adopt(self, reference: Field, known: Mask) -> None:
        """What the empty lane shows is known from elsewhere."""
        np.copyto(self.reference, reference, where=known)
        self.known |= known

    def push(self, push: Push) -> None:
        """The camera was pushed so far to the right and downwards (of the picture's content)."""
        self.reference = pushed_aside(self.reference, push)
        self.known = pushed_aside(self.known, push)
        self.foreign = np.zeros_like(self.foreign)

    def differ(self, one: Field, other: Field) -> Mask:
        """Where two fields do not show the same."""
        apart = cv2.magnitude(one[1] - other[1], one[2] - other[2])
        return np.asarray(apart > self.tolerance)

    def tone(self) -> Plane:
        """Log of the brightness against the empty lane's, the change of the whole light taken out."""
        change = self.now[0] - self.reference[0]
        calm = self.known & ~self.foreign
        return np.asarray(change - (np.median(change[calm]) if calm.any() else 0.0), np.float32)

    def _spread(self) -> float:
        """Of the noise of slopes, in grey levels."""
        off = np.abs(self.now[1] - self.candidate[1]) * np.exp(self.now[0])
        return 1.48 * float(np.median(off[::2, ::2]))

    def noise(self) -> Plane:
        """Deviation of each pixel's slopes that the sensor causes."""
        return np.asarray(self._noise * np.exp(-self.now[0]), np.float32)

    def _tolerance(self) -> Plane:
        noise = _NOISE_FACTOR * self.noise()
        edges = cv2.dilate(strength(self.reference), np.ones((3, 3), np.uint8))
        return np.asarray(np.maximum(_SLOPE_MIN, noise) + _EDGE_SHARE * edges, np.float32)
