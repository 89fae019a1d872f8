"""Conversion from torch's state files: the same outputs as the reference, the same bytes at every run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from tests.vision.model_specs import NO_SHARED, SHARED, sha256
from tests.vision.state_files import Stored, View, zip_file
from vision.models.errors import ConvertError, StateError
from vision.models.manifest import Kind
from vision.models.nets import NETS, convert
from vision.models.onnx_write import Graph
from vision.models.store import shipped

CONVERTED = [spec for spec in shipped().values() if spec.convert is not None]
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason=NO_SHARED)


def upstream(name: str) -> bytes:
    spec = shipped()[name]
    owner, repo = spec.source.split("/")[3:]
    return (SHARED / "upstream" / f"{owner}+{repo}" / Path(spec.path).name).read_bytes()


def session(model: bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@needs_shared
@pytest.mark.parametrize("spec", CONVERTED, ids=lambda spec: spec.name)
def test_outputs_are_the_reference_conversions(spec: object) -> None:
    spec = shipped()[spec.name]  # type: ignore[attr-defined]
    assert spec.convert is not None
    made = convert(spec.convert.net, upstream(spec.name))
    assert (sha256(made), len(made)) == (spec.convert.sha256, spec.convert.size_bytes)
    ours, theirs = session(made), session((SHARED / spec.file).read_bytes())
    pixels = np.random.default_rng(7).integers(0, 256, (5, 3, spec.contract.height, spec.contract.width))
    mean, std = (np.array(x, np.float32).reshape(1, 3, 1, 1) for x in (spec.contract.mean, spec.contract.std))
    data = ((pixels.astype(np.float32) - mean) / std).astype(np.float32)
    (a,), (b,) = (net.run(None, {"data": data}) for net in (ours, theirs))
    assert a.shape == b.shape == (5, spec.contract.dim or spec.contract.classes)
    assert float(np.abs(a - b).max()) <= 2e-5
    assert float(np.abs(b).max()) > 0.1
    if spec.contract.kind is Kind.FACE_EMBEDDER:
        assert float(np.abs(a[0] - a[1]).max()) > 0.01


@needs_shared
def test_one_changed_weight_changes_the_hash() -> None:
    data = bytearray(upstream("minifasnet-v2"))
    data[-1] ^= 1
    made = convert("minifasnet-v2", bytes(data))
    assert sha256(made) not in {form.sha256 for form in shipped()["minifasnet-v2"].ready}


@needs_shared
@pytest.mark.parametrize(
    ("net", "source"),
    [
        ("minifasnet-v2", "mobilefacenet-foamliu"),
        ("mobilefacenet-foamliu", "minifasnet-v2"),
        ("minifasnet-v1se", "minifasnet-v2"),  # the layers that weigh channels are absent
        ("minifasnet-v2", "minifasnet-v1se"),  # the layers that weigh channels are left over
    ],
)
def test_weights_of_another_network_are_refused(net: str, source: str) -> None:
    with pytest.raises(ConvertError, match=f"not of the network {net}"):
        convert(net, upstream(source))


@pytest.mark.parametrize("net", NETS)
def test_an_empty_state_and_a_file_that_is_none_are_refused(net: str) -> None:
    stored = Stored("0", [1.0])
    with pytest.raises(ConvertError):
        convert(net, zip_file({"w": View(stored, (1,), (1,))}, [stored]))
    with pytest.raises(StateError):
        convert(net, b"\x08\x08 an ONNX file, perhaps")


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(ConvertError, match="no network 'resnet'"):
        convert("resnet", b"")


def test_what_the_writer_writes_runs() -> None:
    """Every kind of attribute, a weight without sides, a free side; ONNX Runtime reads it as it was meant."""
    graph = Graph("small")
    kernel = np.arange(8, dtype="<f4").reshape(2, 1, 2, 2)
    weight = graph.weight("kernel", kernel.shape, kernel.tobytes())
    top = graph.weight("top", (), np.float32(60).tobytes())
    x = graph.node("Conv", ["data", weight], group=1, strides=(1, 2), pads=(0, 0, 0, 0), kernel_shape=(2, 2))
    x = graph.node("LeakyRelu", [x], alpha=0.25)
    graph.node("Clip", [x, "", top], "out")
    model = graph.finish({"data": ("n", 1, 2, 4)}, {"out": ("n", 2, 1, 2)}, {"source_sha256": "00" * 32})
    net = session(model)
    data = np.array([[[[1, 2, -30, 4], [5, 6, 7, 8]]]], dtype=np.float32)
    (out,) = net.run(None, {"data": data})
    windows = data[0, 0, :, :2].ravel(), data[0, 0, :, 2:].ravel()
    sums = np.array([[float(np.dot(k.ravel(), w)) for w in windows] for k in kernel[:, 0]])
    expected = np.minimum(np.where(sums < 0, 0.25 * sums, sums), 60)
    assert out[0, :, 0] == pytest.approx(expected)
    assert net.get_modelmeta().custom_metadata_map == {"source_sha256": "00" * 32}
    assert net.get_modelmeta().producer_name == "menwei"
