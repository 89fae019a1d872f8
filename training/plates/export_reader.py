"""Shell: write the trained recogniser as ONNX, its confidences calibrated, and say how it was measured.

    python -m training.plates.export_reader --state OUT/reader.pt --glyphs DIR --to vision/weights/plate_reader.onnx

Temperatures are fitted on rendered plates of a seed that training never saw.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.plates.glyphs import Glyphs
from training.plates.layouts import COLORS
from training.plates.reader_data import Batch, draw_batch
from training.plates.reader_net import BLANK, KINDS, ReaderNet
from vision.plate_text import ALPHABET

CALIBRATION_SEED = 90_001
_OPSET = 17
_TEMPERATURES = np.geomspace(0.6, 3.0, 33)


class Calibrated(nn.Module):
    """The net with softmax heads, each divided by its temperature."""

    def __init__(self, net: ReaderNet, steps_t: float, places_t: float) -> None:
        super().__init__()
        self.net = net
        self.steps_t, self.places_t = steps_t, places_t

    def forward(self, strips: Tensor) -> tuple[Tensor, ...]:
        read = self.net(strips)
        return (
            (read.steps / self.steps_t).softmax(dim=2),
            (read.places / self.places_t).softmax(dim=2),
            read.kind.softmax(dim=1),
            read.color.softmax(dim=1),
            read.rows.softmax(dim=1),
        )


def load_net(*states: Path) -> ReaderNet:
    """The averaged weights of one or several training states of one line of runs, ready to read."""
    saved = [torch.load(state, weights_only=True) for state in states]
    averages = [each["average"] for each in saved]
    net = ReaderNet(saved[0]["width"])
    net.load_state_dict(
        {
            name: (sum(average[name].double() for average in averages) / len(averages)).to(value.dtype)
            for name, value in averages[0].items()
        }
    )
    net.eval()
    return net


def temperatures(net: ReaderNet, batches: list[Batch]) -> tuple[float, float]:
    """The temperatures of steps and places at which the truth of the batches is likeliest."""
    with torch.inference_mode():
        reads = [net(torch.from_numpy(b.strips)) for b in batches]
        steps, places = torch.cat([r.steps for r in reads]), torch.cat([r.places for r in reads])
    texts = torch.from_numpy(np.concatenate([b.texts for b in batches]))
    lengths = (texts != BLANK).sum(dim=1)
    given = torch.full((len(texts),), steps.shape[1])

    def steps_loss(t: float) -> float:
        scaled = (steps / t).log_softmax(dim=2).transpose(0, 1)
        return float(functional.ctc_loss(scaled, texts, given, lengths, blank=BLANK, zero_infinity=True))

    def places_loss(t: float) -> float:
        return float(functional.cross_entropy((places / t).flatten(0, 1), texts.flatten()))

    return min(_TEMPERATURES, key=steps_loss), min(_TEMPERATURES, key=places_loss)


def export(net: ReaderNet, to: Path, steps_t: float, places_t: float) -> None:
    """Write the net with its alphabet, colours and kinds as metadata."""
    axes = {name: {0: "n"} for name in ("strips", "steps", "places", "kind", "color", "rows")}
    strips = torch.zeros(1, 40, 160, 3, dtype=torch.uint8)
    torch.onnx.export(
        Calibrated(net, steps_t, places_t).eval(),
        (strips,),
        str(to),
        dynamo=False,
        opset_version=_OPSET,
        input_names=["strips"],
        output_names=["steps", "places", "kind", "color", "rows"],
        dynamic_axes=axes,
    )
    model = onnx.load(str(to))
    onnx.helper.set_model_props(
        model,
        {
            "alphabet": ALPHABET,
            "colors": " ".join(COLORS),
            "kinds": " ".join(KINDS),
            "temperatures": f"{steps_t:.3f} {places_t:.3f}",
            "licence": "Apache-2.0",
        },
    )
    onnx.save(model, str(to))


def main() -> None:
    """Read the command line, calibrate and export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--state", type=Path, required=True, nargs="+", help="of several the mean is written")
    parser.add_argument("--glyphs", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--batches", type=int, default=30, help="rendered batches of 64 to calibrate on")
    a = parser.parse_args()
    torch.set_num_threads(1)
    net = load_net(*a.state)
    glyphs = Glyphs(a.glyphs)
    drawn = [draw_batch(CALIBRATION_SEED, i, glyphs, 64, 1.0) for i in range(a.batches)]
    steps_t, places_t = temperatures(net, drawn)
    a.to.parent.mkdir(parents=True, exist_ok=True)
    export(net, a.to, float(steps_t), float(places_t))
    print(f"temperatures {steps_t:.3f} {places_t:.3f}, {a.to.stat().st_size} bytes in {a.to}")


if __name__ == "__main__":
    main()
