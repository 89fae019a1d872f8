"""Core: the networks whose upstream gives weights only, rebuilt from a state file as ONNX.

Weights are copied, never computed with, so that the result has the same bytes on every machine; ONNX Runtime folds
batch normalisation into the convolutions when it loads the file.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Mapping

from vision.models.errors import ConvertError
from vision.models.onnx_write import Attribute, Graph
from vision.models.torch_state import Tensor, read_state

_EPSILON = 1e-5
"""Of torch's BatchNorm."""


def convert(net: str, data: bytes) -> bytes:
    """The ONNX file of a state file of this network. Raises StateError or ConvertError."""
    if net not in NETS:
        raise ConvertError(f"没有网络 {net!r}", f"there is no network {net!r}")
    source = hashlib.sha256(data).hexdigest()
    return NETS[net](read_state(data), {"source_sha256": source})


class _Builder:
    """Takes weights out of a state by the names of its layers, and counts what was taken."""

    def __init__(self, name: str, state: Mapping[str, Tensor], prefix: str = "") -> None:
        self.graph = Graph(name)
        self._name = name
        self._state = {key.removeprefix(prefix): tensor for key, tensor in state.items()}
        self._taken: set[str] = set()

    def take(self, key: str, sides: int) -> Tensor:
        """A tensor with this number of sides."""
        tensor = self._state.get(key)
        if tensor is None or len(tensor.shape) != sides:
            raise _misfit(self._name, key)
        self._taken.add(key)
        return tensor

    def finish(self, shape: tuple[int, ...], output: str, length: int, notes: Mapping[str, str]) -> bytes:
        """The file; a weight that no layer wanted means another network."""
        if left := sorted(set(self._state) - self._taken):
            raise _misfit(self._name, left[0])
        return self.graph.finish({"data": ("n", *shape)}, {output: ("n", length)}, notes)

    def add(self, op: str, *inputs: str, **attributes: Attribute) -> str:
        return self.graph.node(op, inputs, "", **attributes)

    def weight(self, key: str, sides: int) -> str:
        tensor = self.take(key, sides)
        return self.graph.weight(key, tensor.shape, tensor.data)

    def conv(self, x: str, layer: str, *, stride: int = 1, pad: int = 0, bias: bool = False) -> str:
        """Convolution; here one input channel per filter always means depthwise."""
        out, per_group, height, width = self.take(f"{layer}.weight", 4).shape
        inputs = [x, self.weight(f"{layer}.weight", 4)]
        if bias:
            inputs.append(self.weight(f"{layer}.bias", 1))
        return self.graph.node(
            "Conv",
            inputs,
            group=out if per_group == 1 else 1,
            kernel_shape=(height, width),
            pads=(pad,) * 4,
            strides=(stride, stride),
        )

    def norm(self, x: str, layer: str, output: str = "") -> str:
        """Batch normalisation with its running figures."""
        names = [f"{layer}.{part}" for part in ("weight", "bias", "running_mean", "running_var")]
        return self.graph.node(
            "BatchNormalization", [x, *(self.weight(name, 1) for name in names)], output, epsilon=_EPSILON
        )

    def linear(self, x: str, layer: str, output: str = "") -> str:
        """Fully connected, without bias."""
        return self.graph.node("Gemm", [x, self.weight(f"{layer}.weight", 2)], output, transB=1)


def _misfit(net: str, key: str) -> ConvertError:
    return ConvertError(
        f"权重文件与网络 {net} 不符（{key}）；请重新获取",
        f"these weights are not of the network {net} ({key}); get them anew",
    )


