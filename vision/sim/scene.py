"""A gate scene, frame by frame: still layers are cached, only car, arm, clock and noise are new. Core: arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.sim.car import HALF_WIDTH_M, PX_PER_M, Look, Sprite, draw_car
from vision.sim.scenery import ARM_AHEAD_M, Optics, draw_arm, draw_background

Image = NDArray[np.uint8]

NEAREST_M = 1.5
"""A car whose nose is nearer to the camera than this has left the picture."""
_NOISE_SHEETS = 4
_NOISE_BIAS = 10
_TILT = 0.022
"""The camera stands beside the lane: a car's horizontal edges slope by this much."""


@dataclass(frozen=True, slots=True)
class SceneState:
    """What is to be seen in one frame."""

    look: Look | None = None
    """The car, if there is one."""
    position_m: float = 0.0
    """Of the car's nose: 0 at the stop line, negative while it approaches."""
    arm: float = 0.0
    """0 down, 1 up."""
    night: bool = False
    stamp: str = ""
    """Clock text that cameras burn into the picture."""
    number: int = 0
    """Frame number; varies the noise."""


class Scene:
    """Renders the frames of one camera."""

    def __init__(self, name: str, size: tuple[int, int] = (960, 540), *, mirrored: bool = False, seed: int = 7) -> None:
        """``size`` is (width, height) in px."""
        self.name = name
        self.optics = Optics(size[0], size[1], mirrored)
        self._seed = seed
        self._grounds: dict[bool, Image] = {}
        rng = np.random.default_rng(seed)
        self._noise = [_noise_sheet(rng, size) for _ in range(_NOISE_SHEETS)]
        self._placed: tuple[object, Image, Image, tuple[int, int, int, int]] | None = None

    def render(self, state: SceneState) -> Image:
        """One frame, (height, width, 3) uint8 BGR."""
        frame = self._ground(state.night).copy()
        visible = state.look is not None and self._ahead_m(state.position_m) > NEAREST_M
        behind_arm = self._ahead_m(state.position_m) > ARM_AHEAD_M
        if visible and behind_arm:
            self._blend_car(frame, state)
        draw_arm(frame, self.optics, state.arm, state.night)
        if visible and not behind_arm:
            self._blend_car(frame, state)
        self._draw_stamp(frame, state)
        noise = self._noise[state.number % _NOISE_SHEETS]
        cv2.addWeighted(frame, 1.0, noise, 1.0, -_NOISE_BIAS, dst=frame)
        return frame

    def plate_box(self, state: SceneState) -> tuple[int, int, int, int] | None:
        """Where the plate is in the frame (x1, y1, x2, y2), or None: the truth for tests."""
        if state.look is None or self._ahead_m(state.position_m) <= NEAREST_M:
            return None
        left, top, right, bottom = _sprite(state.look, state.night).plate_box_m
        to_frame = self._affine(_sprite(state.look, state.night), state.position_m)
        corners = np.array(
            [
                [(x + HALF_WIDTH_M) * PX_PER_M, (_sprite(state.look, state.night).top_m - y) * PX_PER_M, 1]
                for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))
            ]
        )
        xy = corners @ to_frame.T
        (x1, y1), (x2, y2) = xy.min(axis=0), xy.max(axis=0)
        return round(x1), round(y1), round(x2), round(y2)

    def _ground(self, night: bool) -> Image:
        if night not in self._grounds:
            self._grounds[night] = draw_background(self.optics, night, self._seed)
        return self._grounds[night]

    def _ahead_m(self, position_m: float) -> float:
        return self.optics.stop_m - position_m

    def _affine(self, sprite: Sprite, position_m: float) -> NDArray[np.float64]:
        """2 x 3 matrix from sprite pixels to frame pixels."""
        ahead_m = self._ahead_m(position_m)
        scale = self.optics.scale_px_per_m(ahead_m) / PX_PER_M
        x, y = self.optics.project(0.06 + 0.16 * max(0.0, position_m), 0.0, ahead_m)
        tilt = _TILT if self.optics.mirrored else -_TILT
        origin_x, origin_y = HALF_WIDTH_M * PX_PER_M, sprite.top_m * PX_PER_M
        return np.array(
            [[scale, 0.0, x - scale * origin_x], [scale * tilt, scale, y - scale * (origin_y + tilt * origin_x)]]
        )

    def _blend_car(self, frame: Image, state: SceneState) -> None:
        assert state.look is not None
        key = (state.look, state.night, state.position_m)
        if self._placed is None or self._placed[0] != key:
            self._placed = (key, *self._place(state.look, state.night, state.position_m))
        _, light, keep, (x1, y1, x2, y2) = self._placed
        if x2 <= x1 or y2 <= y1:
            return
        under = frame[y1:y2, x1:x2]
        cv2.multiply(under, keep, dst=under, scale=1 / 255)
        cv2.add(under, light, dst=under)

    def _place(self, look: Look, night: bool, position_m: float) -> tuple[Image, Image, tuple[int, int, int, int]]:
        """The car's light and the share of background it leaves, cut to the frame, with their place."""
        sprite = _sprite(look, night)
        matrix = self._affine(sprite, position_m)
        level, image = _pyramid(look, night), sprite.image
        for smaller in level:
            if matrix[0, 0] > 0.75:
                break
            image = smaller
            matrix = matrix @ np.array([[2.0, 0, 0.5], [0, 2.0, 0.5], [0, 0, 1]])
        height, width = image.shape[:2]
        corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]]) @ matrix.T
        x1, y1 = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
        x2, y2 = np.ceil(corners.max(axis=0)).astype(int)
        box = int(x1), int(y1), min(int(x2), self.optics.width_px), min(int(y2), self.optics.height_px)
        if box[2] <= box[0] or box[3] <= box[1]:
            empty = np.zeros((0, 0, 3), np.uint8)
            return empty, empty, box
        matrix[:, 2] -= box[:2]
        warped = cv2.warpAffine(image, matrix, (box[2] - box[0], box[3] - box[1]), flags=cv2.INTER_LINEAR)
        keep = 255 - warped[..., 3]
        light = np.ascontiguousarray(warped[..., :3]).astype(np.uint8)
        return light, cv2.merge([keep, keep, keep]).astype(np.uint8), box

    def _draw_stamp(self, frame: Image, state: SceneState) -> None:
        if not state.stamp:
            return
        size = self.optics.width_px / 960
        corner = (round(12 * size), round(26 * size))
        label = (round(800 * size), self.optics.height_px - round(14 * size))
        for text, (x, y) in ((state.stamp, corner), (self.name.upper(), label)):
            for color, off in (((20, 20, 20), 2), ((244, 244, 244), 0)):
                cv2.putText(
                    frame, text, (x + off, y + off), cv2.FONT_HERSHEY_SIMPLEX, 0.6 * size, color, 2, cv2.LINE_AA
                )


def _noise_sheet(rng: np.random.Generator, size: tuple[int, int]) -> Image:
    noise = rng.standard_normal((size[1], size[0], 3), np.float32) * np.float32(2.6) + _NOISE_BIAS
    sheet: Image = np.clip(np.rint(noise), 0, 255).astype(np.uint8)
    return sheet


@lru_cache(maxsize=4)
def _sprite(look: Look, night: bool) -> Sprite:
    return draw_car(look, night)


@lru_cache(maxsize=4)
def _pyramid(look: Look, night: bool) -> tuple[Image, ...]:
    """Halved copies of the sprite, so that a far car is not aliased."""
    levels = [_sprite(look, night).image]
    for _ in range(3):
        height, width = levels[-1].shape[:2]
        size = (width // 2, height // 2)
        levels.append(
            cv2.resize(levels[-1][: size[1] * 2, : size[0] * 2], size, interpolation=cv2.INTER_AREA).astype(np.uint8)
        )
    return tuple(levels[1:])
