"""Core: the throwing duty of one camera: pictures in, falls out, each once and within a second of its end."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from config.model_watch import Facade
from vision.falling import blobs as things
from vision.falling.clutter import Clutter
from vision.falling.composite import Patch, corner, cut, draw
from vision.falling.facade import Wall
from vision.falling.forest import Learnt
from vision.falling.judge import Judge, Verdict
from vision.falling.path import boxes
from vision.falling.second import ALL, IN_A_PICTURE, SecondLook
from vision.falling.still import Differing, Stillness
from vision.falling.told import Told
from vision.falling.tracks import Tracks, Trail
from vision.frame import Frame, Image
from vision.sightings import FallSeen, Sighting, TrackPoint

FAINTEST, FAINT = 2.0, 6.0
"""Least weight of a thing on a path that is known, and elsewhere: grey levels over the threshold, summed over its
pixels."""
STRUCK, STRUCK_TIMES = 120, 3.0
"""So many things, and so many times the usual number, are a blow to the camera, a switched light, or a codec's whole
picture at night, not things."""
STRONGEST = 16
"""Things of such a picture that are looked at all the same: what falls is still stronger than most of what changed."""
SILENT_S = 0.6
"""Without a picture for so long, what was falling has ended."""
PATCHES = 16
TRACK_POINTS = 256
FIRST_POINTS, FLEW_IN_S = 6, 0.4
"""Birds come into the picture at its side; what people let go beside the wall starts inside of it."""
SURE_BESIDE = 0.95
"""Confidence asked of a fall that seems to come from the roof or from beside the wall."""
BETTER_S = 0.4
"""What the rules did not tell waits so long for a second look, which may find its beginning."""
SEEN_LEAVING_S = 0.1
"""Seen within this time of being let go: the first point is the origin, else the fall is followed back."""


class FallWatch:
    """Watches one facade; pictures in the order of their capture. One thread at a time."""

    def __init__(self, camera: str, facade: Facade, *, prefix: str, learnt: Learnt | None) -> None:
        """`learnt`: what weighs all traits of a trail together; without it the rules decide alone."""
        self._camera, self._facade, self._prefix, self._learnt = camera, facade, prefix, learnt
        self._count = 0
        self._size: tuple[int, int] | None = None
        self._last: Frame | None = None
        self._since_s: float | None = None
        self._patches: dict[int, list[Patch]] = {}
        self._held: list[tuple[Trail, Verdict, int]] = []  # with the track that goes on and will tell itself
        self._parts: list[tuple[float, Trail, Verdict, list[Patch]]] = []
        """What is told at that time, earliest first, unless a second look has told more of it before."""
        self.disturbed = 0
        """Pictures of which little or nothing was looked at because the whole of them had changed."""
        self.rejected: dict[str, int] = {}
        """Trails by the reason why they are no fall."""

    def look(self, frame: Frame) -> list[Sighting]:
        """Takes one picture -> the falls that have just ended."""
        image, now_s = frame.image, frame.captured_mono_s
        if self._size != (image.shape[1], image.shape[0]):
            self._begin((image.shape[1], image.shape[0]), now_s)
        self._keep_pace(now_s)
        differing = self._still.look(image)
        found = None if differing is None else self._things(differing)
        seen = None if found is None else found.over(FAINT)
        if seen is not None:
            self._clutter.take(seen)
        scale = np.zeros(0) if seen is None else self._wall.px_per_m(seen.centre)
        if differing is not None and self._since_s is None:
            self._since_s = now_s
        ended = self._tracks.step(seen, now_s, scale)
        if found is not None and seen is not None:
            self._second.take(found, seen, self._tracks.free(), now_s)
        self._cut(image)
        said = self._decide(ended, frame) + self._decide_again(now_s, frame)
        self._last = frame
        return said

    def expire(self, now_s: float) -> list[Sighting]:
        """Time has passed without a picture -> falls that must be taken as ended."""
        if self._size is None or self._last is None or now_s - self._last.captured_mono_s < SILENT_S:
            return []
        said = self._decide(self._tracks.finish(), self._last) + self._decide_again(now_s, self._last, ALL)
        self._patches.clear()
        return said

    def _begin(self, size: tuple[int, int], now_s: float) -> None:
        self._size = size
        self._wall = Wall(self._facade, size)
        self._still = Stillness(_mask(self._facade, size))
        self._tracks = Tracks(size)
        self._clutter, self._usual = Clutter(size), float(STRUCK)
        self._told = Told(self._wall)
        self._judge = Judge(self._wall, self._clutter, self._learnt)
        self._second = SecondLook(self._wall, self._judge)
        self._patches.clear()
        self._held.clear()
        self._parts.clear()
        self._last = None
        self._since_s = None

    def _keep_pace(self, now_s: float) -> None:
        if self._last is not None:
            passed = now_s - self._last.captured_mono_s
            if 0.01 < passed < 0.2:
                self._tracks.frame_s += 0.05 * (passed - self._tracks.frame_s)

    def _things(self, differing: Differing) -> things.Blobs | None:
        found = things.find(differing.excess, differing.scene, differing.background, FAINTEST)
        count = things.MOST if found is None else int((found.weight >= FAINT).sum())
        self._still.settle(count)
        struck = count > max(STRUCK, STRUCK_TIMES * self._usual)
        self._usual += 0.02 * (count - self._usual)
        if found is None or struck:
            self.disturbed += 1
        return found.strongest(STRONGEST) if found is not None and struck else found

    def _cut(self, image: Image) -> None:
        for number, row in self._tracks.going_down():
            patches = self._patches.setdefault(number, [])
            if patches and not _apart(patches[-1], row):
                continue
            if len(patches) >= PATCHES:
                del patches[1::2]
            if (patch := cut(image, row[3:7])) is not None:
                patches.append(patch)

    def _decide(self, ended: list[Trail], frame: Frame) -> list[Sighting]:
        said: list[Sighting] = []
        for trail in ended:
            patches = self._patches.pop(trail.number, [])
            verdict = self._judge.judge(trail, self._since_s or 0.0, self._tracks.frame_s)
            if verdict.kind is None or verdict.against_rules:
                self._second.offer(trail, verdict, frame.captured_mono_s)
            if verdict.against_rules:
                self._parts.append((frame.captured_mono_s + BETTER_S, trail, verdict, patches))
            else:
                said += self._settle(trail, verdict, patches, frame)
        return said

    def _decide_again(self, now_s: float, frame: Frame, most: int = IN_A_PICTURE) -> list[Sighting]:
        said: list[Sighting] = []
        held, self._held, due = self._held, [], []
        for trail, verdict, number in held:
            if self._tracks.goes_on(number):
                self._held.append((trail, verdict, number))
            else:
                due.append((trail, verdict))
        for trail, verdict in due + self._second.ready(now_s, self._since_s or 0.0, self._tracks.frame_s, most):
            holder = None if verdict.kind is None else self._tracks.having(trail.rows)
            if holder is None:
                said += self._settle(trail, verdict, [], frame)
            else:
                self._held.append((trail, verdict, holder))
        parts = [part for part in self._parts if part[0] <= now_s or most == ALL]
        self._parts = self._parts[len(parts) :]
        for part in parts:
            said += self._settle(*part[1:], frame)
        return said

    def _settle(self, trail: Trail, verdict: Verdict, patches: list[Patch], frame: Frame) -> list[Sighting]:
        reason = verdict.reason if verdict.kind is None else self._again(trail, verdict)
        if reason:
            self.rejected[reason] = self.rejected.get(reason, 0) + 1
            return []
        return [self._tell(trail, verdict, patches, frame)]

    def _again(self, trail: Trail, verdict: Verdict) -> str:
        """Why this fall is not told: it has been, or it came from beside the wall and might be chance."""
        origin = self._let_go(trail, verdict)
        place = self._wall.origin(float(origin[0]), float(origin[1]))
        if place.floor == 0 and (verdict.kind == "flutter" or verdict.confidence < SURE_BESIDE or self._flew_in(trail)):
            return "not from the wall"
        return self._told.again(trail, verdict, origin)

    def _flew_in(self, trail: Trail) -> bool:
        """Was it outside of the picture, to the left or right, just before it was first seen?"""
        assert self._size is not None
        first = slice(0, FIRST_POINTS)
        across = float(np.polyfit(trail.at_s[first], trail.points[first, 0], 1)[0])
        before = float(trail.points[0, 0]) - across * FLEW_IN_S
        return not 0 <= before < self._size[0]

    def _let_go(self, trail: Trail, verdict: Verdict) -> NDArray[np.float64]:
        """x, z on the wall's plane, as seen, of where it was let go."""
        late = verdict.flight is not None and trail.at_s[0] - verdict.flight.start_s > SEEN_LEAVING_S
        if verdict.kind == "fall" and verdict.flight is not None and late:
            start = self._wall.project(verdict.flight.place(np.array([verdict.flight.start_s])))
            return np.asarray(self._wall.to_wall(start)[0])
        return np.asarray(self._wall.to_wall(trail.points[:1])[0])

    def _tell(self, trail: Trail, verdict: Verdict, patches: list[Patch], frame: Frame) -> FallSeen:
        assert self._size is not None
        seen = self._let_go(trail, verdict)
        origin = self._wall.origin(float(seen[0]), float(seen[1]))
        point = self._wall.to_picture(seen[None])[0]
        at = (round(float(point[0]), 1), round(float(point[1]), 1))
        track = _thinned(boxes(trail, self._wall, self._tracks.frame_s))
        self._count += 1
        self._told.remember(trail, verdict, seen)
        started_s = float(trail.at_s[0])
        return FallSeen(
            camera=self._camera,
            matter=f"{self._prefix}-fall-{self._count}",
            size=self._size,
            floor=origin.floor,
            floor_low=origin.low,
            floor_high=origin.high,
            column=origin.column,
            origin=at,
            height_m=round(origin.height_m, 1),
            speed_mps=round(self._fastest(trail, verdict), 1),
            kind=verdict.kind or "fall",
            confidence=verdict.confidence,
            track=tuple(TrackPoint(at_mono_s=t, x=x, y=y, width=w, height=h) for t, x, y, w, h in track),
            started_mono_s=started_s,
            ended_mono_s=float(trail.at_s[-1]),
            captured_mono_s=started_s,
            captured_at_s=frame.captured_at_s - (frame.captured_mono_s - started_s),
            picture=draw(frame.image, patches, trail.points, at),
        )

    def _fastest(self, trail: Trail, verdict: Verdict) -> float:
        if verdict.kind == "fall" and verdict.flight is not None:
            return verdict.flight.speed_mps(float(trail.at_s[-1]))
        return float(np.hypot(*verdict.measures.late_mps))


def _thinned(track: NDArray[np.float64]) -> list[tuple[float, float, float, float, float]]:
    """What the link carries: `TRACK_POINTS` at most, rounded."""
    rows = track[:: -(-len(track) // TRACK_POINTS)]
    return [(round(t, 3), round(x, 1), round(y, 1), round(w, 1), round(h, 1)) for t, x, y, w, h in rows.tolist()]


def _apart(last: Patch, row: NDArray[np.float64]) -> bool:
    height, width = last.image.shape[:2]
    left, top = corner(row[3:7])
    return bool(abs(top - last.top) >= height or abs(left - last.left) >= width)


def _mask(facade: Facade, size: tuple[int, int]) -> NDArray[np.uint8] | None:
    if not facade.masks:
        return None
    mask = np.full((size[1], size[0]), 255, np.uint8)
    for polygon in facade.masks:
        cv2.fillPoly(mask, [np.round(np.array(polygon) * size).astype(np.int32)], 0)
    return mask
