"""The recogniser: a small convolutional net with a CTC head and one that looks for each of nine places."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.plates.layouts import COLORS, KIND_NAMES
from vision.plate_text import ALPHABET

BLANK = 0
CLASSES = len(ALPHABET) + 1
"""The blank, then the characters of `ALPHABET`; in the places' head the blank says that there is none."""
PLACES = 9
KINDS = (*KIND_NAMES, "none")


class Read(NamedTuple):
    """Logits: steps (N, 40, CLASSES), places (N, 9, CLASSES), kind (N, 17), color (N, 5), rows (N, 2)."""

    steps: Tensor
    places: Tensor
    kind: Tensor
    color: Tensor
    rows: Tensor


def _dense(ins: int, outs: int, stride: int | tuple[int, int]) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(ins, outs, 3, stride, 1, bias=False), nn.BatchNorm2d(outs), nn.ReLU(inplace=True))


class _Block(nn.Module):
    """Depthwise then pointwise convolution, with a shortcut where the shape stays."""

    def __init__(self, ins: int, outs: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1)) -> None:
        super().__init__()
        pad = (kernel[0] // 2, kernel[1] // 2)
        self.keeps = ins == outs and stride == (1, 1)
        self.body = nn.Sequential(
            nn.Conv2d(ins, ins, kernel, stride, pad, groups=ins, bias=False),
            nn.BatchNorm2d(ins),
            nn.ReLU(inplace=True),
            nn.Conv2d(ins, outs, 1, bias=False),
            nn.BatchNorm2d(outs),
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)
        return functional.relu_(y + x if self.keeps else y)


class ReaderNet(nn.Module):
    """Strips (N, 40, 160, 3) uint8 BGR to `Read`."""

    def __init__(self, width: int = 128) -> None:
        super().__init__()
        self.width = width
        self.stem = nn.Sequential(
            _dense(3, 20, 2),
            _dense(20, 64, 2),
            _Block(64, 64, (3, 3)),
            _Block(64, width, (3, 3), (2, 1)),
            _Block(width, width, (3, 3)),
            _Block(width, width, (3, 3)),
            _Block(width, width, (3, 9)),
            _Block(width, width, (5, 9)),
        )
        self.squeeze = nn.Sequential(
            nn.Conv2d(width, width, (5, 1), groups=width, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Dropout(0.1),
        )
        self.steps = nn.Conv1d(width, CLASSES, 1)
        self.look = nn.Conv1d(width, PLACES, 1)
        self.where = nn.Parameter(torch.zeros(1, PLACES, 40))
        self.places = nn.Linear(width, CLASSES)
        self.kind = nn.Linear(2 * width, len(KINDS))
        self.color = nn.Linear(2 * width, len(COLORS))
        self.rows = nn.Linear(2 * width, 2)
        with torch.no_grad():
            centre = torch.arange(PLACES)[:, None] * (40 / 8) + 3
            self.where[0] = -(((torch.arange(40)[None] - centre) / 4) ** 2)

    def forward(self, strips: Tensor) -> Read:
        x = strips.permute(0, 3, 1, 2).float()
        # Each picture by its own mean and deviation: night and glare lose their strength, colours stay.
        x = x - x.mean(dim=(1, 2, 3), keepdim=True)
        x = x / (x.square().mean(dim=(1, 2, 3), keepdim=True) + 4.0).sqrt()
        features = self.stem(x)
        line = self.squeeze(features).squeeze(2)
        steps = self.steps(line).transpose(1, 2)
        gaze = (self.look(line) + self.where).softmax(dim=2)
        places = self.places(gaze @ line.transpose(1, 2))
        whole = torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3))], dim=1)
        return Read(steps, places, self.kind(whole), self.color(whole), self.rows(whole))
