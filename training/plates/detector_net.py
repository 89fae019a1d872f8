"""The plate detector: a small fully convolutional net that marks plate centres and four rough corners.

Input: N x 3 x H x W float32, blue-green-red, 0 to 255, H and W multiples of 32. Output: N x 10 x H/8 x W/8: centre
logit, log of the width in cells, then eight corner offsets (x, y of upper left, upper right, lower right, lower left)
in units of that width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

OUTPUTS = 10


def conv(inputs: int, outputs: int, size: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Block(nn.Module):
    """Depthwise then pointwise convolution round a shortcut: 2 x size context for few multiplications."""

    def __init__(self, channels: int, size: int = 3) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, size, 1, size // 2, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.body(x))


class PlateDetector(nn.Module):
    """Backbone down to 1/32, merged upwards to one map of 1/8."""

    def __init__(self, widths: tuple[int, int, int, int, int] = (16, 16, 48, 80, 112)) -> None:
        super().__init__()
        c2, c4, c8, c16, c32 = widths
        self.to4 = nn.Sequential(conv(3, c2, stride=2), conv(c2, c4, stride=2), Block(c4))
        self.to8 = nn.Sequential(conv(c4, c8, stride=2), Block(c8), Block(c8))
        self.to16 = nn.Sequential(conv(c8, c16, stride=2), Block(c16, 5), Block(c16, 5), Block(c16, 5))
        self.to32 = nn.Sequential(
            conv(c16, c16, stride=2, groups=c16), conv(c16, c32, 1), Block(c32, 5), Block(c32, 5), Block(c32, 5)
        )
        self.lift32 = nn.Conv2d(c32, c16, 1)
        self.mix16 = Block(c16, 5)
        self.lift16 = nn.Conv2d(c16, c8, 1)
        self.mix8 = nn.Sequential(Block(c8, 5), Block(c8, 5))
        self.head = nn.Sequential(conv(c8, c8 + 16, 1), conv(c8 + 16, c8 + 16, 3, groups=c8 + 16))
        self.out = nn.Conv2d(c8 + 16, OUTPUTS, 1)
        with torch.no_grad():
            self.out.bias.zero_()
            self.out.bias[0] = -4.6
            self.out.bias[1] = 1.8
            self.out.bias[2:] = torch.tensor([-0.5, -0.16, 0.5, -0.16, 0.5, 0.16, -0.5, 0.16])

    def forward(self, pictures: Tensor) -> Tensor:
        x = (pictures - 110.0) * (1 / 64.0)
        x8 = self.to8(self.to4(x))
        x16 = self.to16(x8)
        x32 = self.to32(x16)
        x16 = self.mix16(torch.relu(x16 + up(self.lift32(x32))))
        x8 = self.mix8(torch.relu(x8 + up(self.lift16(x16))))
        out: Tensor = self.out(self.head(x8))
        return out


def up(x: Tensor) -> Tensor:
    """Twice the size, nearest neighbour."""
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")


def decode_corners(out: Tensor) -> Tensor:
    """Corners in cells relative to the cell's centre, N x 8 x h x w, from the net's output."""
    return out[:, 2:] * torch.exp(out[:, 1:2].clamp(-2, 5))
