"""A wall of our own and a camera before it: an independent pinhole projection, and small films of falling things."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from config.model_watch import Facade
from vision.frame import Frame

Floats = NDArray[np.float64]
FRAME_S = 0.04


@dataclass(frozen=True)
class Site:
    """A camera `distance_m` before a wall of `floors` times 3 m, tilted up."""

    size: tuple[int, int] = (480, 360)
    focal_px: float = 420.0
    distance_m: float = 30.0
    pitch_deg: float = 22.0
    roll_deg: float = 1.0
    eye_height_m: float = 2.0
    width_m: float = 24.0
    floors: int = 8
    columns: int = 6

    def see(self, points: Floats) -> Floats:
        """...x3 (x, out of the wall, height) metres -> ...x2 pixels."""
        x, out, z = points[..., 0], points[..., 1], points[..., 2]
        pitch, roll = np.radians(self.pitch_deg), np.radians(self.roll_deg)
        ahead, up = self.distance_m - out, z - self.eye_height_m
        depth = ahead * np.cos(pitch) + up * np.sin(pitch)
        u, v = self.focal_px * x / depth, -self.focal_px * (up * np.cos(pitch) - ahead * np.sin(pitch)) / depth
        turned = np.stack([np.cos(roll) * u - np.sin(roll) * v, np.sin(roll) * u + np.cos(roll) * v], -1)
        return turned + np.array(self.size) / 2

    def facade(self, **more: object) -> Facade:
        """What an installer would mark."""
        lines = []
        for floor in range(self.floors + 1):
            ends = np.array([[x, 0.0, floor * 3.0] for x in (-self.width_m / 2, self.width_m / 2)])
            lines.append({"floor": floor, "points": (self.see(ends) / self.size).tolist()})
        fields = {"floor_lines": lines, "width_m": self.width_m, "columns": self.columns, **more}
        return Facade.model_validate(fields)


def fall(times: Floats, start: Floats, speed: Floats, terminal_mps: float) -> Floats:
    """N times since it was let go -> Nx3 places: gravity and quadratic drag, integrated in small steps."""
    place, velocity, now = start.astype(np.float64), speed.astype(np.float64), 0.0
    places = []
    for until in times:
        while now < until - 1e-9:
            step = min(0.002, until - now)
            pull = -9.81 / terminal_mps**2 * np.linalg.norm(velocity) * velocity - [0, 0, 9.81]
            velocity = velocity + pull * step
            place, now = place + velocity * step, now + step
        places.append(place)
    return np.array(places)


def film(site: Site, paths: list[Floats], seconds: float, *, side_m: float = 0.3, noise: float = 1.5) -> list[Frame]:
    """Frames of a textured wall with dark squares that follow the paths (of `path`)."""
    random = np.random.default_rng(7)
    width, height = site.size
    coarse = random.uniform(90, 190, (height // 12, width // 12)).astype(np.float32)
    wall = cv2.resize(coarse, site.size, interpolation=cv2.INTER_CUBIC)
    frames = []
    for number in range(round(seconds / FRAME_S)):
        picture = wall + random.normal(0, noise, wall.shape)
        for path in paths:
            index = number - int(path[0, 0])
            if 0 <= index < len(path) - 1:
                _square(picture, site, path[1 + index], side_m)
        grey = np.clip(picture, 0, 255).astype(np.uint8)
        image = np.ascontiguousarray(np.repeat(grey[..., None], 3, 2))
        frames.append(Frame("tower", number + 1, 100 + number * FRAME_S, 5000 + number * FRAME_S, image))
    return frames


def path(first_frame: int, places: Floats) -> Floats:
    """What `film` draws: the number of its first frame, then the places."""
    return np.concatenate([[[first_frame, 0, 0]], places])


def _square(picture: NDArray[np.float64], site: Site, place: Floats, side_m: float) -> None:
    half = side_m / 2
    around = [[-half, 0, -half], [half, 0, -half], [half, 0, half], [-half, 0, half]]
    corners = np.round(site.see(place + np.array(around)) * 16).astype(np.int32)
    cover = np.zeros(picture.shape, np.uint8)
    cv2.fillConvexPoly(cover, corners, 255, cv2.LINE_AA, 4)
    picture += (25 - picture) * (cover / 255.0)
