"""Core: a template for enrolment, from a picture that was sent or from several frames of a camera.

Through a camera the template is the mean of `FRAMES` good frames that show one and the same face; that measures
better than any single one of them. The clock is passed in.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from config.model_face import Faces
from vision.commands import ProbeFace
from vision.faces.face import Face, Vector
from vision.faces.gallery import Gallery
from vision.faces.looks import LIVE_MIN
from vision.frame import Image
from vision.jpeg import jpeg
from vision.observations import FaceProbed

FRAMES = 3
PATIENCE_S = 10.0
"""A live enrolment is answered within this time, with a template or with what was in the way."""
SAME_MIN = 0.5
"""Two frames of one person a moment apart are far above; two people are below."""
PICTURE_SIDE_PX = 360
_PROBLEMS_MAX = 200


class Probed(Protocol):
    """What an engine says of one picture: `vision.faces.engine.Probe`."""

    @property
    def problem(self) -> str:
        """A key of `vision.faces.words`; empty where the template is good."""

    @property
    def face(self) -> Face | None:
        """Where it is."""

    @property
    def quality(self) -> float:
        """0 to 1."""

    @property
    def live(self) -> float:
        """0 to 1; -1 where nobody looked."""

    @property
    def vector(self) -> Vector | None:
        """None with a problem."""


class ProbingReader(Protocol):
    """The part of an engine that enrolment needs."""

    model: str

    def probe(self, image: Image, *, live: bool) -> Probed:
        """Of the one person in a BGR picture."""
        ...


class Likeness(Protocol):
    """The gallery in use and its threshold."""

    @property
    def gallery(self) -> Gallery:
        """Everybody enrolled."""

    @property
    def threshold(self) -> float:
        """Of the number enrolled."""


class LiveProbe:
    """One enrolment through a camera; fed by the worker that reads its frames."""

    def __init__(self, request: ProbeFace, faces: Faces, now_s: float) -> None:
        self._request, self._require = request, faces.liveness == "require"
        self._due_s = now_s + PATIENCE_S
        self._good: list[tuple[Probed, Image]] = []
        self._problems: list[str] = []
        self._model = ""

    def take(self, image: Image, reader: ProbingReader) -> None:
        """One more frame; a face that is not the one before begins anew."""
        self._model = reader.model
        probed = reader.probe(image, live=True)
        if probed.vector is None:
            self._problems = [*self._problems, probed.problem][-_PROBLEMS_MAX:]
            return
        first = self._good[0][0].vector if self._good else None
        if first is not None and float(first @ probed.vector) < SAME_MIN:
            self._good.clear()
        self._good.append((probed, image))

    def answer(self, now_s: float, known: Likeness | None) -> FaceProbed | None:
        """The template once there are frames enough, a problem once the time is over, else None."""
        if len(self._good) >= FRAMES:
            return self._finished(known)
        if now_s < self._due_s:
            return None
        if self._problems:
            return refused(self._request, Counter(self._problems).most_common(1)[0][0], self._model)
        return refused(self._request, "timed_out" if self._good else "no_camera", self._model)

    def _finished(self, known: Likeness | None) -> FaceProbed:
        probes = [probed for probed, _ in self._good]
        live = float(np.mean([probed.live for probed in probes]))
        if self._require and live < LIVE_MIN:
            return refused(self._request, "not_live", self._model)
        best, image = max(self._good, key=lambda item: item[0].quality)
        vectors = [probed.vector for probed in probes if probed.vector is not None]
        return _answer(self._request, self._model, best, image, vectors, live=live, known=known)


def picture_answer(request: ProbeFace, image: Image, reader: ProbingReader, known: Likeness | None) -> FaceProbed:
    """The template of a picture that was sent, or what is wrong with it."""
    probed = reader.probe(image, live=False)
    if probed.vector is None:
        return refused(request, probed.problem, reader.model)
    return _answer(request, reader.model, probed, image, [probed.vector], live=probed.live, known=known)


def refused(request: ProbeFace, problem: str, model: str) -> FaceProbed:
    """No template, and why (a key of `vision.faces.words`)."""
    return FaceProbed(
        camera=request.camera,
        request_id=request.request_id,
        problem=problem,
        quality=0.0,
        live=-1.0,
        model=model,
        box=(0, 0, 0, 0),
        template="",
    )


def _answer(
    request: ProbeFace,
    model: str,
    best: Probed,
    image: Image,
    vectors: Sequence[Vector],
    *,
    live: float,
    known: Likeness | None,
) -> FaceProbed:
    total = np.sum(vectors, axis=0)
    template = np.asarray(total / np.linalg.norm(total), np.float32)
    fits = known is not None and known.gallery.model == model
    return FaceProbed(
        camera=request.camera,
        request_id=request.request_id,
        problem="",
        quality=best.quality,
        live=live,
        model=model,
        box=best.face.box if best.face is not None else (0, 0, 0, 0),
        template=base64.b64encode(template.astype("<f4").tobytes()).decode("ascii"),
        matches=known.gallery.alike(template, known.threshold) if known is not None and fits else (),
        picture=_face_picture(image, best.face) if best.face is not None else b"",
    )


def _face_picture(image: Image, face: Face) -> bytes:
    """The face and half its size around it as a small JPEG."""
    x1, y1, x2, y2 = face.box
    around = max(x2 - x1, y2 - y1) // 2
    height, width = image.shape[:2]
    cut = image[max(0, y1 - around) : min(height, y2 + around), max(0, x1 - around) : min(width, x2 + around)]
    if not cut.size:
        return b""
    scale = min(1.0, PICTURE_SIDE_PX / max(cut.shape[:2]))
    small = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return jpeg(np.asarray(small, np.uint8))
