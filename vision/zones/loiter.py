"""Core: who stays in one zone too long. Time is passed in.

The time counts for each person, never for the zone: people who come and go keep no clock running. It is cumulative:
whoever is away for less than ``absence_s`` goes on where they stopped. An enrolled face cancels it.
"""

from __future__ import annotations

import numpy as np

from config.model_watch import Zone
from vision.frame import Frame, Image
from vision.jpeg import jpeg
from vision.pipeline import reduced
from vision.sightings import LoitererGone, LoitererSeen, Sighting
from vision.zones.backdrop import Backdrop
from vision.zones.follow import Crowd
from vision.zones.found import Detector
from vision.zones.identity import Chain
from vision.zones.people import Person, detected
from vision.zones.region import Region
from vision.zones.stature import Statures

LOOK_PERIOD_S = 0.15
_MARGIN = 0.3
_FACE_HELD_S = 1.5
_SURE_MIN = 0.85
"""So likely must it be that it was one person who stayed before they are told of."""
_BESIDE_S, _BESIDE_MAX_S = 0.5, 2.5
"""Nobody is while they stand before or behind somebody: the box may be the other's."""
_PICTURES_MIN, _FEW_MAX_S = 8, 5.0
"""Nor before they were seen alone so often since it last was in doubt who they are, but for so long at most."""


class LoiterWatch:
    """One zone of kind ``loiter``."""

    def __init__(self, camera: str, name: str, zone: Zone, *, prefix: str, detector: Detector | None) -> None:
        """`prefix` differs at every start of the eyes; without a detector people are what differs from the scene."""
        self._camera, self._name, self._zone, self._detector = camera, name, zone, detector
        self._prefix = f"{camera}-{name}-{prefix}"
        self._region: Region | None = None
        self._crowd: Crowd | None = None
        self._backdrop, self._statures = Backdrop(), Statures()
        self._looked_s = float("-inf")
        self._opened = 0
        self._faces: list[tuple[tuple[int, int, int, int], float]] = []

    def look(self, frame: Frame) -> list[Sighting]:
        """Take one picture; what has become known by it."""
        now_s = frame.captured_mono_s
        if now_s - self._looked_s < LOOK_PERIOD_S:
            return []
        self._looked_s = now_s
        region, crowd = self._ready(frame)
        crowd.step(self._people(frame.image, region, crowd, now_s), now_s)
        said = self._met(region, crowd, now_s)
        said += self._left(crowd, now_s)
        here = [one for one in crowd.chains() if one.now.seen_s == now_s and not one.now.over]
        return said + [self._told(one, frame, region) for one in here if self._is_due(one, crowd)]

    def _is_due(self, one: Chain, crowd: Crowd) -> bool:
        over_s = one.dwell_s - self._zone.dwell_s
        if over_s < 0 or not one.now.inside or not one.moved or one.known or one.matter:
            return False
        if one.now.seen_s - one.now.crowded_s < _BESIDE_S and over_s < _BESIDE_MAX_S:
            return False
        if one.now.portrait.pictures < _PICTURES_MIN and over_s < _FEW_MAX_S:
            return False
        return crowd.sure(one, self._zone.dwell_s) >= _SURE_MIN

    def expire(self, now_s: float) -> list[Sighting]:
        """Time passed without pictures."""
        return self._left(self._crowd, now_s) if self._crowd is not None else []

    def recognised(self, box: tuple[int, int, int, int], at_s: float) -> None:
        """An enrolled face was seen there (x, y, width, height in the picture): that person does not loiter."""
        x, y, width, height = box
        self._faces = [*self._faces[-15:], ((x, y, x + width, y + height), at_s)]

    def _ready(self, frame: Frame) -> tuple[Region, Crowd]:
        size = (frame.image.shape[1], frame.image.shape[0])
        if self._region is None or self._crowd is None or self._region.size != size:
            self._region = region = Region(self._zone.polygon, size, margin=_MARGIN)
            self._crowd = Crowd(region.holds, width=region.work[0], keep_s=max(2.0, self._zone.absence_s))
            self._backdrop, self._statures = Backdrop(), Statures()
        return self._region, self._crowd

    def _people(self, image: Image, region: Region, crowd: Crowd, now_s: float) -> list[Person]:
        work = region.reduced(image)
        if self._detector is not None:
            people = detected(self._detector.find(np.ascontiguousarray(region.cut(image))), region, work)
        else:
            keep = [one.box for one in crowd.followed if one.moved and now_s - one.seen_s < 1.0]
            people = self._backdrop.people(work, now_s, keep=keep)
        return self._statures.measured(work, people, now_s)

    def _met(self, region: Region, crowd: Crowd, now_s: float) -> list[Sighting]:
        """Faces that were recognised, given to the people they belong to."""
        said: list[Sighting] = []
        waiting = []
        for box, at_s in self._faces:
            one = crowd.at(region.into(box))
            if one is None:
                if now_s - at_s < _FACE_HELD_S:
                    waiting.append((box, at_s))
                continue
            one.known = True
            said += [self._gone(who, now_s) for who in crowd.chains() if one in who.pieces and who.matter]
        self._faces = waiting
        return said

    def _left(self, crowd: Crowd, now_s: float) -> list[Sighting]:
        """Those who have been away for longer than an absence begin anew."""
        said: list[Sighting] = []
        for one in crowd.chains():
            if one.was_inside and now_s - one.inside_s > self._zone.absence_s and not one.now.spent:
                if one.matter:
                    said.append(self._gone(one, now_s))
                one.now.spend()
        crowd.forget(now_s)
        return said

    def _gone(self, one: Chain, now_s: float) -> LoitererGone:
        matter = one.matter
        for piece in one.pieces:
            piece.matter = ""
        return LoitererGone(
            camera=self._camera,
            zone=self._name,
            matter=matter,
            dwell_s=one.dwell_s,
            known=one.known,
            captured_mono_s=now_s,
        )

    def _told(self, one: Chain, frame: Frame, region: Region) -> LoitererSeen:
        self._opened += 1
        matter = one.now.matter = f"{self._prefix}-{self._opened}"
        x1, y1, x2, y2 = region.out(one.now.box)
        now_s = frame.captured_mono_s
        return LoitererSeen(
            camera=self._camera,
            zone=self._name,
            matter=matter,
            size=region.size,
            dwell_s=one.dwell_s,
            returns=one.returns,
            box=(x1, y1, x2 - x1, y2 - y1),
            since_mono_s=one.entered_s,
            since_at_s=frame.captured_at_s - (now_s - one.entered_s),
            captured_mono_s=now_s,
            captured_at_s=frame.captured_at_s,
            picture=jpeg(reduced(frame.image, (0, 0, 0, 0))[0]),
        )
