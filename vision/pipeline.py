"""Core: the steps of one camera by its duties: motion gate, region, reader, votes, evidence. Time is passed in."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace

import numpy as np

from config.model import Camera, Plates
from vision.frame import Frame, Image
from vision.jpeg import jpeg, shrunk
from vision.motion import MotionGate
from vision.observations import Observation, PlateSeen, VehicleShown, VisitEnded
from vision.plate_reader import Box, PlateRead, PlateReader
from vision.track import Descent, Track
from vision.vehicle import View
from vision.visits import Ended, Verdict, VisitTracker

EVIDENCE_WIDTH_MAX_PX = 1280
_PAUSES_KEPT = 64
_BETTER = 0.02
"""A frame is kept as evidence if its read is more confident by so much."""


class ObservedTime:
    """A clock for visits that hardly runs while nobody looks.

    On a box that is too slow, or with many cameras on one worker, a camera is read every few seconds only. A
    visit must not end because nobody looked, so a pause counts as at most 0.9 of the time that ends a visit:
    two reads without the plate end it, a pause alone does not.
    """

    def __init__(self, gone_after_s: float) -> None:
        self._pause_max_s = 0.9 * gone_after_s
        self._looked_s: float | None = None
        self._from_s: list[float] = [float("-inf")]
        self._unseen_s: list[float] = [0.0]

    def look(self, now_s: float) -> float:
        """The observed time of a read at `now_s` (monotonic)."""
        pause_s = now_s - self._looked_s if self._looked_s is not None else 0.0
        self._looked_s = now_s
        if pause_s > self._pause_max_s:
            unseen_s = self._unseen_s[-1] + pause_s - self._pause_max_s
            self._from_s = [*self._from_s[-_PAUSES_KEPT:], now_s - unseen_s]
            self._unseen_s = [*self._unseen_s[-_PAUSES_KEPT:], unseen_s]
        return self.at(now_s)

    def at(self, now_s: float) -> float:
        """The observed time of a moment at which nothing was read."""
        return now_s - self._unseen_s[-1]

    def real(self, observed_s: float) -> float:
        """The monotonic time of a moment of observed time."""
        return observed_s + self._unseen_s[max(0, bisect_right(self._from_s, observed_s) - 1)]


class Pipeline:
    """What is done with the frames of one camera; one worker at a time."""

    def __init__(self, name: str, camera: Camera, plates: Plates, *, visit_prefix: str) -> None:
        """`visit_prefix` differs at every start of the eyes, so that visits are unique over restarts."""
        self._name = name
        self._region = camera.region
        self._gone_after_s = plates.gone_after_s
        self._gate = MotionGate()
        self._time = ObservedTime(plates.gone_after_s)
        self._visits = VisitTracker(f"{name}-{visit_prefix}", plates)
        self._settled: dict[str, str] = {}
        """Open visits that are sure, and their texts."""
        self._tracks: dict[str, _Seen] = {}
        self._descent = Descent()
        self._last_texts: frozenset[str] = frozenset()
        self._plate_s = float("-inf")
        self._frame_s = float("-inf")

    def read(self, frame: Frame, reader: PlateReader) -> list[PlateRead] | None:
        """The plates in the frame, boxes in the full picture; None where the frame is not worth a read."""
        now_s = frame.captured_mono_s
        self._frame_s = now_s
        occupied = now_s - self._plate_s < self._gone_after_s
        unsure = occupied and not self._last_texts <= set(self._settled.values())
        # A sure visit must be seen thrice within its time, or one misread would end it while the car stands.
        still_s = self._gone_after_s / 3 if occupied else None
        left, top, right, bottom = region_px(self._region, frame.image)
        crop = frame.image[top:bottom, left:right]  # what moves outside the region is not ours
        if not self._gate.wants(crop, now_s, unsure=unsure, reread_s=still_s):
            return None
        found = reader.read(np.ascontiguousarray(crop))
        reads = [replace(item, box=_moved(item.box, left, top)) for item in found]
        if reads:
            self._plate_s, self._last_texts = now_s, frozenset(item.text for item in reads)
        return reads

    def conclude(self, frame: Frame | None, reads: list[PlateRead] | None, now_s: float) -> list[Observation]:
        """What has become known: after a frame was read, or, without reads, by the passing of time."""
        if frame is not None and reads is not None:
            looked_s = self._time.look(frame.captured_mono_s)
            outcomes = self._visits.step(reads, looked_s, frame.captured_at_s)
            shown = self._follow(frame)
        elif now_s - self._frame_s >= self._gone_after_s:
            # Only where the camera is silent: a worker that comes late must not end the visit of a standing car.
            outcomes, shown = self._visits.expire(self._time.at(now_s)), []
        else:
            return []
        said: list[Observation] = []
        for outcome in outcomes:
            if isinstance(outcome, Ended):
                said.append(self._ended(outcome))
            else:
                assert frame is not None, "a verdict comes with the frame that decided"
                said.append(self._plate_seen(outcome, frame, now_s))
        return [*said, *shown]

    def _follow(self, frame: Frame) -> list[Observation]:
        """Where the plates of this frame go and what moves with them; tells of those it becomes clear for late."""
        shown: list[Observation] = []
        view: View | None = None
        for visit, read in self._visits.seen.items():
            seen = self._tracks.setdefault(visit, _Seen(self._descent))
            seen.track.place(read.box)
            if visit not in self._settled:
                seen.keep(read, frame)
            if seen.track.settled:
                continue
            if view is None:
                view = View.of(frame.image)
            if seen.track.look(view, read.box) and visit in self._settled:
                shown.append(VehicleShown(camera=self._name, visit=visit, captured_mono_s=frame.captured_mono_s))
        return shown

    def _ended(self, ended: Ended) -> VisitEnded:
        self._settled.pop(ended.visit, None)
        self._tracks.pop(ended.visit, None)
        return VisitEnded(
            camera=self._name,
            visit=ended.visit,
            text=ended.text,
            started_mono_s=self._time.real(ended.started_mono_s),
            ended_mono_s=self._time.real(ended.ended_mono_s),
        )

    def _plate_seen(self, verdict: Verdict, frame: Frame, now_s: float) -> PlateSeen:
        seen = self._tracks[verdict.visit]
        best = seen.best
        if best is None or best.text != verdict.text:
            best = _Best.of(verdict.text, verdict.confidence, verdict.box, frame)
        if verdict.outcome == "sure":
            self._settled[verdict.visit] = verdict.text
            seen.best = None
        return PlateSeen(
            camera=self._name,
            visit=verdict.visit,
            outcome=verdict.outcome,
            text=verdict.text,
            confidence=verdict.confidence,
            color=verdict.color,
            rows=verdict.rows,
            box=best.box,
            candidates=verdict.candidates,
            frames=verdict.frames,
            captured_mono_s=frame.captured_mono_s,
            captured_at_s=verdict.captured_at_s,
            read_mono_s=now_s,
            picture=jpeg(best.image),
            picture_at_s=best.at_s,
            direction=seen.track.direction,
            carried_by=seen.track.carrier,
        )


@dataclass(frozen=True, slots=True)
class _Best:
    """The frame in which a visit's plate was read best, reduced."""

    text: str
    confidence: float
    box: Box
    image: Image
    at_s: float

    @classmethod
    def of(cls, text: str, confidence: float, box: Box, frame: Frame) -> _Best:
        image, box = reduced(frame.image, box)
        return cls(text, confidence, box, image, frame.captured_at_s)


