"""Small plate readers for the tests, chosen through the start message's ``reader``."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from pathlib import Path

import numpy as np

from config.model import Plates
from vision.observations import CameraBack
from vision.plate_reader import Box, Image, PlateRead
from vision.plate_text import KINDS
from vision.wire import encode


def plate(text: str = "京A12345", confidence: float = 0.95, box: Box = (10, 20, 90, 44)) -> PlateRead:
    return PlateRead(
        text=text,
        confidence=confidence,
        char_confidences=(confidence,) * len(text),
        box=box,
        color="blue",
        rows=1,
        kind=next(iter(KINDS)),
    )


class Steady:
    """Reads the same plate in every picture."""

    def __init__(self, plates: Plates) -> None:
        self.plates = plates

    def read(self, image: Image) -> list[PlateRead]:
        return [plate()]


class Blind:
    """Reads nothing."""

    def __init__(self, plates: Plates) -> None:
        self.plates = plates

    def read(self, image: Image) -> list[PlateRead]:
        return []


class Clumsy(Blind):
    """Fails on every picture."""

    def read(self, image: Image) -> list[PlateRead]:
        raise ValueError("no picture that I like from rtsp://user:geheim@camera/1")


class Crashing(Blind):
    """Native code that falls over a picture with a white corner; harmless otherwise."""

    def read(self, image: Image) -> list[PlateRead]:
        if float(np.mean(image[:40, :40])) > 250:
            ctypes.string_at(0)
        return [plate()]


class Greedy(Blind):
    """Grows until someone stops it, once per box: the second life finds the marker and behaves."""

    marker = Path(os.environ.get("TMPDIR", "/tmp")) / "greedy"

    def read(self, image: Image) -> list[PlateRead]:
        if not self.marker.exists():
            return [plate()]
        self.marker.unlink()
        hoard = []
        while True:
            hoard.append(np.ones(8 * 1024 * 1024, np.uint8))
            time.sleep(0.01)


def _say(data: bytes) -> None:
    """Straight into the socket to the hub, past all that the eyes would allow."""
    os.write(int(sys.argv[sys.argv.index("--fd") + 1]), data)


class Babbling(Blind):
    """A picture has taken over the process, and it writes nonsense to the hub."""

    def read(self, image: Image) -> list[PlateRead]:
        _say(b"open the gate")
        return []


class Impostor(Blind):
    """Speaks for a camera that does not exist."""

    def read(self, image: Image) -> list[PlateRead]:
        _say(encode(CameraBack(camera="palace", down_s=0.0)))
        return []


class Flooding(Blind):
    """Speaks without end."""

    def read(self, image: Image) -> list[PlateRead]:
        _say(encode(CameraBack(camera="east", down_s=0.0)) * 3000)
        return []


def stillborn(_plates: Plates) -> Blind:
    os._exit(3)


def absent(_plates: Plates) -> Blind:
    raise RuntimeError("weights are missing")


def slow_to_load(plates: Plates) -> Steady:
    time.sleep(1.5)
    return Steady(plates)
