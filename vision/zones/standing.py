"""Core: one thing that stands in a lane: where it is, since when, whether it is still there. Time is passed in."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vision.geometry import area, covered, iou
from vision.zones.found import Found, Label
from vision.zones.region import Mask, Push, Region, pushed_aside
from vision.zones.surface import SETTLE_S, Field, Plane, Surface, strength

TELLING_MIN = 24
_SHORT_SIDE_MIN_PX = 6.0
_AREA_SHARE_MIN = 0.002
_INSIDE_MIN = 0.4
_DENSITY_MIN = 0.12
_SPREAD_MIN = 0.15
_SHADE = (-1.1, 0.7)
"""Log brightness against the empty lane's that a shadow or a lamp can cause; a plain thing is told by being beyond."""
_HERE, _GONE = 0.5, 0.5
_PERSON_SHARE = 0.3
_STEADY_MIN = 0.6
_CALM_MAX, _CALM_SHARE_MIN = 0.25, 0.3
"""How much of its edges may change where it keeps still; of a car nearly all does, of somebody who waits a fifth."""
_FELT_AFTER = 25
_REST_S = 15.0
_KNOWN_MIN = 0.5
"""Of its pixels: fewer of which the empty lane is known cannot tell that it is seen again."""
_PART_MIN = 0.7
_LOOKS_MIN = 8
_VOTES = 24
_FOLLOW = np.float32(0.02)

Quad = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Patch:
    """Connected pixels of a lane that show something foreign."""

    telling: Mask
    hull: Mask
    box: Quad
    """x1, y1, x2, y2 at the scale of work."""

    @classmethod
    def of(cls, telling: Mask) -> Patch:
        """From the pixels that tell; at least three of them."""
        drawn = np.zeros(telling.shape, np.uint8)
        points = cv2.findNonZero(telling.astype(np.uint8))
        cv2.fillConvexPoly(drawn, cv2.convexHull(points), 1)
        x, y, width, height = cv2.boundingRect(points)
        return cls(telling, drawn > 0, (x, y, x + width, y + height))

    @property
    def thickness_px(self) -> float:
        """Short side of the smallest rectangle round it, slanted ones too."""
        return float(min(cv2.minAreaRect(cv2.findNonZero(self.telling.astype(np.uint8)))[1]))


def patches(foreign: Mask) -> list[Patch]:
    """The connected parts of what is foreign, small gaps closed."""
    raw = foreign.astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        cv2.morphologyEx(raw, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    )
    found = []
    for number in range(1, count):
        if stats[number, cv2.CC_STAT_AREA] < TELLING_MIN:
            continue
        telling = (labels == number) & foreign
        if int(telling.sum()) >= TELLING_MIN:
            found.append(Patch.of(telling))
    return found


