"""A rendered yard: ground with a marked lane, and what stands or walks on it. Pictures at 5 a second, 640x360."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from config.model_watch import Zone
from vision.frame import Frame, Image
from vision.sightings import Sighting
from vision.zones.found import Found, Label

WIDTH, HEIGHT, FPS = 640, 360, 5
LANE = ((0.25, 0.08), (0.7, 0.08), (0.75, 0.95), (0.2, 0.95))
DWELL_S = 9.0
Box = tuple[int, int, int, int]
"""x1, y1, x2, y2."""
_NOISE = np.random.default_rng(3).standard_normal((HEIGHT + 90, WIDTH + 90, 1)).astype(np.float32)
Way = Callable[[float], tuple[float, float] | None]
"""Where the middle is at a time; None when it is not there."""


@dataclass(frozen=True)
class Actor:
    """Something that is drawn."""

    label: Label
    size: tuple[int, int]
    way: Way
    color: tuple[int, int, int] = (60, 60, 160)
    restless: bool = False

    def box(self, at_s: float) -> Box | None:
        """Where it is."""
        place = self.way(at_s)
        if place is None:
            return None
        x, y = round(place[0] - self.size[0] / 2), round(place[1] - self.size[1] / 2)
        return x, y, x + self.size[0], y + self.size[1]


def stays(x: float, y: float, since_s: float, until_s: float) -> Way:
    """Stands at one place for a time."""
    return lambda at_s: (x, y) if since_s <= at_s < until_s else None


def drives(x: float, y: float, since_s: float, until_s: float) -> Way:
    """Comes down the lane in two seconds, stops at y, and drives on."""

    def way(at_s: float) -> tuple[float, float] | None:
        if not since_s - 2 <= at_s < until_s + 2:
            return None
        before, after = max(0.0, since_s - at_s), max(0.0, at_s - until_s)
        return x, y - before * (y + 120) / 2 + after * (HEIGHT + 120 - y) / 2

    return way


def walks(points: Sequence[tuple[float, float, float]]) -> Way:
    """Along (time, x, y)."""
    times, xs, ys = zip(*points, strict=True)

    def way(at_s: float) -> tuple[float, float] | None:
        if not times[0] <= at_s < times[-1]:
            return None
        return float(np.interp(at_s, times, xs)), float(np.interp(at_s, times, ys))

    return way


@dataclass
class Yard:
    """Renders and, as a detector, knows what is there."""

    actors: Sequence[Actor] = ()
    light: Callable[[float], float] = lambda at_s: 1.0
    veil: Callable[[float], NDArray[np.float32] | None] = lambda at_s: None
    """A factor for every pixel: shadows and lamps."""
    noise: float = 2.0
    leans: Callable[[float], int] = lambda at_s: 0
    """By how many pixels the camera's pole leans aside."""
    _ground: Image = field(init=False)
    _at_s: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        random = np.random.default_rng(7)
        coarse = cv2.resize(random.normal(0, 8, (20, 36)).astype(np.float32), (WIDTH, HEIGHT))
        ground = np.repeat((95 + coarse)[:, :, None], 3, axis=2)
        lane = np.zeros((HEIGHT, WIDTH), np.uint8)
        corners = [(round(x * WIDTH), round(y * HEIGHT)) for x, y in LANE]
        cv2.fillPoly(lane, [np.array(corners)], 1)
        for start in range(-HEIGHT, WIDTH, 50):
            stripe = np.zeros_like(lane)
            cv2.line(stripe, (start, 0), (start + HEIGHT, HEIGHT), 1, 3)
            ground[(stripe & lane) > 0] = (70, 170, 190)
        self._ground = np.clip(ground, 0, 255).astype(np.uint8)

    def picture(self, at_s: float) -> Image:
        """What the camera shows."""
        self._at_s = at_s
        image: NDArray[np.float32] = self._ground.astype(np.float32)
        if (veil := self.veil(at_s)) is not None:
            image *= veil[:, :, None]
        for actor in self.actors:
            if (box := actor.box(at_s)) is not None:
                _draw(image, actor, box, at_s)
        image = np.roll(image, self.leans(at_s), axis=1)
        shift = round(at_s * FPS) * 37 % 90
        image = image * self.light(at_s) + self.noise * _NOISE[shift : shift + HEIGHT, shift : shift + WIDTH]
        return np.clip(image, 0, 255).astype(np.uint8)

    def frames(self, until_s: float, *, since_s: float = 0.0) -> Iterator[Frame]:
        """One after the other."""
        for number in range(round(since_s * FPS), round(until_s * FPS)):
            at_s = number / FPS
            yield Frame("yard", number + 1, at_s, 1e9 + at_s, self.picture(at_s))

    def find(self, image: Image) -> list[Found]:
        """As a detector that misses nothing; the cut-out's place is known by its size."""
        left, top = self.corner
        found = []
        for actor in self.actors:
            box = actor.box(self._at_s)
            if box is None or box[2] <= 0 or box[0] >= WIDTH:
                continue
            x1, y1 = max(0, box[0]) - left, max(0, box[1]) - top
            x2, y2 = min(WIDTH, box[2]) - left, min(HEIGHT, box[3]) - top
            found.append(Found(actor.label, 0.9, (x1, y1, x2, y2), 0.9))
        return found

    corner: tuple[int, int] = (0, 0)
    """Of the cut-out in the picture."""


def _draw(image: NDArray[np.float32], actor: Actor, box: Box, at_s: float) -> None:
    sway = round(3 * np.sin(2.1 * at_s)) if actor.restless else 0
    nod = round(2 * np.sin(3.1 * at_s)) if actor.restless else 0
    x1, y1, x2, y2 = box[0] + sway, box[1] + nod, box[2] + sway, box[3]
    width, height = actor.size
    cv2.rectangle(image, (x1, y1), (x2, y2), actor.color, -1)
    if actor.label == "person":
        stride = round(0.2 * width * np.sin(5 * at_s)) if actor.restless else 0
        dark = tuple(0.35 * part for part in actor.color)
        cv2.rectangle(image, (x1, y1), (x2, y1 + height // 5), (120, 150, 190), -1)
        cv2.rectangle(image, (x1 + stride, y1 + height // 2), (x2 + stride, y2), dark, -1)
        cv2.line(image, (x1 - stride, y1 + height // 4), (x2 + 2 * stride, y1 + height // 2), (30, 30, 30), 3)
        return
    for share, tone in ((0.15, 220), (0.35, 30), (0.75, 40)):
        y = y1 + round(share * height)
        cv2.rectangle(image, (x1 + width // 8, y), (x2 - width // 8, y + max(2, height // 10)), (tone,) * 3, -1)


def shadow(since_s: float, level: float, corners: Sequence[tuple[int, int]]) -> Callable[[float], object]:
    """A hard shadow (or, above 1, a patch of light) that is there from a time on."""
    veil = np.ones((HEIGHT, WIDTH), np.float32)
    cv2.fillPoly(veil, [np.array(corners)], level)
    return lambda at_s: veil if at_s >= since_s else None


def zone(kind: str = "lane", **settings: object) -> Zone:
    """The yard's zone."""
    given = {"kind": kind, "polygon": LANE, "dwell_s": DWELL_S, "clear_s": 2.0, **settings}
    return Zone.model_validate(given)


def said_by(watch: object, frames: Iterator[Frame]) -> list[tuple[float, Sighting]]:
    """What a watch says, and when."""
    return [(frame.captured_mono_s, sighting) for frame in frames for sighting in watch.look(frame)]  # type: ignore[attr-defined]
