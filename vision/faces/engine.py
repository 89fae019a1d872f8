"""Shell: the models of the face duty behind one small interface: find, judge, embed, look for life."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from config.model_face import Faces
from vision.faces import quality as quality_of
from vision.faces.align import Image, aligned
from vision.faces.embed import Embedder, model_key
from vision.faces.face import Box, Face, Vector
from vision.faces.find import FaceFinder
from vision.faces.live import UNKNOWN, LivenessJudge
from vision.faces.quality import Quality
from vision.models.errors import ModelDamaged
from vision.models.manifest import Contract, Kind
from vision.models.store import model_path, spec

_BYSTANDER = 0.5
"""A second face of this share of the first one's size is a second person, not a passer-by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The person of a picture, seen alone."""

    problem: str
    """Why it will not do for enrolment: a key of `vision.faces.words`; empty where it will."""
    face: Face
    people: int
    """Faces at least half as large as this one, with it."""
    quality: Quality
    live: float
    """0 to 1; -1 where nobody looked."""
    vector: Vector = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a picture is worth for enrolment."""

    problem: str
    """A key of `vision.faces.words`; empty where the template is good."""
    face: Face | None
    quality: float
    live: float
    """0 to 1; -1 where nobody looked."""
    vector: Vector | None = field(repr=False, compare=False)
    """None with a problem."""


class FaceEngine:
    """Everything that is asked of a picture of a face. Not for two threads at once."""

    def __init__(self, models_dir: Path, faces: Faces) -> None:
        """Loads the models, about half a second. Raises `ModelMissing` or `ModelDamaged`."""
        self._faces = faces
        embedder, contract = _load(models_dir, faces.embedder, Kind.FACE_EMBEDDER)
        self.model = model_key(spec(models_dir, faces.embedder))
        """Name and head of the hash of the embedder: templates of another one are not comparable."""
        self.dim = contract.dim
        self._embedder = Embedder(embedder, contract)
        finder, contract = _load(models_dir, faces.detector, Kind.FACE_DETECTOR)
        self._finder = FaceFinder(finder, contract, side_px_min=faces.face_px_min)
        self._last: tuple[Image, Face, Image, Quality] | None = None
        wanted = faces.liveness_models if faces.liveness != "off" else ()
        self._judge = LivenessJudge([_load(models_dir, name, Kind.FACE_LIVENESS) for name in wanted])

    def find(self, image: Image, *, thorough: bool = False) -> list[Face]:
        """The faces in a BGR picture, the foremost first; `thorough`: far ones too where there are near ones."""
        return self._finder.find(image, thorough=thorough)

    def again(self, image: Image, face: Face) -> Face | None:
        """A face of the last frame in this one, sought only where it was, for a tenth of the cost of `find`."""
        return self._finder.again(image, face)

    def quality(self, image: Image, face: Face) -> Quality:
        """Whether the face is seen well enough; cheap beside `template`, and not done twice for one face."""
        return self._aligned(image, face)[1]

    def template(self, image: Image, face: Face, *, mirrored: bool = False) -> tuple[Vector, Quality]:
        """The face as float32 vector of length 1, made whatever the quality is.

        `mirrored`: averaged with the mirror image for twice the time; for enrolment.
        """
        crop, quality = self._aligned(image, face)
        return self._embedder.template(crop, mirrored=mirrored), quality

    def embedding(self, crop: Image) -> Vector:
        """Of an aligned 112x112 face: the embedding alone, which everything else is measured against."""
        return self._embedder.template(crop)

    def _aligned(self, image: Image, face: Face) -> tuple[Image, Quality]:
        last = self._last
        if last is not None and last[0] is image and last[1] is face:
            return last[2], last[3]
        crop = aligned(image, face.points)
        quality = quality_of.judge(image, face, side_px_min=self._faces.face_px_min, crop=crop)
        self._last = (image, face, crop, quality)
        return crop, quality

    def live(self, image: Image, face: Face) -> float:
        """0 (a picture of a face) to 1 (a face); -1 where no model looks."""
        return self._judge.live(image, face)

    def sight(self, image: Image, *, mirrored: bool = False, live: bool = True) -> Sight | None:
        """The foremost face of a picture with all that can be said of it; None without a face."""
        faces = self.find(image, thorough=True)
        if not faces:
            return None
        face = faces[0]
        people = sum(other.side_px >= _BYSTANDER * face.side_px for other in faces)
        vector, quality = self.template(image, face, mirrored=mirrored)
        return Sight(
            problem="several_faces" if people > 1 else quality.problem,
            face=face,
            people=people,
            quality=quality,
            live=self.live(image, face) if live else UNKNOWN,
            vector=vector,
        )

    def probe(self, image: Image, *, live: bool) -> Probe:
        """A template for enrolment of the one person in the picture, or why there is none.

        `live`: seen through a camera, so liveness is said too; a photograph that was sent has none. What follows
        from it is for the caller, who has several frames.
        """
        sight = self.sight(image, mirrored=True, live=live)
        if sight is None:
            return Probe(problem="no_face", face=None, quality=0.0, live=UNKNOWN, vector=None)
        return Probe(
            problem=sight.problem,
            face=sight.face,
            quality=sight.quality.score,
            live=sight.live,
            vector=None if sight.problem else sight.vector,
        )


def _load(models_dir: Path, name: str, kind: Kind) -> tuple[Path, Contract]:
    contract = spec(models_dir, name).contract
    if contract.kind is not kind:
        raise ModelDamaged(
            f"模型 {name} 是 {contract.kind}，此处需要 {kind}", f"model {name} is a {contract.kind}, not a {kind}"
        )
    return model_path(models_dir, name), contract


__all__ = ["UNKNOWN", "Box", "Face", "FaceEngine", "Probe", "Quality", "Sight", "Vector"]
