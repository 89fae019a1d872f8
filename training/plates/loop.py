"""What training loops share: batches made ahead in a thread, running means of weights, whole checkpoints, rates."""

from __future__ import annotations

import contextlib
import copy
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

Item = TypeVar("Item")
Net = TypeVar("Net", bound=nn.Module)


class Feeder(Generic[Item]):
    """Makes batches in a thread of its own, in the order of the seed, at most four ahead."""

    def __init__(self, make: Callable[[], Item]) -> None:
        self._queue: queue.Queue[Item | BaseException] = queue.Queue(maxsize=4)
        self._stop = threading.Event()
        self._make = make
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                item: Item | BaseException = self._make()
            except Exception as error:  # noqa: BLE001 - handed over to the trainer, which raises it
                item = error
            self._queue.put(item)

    def get(self) -> Item:
        """The next batch; raises what its making raised."""
        item = self._queue.get()
        if isinstance(item, BaseException):
            raise item
        return item

    def close(self) -> None:
        """Ends the thread."""
        self._stop.set()
        while self._thread.is_alive():
            with contextlib.suppress(queue.Empty):
                self._queue.get(timeout=0.1)


class Average(Generic[Net]):
    """Running mean of the weights: what is measured and shipped."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self.weights: dict[str, Tensor] = {k: v.detach().clone() for k, v in net.state_dict().items()}
        self.steps = 0

    def update(self) -> None:
        """After each step."""
        self.steps += 1
        keep = min(0.998, self.steps / (self.steps + 20))
        for name, value in self._net.state_dict().items():
            if value.dtype.is_floating_point:
                self.weights[name].mul_(keep).add_(value.detach(), alpha=1 - keep)
            else:
                self.weights[name].copy_(value)

    def net(self) -> Net:
        """A net with the mean weights, ready to be measured."""
        twin = copy.deepcopy(self._net)
        twin.load_state_dict(self.weights)
        twin.eval()
        return twin


def set_rate(optimizer: torch.optim.Optimizer, peak: float, step: int, steps: int) -> None:
    """A hundred steps of warm-up, then a cosine down to 2 %."""
    down = 0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * min(step, steps) / steps))
    for group in optimizer.param_groups:
        group["lr"] = peak * min(1.0, step / 100) * float(down)


def write_checkpoint(net: nn.Module, optimizer: torch.optim.Optimizer, weights: dict[str, Tensor], step: int,
                     path: Path) -> None:  # fmt: skip
    """Whole or not at all."""
    state = {"net": net.state_dict(), "optimizer": optimizer.state_dict(), "average": weights, "step": step}
    partial = path.with_suffix(".part")
    torch.save(state, partial)
    partial.replace(path)


def resume(net: nn.Module, optimizer: torch.optim.Optimizer, average: Average[Net], path: Path) -> int:
    """Take up a checkpoint; the step it was written after, 0 where there is none."""
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    net.load_state_dict(state["net"])
    optimizer.load_state_dict(state["optimizer"])
    average.weights, average.steps = state["average"], state["step"]
    return int(state["step"])


def start_warm(net: nn.Module, path: Path) -> None:
    """Begin with the mean weights of another run."""
    net.load_state_dict(torch.load(path, weights_only=True)["average"])


def mean_weights(paths: list[Path]) -> dict[str, Tensor]:
    """The mean of the mean weights of several checkpoints of one line of runs: steadier than the last of them."""
    states = [torch.load(path, weights_only=True)["average"] for path in paths]
    return {
        name: (sum(state[name].double() for state in states) / len(states)).to(value.dtype)
        for name, value in states[0].items()
    }


def to_input(pictures: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Tensor:
    """N x H x W x 3 uint8 to what the nets take."""
    tensor = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    return tensor.to(torch.float32, memory_format=torch.channels_last)
