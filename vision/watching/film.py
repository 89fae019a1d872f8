"""A recording run through the watches in its own time, as fast as the box can. Shell: reads files, measures CPU.

Decoding and watching are measured apart, in CPU time of this process: their ratio says what a duty costs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from vision.errors import Garbage, Unreachable
from vision.frame import Frame, Image, image_fault, size_fault
from vision.observations import Observation
from vision.sightings import Sighting
from vision.watching.coded_film import open_film

FPS_DEFAULT, FPS_MAX = 25.0, 120.0
AFTER_S, AFTER_STEP_S = 2.0, 0.2
"""What had begun at the end of the film is given so long to conclude."""


class Watches(Protocol):
    """What looks at the frames; `vision.watching.watches.CameraWatches` for one."""

    def look(self, frame: Frame) -> list[Sighting] | list[Observation]:
        """What has become known by this frame."""

    def expire(self, now_s: float) -> list[Sighting] | list[Observation]:
        """What has become known because time passed."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something that was said, and when in the film."""

    film_s: float
    said: Sighting | Observation


@dataclass(slots=True)
class Spent:
    """What a run has cost so far, in CPU seconds of the process."""

    frames: int = 0
    film_s: float = 0.0
    decode_s: float = 0.0
    watch_s: float = 0.0
    wall_s: float = 0.0
    look_ms_max: float = 0.0
    width: int = 0
    height: int = 0
    damaged: int = 0
    """Frames that are known to be smeared; zones did not look at them."""

    @property
    def ratio(self) -> float:
        """Decoding and watching against decoding alone."""
        return (self.decode_s + self.watch_s) / self.decode_s if self.decode_s > 0 else 0.0


Picture = tuple[float, Image, bool]
"""Seconds since the film's start, BGR, and whether it is known to be damaged."""


def frames_of(path: Path, spent: Spent) -> Iterator[Picture]:
    """The frames of a film. Raises `SourceError`."""
    coded = open_film(path)
    if coded is not None:
        with closing(coded):
            yield from _timed(coded.pictures(), coded.fps, spent)
        return
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    try:
        if not capture.isOpened():
            raise Unreachable(f"打不开视频 {path}", f"cannot open the film {path}")
        fault = size_fault(capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
        if fault is not None:
            raise Garbage(f"画面尺寸不可用 {fault}", f"picture size cannot be used: {fault}")
        yield from _timed(_read(capture), capture.get(cv2.CAP_PROP_FPS), spent)
    except cv2.error as error:
        raise Garbage("解码出错", f"decoder failed: {error.err}") from None
    finally:
        capture.release()


def _read(capture: cv2.VideoCapture) -> Iterator[Picture]:
    while True:
        ok, image = capture.read()
        if not ok:
            return
        yield capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0, np.asarray(image, np.uint8), False


def _timed(pictures: Iterator[Picture], said_fps: float, spent: Spent) -> Iterator[Picture]:
    """The usable ones, at times that go forward."""
    period_s = 1.0 / (said_fps if 0 < said_fps <= FPS_MAX else FPS_DEFAULT)
    at_s = -period_s
    while True:
        started_s = time.process_time()
        picture = next(pictures, None)
        spent.decode_s += time.process_time() - started_s
        if picture is None:
            return
        film_s, image, damaged = picture
        # A recorder's film may have gaps: its own times are believed where they go forward by a likely step.
        at_s = film_s if 0.2 * period_s < film_s - at_s < 60.0 else at_s + period_s
        if image_fault(image) is None:
            yield at_s, image, damaged


def run_film(
    path: Path, camera: str, watches: Watches, spent: Spent, *, before: Callable[[float], None] | None = None
) -> Iterator[Told]:
    """Everything that is said over a film, as it is said. Raises `SourceError`.

    Times of frames count from the film's start, both clocks. `before` is called with each frame's time.
    """
    began_s = time.monotonic()
    at_s = 0.0
    for number, (at_s, image, damaged) in enumerate(frames_of(path, spent), start=1):
        if before is not None:
            before(at_s)
        frame = Frame(camera, number, at_s, at_s, image, damaged)
        started_s = time.process_time()
        said = watches.look(frame)
        took_s = time.process_time() - started_s
        spent.frames, spent.film_s, spent.watch_s = number, at_s, spent.watch_s + took_s
        spent.look_ms_max = max(spent.look_ms_max, took_s * 1e3)
        spent.damaged += damaged
        spent.height, spent.width = image.shape[:2]
        spent.wall_s = time.monotonic() - began_s
        yield from (Told(at_s, one) for one in said)
    for step in range(1, round(AFTER_S / AFTER_STEP_S) + 1):
        now_s = at_s + step * AFTER_STEP_S
        yield from (Told(now_s, one) for one in watches.expire(now_s))
