"""Core: what stands in one fire lane for too long. Time is passed in.

Whatever shows something else than the empty lane, keeps still and is no shadow is followed as a thing of its own:
short stops one after the other never add up, and people who pass before it do not reset it.
"""

from __future__ import annotations

import cv2
import numpy as np

from config.model_watch import Zone
from vision.frame import Frame, Image
from vision.geometry import area, covered, iou
from vision.jpeg import jpeg
from vision.lane_ground import LaneGround
from vision.pipeline import reduced
from vision.sightings import Sighting, StillKept, ZoneBlocked, ZoneCleared
from vision.zones.align import Bracket, is_blank
from vision.zones.found import Detector, Found
from vision.zones.ghosts import is_ghost, is_shift
from vision.zones.ground import Grounds
from vision.zones.region import Mask, Region
from vision.zones.standing import Patch, Quad, Thing, is_near, is_thing, patches, since_of
from vision.zones.starts import Starts
from vision.zones.surface import SETTLE_S, Surface, field_of

LOOK_PERIOD_S = 0.15
_DETECT_PERIOD_S = 1.0
_SEARCH_PERIOD_S = 0.5
_EMPTY_PERIOD_S = 20.0
_ABSORB_AFTER = 2.0
"""What is foreign and no thing belongs to the lane after so many dwell times (and two minutes)."""
_CHANGED_SHARE = 0.6
"""Of the lane: more than anything that stands there can cover with edges."""
_TOGETHER_S = 2.5
_WHOLE_S = 2.0
"""Parts of a thing settle one after the other; it is judged when it is whole."""
_OLD_S = 8.0
_LARGE = 0.6
_THINGS_MAX = 16
_MARGIN = 0.15


