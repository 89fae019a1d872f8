"""Core: the empty lane kept over restarts: when it is kept, how it is packed, and whether it still fits what is seen.

A lane is compared by the slopes of its edges (`vision.zones.surface`), so one of yesterday fits today's light. It is
taken up only where most of its edges are seen at their places: a camera that was turned, or a yard that was paved
anew, begins anew. Time is passed in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vision.frame import Image
from vision.lane_ground import GROUND_BYTES_MAX, LaneGround, Light
from vision.zones.align import Edges
from vision.zones.region import Mask, Region, pushed_aside
from vision.zones.surface import SETTLE_S, Field, Surface, slopes_of

KEEP_AFTER_S = 60.0
KEEP_PERIOD_S = 1800.0
"""Also before one that did not fit is replaced: a lorry may have hidden the lane at the start."""
TAKE_UP_S = 12.0
"""Later than this after the start nothing is taken up: what stands there has been learnt by then."""
_VERSION = 1
_LOG_MIN, _LOG_STEP = 2.4, 0.0126
"""Of the logarithm of brightness plus 12, in 8 bits."""
_DARK_MEDIAN, _COLOUR_MIN = 60.0, 3.0
_FITS_MIN = 0.6
_SHIFT_MAX = 3
"""Pixels at the scale of work that a bracket may have given way."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The empty lane of one cut-out."""

    field: Field
    known: Mask


def form_of(region: Region) -> str:
    """Changes with the polygon, the size of the pictures, and how a ground is packed."""
    text = f"{_VERSION} {region.size} {region.box} {region.work} {np.round(region.polygon, 1).tolist()}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def light_of(work: Image) -> Light:
    """Of a reduced picture (HxWx3 BGR uint8): dark or colourless ones are the night's."""
    some = work[::4, ::4].astype(np.int16)
    colour = float(np.abs(some - some.mean(axis=2, keepdims=True)).mean())
    return "night" if float(np.median(some)) < _DARK_MEDIAN or colour < _COLOUR_MIN else "day"


def packed(ground: Ground) -> bytes:
    """As PNG: brightness, and where it is known."""
    level = np.clip(np.round((ground.field[0] - _LOG_MIN) / _LOG_STEP), 0, 255).astype(np.uint8)
    picture = np.dstack([level, np.where(ground.known, 255, 0).astype(np.uint8), np.zeros_like(level)])
    ok, coded = cv2.imencode(".png", picture)
    return coded.tobytes() if ok else b""


def unpacked(data: bytes, region: Region) -> Ground | None:
    """None for what is no ground of this region."""
    if not 0 < len(data) <= GROUND_BYTES_MAX:
        return None
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None or picture.shape[:2] != region.inside.shape:
        return None
    log = picture[:, :, 0].astype(np.float32) * np.float32(_LOG_STEP) + np.float32(_LOG_MIN)
    whole = cv2.erode(picture[:, :, 1], np.ones((3, 3), np.uint8))  # slopes reach a pixel beyond what is known
    return Ground(slopes_of(log), whole > 0)


def fit(ground: Ground, seen: Surface) -> tuple[float, Ground]:
    """The share of its edges that are seen, and the ground moved to where they are seen best."""
    edges = Edges.of(ground.field, ground.known & seen.settled, seen.noise())
    if edges is None:
        return 0.0, ground
    steps = range(-_SHIFT_MAX, _SHIFT_MAX + 1)
    pushes = [(right, below) for right in steps for below in steps]
    pushes.sort(key=lambda push: abs(push[0]) + abs(push[1]))
    share, push = max(((edges.seen(seen.candidate, push), push) for push in pushes), key=lambda item: item[0])
    return share, Ground(pushed_aside(ground.field, push), pushed_aside(ground.known, push))


class Grounds:
    """Those of one lane: given at the start, taken up if one fits, and kept anew now and then."""

    def __init__(self, camera: str, zone: str) -> None:
        self._camera, self._zone = camera, zone
        self._given: dict[Light, LaneGround] = {}
        self._untried = False
        self._unfit = 0
        self._kept_s: dict[Light, float] = {}
        self._said: dict[Light, LaneGround] = {}
        self.taken_up = False
        """Whether what the empty lane looks like is known from before the start."""

    def give(self, ground: LaneGround) -> None:
        """One that was kept; tried when the picture has settled."""
        self._given[ground.light] = ground
        self._untried = True

    def begin(self) -> None:
        """The pictures begin anew."""
        self.taken_up, self._untried, self._kept_s = False, bool(self._given), {}

    def take_up(self, region: Region, surface: Surface, after_s: float) -> None:
        """Let the surface know the empty lane, if a kept one shows this place; `after_s` since the start."""
        if not self._untried or after_s < SETTLE_S:
            return
        self._untried = False
        if after_s > TAKE_UP_S:
            return
        found = self._fitting(region, surface, tuple(self._given.values()))
        if found is not None:
            surface.adopt(found.field, found.known)
            self.taken_up = True

    def _fitting(self, region: Region, surface: Surface, given: Sequence[LaneGround]) -> Ground | None:
        fits: list[tuple[float, Ground]] = []
        for one in given:
            ground = unpacked(one.data, region) if one.form == form_of(region) else None
            if ground is not None:
                fits.append(fit(ground, surface))
        best = max(fits, key=lambda pair: pair[0], default=(0.0, None))
        if best[0] >= _FITS_MIN:
            return best[1]
        self._unfit += len(given)
        return None

    def keep(self, region: Region, surface: Surface, work: Image, at: tuple[float, float, float]) -> None:
        """The lane is empty; `at`: since the start, monotonic and wall time in seconds."""
        after_s, now_s, at_s = at
        wait_s = KEEP_PERIOD_S if self._unfit and not self.taken_up else KEEP_AFTER_S
        light = light_of(work)
        if after_s < wait_s or now_s - self._kept_s.get(light, float("-inf")) < KEEP_PERIOD_S:
            return
        self._kept_s[light] = now_s
        data = packed(Ground(surface.reference, surface.known))
        ground = LaneGround(
            camera=self._camera, zone=self._zone, light=light, form=form_of(region), captured_at_s=at_s,
            unfit=self._unfit, data=data,
        )  # fmt: skip
        if 0 < len(data) <= GROUND_BYTES_MAX:
            self._given[light] = self._said[light] = ground
            self._unfit = 0

    def said(self) -> list[LaneGround]:
        """What is to be put on disk; each once."""
        said = list(self._said.values())
        self._said.clear()
        return said
