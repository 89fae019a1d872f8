"""Real eyes with a face camera, its gallery, and what they say; the faces are painted, so that this needs no model."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import cv2

from config.model import Camera, Duty, Eyes, Site
from config.model_face import Faces, Models
from edge.observations import EyesBack, Observation
from edge.run.eyes_link import EyesLink
from tests.vision.clips import street, write_film
from tests.vision.faces.readers import DIM, MODEL, Image, paint, part
from vision.commands import GalleryEdit, GalleryPart
from vision.observations import FaceSeen

READERS = "tests.vision.faces.readers"
PATIENCE_S = 60.0
BOX = (100, 60, 200, 180)
RED, GREEN, BLUE = (30, 30, 220), (40, 200, 40), (220, 40, 40)


def face_of(color: tuple[int, int, int], *, photo: bool = False) -> Callable[[int], Image]:
    """Frames in which that face moves a little."""

    def picture(number: int) -> Image:
        x1, y1, x2, y2 = BOX
        step = number % 4
        return paint(street(number), (x1 + step, y1, x2 + step, y2), color, photo=photo)

    return picture


def png(image: Image) -> bytes:
    return cv2.imencode(".png", image)[1].tobytes()


def edit(people: dict[str, tuple[int, int, int]], removed: tuple[str, ...] = (), version: int = 2) -> GalleryEdit:
    made = part(people)
    return GalleryEdit(
        version=version,
        model=MODEL,
        dim=DIM,
        removed=removed,
        people=made.people,
        negative=(),
        vectors=made.vectors,
    )


class Watched:
    """An eyes link with a face camera, its gallery, and everything that it offered."""

    def __init__(self, site: Site, reader: str) -> None:
        self.heard: list[Observation] = []
        self.gallery = [part({"ann": RED})]
        self.asked = 0
        self.trouble: Exception | None = None
        self.link = EyesLink(site, self.heard.append, face_reader=f"{READERS}:{reader}", gallery=self.parts)

    def parts(self) -> Iterator[GalleryPart]:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        return iter(self.gallery)

    def seen(self) -> list[FaceSeen]:
        return [item for item in self.heard if isinstance(item, FaceSeen)]

    def of(self, kind: type) -> list[Observation]:
        return [item for item in self.heard if isinstance(item, kind)]

    @property
    def in_use(self) -> tuple[int, int]:
        beat = self.link.stats.beat
        return (beat.gallery_version, beat.gallery_rows) if beat is not None else (-1, -1)

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline_s, f"waited for {what}; heard {self.heard[-4:]}"
            await asyncio.sleep(0.02)

    async def started(self) -> Watched:
        await self.link.start()
        await self.until(lambda: bool(self.of(EyesBack)), "the eyes")
        return self


@contextlib.asynccontextmanager
async def opening(tmp_path: Path) -> AsyncIterator[Callable[..., Watched]]:
    """Makes eyes that are stopped after the test."""
    opened: list[Watched] = []
    numbers = itertools.count()

    def make(
        picture: Callable[[int], Image] | None = None, reader: str = "Painted", faces: Faces | None = None
    ) -> Watched:
        film = write_film(tmp_path / f"film{next(numbers)}.mp4", frames=8, picture=picture or face_of(RED))
        site = Site(
            eyes=Eyes(heartbeat_timeout_s=PATIENCE_S / 2),
            faces=faces or Faces(within_s=4.0, gone_after_s=3.0),
            models=Models(dir=tmp_path),
            cameras={
                "lobby": Camera(source=str(film), loop_file=True, duties=(Duty.FACES,)),
                "east": Camera(source=str(film), loop_file=True, duties=()),
            },
        )
        opened.append(Watched(site, reader))
        return opened[-1]

    yield make
    for eyes in opened:
        await eyes.link.stop()
