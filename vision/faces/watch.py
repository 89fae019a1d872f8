"""Core: what is done with the frames of one face camera: motion gate, region, faces, gallery, looks. Time is passed in.

While somebody is being enrolled through the camera its frames go to that alone (`vision.faces.probing`): whoever is
just shown to it is not let in by it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from config.model import Camera
from config.model_face import Faces
from vision.faces.face import Box, Face, Vector
from vision.faces.follow import Follower
from vision.faces.gallery import Gallery
from vision.faces.looks import LookTracker, Sighting, Verdict, lead
from vision.faces.probing import LiveProbe, Probed
from vision.faces.quality import Quality
from vision.frame import Frame, Image
from vision.jpeg import jpeg
from vision.motion import MotionGate
from vision.observations import FaceSeen, Observation
from vision.pipeline import ObservedTime, reduced, region_px

SETTLED_REREAD_S = 0.5
"""Somebody known is compared again this often: another one may have taken their place."""


class FaceReader(Protocol):
    """Finds, judges and embeds faces: `vision.faces.engine.FaceEngine`."""

    model: str
    dim: int

    def find(self, image: Image) -> list[Face]:
        """The faces of a BGR picture, the foremost first."""
        ...

    def again(self, image: Image, face: Face) -> Face | None:
        """A face of the last frame in this one; None where it is gone."""
        ...

    def quality(self, image: Image, face: Face) -> Quality:
        """Whether a face is seen well enough."""
        ...

    def template(self, image: Image, face: Face) -> tuple[Vector, Quality]:
        """The face as a vector of length 1."""
        ...

    def live(self, image: Image, face: Face) -> float:
        """0 to 1; -1 where nobody looks."""
        ...

    def probe(self, image: Image, *, live: bool) -> Probed:
        """A template for enrolment."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """The gallery in use, and from which similarity on a face is somebody."""

    gallery: Gallery
    threshold: float


@dataclass(frozen=True, slots=True)
class FaceRead:
    """The faces of one frame, in its pixels."""

    leading: Sighting
    others: tuple[Box, ...]


class FaceWatch:
    """What is done with the frames of one face camera; one worker at a time."""

    def __init__(
        self, name: str, camera: Camera, faces: Faces, *, look_prefix: str, known: Callable[[], Known | None]
    ) -> None:
        """`look_prefix` differs at every start of the eyes; `known` gives the gallery, or None before there is one."""
        self._name, self._region = name, camera.region
        self._gone_after_s = faces.gone_after_s
        self._known = known
        self._gate = MotionGate()
        self._follower = Follower()
        self._time = ObservedTime(faces.gone_after_s)
        self._looks = LookTracker(f"{name}-{look_prefix}", faces)
        self._face_s = self._frame_s = self._compared_s = float("-inf")
        self.probe: LiveProbe | None = None
        """An enrolment in progress; set by another thread, ended here."""

    def read(self, frame: Frame, reader: FaceReader) -> list[FaceRead] | None:
        """The faces in the region of the frame; None where it is not worth a read or nobody is to be known yet."""
        now_s = self._frame_s = frame.captured_mono_s
        left, top, right, bottom = region_px(self._region, frame.image)
        crop = frame.image[top:bottom, left:right]
        probe = self.probe
        if probe is not None:
            probe.take(np.ascontiguousarray(crop), reader)
            return None
        known = self._known()
        near_s = now_s - self._face_s
        # Somebody who is known must be seen thrice within their time, or one missed face would begin a new look.
        reread_s = self._gone_after_s / 3 if near_s < self._gone_after_s else None
        undecided = self._looks.undecided and near_s < self._gone_after_s
        if known is None or not self._gate.wants(crop, now_s, unsure=undecided, reread_s=reread_s):
            return None
        return self._faces(np.ascontiguousarray(crop), (left, top), reader, known)

    def _faces(self, crop: Image, corner: tuple[int, int], reader: FaceReader, known: Known) -> list[FaceRead]:
        faces = self._follower.faces(crop, self._frame_s, reader)
        leading = lead([face.box for face in faces])
        if leading is None:
            return []
        self._face_s = self._frame_s
        at, several = leading
        sighting = self._sighting(crop, faces[at], reader, known, several=several, corner=corner)
        others = tuple(_moved(face.box, corner) for number, face in enumerate(faces) if number != at)
        return [FaceRead(sighting, others)]

    def _sighting(
        self, crop: Image, face: Face, reader: FaceReader, known: Known, *, several: bool, corner: tuple[int, int]
    ) -> Sighting:
        """Who the leading face is; the costly steps only where they can count."""
        seen = Sighting(box=_moved(face.box, corner))
        if several:
            return replace(seen, problem="several_faces")
        quality = reader.quality(crop, face)
        settled = self._looks.settled(seen.box, self._time.at(self._frame_s))
        if settled and self._frame_s - self._compared_s < SETTLED_REREAD_S:
            return replace(seen, problem="settled")
        if quality.problem:
            return replace(seen, problem=quality.problem, quality=quality.score)
        self._compared_s = self._frame_s
        vector, _ = reader.template(crop, face)
        match = known.gallery.match(vector)
        same = bool(settled) and match.person == settled
        return replace(
            seen,
            person=match.person,
            score=match.score,
            second=match.second,
            struck=match.struck,
            threshold=known.threshold,
            live=-1.0 if same else reader.live(crop, face),
            quality=quality.score,
        )

    def conclude(self, frame: Frame | None, reads: list[FaceRead] | None, now_s: float) -> list[Observation]:
        """What has become known: about a look, or about an enrolment."""
        said: list[Observation] = []
        probe = self.probe
        if probe is not None and (answer := probe.answer(now_s, self._known())) is not None:
            self.probe = None
            said.append(answer)
        if frame is not None and reads is not None:
            looked_s = self._time.look(frame.captured_mono_s)
            first = reads[0] if reads else None
            sighting, others = (first.leading, first.others) if first is not None else (None, ())
            verdicts = self._looks.step(sighting, others, looked_s)
            said += [self._observation(verdict, frame, now_s) for verdict in verdicts]
        elif now_s - self._frame_s >= self._gone_after_s:
            # Only where the camera is silent: a worker that comes late must not end the look of one who waits.
            self._looks.expire(self._time.at(now_s))
        return said

    def _observation(self, verdict: Verdict, frame: Frame, now_s: float) -> FaceSeen:
        image, box = reduced(frame.image, verdict.box)
        return FaceSeen(
            camera=self._name,
            look=verdict.look,
            outcome=verdict.outcome,
            person=verdict.person,
            reason=verdict.reason,
            score=verdict.score,
            second=verdict.second,
            threshold=verdict.threshold,
            live=verdict.live,
            quality=verdict.quality,
            frames=verdict.frames,
            box=box,
            captured_mono_s=frame.captured_mono_s,
            captured_at_s=frame.captured_at_s,
            read_mono_s=now_s,
            picture=b"" if verdict.outcome == "known" else jpeg(image),
        )


def _moved(box: Box, corner: tuple[int, int]) -> Box:
    x1, y1, x2, y2 = box
    return x1 + corner[0], y1 + corner[1], x2 + corner[0], y2 + corner[1]
