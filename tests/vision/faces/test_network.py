"""Models that do not keep their contract are refused with a sentence; those that do work, whoever made them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from config.model_face import Faces
from vision.faces.embed import Embedder, model_key
from vision.faces.engine import FaceEngine
from vision.faces.find import FaceFinder
from vision.faces.live import LivenessJudge
from vision.faces.network import Network, tensor_of
from vision.faces.pictures import load
from vision.models.errors import ModelDamaged
from vision.models.manifest import Contract, Kind
from vision.models.store import OWN_MANIFEST, spec

SHARED = Path(__file__).resolve().parents[3] / "../shared"
MODELS, PICTURES = SHARED / "models", SHARED / "data/faces/images"
PEER = MODELS / "peers/mobilefacenet_y1.onnx"
needs_models = pytest.mark.skipif(
    not PEER.is_file() or not PICTURES.is_dir(), reason="no face models and portraits beside this checkout"
)


@pytest.mark.parametrize("data", [b"", b"garbage", bytes(range(256)) * 100])
def test_what_is_no_model_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "mine.onnx"
    path.write_bytes(data)
    with pytest.raises(ModelDamaged, match=r"mine\.onnx"):
        Network(path)


@needs_models
def test_a_model_of_another_family_is_refused() -> None:
    embedder, detector = MODELS / "mobilefacenet_foamliu.onnx", MODELS / "yunet_n_dynamic.onnx"
    live = MODELS / "minifasnet_v2_2.7.onnx"
    with pytest.raises(ModelDamaged, match="bbox_16"):
        FaceFinder(embedder, Contract(kind=Kind.FACE_DETECTOR, multiple=32))
    with pytest.raises(ModelDamaged, match="64"):
        Embedder(embedder, Contract(kind=Kind.FACE_EMBEDDER, width=112, height=112, dim=64))
    with pytest.raises(ModelDamaged, match="112x112"):
        Embedder(embedder, Contract(kind=Kind.FACE_EMBEDDER, width=160, height=160, dim=128))
    with pytest.raises(ModelDamaged, match="3"):
        LivenessJudge([(live, Contract(kind=Kind.FACE_LIVENESS, width=80, height=80, crop=2.7, live_class=3))])
    with pytest.raises(ModelDamaged, match="input"):
        LivenessJudge([(embedder, Contract(kind=Kind.FACE_LIVENESS, width=80, height=80, crop=2.7, live_class=1))])
    with pytest.raises(ModelDamaged, match="yunet_n_dynamic"):
        Embedder(detector, Contract(kind=Kind.FACE_EMBEDDER, width=112, height=112, dim=128))


@pytest.mark.parametrize("order", ["RGB", "BGR"])
def test_the_tensor_is_what_the_contract_says(order: str) -> None:
    mean, std = (10.0, 20.0, 30.0), (2.0, 4.0, 5.0)
    contract = Contract(kind=Kind.FACE_EMBEDDER, order="RGB" if order == "RGB" else "BGR", mean=mean, std=std)
    picture = np.random.default_rng(1).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    tensor = tensor_of([picture, picture], contract)
    assert tensor.shape == (2, 3, 5, 7) and tensor.dtype == np.float32 and tensor.flags.c_contiguous
    for plane in range(3):
        channel = 2 - plane if order == "RGB" else plane
        wanted = (picture[..., channel].astype(np.float32) - mean[plane]) / std[plane]
        assert np.allclose(tensor[1, plane], wanted, atol=1e-6)


@needs_models
def test_another_embedder_works_through_its_manifest_alone(tmp_path: Path) -> None:
    for name in ("yunet_n_dynamic.onnx",):
        (tmp_path / name).symlink_to((MODELS / name).resolve())
    data = PEER.read_bytes()
    (tmp_path / "site.onnx").write_bytes(data)
    (tmp_path / OWN_MANIFEST).write_text(
        f"""
[models.site]
file = "site.onnx"
sha256 = "{hashlib.sha256(data).hexdigest()}"
size_bytes = {len(data)}
licence = "LicenseRef-site"
contract = {{ kind = "face-embedder", width = 112, height = 112, order = "RGB", dim = 128 }}
"""
    )
    engine = FaceEngine(tmp_path, Faces(embedder="site", liveness="off"))
    assert engine.model == model_key(spec(tmp_path, "site")) == f"site@{hashlib.sha256(data).hexdigest()[:12]}"
    same, other = ("lfw_Yao_Ming", "lfw_Winona_Ryder"), []
    vectors = {}
    for person in same:
        files = sorted(PICTURES.glob(f"{person}_*"))[:2]
        if len(files) == 2:
            vectors[person] = [engine.template(image, engine.find(image)[0])[0] for image in map(load, files)]
    assert vectors
    for person, (one, two) in vectors.items():
        others = [vector for name, pair in vectors.items() if name != person for vector in pair]
        other += [float(one @ vector) for vector in others]
        assert float(one @ two) > 0.45
    assert all(likeness < 0.35 for likeness in other)
