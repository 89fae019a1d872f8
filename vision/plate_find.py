"""Shell: finds plates with our own two networks: a detector on a reduced picture, a corner refiner on the full one.

The detector says where plates may be and roughly where their corners are. The refiner looks at a cut-out from the full
picture, straightened by the corners known so far, moves the corners and says whether it is a plate; and looks again at
those that it moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot, sqrt
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.geometry import Quad, bounds
from vision.plate_crop import beside, cut, frame_of, moved
from vision.plate_map import drop_doubles, net_size, peaks, sane
from vision.plate_reader import Image, ReaderUnavailable, check_image

DETECTOR = "plate_detector.onnx"
REFINER = "plate_refiner.onnx"
WEIGHTS = Path(__file__).parent / "weights"

CANDIDATES_MAX = 10
"""So many of the best candidates are looked at more closely; a busy car park has fewer plates that can be read."""
_LOOK_FLOOR = 0.15
"""Weaker candidates are not looked at."""
_LOOKS_MAX = 4
_CALM, _RESTLESS = 0.02, 0.04
"""Corners that the first look, or a later one, moved by more than this part of the width are looked at once more.

Nearly all plates take a second look, and one in ten a third.
"""
_SECOND_LOOK_SHARE = 0.5
"""Candidates with less than this share of the floor after the first look are dropped: a second costs as much again."""


@dataclass(frozen=True, slots=True, eq=False)
class FoundPlate:
    """One plate in a picture."""

    corners: Quad
    """4 x 2 float32 in pixels of the full picture: upper left, upper right, lower right, lower left."""
    score: float
    """That it is a whole plate, 0 to 1, from both networks."""
    detector_score: float
    refiner_score: float
    two_rows: float
    """That it has two rows of text, 0 to 1."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The upright box round the corners: x1, y1, x2, y2."""
        return bounds(self.corners)


def load_session(path: Path) -> Any:
    """A network on one thread that does not spin; raises `ReaderUnavailable` if the file is missing or damaged."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # what ONNX Runtime raises derives from nothing better
        raise ReaderUnavailable(
            f"车牌识别权重 {path.name} 缺失或损坏，请重新安装 menwei",
            f"the plate weights {path.name} are missing or damaged; install menwei again",
        ) from error


class PlateFinder:
    """Finds plates; not for two threads at once."""

    def __init__(self, *, folder: Path = WEIGHTS, floor: float = 0.3) -> None:
        """``floor``: plates below this score are not reported. Raises `ReaderUnavailable` without the weights."""
        self._detector = load_session(folder / DETECTOR)
        self._refiner = load_session(folder / REFINER)
        self._floor = floor

    def find(self, image: Image) -> list[FoundPlate]:
        """The plates of an H x W x 3 BGR picture, best first; raises `BadImage` for anything else."""
        picture = check_image(image)
        quads, scores = self._candidates(picture)
        if not len(quads):
            return []
        looks = self._look(picture, list(quads), scores.tolist())
        least = _SECOND_LOOK_SHARE * self._floor
        hopeful = [
            (quad, look) for quad, look in zip(quads, looks, strict=True) if look.score >= least and sane(look.corners)
        ]
        looks = self._rested(picture, [look for _, look in hopeful], [quad for quad, _ in hopeful])
        found = [look for look in looks if look.score >= self._floor and sane(look.corners)]
        found.sort(key=lambda plate: -plate.score)
        kept = drop_doubles([plate.corners for plate in found])
        return [found[i] for i in kept]

    def again(self, image: Image, corners: Quad) -> list[Quad]:
        """Other corners of a plate that was found, as the refiner sees them from other places; none may be better."""
        quads = beside(corners)
        for _ in range(2):
            quads = [look.corners for look in self._look(image, quads, [1.0] * len(quads)) if sane(look.corners)]
            if not quads:
                return []
        return quads

    def _candidates(self, picture: Image) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Rough corners (n, 4, 2) in the full picture and scores (n,), best first."""
        height, width = net_size(picture.shape[0], picture.shape[1])
        planes = np.empty((1, 3, height, width), np.uint8)
        cv2.split(shrink(picture, width, height), list(planes[0]))
        output = np.asarray(self._detector.run(None, {"pictures": planes})[0], np.float32)[0]
        quads, scores = peaks(output, _LOOK_FLOOR, 2 * CANDIDATES_MAX)
        quads *= np.array([picture.shape[1] / width, picture.shape[0] / height], np.float32)
        kept = drop_doubles(list(quads), 0.5)[:CANDIDATES_MAX]
        return quads[kept], scores[kept]

    def _rested(self, picture: Image, looks: list[FoundPlate], before: list[Quad]) -> list[FoundPlate]:
        """Looks again and again at the plates whose corners the last look still moved; ``before``: from where."""
        for rest in (_CALM, *(_RESTLESS,) * (_LOOKS_MAX - 2)):
            moving = [i for i, look in enumerate(looks) if _moved_much(before[i], look.corners, rest)]
            if not moving:
                break
            before = [look.corners for look in looks]
            scores = [looks[i].detector_score for i in moving]
            for i, look in zip(moving, self._look(picture, [before[i] for i in moving], scores), strict=True):
                looks[i] = look
        return looks

    def _look(self, picture: Image, quads: list[Quad], scores: Iterable[float]) -> list[FoundPlate]:
        """The refiner's view of each candidate: better corners, whether it is a plate, whether it has two rows."""
        frames = [frame_of(quad) for quad in quads]
        crops = np.stack([cut(picture, frame) for frame in frames])
        output = np.asarray(self._refiner.run(None, {"crops": crops})[0], np.float32)
        odds = (1 / (1 + np.exp(-np.clip(output[:, 8:].astype(np.float64), -30, 30)))).tolist()
        corners = moved(output[:, :8], np.stack(frames))
        return [
            FoundPlate(quad, together(score, plate), score, plate, rows)
            for quad, score, (plate, rows) in zip(corners, scores, odds, strict=True)
        ]


def _moved_much(before: Quad, now: Quad, rest: float) -> bool:
    """Whether any corner moved by more than this part of the width, and there is still a plate to look at."""
    if not sane(now):
        return False
    ones, twos = before.ravel().tolist(), now.ravel().tolist()
    wide = hypot(twos[2] - twos[0], twos[3] - twos[1])
    return max(abs(a - b) for a, b in zip(ones, twos, strict=True)) > rest * wide


def together(first: float, second: float) -> float:
    """One score of two, 0 to 1: the mean of their log odds; a sure no of either weighs as much as a sure yes."""
    one, two = (min(max(score, 1e-4), 1 - 1e-4) for score in (first, second))
    return 1 / (1 + sqrt((1 - one) / one * (1 - two) / two))


def shrink(picture: Image, width: int, height: int) -> Image:
    """The picture in the net's size. Far larger ones are halved first: cheap, and thin strokes do not vanish."""
    while picture.shape[1] >= 2 * width and picture.shape[0] >= 2 * height:
        size = (picture.shape[1] // 2, picture.shape[0] // 2)
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
