"""A small face reader for the tests, chosen through the start message's ``face_reader``: faces are painted squares.

A square of one colour with a black frame is a face; its template is its colour, so that tests can enrol a colour.
Its liveness is 0.9, or 0.1 where the square has a white dot in the middle ("a photo").
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from config.model_face import Faces
from vision.commands import GalleryPart
from vision.faces.align import TEMPLATE
from vision.faces.face import Face, Vector
from vision.faces.quality import Quality
from vision.observations import FaceProbed, FaceSeen
from vision.wire import encode

Image = NDArray[np.uint8]
MODEL, DIM = "painted@0000", 3


def paint(image: Image, box: tuple[int, int, int, int], color: tuple[int, int, int], *, photo: bool = False) -> Image:
    """A face of that colour (BGR)."""
    x1, y1, x2, y2 = box
    cv2.rectangle(image, (x1, y1), (x2 - 1, y2 - 1), (0, 0, 0), -1)
    cv2.rectangle(image, (x1 + 5, y1 + 5), (x2 - 6, y2 - 6), color, -1)
    if photo:
        cv2.circle(image, ((x1 + x2) // 2, (y1 + y2) // 2), 6, (255, 255, 255), -1)
    return image


def vector_of(color: tuple[int, int, int]) -> Vector:
    """The template of a colour: its difference from grey, at length 1."""
    vector = np.asarray(color, np.float32) - 128.0
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def part(people: dict[str, tuple[int, int, int]], version: int = 1) -> GalleryPart:
    """The whole gallery of these people, who look like their colours."""
    return GalleryPart(
        version=version,
        part=0,
        parts=1,
        model=MODEL,
        dim=DIM,
        people=tuple(people),
        negative=(),
        vectors=b"".join(vector_of(color).astype("<f4").tobytes() for color in people.values()),
    )


@dataclass(frozen=True)
class Probe:
    problem: str
    face: Face | None
    quality: float
    live: float
    vector: Vector | None = field(repr=False)


class Painted:
    """Sees painted faces."""

    model, dim = MODEL, DIM

    def __init__(self, models_dir: Path, faces: Faces) -> None:
        self.faces = faces

    def find(self, image: Image) -> list[Face]:
        grey = np.asarray(image.max(axis=2) < 12, np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(grey)
        faces = []
        for x, y, width, height, _ in (map(int, row) for row in stats[1:count]):
            if width > 20 and height > 20:
                points = TEMPLATE * (width / 112) + np.array([x, y], np.float32)
                faces.append(Face((x, y, x + width, y + height), points.astype(np.float32), 0.9))
        return sorted(faces, key=lambda face: face.box[0] - face.box[2])

    def again(self, image: Image, face: Face) -> Face | None:
        near = [found for found in Painted.find(self, image) if abs(found.box[0] - face.box[0]) < 40]
        return near[0] if near else None

    def quality(self, image: Image, face: Face) -> Quality:
        small = face.box[2] - face.box[0] < self.faces.face_px_min
        return Quality(
            score=0.8,
            problem="too_small" if small else "",
            side_px=face.side_px,
            sharpness=20.0,
            light=100.0,
            contrast=30.0,
            yaw=0.0,
            pitch=0.0,
            outside=0.0,
        )

    def template(self, image: Image, face: Face) -> tuple[Vector, Quality]:
        x1, y1, x2, y2 = face.box
        inner = image[y1 + (y2 - y1) // 4 : y1 + (y2 - y1) // 3, (x1 + x2) // 2 - 8 : (x1 + x2) // 2 + 8]
        blue, green, red = (float(np.mean(inner[:, :, channel])) for channel in range(3))
        return vector_of((round(blue), round(green), round(red))), self.quality(image, face)

    def live(self, image: Image, face: Face) -> float:
        x1, y1, x2, y2 = face.box
        return 0.1 if int(image[(y1 + y2) // 2, (x1 + x2) // 2].min()) > 230 else 0.9

    def probe(self, image: Image, *, live: bool) -> Probe:
        faces = self.find(image)
        if not faces:
            return Probe("no_face", None, 0.0, -1.0, None)
        face = faces[0]
        alive = self.live(image, face) if live else -1.0
        if live and alive < 0.5:
            return Probe("not_live", face, 0.8, alive, None)
        return Probe("", face, 0.8, alive, self.template(image, face)[0])


def absent(models_dir: Path, faces: Faces) -> Painted:
    """A reader whose models are not there."""
    raise RuntimeError(f"model {faces.embedder} is missing")


class Forger(Painted):
    """A picture has taken over the process: it lets somebody in at a camera that is not for faces."""

    camera = "east"

    def find(self, image: Image) -> list[Face]:
        seen = FaceSeen(
            camera=self.camera,
            look="l1",
            outcome="known",
            person="ann",
            reason="",
            score=1.0,
            second=0.0,
            threshold=0.5,
            live=1.0,
            quality=1.0,
            frames=3,
            box=(0, 0, 1, 1),
            captured_mono_s=1.0,
            captured_at_s=1.0,
            read_mono_s=1.0,
            picture=b"",
        )
        _say(encode(seen))
        return []


class Chatterbox(Painted):
    """Sends templates that nobody asked for."""

    def find(self, image: Image) -> list[Face]:
        probed = FaceProbed(
            camera="",
            request_id="nobody-asked",
            problem="",
            quality=1.0,
            live=1.0,
            model=MODEL,
            box=(0, 0, 1, 1),
            template="AAAA",
        )
        _say(encode(probed))
        return super().find(image)


class Failing(Painted):
    """Falls over every face."""

    def find(self, image: Image) -> list[Face]:
        raise ValueError("no face that I like")

    def probe(self, image: Image, *, live: bool) -> Probe:
        raise ValueError("no picture that I like")


def _say(data: bytes) -> None:
    """Straight into the socket to the hub."""
    os.write(int(sys.argv[sys.argv.index("--fd") + 1]), data)