def is_thing(patch: Patch, surface: Surface, region: Region) -> bool:
    """Whether something stands there, rather than a shadow, a streak of light, or a mark on the ground."""
    size = int(patch.hull.sum())
    inside = int((patch.hull & region.inside).sum())
    if size < _AREA_SHARE_MIN * int(region.inside.sum()) or inside < _INSIDE_MIN * size:
        return False
    if patch.thickness_px < _SHORT_SIDE_MIN_PX or int(patch.telling.sum()) < _DENSITY_MIN * size:
        return False
    core = cv2.erode(patch.hull.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    tone = surface.tone()[core if core.any() else patch.hull]
    low, middle, high = np.percentile(tone, (10, 50, 90))
    plain = high - low < _SPREAD_MIN
    return not (plain and _SHADE[0] < middle < _SHADE[1])


class Thing:
    """Something that stands in a lane."""

    def __init__(self, matter: str, patch: Patch, surface: Surface, *, since_s: float, from_start: bool) -> None:
        self.matter, self.patch, self.since_s, self.from_start = matter, patch, since_s, from_start
        self.template: Field = surface.candidate.copy()
        self.gone_since_s: float | None = None
        self.here = True
        self.told = 0
        """How often it was told of."""
        self.told_s = since_s
        self.smeared = False
        """Whether damaged pictures came in its time: then more whole ones must show it, for people keep still too."""
        self._looks = self._heres = 0
        self._unrest: Plane | None = None
        self._calm_since_s: float | None = None
        self._restless = False
        self._votes: deque[Label] = deque(maxlen=_VOTES)

    @property
    def label(self) -> Label:
        """What it was called most often; "object" where nobody said."""
        votes = Counter(self._votes)
        if votes["person"] > _PERSON_SHARE * len(self._votes):
            return "person"
        return "vehicle" if votes["vehicle"] else "object"

    @property
    def steady(self) -> bool:
        """Whether it keeps still, as people do not; what stands before it at times is allowed for."""
        enough = (
            self._looks >= (_FELT_AFTER if self.smeared else _LOOKS_MIN) and self._heres >= _STEADY_MIN * self._looks
        )
        return enough and not self._restless and self._calm_since_s is not None

    def vote(self, found: Sequence[Found], boxes: Sequence[Quad]) -> None:
        """Take what a detector said; boxes at the scale of work."""
        best = max(zip(found, boxes, strict=True), key=lambda pair: iou(pair[1], self.patch.box), default=None)
        people = [box for item, box in zip(found, boxes, strict=True) if item.label == "person"]
        # Somebody at a carton hides parts of it: what keeps still says what it is.
        calm = self._calm
        if best is not None and best[0].label != "person" and iou(best[1], self.patch.box) > 0.4:
            self._votes.append(best[0].label)
        else:
            self._votes.append(
                "person" if _share(calm if calm.any() else self.patch.telling, people) > 0.6 else "object"
            )

    def grow(self, patch: Patch, surface: Surface) -> None:
        """Take in what turned out to belong to it."""
        np.copyto(self.template, surface.candidate, where=patch.telling)
        self.patch = Patch.of(self.patch.telling | patch.telling)

    def renew(self, surface: Surface) -> None:
        """It stays, but everything looks otherwise (the camera went over to infrared)."""
        self.template = surface.candidate.copy()

    def push(self, push: Push) -> bool:
        """The camera was pushed; False when too little of it is left in the picture."""
        telling = pushed_aside(self.patch.telling, push)
        self.template = pushed_aside(self.template, push)
        if np.count_nonzero(telling) < TELLING_MIN:
            return False
        self.patch, self.gone_since_s = Patch.of(telling), None
        return True

    def is_part_of(self, other: Thing, surface: Surface) -> bool:
        """Whether it has turned out to be a piece of a larger one."""
        mine, theirs = self.patch.box, other.patch.box
        if area(mine) > area(theirs) or covered(mine, theirs) <= _PART_MIN:
            return False
        return float((~surface.differ(self.template, other.template))[self.patch.telling].mean()) > _PART_MIN

    def look(self, surface: Surface, now_s: float) -> None:
        """See whether it is still there."""
        telling = self.patch.telling
        present = float((~surface.differ(surface.now, self.template))[telling].mean())
        empty = self._empty_again(surface)
        self.here = present >= _HERE and not empty
        if self.here:
            self._feel_unrest(surface, now_s)
            self.template += np.where(surface.settled, _FOLLOW, np.float32(0)) * (surface.candidate - self.template)
        if not empty:
            replaced = not self.here and self._replaced(surface)
            self.gone_since_s = since_of(self.patch, surface) if replaced else None
            self._looks, self._heres = self._looks + 1, self._heres + self.here
            return
        self.gone_since_s = now_s if self.gone_since_s is None else self.gone_since_s

    def _feel_unrest(self, surface: Surface, now_s: float) -> None:
        """Which of its pixels change, against how strong its edges are, noise taken off: a car 0.1, a person 1."""
        apart = cv2.magnitude(surface.now[1] - self.template[1], surface.now[2] - self.template[2])
        edges = float(strength(self.template)[self.patch.telling].mean())
        unrest = np.maximum(np.float32(0), apart - np.float32(1.5) * surface.noise()) / np.float32(max(edges, 1e-3))
        self._unrest = unrest if self._unrest is None else self._unrest + np.float32(0.05) * (unrest - self._unrest)
        calm = np.count_nonzero(self._calm) >= _CALM_SHARE_MIN * np.count_nonzero(self.patch.telling)
        if not calm:
            self._calm_since_s = None
        elif self._calm_since_s is None:
            self._calm_since_s = now_s
        if self._heres >= _FELT_AFTER and not calm:
            self._restless = True
        elif self._calm_since_s is not None and now_s - self._calm_since_s >= _REST_S:
            self._restless = False

    @property
    def _calm(self) -> Mask:
        """Of the pixels that tell, those that have kept still."""
        if self._unrest is None:
            return self.patch.telling
        return self.patch.telling & (self._unrest < _CALM_MAX)

    def _empty_again(self, surface: Surface) -> bool:
        """Whether it is the empty lane that is seen: where the two differ, most pixels show it, and not the thing.

        Also where the thing's picture has become the lane's, because something stood before it as it left.
        """
        telling = self.patch.telling
        known = telling & surface.known
        if np.count_nonzero(known) < _KNOWN_MIN * np.count_nonzero(telling):
            return False
        apart = known & surface.differ(self.template, surface.reference)
        if np.count_nonzero(apart) < TELLING_MIN // 2:
            return True
        now = surface.now[1:, apart]
        to_lane = np.hypot(*(now - surface.reference[1:, apart]))
        lane = (to_lane < np.hypot(*(now - self.template[1:, apart]))) & (to_lane <= surface.tolerance[apart])
        return float(lane.mean()) >= _GONE

    def _replaced(self, surface: Surface) -> bool:
        """Whether something else keeps still in its place."""
        telling = self.patch.telling
        other = surface.settled & surface.differ(surface.candidate, self.template)
        return float(other[telling].mean()) > 0.6


def _share(pixels: Mask, boxes: Sequence[Quad]) -> float:
    """Of these pixels, those that lie in one of the boxes."""
    inside = np.zeros(pixels.shape, bool)
    for x1, y1, x2, y2 in boxes:
        inside[max(0, round(y1)) : max(0, round(y2)), max(0, round(x1)) : max(0, round(x2))] = True
    return float(inside[pixels].mean())


def is_near(one: Quad, other: Quad) -> bool:
    """Whether the gap between two boxes is small against them."""
    gap = max(one[0] - other[2], other[0] - one[2], one[1] - other[3], other[1] - one[3])
    return gap < 0.35 * max(other[2] - other[0], other[3] - other[1])


def since_of(patch: Patch, surface: Surface) -> float:
    """Since when most of its pixels have held."""
    return float(np.median(surface.since[patch.telling]))


__all__ = ["SETTLE_S", "Patch", "Thing", "is_near", "is_thing", "patches", "since_of"]
