"""Core: the wall that a throwing camera watches, in metres, and where the camera stands before it.

Wall metres: x to the right from the middle of the wall, z up from the ground line, o outward from the wall. Picture
points are x, y in pixels. The marked floor lines give a homography between the wall and the picture; its two
columns also fix the focal length and the camera's place (square pixels, principal point in the middle; Zhang, 2000),
so that a thing which leaves the wall towards the camera can be followed in space.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from config.model_watch import Facade

Floats = NDArray[np.float64]

LEAVES_AT_M = 0.7
"""Things are let go this far before the wall: between a window sill (0.2 m) and a balcony rail (1.2 m)."""
_RELEASES = ((0.25, 1.65, 0.35), (1.2, 1.3, 0.4))
"""Over a window sill, over a balcony rail: metres before the wall, above the floor, and their spread."""
SEEN_WITHIN_M = 0.4
"""How well the place of letting go is seen."""
_FOCAL_OF_WIDTH = (0.35, 4.0)
_FOCAL_GUESS = 0.9
"""Of the picture's width, where the lines do not tell: about 58 degrees across."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where on the wall something came from."""

    floor: int
    """Floor n lies between lines n-1 and n; 0 beside or above the wall."""
    low: int
    high: int
    """The floors that it may have come from."""
    column: int
    """Of windows, from the left, from 1; 0 unknown."""
    x_m: float
    height_m: float


