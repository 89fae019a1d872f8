"""Writes the detector's and the refiner's weights as ONNX, and checks that they compute what the nets compute.

python -m training.plates.export_detector --detector last.pt --refiner last.pt --out vision/weights
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from torch import Tensor, nn

from training.plates.detector_net import PlateDetector
from training.plates.loop import mean_weights
from training.plates.planes import take_planes
from training.plates.refiner_net import CornerRefiner

TOLERANCE = 2e-3


class Served(nn.Module):
    """A net behind an input of pictures as cameras give them: N x H x W x 3 uint8."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, pictures: Tensor) -> Tensor:
        out: Tensor = self.net(pictures.permute(0, 3, 1, 2).to(torch.float32))
        return out


def export(net: nn.Module, sample: Tensor, path: Path, names: tuple[str, str], free: dict[int, str],
           free_out: dict[int, str]) -> None:  # fmt: skip
    """One net, with the named axes left open; ``ValueError`` if ONNX Runtime computes something else."""
    net = Served(net).eval()
    axes = {names[0]: free, names[1]: free_out}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net, (sample,), str(path), input_names=[names[0]], output_names=[names[1]],
            dynamic_axes=axes, dynamo=False, opset_version=17,
        )  # fmt: skip
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        wanted = net(sample).numpy()
    found = np.asarray(session.run(None, {names[0]: sample.numpy()})[0])
    if np.abs(found - wanted).max() > TOLERANCE * max(1.0, np.abs(wanted).max()):
        raise ValueError(f"{path.name}: off by {np.abs(found - wanted).max()}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--detector", type=Path, nargs="+", help="checkpoints; of several the mean is written")
    parser.add_argument("--refiner", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    args.out.mkdir(parents=True, exist_ok=True)
    if args.detector:
        detector = PlateDetector()
        detector.load_state_dict(mean_weights(args.detector))
        sample = torch.randint(0, 256, (1, 256, 320, 3), dtype=torch.uint8)
        path = args.out / "plate_detector.onnx"
        export(detector, sample, path, ("pictures", "map"), {1: "height", 2: "width"}, {2: "rows", 3: "columns"})
        take_planes(path)
    if args.refiner:
        refiner = CornerRefiner()
        refiner.load_state_dict(mean_weights(args.refiner))
        sample = torch.randint(0, 256, (3, 64, 128, 3), dtype=torch.uint8)
        export(refiner, sample, args.out / "plate_refiner.onnx", ("crops", "shifts"), {0: "n"}, {0: "n"})


if __name__ == "__main__":
    main()