class _Seen:
    """What is kept of one visit."""

    def __init__(self, descent: Descent) -> None:
        self.track = Track(descent)
        self.best: _Best | None = None

    def keep(self, read: PlateRead, frame: Frame) -> None:
        """Keep the frame if it is clearly better evidence than the one before."""
        if self.best is None or read.confidence > self.best.confidence + _BETTER:
            self.best = _Best.of(read.text, read.confidence, read.box, frame)


def region_px(region: tuple[float, float, float, float] | None, image: Image) -> Box:
    """The region (fractions of the picture) in pixels x1, y1, x2, y2; the whole picture without one."""
    height, width = image.shape[:2]
    if region is None:
        return 0, 0, width, height
    left, top, right, bottom = region
    x1, y1 = max(0, round(left * width)), max(0, round(top * height))
    return x1, y1, min(width, round(right * width)), min(height, round(bottom * height))


def _moved(box: Box, left: int, top: int) -> Box:
    x1, y1, x2, y2 = box
    return x1 + left, y1 + top, x2 + left, y2 + top


def reduced(image: Image, box: Box) -> tuple[Image, Box]:
    """The picture (HxWx3 BGR uint8) at most 1280 px wide, and the box in that picture's pixels."""
    small = shrunk(image, EVIDENCE_WIDTH_MAX_PX)
    if small is image:
        return image, box
    scale = EVIDENCE_WIDTH_MAX_PX / image.shape[1]
    x1, y1, x2, y2 = (round(side * scale) for side in box)
    return small, (x1, y1, x2, y2)
