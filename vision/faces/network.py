"""Shell: one ONNX model on one thread."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vision.models.errors import ModelDamaged
from vision.models.manifest import Contract

Tensor = NDArray[np.float32]


class Network:
    """Runs a model; may be used by several threads at once."""

    def __init__(self, path: Path, *, outputs: Sequence[str] = ()) -> None:
        """`outputs`: which ones, in which order; empty: the first one. Raises `ModelDamaged` where it cannot serve."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # Waiting threads that spin take the cores from capture and from the gate.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors share no other base
            raise ModelDamaged(
                f"{path.name} 不是可用的 ONNX 模型：{_brief(error)}",
                f"{path.name} is no usable ONNX model: {_brief(error)}",
            ) from error
        self._name = path.name
        self._input = self._session.get_inputs()[0].name
        given = [output.name for output in self._session.get_outputs()]
        self._outputs = list(outputs) or given[:1]
        if missing := sorted(set(self._outputs) - set(given)):
            raise ModelDamaged(f"{path.name} 没有输出 {missing[0]}", f"{path.name} has no output {missing[0]}")

    def run(self, tensor: Tensor) -> list[Tensor]:
        """The outputs for an N x 3 x height x width tensor."""
        found: list[Tensor] = self._session.run(self._outputs, {self._input: tensor})
        return found

    def trial(self, contract: Contract) -> list[Tensor]:
        """The outputs for a black picture of the contract's size. Raises `ModelDamaged` where there are none."""
        black = np.zeros((contract.height, contract.width, 3), np.uint8)
        try:
            return self.run(tensor_of([black], contract))
        except Exception as error:  # its errors share no other base
            raise ModelDamaged(
                f"{self._name} 无法按清单所写的输入运行：{_brief(error)}",
                f"{self._name} does not run with the input that its manifest names: {_brief(error)}",
            ) from error


def _brief(error: Exception) -> str:
    return str(error).partition("\n")[0][:160]


def tensor_of(pictures: Sequence[NDArray[np.uint8]], contract: Contract) -> Tensor:
    """HxWx3 BGR pictures of one size as the N x 3 x height x width that the contract wants."""
    stack = np.stack(pictures)
    if contract.order == "RGB":
        stack = stack[..., ::-1]
    planes = stack.transpose(0, 3, 1, 2).astype(np.float32, order="C")
    if any(contract.mean):
        planes -= np.array(contract.mean, np.float32)[:, None, None]
    if any(std != 1.0 for std in contract.std):
        planes /= np.array(contract.std, np.float32)[:, None, None]
    return planes
