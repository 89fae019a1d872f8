"""The corner refiner: looks at a cut-out round a supposed plate, says where its corners are and whether it is one.

Input: N x 3 x 64 x 128 float32, blue-green-red, 0 to 255. Output: N x 10: eight corner shifts (x, y of upper left,
upper right, lower right, lower left; shares of the supposed width and height), plate logit, two-rows logit.
"""

from __future__ import annotations

from torch import Tensor, nn

from training.plates.detector_net import Block, conv

OUTPUTS = 10


class CornerRefiner(nn.Module):
    """Four halvings, then one dense layer over the whole 8 x 4 map: corners need the place of every edge."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(3, 16, stride=2),
            conv(16, 24, stride=2),
            Block(24),
            conv(24, 48, stride=2),
            Block(48, 5),
            Block(48, 5),
            conv(48, 64, stride=2),
            Block(64, 3),
            Block(64, 3),
            conv(64, 40, 1),
        )
        self.dense = nn.Sequential(nn.Flatten(), nn.Linear(40 * 32, 96), nn.ReLU(inplace=True))
        self.out = nn.Linear(96, OUTPUTS)
        nn.init.zeros_(self.out.bias)

    def forward(self, crops: Tensor) -> Tensor:
        mean = crops.mean(dim=(1, 2, 3), keepdim=True)
        spread = (crops - mean).square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
        out: Tensor = self.out(self.dense(self.body((crops - mean) / (spread + 8.0))))
        return out
