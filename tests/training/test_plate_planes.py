"""The exported detector behind planes computes what it computes behind pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

onnx = pytest.importorskip("onnx", reason="onnx (dependency group training) is not installed")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from training.plates.planes import take_planes  # noqa: E402


def constant(name: str, value: float) -> Any:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(np.float32(value)))


@pytest.fixture
def net(tmp_path: Path) -> Path:
    """As PyTorch exports it: pixels, their planes, numbers, then a convolution."""
    weights = np.random.default_rng(3).normal(size=(2, 3, 3, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Transpose", ["pictures"], ["a"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["a"], ["b"], to=TensorProto.FLOAT),
        constant("grey", 110.0),
        helper.make_node("Sub", ["b", "grey"], ["c"]),
        constant("scale", 1 / 64),
        helper.make_node("Mul", ["c", "scale"], ["d"]),
        helper.make_node("Conv", ["d", "weights"], ["map"], pads=[1, 1, 1, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("pictures", TensorProto.UINT8, [1, "height", "width", 3])],
        [helper.make_tensor_value_info("map", TensorProto.FLOAT, [1, 2, "height", "width"])],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(tmp_path / "net.onnx"))
    return tmp_path / "net.onnx"


def run(path: Path, pictures: np.ndarray) -> np.ndarray:
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"pictures": pictures})[0])


def test_planes_give_the_very_numbers_that_pixels_gave(net: Path) -> None:
    pixels = np.random.default_rng(4).integers(0, 256, (1, 32, 64, 3), dtype=np.uint8)
    before = run(net, pixels)
    take_planes(net)
    np.testing.assert_array_equal(run(net, pixels.transpose(0, 3, 1, 2)), before)


def test_a_net_behind_planes_is_not_rewritten_again(net: Path) -> None:
    take_planes(net)
    written = net.read_bytes()
    with pytest.raises(ValueError, match="Transpose"):
        take_planes(net)
    assert net.read_bytes() == written
