"""Rendered scenes for the watching duties: a tower from which something falls, a lane that is blocked. Core: pure.

Ours alone, small and plain, for tests and the demonstration; pictures are HxWx3 uint8 BGR and a pure function of the
frame's number. Facade metres go to pixels by one homography, so perspective is as a real camera's would be.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from config.model_watch import Facade, FloorLine, Zone
from vision.frame import Image

_Plane = NDArray[np.float64]

GRAVITY_MPS2: Final = 9.81
_TEXTURE_PX_PER_M: Final = 16


def noisy(picture: Image, sigma: float, seed: int, number: int) -> Image:
    """The picture with the noise of a sensor; the same for the same number."""
    if not sigma:
        return picture
    level = np.random.default_rng((seed, number)).standard_normal(picture.shape[:2], dtype=np.float32) * sigma
    return np.asarray(cv2.add(picture, cv2.merge([level] * 3), dtype=cv2.CV_8U), np.uint8)


@dataclass(frozen=True)
class Tower:
    """A wall seen from below; something leaves a window at `falls_at_s`."""

    width_px: int = 640
    height_px: int = 360
    fps: int = 25
    floors: int = 10
    columns: int = 8
    width_m: float = 24.0
    floor_height_m: float = 3.0
    corners: tuple[tuple[float, float], ...] = ((0.08, 0.98), (0.92, 0.98), (0.70, 0.05), (0.30, 0.05))
    """Of the wall, as fractions of the picture: ground left, ground right, top right, top left."""
    floor: int = 8
    column: int = 5
    falls_at_s: float | None = 4.0
    size_m: float = 0.45
    sideways_mps: float = 0.8
    noise: float = 1.5
    seed: int = 7

    @property
    def height_m(self) -> float:
        """Of the whole wall."""
        return self.floors * self.floor_height_m

    @cached_property
    def homography(self) -> _Plane:
        """Facade metres (x from the left, z upwards) to pixels."""
        wall = np.array(
            [(0, 0), (self.width_m, 0), (self.width_m, self.height_m), (0, self.height_m)], np.float32
        )  # fmt: skip
        seen = np.array([(x * self.width_px, y * self.height_px) for x, y in self.corners], np.float32)
        return np.asarray(cv2.getPerspectiveTransform(wall, seen), np.float64)

    def pixel(self, x_m: float, z_m: float) -> tuple[float, float]:
        """Where a point of the wall is seen."""
        x, y, w = self.homography @ (x_m, z_m, 1.0)
        return float(x / w), float(y / w)

    def facade(self, building: str = "3") -> Facade:
        """What an installer would mark."""
        lines = []
        for floor in range(self.floors + 1):
            ends = [self.pixel(x_m, floor * self.floor_height_m) for x_m in (0.0, self.width_m)]
            points = tuple((x / self.width_px, y / self.height_px) for x, y in ends)
            lines.append(FloorLine(floor=floor, points=points))
        return Facade(
            floor_lines=tuple(lines), floor_height_m=self.floor_height_m, width_m=self.width_m,
            columns=self.columns, building=building,
        )  # fmt: skip

    @cached_property
    def _wall(self) -> Image:
        """The picture without anything that moves."""
        scale, rng = _TEXTURE_PX_PER_M, np.random.default_rng(self.seed)
        high, wide = round(self.height_m * scale), round(self.width_m * scale)
        texture = np.full((high, wide, 3), (168, 176, 184), np.float32) + rng.normal(0, 6, (high, wide, 1))
        cell = wide / self.columns
        for floor in range(self.floors):
            base = high - round((floor + 1) * self.floor_height_m * scale)
            cv2.line(texture, (0, base), (wide, base), (120, 124, 128), 3)
            for column in range(self.columns):
                left = round((column + 0.25) * cell)
                tone = rng.uniform(35, 95)
                cv2.rectangle(texture, (left, base + 14), (left + round(cell / 2), base + 36), (tone, tone, tone), -1)
        flip = np.array([[1 / scale, 0, 0], [0, -1 / scale, self.height_m], [0, 0, 1]], np.float64)
        sky = np.full((self.height_px, self.width_px, 3), (214, 200, 186), np.float32)
        size = (self.width_px, self.height_px)
        seen = cv2.warpPerspective(texture.astype(np.float32), self.homography @ flip, size, flags=cv2.INTER_AREA)
        mask = cv2.warpPerspective(np.ones((high, wide), np.float32), self.homography @ flip, size)
        return np.clip(seen + sky * (1 - mask[..., None]), 0, 255).astype(np.uint8)

    def place(self, at_s: float) -> tuple[float, float] | None:
        """Facade metres of what falls; None before it, and after it has landed."""
        if self.falls_at_s is None or at_s < self.falls_at_s:
            return None
        t = at_s - self.falls_at_s
        x_m = (self.column - 0.5) * self.width_m / self.columns + self.sideways_mps * t
        z_m = (self.floor - 0.5) * self.floor_height_m - GRAVITY_MPS2 * t * t / 2
        return (x_m, z_m) if z_m > 0 else None

    def frame(self, number: int) -> Image:
        """The picture of a moment, exposed for a fiftieth of a second."""
        picture = self._wall.copy()
        drawn = [where for part in range(3) if (where := self.place((number + part / 6) / self.fps)) is not None]
        for x_m, z_m in drawn:
            self._draw(picture, x_m, z_m, share=1 / len(drawn))
        return noisy(picture, self.noise, self.seed, number)

    def _draw(self, picture: Image, x_m: float, z_m: float, *, share: float) -> None:
        x, y = self.pixel(x_m, z_m)
        radius = max(1.0, (self.pixel(x_m + self.size_m, z_m)[0] - x) / 2)
        over = picture.copy()
        cv2.circle(over, (round(x * 16), round(y * 16)), round(radius * 16), (20, 22, 160), -1, cv2.LINE_AA, 4)
        cv2.addWeighted(over, share, picture, 1 - share, 0, picture)


@dataclass(frozen=True)
class Yard:
    """A lane seen from above; a car drives in, stands, and leaves."""

    width_px: int = 640
    height_px: int = 360
    fps: int = 5
    comes_s: float = 6.0
    leaves_s: float = 40.0
    drive_s: float = 2.0
    noise: float = 1.5
    seed: int = 11

    polygon: tuple[tuple[float, float], ...] = ((0.25, 0.30), (0.75, 0.30), (0.80, 0.85), (0.20, 0.85))

    def zone(self, dwell_s: float, *, place: str = "") -> Zone:
        """The lane as an installer would mark it."""
        return Zone(kind="lane", polygon=self.polygon, dwell_s=dwell_s, clear_s=2.0, place=place)

    @cached_property
    def _ground(self) -> Image:
        rng = np.random.default_rng(self.seed)
        coarse = np.asarray(rng.normal(118, 12, (self.height_px // 6, self.width_px // 6)), np.float32)
        ground = cv2.resize(coarse, (self.width_px, self.height_px), interpolation=cv2.INTER_CUBIC)
        ground = ground + np.asarray(rng.normal(0, 4, ground.shape), np.float32)
        picture = cv2.cvtColor(np.clip(ground, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)
        corners = np.array([(x * self.width_px, y * self.height_px) for x, y in self.polygon], np.int32)
        cv2.polylines(picture, [corners], isClosed=True, color=(60, 190, 220), thickness=3)
        return np.asarray(picture, np.uint8)

    def box(self, at_s: float) -> tuple[int, int, int, int] | None:
        """x, y, width, height of the car; None while it is out of the picture."""
        wide, high = round(0.24 * self.width_px), round(0.24 * self.height_px)
        stands_px, away_px = round(0.38 * self.width_px), -wide
        if at_s < self.comes_s:
            return None
        if at_s < self.leaves_s:
            share = min(1.0, (at_s - self.comes_s) / self.drive_s)
        else:
            share = 1.0 - (at_s - self.leaves_s) / self.drive_s
        if share < 0:
            return None
        return round(away_px + share * (stands_px - away_px)), round(0.45 * self.height_px), wide, high

    def frame(self, number: int) -> Image:
        """The picture of a moment."""
        picture = self._ground.copy()
        box = self.box(number / self.fps)
        if box is not None:
            x, y, wide, high = box
            cv2.rectangle(picture, (x, y + high), (x + wide, y + high + 8), (50, 50, 50), -1)  # its shadow
            cv2.rectangle(picture, (x, y), (x + wide, y + high), (40, 36, 150), -1)
            glass = (x + wide // 5, y + high // 5), (x + 4 * wide // 5, y + 3 * high // 5)
            cv2.rectangle(picture, *glass, (70, 60, 50), -1)
            for wheel in (x + wide // 5, x + 4 * wide // 5):
                cv2.circle(picture, (wheel, y + high), high // 7, (20, 20, 20), -1)
        return noisy(picture, self.noise, self.seed, number)