def _mobilefacenet(state: Mapping[str, Tensor], notes: Mapping[str, str]) -> bytes:
    """MobileFaceNet (arXiv 1804.07573) as foamliu laid it out: ReLU6 in the blocks, 128 numbers at the end."""
    net = _Builder("mobilefacenet-foamliu", state)
    zero = net.graph.weight("zero", (), struct.pack("<f", 0.0))
    six = net.graph.weight("six", (), struct.pack("<f", 6.0))

    def block(x: str, layer: str, stride: int = 1, pad: int = 0) -> str:
        return net.add("Clip", net.norm(net.conv(x, f"{layer}.0", stride=stride, pad=pad), f"{layer}.1"), zero, six)

    x = block("data", "conv1", stride=2, pad=1)
    x = net.add("Relu", net.norm(net.conv(x, "dw_conv.depthwise", pad=1), "dw_conv.bn1"))
    x = net.add("Relu", net.norm(net.conv(x, "dw_conv.pointwise"), "dw_conv.bn2"))
    for number in range(15):
        halved, layer = number in {0, 5, 12}, f"features.{number}.conv"
        y = block(block(x, f"{layer}.0"), f"{layer}.1", stride=2 if halved else 1, pad=1)
        y = net.norm(net.conv(y, f"{layer}.2"), f"{layer}.3")
        x = y if halved else net.add("Add", x, y)
    x = net.norm(net.conv(block(x, "conv2"), "gdconv.depthwise"), "gdconv.bn")
    x = net.norm(net.conv(x, "conv3", bias=True), "bn")
    net.graph.node("Flatten", [x], "embedding", axis=1)
    return net.finish((3, 112, 112), "embedding", 128, notes)


def _minifasnet(name: str, *, squeeze: bool) -> Callable[[Mapping[str, Tensor], Mapping[str, str]], bytes]:
    """MiniFASNet of Silent-Face-Anti-Spoofing; `squeeze`: the last block of each stage weighs its channels (SE)."""

    def build(state: Mapping[str, Tensor], notes: Mapping[str, str]) -> bytes:
        net = _Builder(name, state, prefix="module.")
        x = _prelu_block(net, "data", "conv1", stride=2, pad=1)
        x = _prelu_block(net, x, "conv2_dw", pad=1)
        for down, stage, blocks in (("conv_23", "conv_3", 4), ("conv_34", "conv_4", 6), ("conv_45", "conv_5", 2)):
            x = _depthwise(net, x, down, stride=2)
            for number in range(blocks):
                layer = f"{stage}.model.{number}"
                y = _depthwise(net, x, layer)
                if squeeze and number == blocks - 1:
                    y = _squeeze(net, y, f"{layer}.se_module")
                x = net.add("Add", x, y)
        x = _prelu_block(net, x, "conv_6_sep")
        x = net.norm(net.conv(x, "conv_6_dw.conv"), "conv_6_dw.bn")
        x = net.norm(net.linear(net.add("Flatten", x, axis=1), "linear"), "bn")
        net.linear(x, "prob", "logits")
        return net.finish((3, 80, 80), "logits", 3, notes)

    return build


def _prelu_block(net: _Builder, x: str, layer: str, stride: int = 1, pad: int = 0) -> str:
    y = net.norm(net.conv(x, f"{layer}.conv", stride=stride, pad=pad), f"{layer}.bn")
    slope = net.take(f"{layer}.prelu.weight", 1)
    # ONNX spreads slopes from the right: a slope per channel needs its two empty sides.
    name = net.graph.weight(f"{layer}.prelu.weight", (*slope.shape, 1, 1), slope.data)
    return net.add("PRelu", y, name)


def _depthwise(net: _Builder, x: str, layer: str, stride: int = 1) -> str:
    y = _prelu_block(net, x, f"{layer}.conv")
    y = _prelu_block(net, y, f"{layer}.conv_dw", stride=stride, pad=1)
    return net.norm(net.conv(y, f"{layer}.project.conv"), f"{layer}.project.bn")


def _squeeze(net: _Builder, x: str, layer: str) -> str:
    y = net.norm(net.conv(net.add("GlobalAveragePool", x), f"{layer}.fc1"), f"{layer}.bn1")
    y = net.norm(net.conv(net.add("Relu", y), f"{layer}.fc2"), f"{layer}.bn2")
    return net.add("Mul", x, net.add("Sigmoid", y))


NETS: Mapping[str, Callable[[Mapping[str, Tensor], Mapping[str, str]], bytes]] = {
    "mobilefacenet-foamliu": _mobilefacenet,
    "minifasnet-v2": _minifasnet("minifasnet-v2", squeeze=False),
    "minifasnet-v1se": _minifasnet("minifasnet-v1se", squeeze=True),
}
"""By the name that a manifest's `convert.net` gives."""