class Wall:
    """Conversions for one facade in pictures of one size (width, height)."""

    def __init__(self, facade: Facade, size: tuple[int, int]) -> None:
        self.size = size
        self.floor_height_m = facade.floor_height_m
        self.floors = max(line.floor for line in facade.floor_lines)
        self.columns = facade.columns
        scale = np.array(size, np.float64)
        self._ends = [
            (line.floor * facade.floor_height_m, np.array(line.points[0]) * scale, np.array(line.points[-1]) * scale)
            for line in sorted(facade.floor_lines, key=lambda line: line.floor)
        ]
        self.width_m = facade.width_m or self._width_guess_m()
        self._picture = self._homography(self.width_m)
        self._wall = np.asarray(np.linalg.inv(self._picture), np.float64)
        self._solve_camera()

    def to_wall(self, points: Floats) -> Floats:
        """Nx2 pixels -> Nx2 (x, z) metres on the wall's plane."""
        return _apply(self._wall, points)

    def to_picture(self, points: Floats) -> Floats:
        """Nx2 (x, z) metres on the wall's plane -> Nx2 pixels."""
        return _apply(self._picture, points)

    def project(self, points: Floats) -> Floats:
        """...x3 (x, o, z) metres in space -> ...x2 pixels."""
        seen = self._from_camera(points)
        depth = np.maximum(seen[..., 2], 0.1)
        return np.stack([seen[..., 0] / depth, seen[..., 1] / depth], -1) * self.focal_px + np.array(self.size) / 2

    def depth_m(self, points: Floats) -> Floats:
        """...x3 (x, o, z) metres in space -> ...: metres before the camera, along its view."""
        return self._from_camera(points)[..., 2]

    def _from_camera(self, points: Floats) -> Floats:
        """...x3 (x, o, z) metres in space -> ...x3 to the right, down and ahead of the camera."""
        return np.asarray(points @ self._axes.T + self._shift)

    def px_per_m(self, points: Floats) -> Floats:
        """Nx2 pixels -> N: pixels per metre of height there, on the wall's plane."""
        at, half = self.to_wall(points), np.array([0.0, 0.5])
        return np.asarray(np.linalg.norm(self.to_picture(at + half) - self.to_picture(at - half), axis=1))

    def out_from(self, points: Floats, out_m: float) -> Floats:
        """Nx2 wall metres as seen -> Nx2 (x, z) of the thing if it is that far before the wall."""
        share = 1 - out_m / self.eye_m[1]
        eye = np.array([self.eye_m[0], self.eye_m[2]])
        return np.asarray(eye + (points - eye) * share)

    def origin(self, x_m: float, z_m: float) -> Origin:
        """Of a thing seen on the wall's plane where it was let go: the floor and column it came from.

        It may hang over a window sill or a balcony rail, which lifts it in the picture; what fits a storey best wins.
        """
        floors = np.arange(1, self.floors + 2)  # one more: the roof
        distance, eye_z = self.eye_m[1], self.eye_m[2]
        votes = np.zeros(len(floors))
        outs = np.zeros(len(floors))
        best = np.full(len(floors), -np.inf)
        for out_m, release_m, spread_m in _RELEASES:
            stretch = 1 / (1 - out_m / distance)
            height = eye_z + ((floors - 1) * self.floor_height_m + release_m - eye_z) * stretch
            spread = np.hypot(spread_m, SEEN_WITHIN_M)
            likely = -0.5 * ((z_m - height) / spread) ** 2
            outs = np.where(likely > best, out_m, outs)
            best = np.maximum(best, likely)
            votes += np.exp(likely)
        votes[-1] *= 0.2
        top = int(votes.argmax())
        clear = np.flatnonzero(votes >= 0.25 * votes[top]) + 1
        x, z = self.out_from(np.array([[x_m, z_m]]), float(outs[top]))[0]
        across = (x / self.width_m + 0.5) * self.columns
        if best[top] < -8 or top == self.floors or not -0.5 <= across <= self.columns + 0.5:
            return Origin(0, 0, 0, 0, float(x), float(z))
        column = int(np.clip(np.floor(across) + 1, 1, self.columns))
        return Origin(top + 1, int(clear[0]), min(int(clear[-1]), self.floors), column, float(x), float(z))

    def bounds(self) -> Floats:
        """4x2 pixels: the wall's corners, lower left, lower right, upper right, upper left."""
        half, low, high = self.width_m / 2, self._ends[0][0], self._ends[-1][0]
        return self.to_picture(np.array([[-half, low], [half, low], [half, high], [-half, high]]))

    def _homography(self, width_m: float) -> Floats:
        source = np.array([(x, z) for z, _, _ in self._ends for x in (-width_m / 2, width_m / 2)])
        target = np.array([point for _, left, right in self._ends for point in (left, right)])
        found, _ = cv2.findHomography(source, target)
        if found is None:
            raise ValueError("floor lines do not span a wall")
        middle, homography = np.array([0.0, self._ends[0][0]]), np.asarray(found, np.float64)
        return homography / _weight(homography, middle)

    def _centred(self, homography: Floats) -> Floats:
        shift = np.eye(3)
        shift[:2, 2] = -np.array(self.size) / 2
        return shift @ homography

    def _width_guess_m(self) -> float:
        """A camera of usual focal length sees both axes alike only for one width."""
        columns = self._centred(self._homography(1.0))
        focal = _FOCAL_GUESS * self.size[0]
        across, up = (np.linalg.norm(columns[:, i] / [focal, focal, 1]) for i in (0, 1))
        return float(across / up)

    def _solve_camera(self) -> None:
        columns = self._centred(self._picture)
        (a, b, c), (d, e, f) = columns[:, 0], columns[:, 1]
        bend = f * f - c * c
        square = (a * a + b * b - d * d - e * e) / bend if abs(bend) > 1e-12 else -1.0
        low, high = (limit * self.size[0] for limit in _FOCAL_OF_WIDTH)
        focal = np.sqrt(square) if square > 0 else 0.0
        self.focal_px = float(focal) if low <= focal <= high else _FOCAL_GUESS * self.size[0]
        rays = columns / np.array([[self.focal_px], [self.focal_px], [1.0]])
        scale = (np.linalg.norm(rays[:, 0]) + np.linalg.norm(rays[:, 1])) / 2
        rays = rays / scale
        right, up = rays[:, 0] / np.linalg.norm(rays[:, 0]), rays[:, 1] / np.linalg.norm(rays[:, 1])
        self._axes = np.stack([right, -np.cross(up, right), up], 1)
        self._shift = rays[:, 2]
        eye = -np.linalg.solve(self._axes, self._shift)
        self.eye_m = (float(eye[0]), max(float(eye[1]), 5.0), float(eye[2]))
        """x, distance before the wall, height."""


def _weight(homography: Floats, point: Floats) -> float:
    return float(homography[2, 0] * point[0] + homography[2, 1] * point[1] + homography[2, 2])


def _apply(homography: Floats, points: Floats) -> Floats:
    lifted = points @ homography[:, :2].T + homography[:, 2]
    weight = lifted[..., 2:]
    return np.asarray(lifted[..., :2] / np.where(np.abs(weight) < 1e-9, 1e-9, weight))