class LaneWatch:
    """One zone of kind ``lane``."""

    def __init__(self, camera: str, name: str, zone: Zone, *, prefix: str, detector: Detector | None) -> None:
        """`prefix` differs at every start of the eyes; without a detector people are told by their moving alone."""
        self._camera, self._name, self._zone = camera, name, zone
        self._prefix, self._detector = f"{camera}-{name}-{prefix}", detector
        self._region: Region | None = None
        self._surface: Surface | None = None
        self._things: list[Thing] = []
        self._starts, self._bracket = Starts(0.0), Bracket()
        self._found: tuple[list[Found], list[Quad]] = ([], [])
        self._opened = 0
        self._started_s = self._looked_s = self._detected_s = self._searched_s = self._empty_s = float("-inf")
        self._empty: tuple[float, bytes] | None = None
        self._grounds = Grounds(camera, name)

    def look(self, frame: Frame) -> list[Sighting]:
        """Take one picture; what has become known by it."""
        now_s = frame.captured_mono_s
        if now_s - self._looked_s < LOOK_PERIOD_S:
            return []
        gap_s, self._looked_s = now_s - self._looked_s, now_s
        if frame.damaged:
            self._wait(now_s, gap_s)
            return []
        region, surface = self._ready(frame)
        work = region.reduced(frame.image)
        field = field_of(work)
        if is_blank(field, surface):
            return []
        surface.look(field, now_s, keep=self._kept(region))
        self._grounds.take_up(region, surface, now_s - self._started_s - self._starts.waited_s)
        if np.count_nonzero(surface.foreign & region.inside) > _CHANGED_SHARE * np.count_nonzero(region.inside):
            self._everything_changed(surface)
        self._detect(frame, region, now_s, wanted=self._starts.runs(now_s) or bool(self._things))
        self._start(surface, now_s)
        for thing in self._things:
            thing.look(surface, now_s)
        if now_s - self._searched_s >= _SEARCH_PERIOD_S:
            self._searched_s = now_s
            self._follow_bracket(surface)
            self._join(surface)
            self._search(region, surface, now_s)
        said = self._ended(frame, now_s)
        said += self._told(frame, region, now_s)
        self._keep_empty(frame, work, surface, region)
        return said

    def _wait(self, now_s: float, gap_s: float) -> None:
        """A damaged picture says nothing: whatever is seen again afterwards has stood there all the time."""
        if self._surface is None or not self._starts.settled(now_s):
            self._surface = None  # it begins when the first seconds are whole
            return
        self._starts.wait(now_s, gap_s)
        self._surface.wait(gap_s)
        for thing in self._things:
            thing.smeared = True

    def remember(self, ground: LaneGround) -> None:
        """What the empty lane looked like before the start; of use in its first seconds."""
        self._grounds.give(ground)

    def kept(self) -> list[LaneGround]:
        """What the empty lane looks like, for after the next start; each once."""
        return self._grounds.said()

    def _ready(self, frame: Frame) -> tuple[Region, Surface]:
        size = (frame.image.shape[1], frame.image.shape[0])
        if self._region is None or self._surface is None or self._region.size != size:
            self._region = Region(self._zone.polygon, size, margin=_MARGIN)
            self._surface = Surface(field_of(self._region.reduced(frame.image)), frame.captured_mono_s)
            self._started_s, self._starts = frame.captured_mono_s, Starts(frame.captured_mono_s)
            self._things, self._bracket = [], Bracket()
            self._grounds.begin()
        return self._region, self._surface

    def _kept(self, region: Region) -> Mask:
        """Where the ground is not to be learnt."""
        kept = np.zeros(region.inside.shape, np.uint8)
        for thing in self._things:
            kept |= thing.patch.hull.astype(np.uint8)
        self._starts.cover(kept)
        return np.asarray(cv2.dilate(kept, np.ones((7, 7), np.uint8)) > 0)

    def _detect(self, frame: Frame, region: Region, now_s: float, *, wanted: bool) -> None:
        if self._detector is None or not wanted or now_s - self._detected_s < _DETECT_PERIOD_S:
            return
        self._detected_s = now_s
        zone = (*region.polygon.min(axis=0), *region.polygon.max(axis=0))
        found = self._detector.find(np.ascontiguousarray(region.cut(frame.image)))
        boxes = [(item, region.into(item.box, cut=True)) for item in found]
        kept = [(item, box) for item, box in boxes if area(box) < _LARGE * area(zone)]
        self._found = [item for item, _ in kept], [box for _, box in kept]
        for thing in self._things:
            if thing.here:
                thing.vote(*self._found)
        self._starts.note(*self._found, region, now_s)

    def _start(self, surface: Surface, now_s: float) -> None:
        """What a detector sees from the first pictures on was there before we came."""
        for patch in self._starts.standing(surface, now_s):
            if any(
                covered(patch.box, thing.patch.box) > 0.5 or iou(patch.box, thing.patch.box) > 0.4
                for thing in self._things
            ):
                continue
            if not self._grounds.taken_up:
                surface.forget(patch.hull)
            self._open(patch, surface, since_s=self._started_s, from_start=True)

    def _follow_bracket(self, surface: Surface) -> None:
        """The camera was pushed: what is known of the lane, and what stands in it, moves along."""
        expected = surface.reference.copy()
        for thing in self._things:
            if thing.gone_since_s is None or thing.told:
                np.copyto(expected, thing.template, where=thing.patch.hull)
        push = self._bracket.push(expected, surface)
        if push is not None:
            surface.push(push)
            self._things = [thing for thing in self._things if thing.push(push) or thing.told]

    def _join(self, surface: Surface) -> None:
        """What somebody stood before may have been taken up in pieces."""
        for part in [thing for thing in self._things if not thing.told]:
            if any(whole.here and whole is not part and part.is_part_of(whole, surface) for whole in self._things):
                self._things.remove(part)

    def _search(self, region: Region, surface: Surface, now_s: float) -> None:
        """New things among what is foreign and not explained by those that are known."""
        foreign = surface.foreign.copy()
        for thing in self._things:
            foreign &= ~(thing.patch.hull & ~surface.differ(surface.candidate, thing.template))
        for patch in patches(foreign):
            since_s = since_of(patch, surface)
            if now_s - since_s < SETTLE_S + _WHOLE_S:
                continue
            seen = any(covered(patch.box, box) > 0.7 for box in self._found[1])
            old = now_s - since_s > max(120.0, _ABSORB_AFTER * self._zone.dwell_s)
            if is_shift(patch, surface):
                surface.absorb(patch.hull)
            elif not seen and is_ghost(patch, surface):
                if old or is_thing(patch, surface, region):  # a thin one may be paint, hidden by something faint
                    surface.absorb(patch.hull)
            elif (whole := self._belonging(patch, since_s)) is not None:
                whole.grow(patch, surface)
            elif is_thing(patch, surface, region):
                # Parts of somebody who fidgets may be older than the whole ever was still.
                from_start = self._grounds.taken_up and since_s < self._started_s + 1.0
                self._open(patch, surface, since_s=max(since_s, now_s - _OLD_S), from_start=from_start)
            elif old:
                surface.absorb(patch.telling)

    def _belonging(self, patch: Patch, since_s: float) -> Thing | None:
        """The thing of which these pixels are a part."""
        for thing in self._things:
            shared = float((patch.hull & thing.patch.hull).sum()) / float(patch.hull.sum())
            if thing.gone_since_s is None and (shared > 0.5 or covered(patch.box, thing.patch.box) > 0.7):
                return thing
            near = is_near(patch.box, thing.patch.box) or any(
                covered(patch.box, box) > 0.7 and covered(thing.patch.box, box) > 0.7 for box in self._found[1]
            )
            if near and abs(since_s - thing.since_s) < _TOGETHER_S:
                return thing
        return None

    def _open(self, patch: Patch, surface: Surface, *, since_s: float, from_start: bool) -> None:
        if len(self._things) >= _THINGS_MAX:
            return
        self._opened += 1
        matter = f"{self._prefix}-{self._opened}"
        self._things.append(Thing(matter, patch, surface, since_s=since_s, from_start=from_start))

    def _everything_changed(self, surface: Surface) -> None:
        """Infrared light came on, or the camera was turned: what stood there is taken to stand there still."""
        surface.absorb(np.ones_like(surface.known))
        for thing in self._things:
            thing.renew(surface)
            surface.forget(thing.patch.hull)

    def _ended(self, frame: Frame, now_s: float) -> list[Sighting]:
        said: list[Sighting] = []
        for thing in list(self._things):
            wait_s = self._zone.clear_s if thing.told else min(1.0, self._zone.clear_s)
            if thing.gone_since_s is None or now_s - thing.gone_since_s < wait_s:
                continue
            self._things.remove(thing)
            if thing.told:
                said.append(
                    ZoneCleared(
                        camera=self._camera,
                        zone=self._name,
                        matter=thing.matter,
                        blocked_s=thing.gone_since_s - thing.since_s,
                        captured_mono_s=now_s,
                        captured_at_s=frame.captured_at_s,
                        picture=_picture(frame),
                    )
                )
        return said

    def _told(self, frame: Frame, region: Region, now_s: float) -> list[Sighting]:
        said: list[Sighting] = []
        for thing in self._things:
            if thing.gone_since_s is not None or not self._is_due(thing, now_s):
                continue
            first = thing.told == 0
            thing.told, thing.told_s = thing.told + 1, now_s
            x1, y1, x2, y2 = region.out(thing.patch.box)
            said.append(
                ZoneBlocked(
                    camera=self._camera,
                    zone=self._name,
                    matter=thing.matter,
                    size=region.size,
                    reminder=thing.told - 1,
                    from_start=thing.from_start,
                    label=thing.label,
                    box=(x1, y1, x2 - x1, y2 - y1),
                    since_mono_s=thing.since_s,
                    since_at_s=frame.captured_at_s - (now_s - thing.since_s),
                    captured_mono_s=now_s,
                    captured_at_s=frame.captured_at_s,
                    picture=_picture(frame),
                )
            )
            if first and self._empty is not None and not thing.from_start:
                said.append(self._before(thing, self._empty))
        return said

    def _is_due(self, thing: Thing, now_s: float) -> bool:
        if thing.told:
            return now_s - thing.told_s >= self._zone.remind_s
        return now_s - thing.since_s >= self._zone.dwell_s and thing.steady and thing.label != "person"

    def _before(self, thing: Thing, empty: tuple[float, bytes]) -> StillKept:
        return StillKept(
            camera=self._camera, matter=thing.matter, role="before", captured_at_s=empty[0], picture=empty[1]
        )

    def _keep_empty(self, frame: Frame, work: Image, surface: Surface, region: Region) -> None:
        """A picture of the empty lane, for the one before and after; and what it looks like, for the next start."""
        now_s = frame.captured_mono_s
        if self._things or self._starts or now_s - self._empty_s < _EMPTY_PERIOD_S:
            return
        if not (surface.settled | ~region.inside).mean() > 0.98 or (surface.foreign & region.inside).any():
            return
        self._empty_s, self._empty = now_s, (frame.captured_at_s, _picture(frame))
        self._grounds.keep(region, surface, work, (now_s - self._started_s, now_s, frame.captured_at_s))


def _picture(frame: Frame) -> bytes:
    return jpeg(reduced(frame.image, (0, 0, 0, 0))[0])
