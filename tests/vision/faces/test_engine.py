"""The engine on real portraits: finds, follows, judges and embeds them, in scenes of every size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from config.model_face import Faces
from vision.faces.align import Image
from vision.faces.engine import UNKNOWN, FaceEngine
from vision.faces.pictures import load
from vision.models.errors import ModelDamaged, ModelMissing

SHARED = Path(__file__).resolve().parents[3] / "../shared"
MODELS, PICTURES = SHARED / "models", SHARED / "data/faces/images"

pytestmark = pytest.mark.skipif(
    not (MODELS / "yunet_n_dynamic.onnx").is_file() or not PICTURES.is_dir(),
    reason="no face models and portraits beside this checkout",
)

ANN = ("cn_102_1.jpg", "cn_102_12.jpg", "cn_102_6.jpg")
"""One woman, three pictures."""


@cache
def portrait(name: str) -> Image:
    return load(PICTURES / name)


@cache
def by_person() -> dict[str, list[str]]:
    people: dict[str, list[str]] = {}
    for path in sorted(PICTURES.glob("lfw_*.jpg")):
        people.setdefault(path.stem.rsplit("_", 1)[0], []).append(path.name)
    return people


@pytest.fixture(scope="module")
def engine() -> Iterator[FaceEngine]:
    cv2.setNumThreads(1)
    yield FaceEngine(MODELS, Faces())


def scene(name: str, *, side_px: float, size: tuple[int, int], at: tuple[float, float], degrees: float = 0.0) -> Image:
    """A portrait (its aligned square is about half as wide as an LFW picture) turned and put on a plain wall."""
    image = portrait(name)
    height, width = image.shape[:2]
    scale = side_px / (0.52 * width)
    there = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    there[:, 2] += (at[0] * size[0] - width / 2, at[1] * size[1] - height / 2)
    wall = np.full((size[1], size[0], 3), 128, np.uint8)
    flags, border = cv2.INTER_AREA, cv2.BORDER_TRANSPARENT
    return np.asarray(cv2.warpAffine(image, there, size, dst=wall, flags=flags, borderMode=border), np.uint8)


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (1280, 720), (1920, 1080)])
@pytest.mark.parametrize("side_px", [60, 110, 240])
@pytest.mark.parametrize("degrees", [0.0, 25.0])
def test_a_face_is_found_where_it_is(engine: FaceEngine, size: tuple[int, int], side_px: int, degrees: float) -> None:
    name = next(iter(by_person().values()))[0]
    image = scene(name, side_px=side_px, size=size, at=(0.4, 0.55), degrees=degrees)
    faces = engine.find(image)
    assert len(faces) == 1
    face = faces[0]
    assert face.side_px == pytest.approx(side_px, rel=0.2)
    off = face.points.mean(axis=0) - np.array([0.4 * size[0], 0.55 * size[1]])
    assert np.abs(off).max() < 0.25 * side_px
    x1, y1, x2, y2 = face.box
    assert (face.points >= (x1, y1)).all() and (face.points <= (x2, y2)).all()


def test_nobody_is_found_where_nobody_is(engine: FaceEngine) -> None:
    rng = np.random.default_rng(2)
    noise = rng.integers(0, 255, (480, 640, 3)).astype(np.uint8)
    blobs = np.asarray(cv2.GaussianBlur(noise, (0, 0), 9), np.uint8)
    blobs = np.asarray(cv2.normalize(blobs, None, 0, 255, cv2.NORM_MINMAX), np.uint8)  # type: ignore[call-overload]
    for image in (noise, blobs, np.zeros((480, 640, 3), np.uint8), np.full((64, 64, 3), 255, np.uint8)):
        assert engine.find(image) == [] and engine.find(image, thorough=True) == []
        probe = engine.probe(image, live=True)
        assert (probe.problem, probe.vector, probe.face) == ("no_face", None, None)


@pytest.mark.parametrize("shape", [(16, 4000, 3), (4000, 16, 3), (33, 31, 3), (1, 1, 3), (2000, 3000, 3)])
def test_any_shape_is_searched(engine: FaceEngine, shape: tuple[int, int, int]) -> None:
    assert engine.find(np.full(shape, 90, np.uint8)) == []


def test_a_face_is_followed_while_it_moves_and_lost_when_it_goes(engine: FaceEngine) -> None:
    name = by_person()[next(iter(by_person()))][0]
    face = engine.find(scene(name, side_px=130, size=(640, 480), at=(0.5, 0.5)))[0]
    for step in range(1, 6):
        image = scene(name, side_px=130, size=(640, 480), at=(0.5 + 0.03 * step, 0.5), degrees=3.0 * step)
        searched, followed = engine.find(image)[0], engine.again(image, face)
        assert followed is not None
        assert np.abs(followed.points - searched.points).max() < 0.05 * searched.side_px
        face = followed
    assert engine.again(np.full((480, 640, 3), 128, np.uint8), face) is None


def test_templates_of_one_person_are_alike_and_of_others_not(engine: FaceEngine) -> None:
    people = [files for files in by_person().values() if len(files) >= 2][:12]
    vectors = []
    for files in people:
        for name in files[:2]:
            vector, quality = engine.template(portrait(name), engine.find(portrait(name))[0])
            assert vector.shape == (engine.dim,) and vector.dtype == np.float32
            assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
            assert 0 <= quality.score <= 1
            vectors.append(vector)
    likeness = np.stack(vectors) @ np.stack(vectors).T
    same = np.array([likeness[at, at + 1] for at in range(0, len(vectors), 2)])
    person = np.arange(len(vectors)) // 2
    other = likeness[person[:, None] != person[None, :]]
    assert np.median(same) > 0.5
    assert same.min() > other.mean() and np.quantile(other, 0.99) < np.median(same)


def test_the_same_face_gives_nearly_the_same_template_wherever_it_is(engine: FaceEngine) -> None:
    vectors = []
    for side_px, at, degrees in ((90, (0.3, 0.4), 0.0), (180, (0.6, 0.5), 15.0), (250, (0.5, 0.5), -20.0)):
        image = scene(ANN[0], side_px=side_px, size=(1280, 720), at=at, degrees=degrees)
        vectors.append(engine.template(image, engine.find(image)[0])[0])
    assert min(float(a @ b) for a in vectors for b in vectors) > 0.85


BLURS: dict[str, Callable[[Image], Image]] = {
    "out of focus": lambda image: np.asarray(cv2.GaussianBlur(image, (0, 0), 3), np.uint8),
    "moved aside": lambda image: np.asarray(cv2.blur(image, (15, 1)), np.uint8),
    "nodded": lambda image: np.asarray(cv2.blur(image, (1, 15)), np.uint8),
    "out of focus, with noise": lambda image: noisy(cv2.GaussianBlur(image, (0, 0), 3.5)),
}


def noisy(image: Any) -> Image:
    return np.clip(image + np.random.default_rng(3).normal(0, 7, image.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("blur", BLURS)
def test_blur_is_seen_in_either_direction_and_under_noise(engine: FaceEngine, blur: str) -> None:
    sharp = portrait(ANN[0])
    face = engine.find(sharp)[0]
    for image in (sharp, noisy(sharp)):
        assert engine.quality(image, face).problem == ""
    assert engine.quality(BLURS[blur](sharp), face).problem == "blurred"


def test_enrolment_says_what_is_wrong_or_gives_a_template(engine: FaceEngine) -> None:
    good = portrait(ANN[0])
    probe = engine.probe(good, live=False)
    assert probe.problem == "" and probe.vector is not None and probe.live == UNKNOWN
    assert 0.5 <= probe.quality <= 1
    assert 0 <= engine.probe(good, live=True).live <= 1
    two = np.hstack([good, good])
    assert engine.probe(two, live=False).problem == "several_faces"
    dark = (good * 0.1).astype(np.uint8)
    assert engine.probe(dark, live=False).problem in {"too_dark", "no_face"}
    small = cv2.resize(good, None, fx=0.35, fy=0.35, interpolation=cv2.INTER_AREA)
    assert engine.probe(np.asarray(small, np.uint8), live=False).problem == "too_small"
    for image in (two, dark):
        refused = engine.probe(image, live=False)
        assert refused.vector is None


def test_a_face_that_fills_the_picture_is_found_for_enrolment(engine: FaceEngine) -> None:
    face = engine.find(portrait(ANN[0]))[0]
    x1, y1, x2, y2 = face.box
    close = portrait(ANN[0])[max(0, y1 - 12) : y2 + 8, max(0, x1 - 8) : x2 + 8]
    large = np.asarray(cv2.resize(close, (1500, 1900), interpolation=cv2.INTER_CUBIC), np.uint8)
    assert engine.find(large, thorough=True)


def test_no_vector_shows_in_a_repr(engine: FaceEngine) -> None:
    sight, probe = engine.sight(portrait(ANN[0])), engine.probe(portrait(ANN[0]), live=False)
    assert sight is not None
    for shown in (repr(sight), repr(probe)):
        assert "vector" not in shown and "array" not in shown and "points" not in shown


def test_liveness_is_off_where_the_settings_say_so(engine: FaceEngine) -> None:
    face = engine.find(portrait(ANN[0]))[0]
    assert 0 <= engine.live(portrait(ANN[0]), face) <= 1
    for settings in (Faces(liveness="off"), Faces(liveness_models=())):
        assert FaceEngine(MODELS, settings).live(portrait(ANN[0]), face) == UNKNOWN


def test_models_that_are_missing_or_of_another_kind_are_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="menwei models pull mobilefacenet-foamliu"):
        FaceEngine(tmp_path, Faces())
    with pytest.raises(ModelDamaged, match="yunet-n"):
        FaceEngine(MODELS, Faces(embedder="yunet-n"))
    with pytest.raises(ModelDamaged, match="mobilefacenet-foamliu"):
        FaceEngine(MODELS, Faces(detector="mobilefacenet-foamliu"))
