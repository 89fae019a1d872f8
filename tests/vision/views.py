"""Rendered cases of what may happen to a camera's view: faults, and what only looks like one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frame import Image
from vision.sim.scene import Scene, SceneState

WIDTH, HEIGHT = 640, 360
Film = Callable[[float, Image], Image]
"""(seconds since the change, the undisturbed picture) -> the picture that the camera gives."""
_NOISE = np.random.default_rng(3).standard_normal((2 * HEIGHT, 2 * WIDTH, 1)).astype(np.float32)


@cache
def _scene() -> Scene:
    return Scene("east", (WIDTH, HEIGHT))


@cache
def _ground(night: bool) -> Image:
    return _scene().render(SceneState(night=night))


def street(number: int, *, night: bool = False) -> Image:
    """The gate with fresh noise; at night in infra-red, without colour."""
    picture = _ground(night)
    if night:
        picture = np.repeat(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)[:, :, None], 3, axis=2)
    return noisy(picture, number, 3.0)


def corridor(number: int) -> Image:
    """Empty walls, a door frame, a lamp: little to hold on to, and nothing moves."""
    picture = np.full((HEIGHT, WIDTH, 3), 150, np.uint8)
    floor = np.array([[0, HEIGHT], [240, 200], [400, 200], [WIDTH, HEIGHT]])
    cv2.fillPoly(picture, [floor], (110, 112, 118))
    cv2.rectangle(picture, (240, 80), (400, 200), (168, 166, 160), -1)
    cv2.rectangle(picture, (295, 110), (345, 200), (90, 100, 120), -1)
    for x, y in ((0, 0), (WIDTH, 0)):
        cv2.line(picture, (x, y), (240 if x == 0 else 400, 80), (120, 120, 122), 2)
    for x in (40, 130, 510, 600):
        cv2.rectangle(picture, (x - 25, 120), (x + 25, 330), (120, 128, 140), 3)
    cv2.circle(picture, (320, 40), 14, (235, 240, 240), -1)
    return noisy(picture, number, 2.5)


@cache
def _sheet(level: int) -> Image:
    return np.repeat(np.clip(level * _NOISE + 32, 0, 64), 3, axis=2).astype(np.uint8)


def noisy(picture: Image, number: int, level: float) -> Image:
    """With sensor noise of so many levels."""
    top, left = (number * 37) % HEIGHT, (number * 71) % WIDTH
    sheet = _sheet(round(level))[top : top + HEIGHT, left : left + WIDTH]
    return np.asarray(cv2.addWeighted(picture, 1.0, sheet, 1.0, -32), np.uint8)


def frames(base: Callable[[int], Image], before_s: float, film: Film, for_s: float, period_s: float = 1.0
) -> Iterator[tuple[float, Image]]:  # fmt: skip
    """(second, picture): undisturbed for a while, then the film."""
    for number in range(round((before_s + for_s) / period_s)):
        at_s = number * period_s
        picture = base(number)
        yield at_s, picture if at_s < before_s else film(at_s - before_s, picture)


def hand(at_s: float, picture: Image) -> Image:
    """Dark skin before the lens: all out of focus, light at one edge, never quite still."""
    glow = np.linspace(70, 30, WIDTH, dtype=np.float32)[None, :] + 3 * np.sin(at_s)
    shaded = np.repeat(glow, HEIGHT, axis=0)[:, :, None] * np.array([0.5, 0.6, 1.0], np.float32)
    return noisy(shaded.astype(np.uint8), int(at_s * 10), 3.0)


def tape(at_s: float, picture: Image) -> Image:
    """Translucent tape: bright, only the roughest shapes shine through."""
    dim = cv2.resize(cv2.resize(picture, (8, 5), interpolation=cv2.INTER_AREA), (WIDTH, HEIGHT))
    hazy = np.asarray(cv2.addWeighted(dim, 0.4, np.full_like(dim, 190), 0.6, 0), np.uint8)
    return noisy(hazy, int(at_s * 10), 3.0)


@cache
def _paint() -> Image:
    paint = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
    rng = np.random.default_rng(5)
    for x, y, level in rng.integers((0, 0, 40), (WIDTH, HEIGHT, 90), (30, 3)):
        cv2.circle(paint, (int(x), int(y)), 60, (int(level),) * 3, -1)
    return np.asarray(cv2.GaussianBlur(paint, (0, 0), 40), np.uint8)


def spray(at_s: float, picture: Image) -> Image:
    """Paint with blotches over nine tenths; a corner stays free."""
    paint = _paint().copy()
    paint[: HEIGHT // 3, : WIDTH // 4] = picture[: HEIGHT // 3, : WIDTH // 4]
    return noisy(paint, int(at_s * 10), 2.0)


def turned(x: float, y: float, degrees: float) -> Film:
    """The housing was pushed: the scene shifted and turned, the edge filled from beyond."""

    def film(_: float, picture: Image) -> Image:
        matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, 1.0)
        matrix[:, 2] += np.array([x, y])
        return np.asarray(cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT), np.uint8)

    return film


def defocused(sigma: float) -> Film:
    def film(at_s: float, picture: Image) -> Image:
        return noisy(cv2.GaussianBlur(picture, (0, 0), sigma).astype(np.uint8), int(at_s * 10), 3.0)

    return film


def elsewhere(at_s: float, picture: Image) -> Image:
    """The camera looks at something else altogether."""
    return noisy(np.ascontiguousarray(corridor(0)[:, ::-1]), int(at_s * 10), 3.0)


def dusk(at_s: float, picture: Image) -> Image:
    """Light falls to a twentieth within ten minutes while the noise rises."""
    gain = max(0.05, 1.0 - at_s / 600)
    return noisy((picture * gain).astype(np.uint8), int(at_s * 10), 3.0 + 4 * (1 - gain))


def lamp_off(at_s: float, picture: Image) -> Image:
    """A lamp with a motion detector goes off: a tenth of the light is left."""
    return noisy((picture * 0.1 + 4).astype(np.uint8), int(at_s * 10), 3.0)


def lights_out(at_s: float, picture: Image) -> Image:
    """Every light but one far lamp goes off."""
    dark = (picture * 0.01 + 3).astype(np.uint8)
    cv2.circle(dark, (WIDTH - 60, 50), 12, (240, 240, 240), -1)
    return noisy(dark, int(at_s * 10), 6.0)


def infra_red(at_s: float, picture: Image) -> Image:
    """Evening switch: a second of white, then the same place in infra-red."""
    return np.full_like(picture, 250) if at_s < 2 else street(int(at_s * 10), night=True)


def rain(at_s: float, picture: Image) -> Image:
    rng = np.random.default_rng(int(at_s * 10))
    wet = picture.copy()
    for x, y in zip(rng.integers(0, WIDTH, 400), rng.integers(0, HEIGHT, 400), strict=True):
        cv2.line(wet, (int(x), int(y)), (int(x) + 2, int(y) + 16), (200, 200, 200), 1)
    return np.asarray(cv2.addWeighted(wet, 0.85, np.full_like(wet, 170), 0.15, 0), np.uint8)


def snow(at_s: float, picture: Image) -> Image:
    rng = np.random.default_rng(int(at_s * 10))
    white = picture.copy()
    for x, y in zip(rng.integers(0, WIDTH, 300), rng.integers(0, HEIGHT, 300), strict=True):
        cv2.circle(white, (int(x), int(y)), 3, (235, 235, 235), -1)
    return white


def headlights(at_s: float, picture: Image) -> Image:
    """Every ten seconds a car sweeps its beam over half of the picture."""
    if at_s % 10 > 2:
        return picture
    beam = np.zeros((HEIGHT, WIDTH, 1), np.float32)
    cv2.circle(beam, (int(at_s % 10 * 300), HEIGHT // 2), 180, 160.0, -1)
    lit_up = picture + cv2.GaussianBlur(beam, (0, 0), 30)[:, :, None]
    return np.asarray(np.clip(lit_up, 0, 255), np.uint8)


def bus(stands_s: float) -> Film:
    """A bus with windows fills the picture, stands, and goes on."""
    side = np.full((HEIGHT, WIDTH, 3), (60, 140, 60), np.uint8)
    for x in range(20, WIDTH, 110):
        cv2.rectangle(side, (x, 60), (x + 85, 170), (70, 60, 50), -1)
        cv2.rectangle(side, (x, 60), (x + 85, 170), (20, 20, 20), 3)
    cv2.putText(side, "CITY 318", (60, 280), cv2.FONT_HERSHEY_DUPLEX, 2.5, (240, 240, 240), 4)
    cv2.line(side, (0, 320), (WIDTH, 320), (230, 230, 230), 6)

    def film(at_s: float, picture: Image) -> Image:
        return noisy(side, int(at_s * 10), 3.0) if at_s % 300 < stands_s else picture

    return film


def nothing(_: float, picture: Image) -> Image:
    return picture


def lit(picture: Image, mask: NDArray[np.uint8]) -> Image:
    return np.where(mask[:, :, None] > 0, np.clip(picture * 1.6, 0, 255), picture).astype(np.uint8)


def sun_and_shade(at_s: float, picture: Image) -> Image:
    """Clouds: hard shadows come and go every forty seconds."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for x in range(0, WIDTH, 160):
        cv2.fillPoly(mask, [np.array([[x, HEIGHT], [x + 60, 120], [x + 110, 120], [x + 80, HEIGHT]])], 1)
    return lit(picture, mask) if at_s % 80 < 40 else picture
