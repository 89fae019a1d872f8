"""The plate readers that are compared: ours, RapidOCR's networks, and the peers' weights of the shared folder.

The peers' weights are measured and never shipped: most are GPL. Pre- and post-processing follow the notes beside
them. Every network has one thread that does not spin.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from benchmarks.plate_score import BoxF, Read, Seen
from vision import geometry
from vision.plate_find import FoundPlate, PlateFinder
from vision.plate_lines import cut
from vision.plate_own import OwnPlateReader
from vision.plate_reader import Image, PlateReader
from vision.plate_recogniser import WEIGHTS, PlateRecogniser
from vision.plate_text import kind_of

Floats = NDArray[np.float32]
CUT_OUT_PX = 200
"""A picture up to this width in the shape of a plate is one."""

_WE_CHARACTERS = (
    "#京沪津渝冀晋蒙辽吉黑苏浙皖闽赣鲁豫鄂湘粤桂琼川贵云藏陕甘青宁新学警港澳挂使领民航危"
    "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ险品"
)
_LPR_CHARACTERS = "京沪津渝冀晋蒙辽吉黑苏浙皖闽赣鲁豫鄂湘粤桂琼川贵云藏陕甘青宁新0123456789ABCDEFGHJKLMNPQRSTUVWXYZIO-"
_WE_FLOOR, _WE_OVERLAP = 0.3, 0.5


class Contestant(Protocol):
    """A reader in the comparison."""

    def look(self, picture: Image) -> Seen:
        """Texts and places of a BGR picture; its time is taken by the caller."""


def session(path: Path) -> onnxruntime.InferenceSession:
    """A network with one thread that does not spin."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def is_cut_out(picture: Image) -> bool:
    """Whether the picture is a plate already cut out."""
    height, width = picture.shape[:2]
    return bool(width <= CUT_OUT_PX and 1.6 * height <= width <= 6 * height)


@dataclass(frozen=True, slots=True)
class Place:
    """A plate found by a peer's detector."""

    corners: NDArray[np.float32]
    score: float
    rows: int

    @property
    def box(self) -> BoxF:
        """Upright, in pixels of the picture."""
        return geometry.bounds(self.corners)


class WeDetector:
    """we0091234's YOLOv5 detector with four corners."""

    def __init__(self, folder: Path) -> None:
        self._net = session(folder / "we_plate_detect.onnx")

    def find(self, picture: Image) -> list[Place]:
        """Plates, best first."""
        height, width = picture.shape[:2]
        scale = 640 / max(height, width)
        sheet = np.full((640, 640, 3), 114, np.uint8)
        small = cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_LINEAR)
        top, left = (640 - small.shape[0]) // 2, (640 - small.shape[1]) // 2
        sheet[top : top + small.shape[0], left : left + small.shape[1]] = small
        planes = np.ascontiguousarray(sheet[..., ::-1].transpose(2, 0, 1)[None], np.float32) / 255
        rows = self._net.run(None, {"input": planes})[0][0]
        rows = rows[rows[:, 4] > _WE_FLOOR]
        scores = rows[:, 4] * rows[:, 13:15].max(axis=1)
        corners = (rows[:, 5:13].reshape(-1, 4, 2) - (left, top)) / scale
        boxes = np.hstack([rows[:, :2] - rows[:, 2:4] / 2 - (left, top), rows[:, 2:4]]) / scale
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), _WE_FLOOR, _WE_OVERLAP) if len(rows) else []
        return [
            Place(corners[i].astype(np.float32), float(scores[i]), 1 + int(rows[i, 14] > rows[i, 13])) for i in kept
        ]


def flat(picture: Image, place: Place) -> Image:
    """The plate upright; the rows of a two-row plate side by side."""
    width, height = (max(2, min(round(side), 2048)) for side in geometry.size(place.corners))
    plate = cut(picture, place.corners, width, height)
    return side_by_side(plate) if place.rows == 2 else plate


def side_by_side(plate: Image) -> Image:
    """Upper 5/12 and lower 2/3 of a two-row plate in one line."""
    height = plate.shape[0]
    upper, lower = plate[: max(1, height * 5 // 12)], plate[height // 3 :]
    return np.hstack([cv2.resize(upper, (lower.shape[1], lower.shape[0])), lower])


def greedy(shares: Floats, characters: str, blank: int) -> tuple[str, float]:
    """Text and weakest character of a CTC output (time x classes, shares)."""
    best = shares.argmax(axis=1)
    text, weakest, before = "", 1.0, blank
    for step, index in enumerate(best):
        if index not in (blank, before):
            text += characters[index]
            weakest = min(weakest, float(shares[step, index]))
        before = index
    return text, weakest if text else 0.0


def softmax(logits: Floats) -> Floats:
    """Over the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


class WeRecogniser:
    """we0091234's recogniser."""

    def __init__(self, folder: Path) -> None:
        self._net = session(folder / "we_plate_rec_color.onnx")

    def read(self, plate: Image) -> tuple[str, float]:
        """Text and weakest character."""
        planes = (cv2.resize(plate, (168, 48)).astype(np.float32) / 255 - 0.588) / 0.193
        logits = self._net.run(["char_logits"], {"images": planes.transpose(2, 0, 1)[None]})[0][0]
        return greedy(softmax(logits), _WE_CHARACTERS, 0)


class LprRecogniser:
    """LPRNet of sirius-ai."""

    def __init__(self, folder: Path) -> None:
        self._net = session(folder / "lprnet_sirius.onnx")

    def read(self, plate: Image) -> tuple[str, float]:
        """Text and weakest character."""
        planes = (cv2.resize(plate, (94, 24)).astype(np.float32) - 127.5) / 128
        logits = self._net.run(None, {"image": planes.transpose(2, 0, 1)[None]})[0][0]
        return greedy(softmax(logits.T), _LPR_CHARACTERS, len(_LPR_CHARACTERS) - 1)


class Peer:
    """A peer's detector with a recogniser, and the grammar as a filter."""

    def __init__(self, detector: WeDetector, recogniser: WeRecogniser | LprRecogniser) -> None:
        self._detector, self._recogniser = detector, recogniser

    def look(self, picture: Image) -> Seen:
        """See `Contestant`."""
        if is_cut_out(picture):
            text, confidence = self._recogniser.read(picture)
            return Seen([Read(text, confidence)] if kind_of(text) else [])
        places = self._detector.find(picture)
        reads = []
        for place in places:
            text, confidence = self._recogniser.read(flat(picture, place))
            if kind_of(text):
                reads.append(Read(text, confidence * place.score, place.box))
        return Seen(reads, [(place.box, place.score) for place in places])


class PeerFinder:
    """A peer's detector in the place of ours."""

    def __init__(self, detector: WeDetector) -> None:
        self._detector = detector

    def find(self, image: Image) -> list[FoundPlate]:
        """See `vision.plate_own.Finder`."""
        return [FoundPlate(p.corners, p.score, p.score, p.score, p.rows - 1.0) for p in self._detector.find(image)]

    def again(self, image: Image, corners: Floats) -> list[Floats]:
        """See `vision.plate_own.Finder`; the peer's detector looks once."""
        return []


class Own:
    """Our reader; it tells also of plates that it found and could not read."""

    def __init__(self, reader: OwnPlateReader) -> None:
        self._reader = reader

    def look(self, picture: Image) -> Seen:
        """See `Contestant`."""
        if is_cut_out(picture):
            return Seen([Read(r.text, r.confidence) for r in self._reader.read(picture)])
        found = self._reader.find(picture)
        reads = [Read(r.text, r.confidence, r.box) for r in self._reader.read_found(picture, found)]
        return Seen(reads, [(place.box, place.score) for place in found])


class Folded:
    """Our reader with weights that never saw the picture in training."""

    def __init__(self, folds: Sequence[str]) -> None:
        """`folds`: ``FOLDER:0,1`` names a folder of weights and the folds that it was kept from.

        A folder without a recogniser takes the package's.
        """
        self._readers: dict[int, Own] = {}
        for fold in folds:
            folder, _, numbers = fold.rpartition(":")
            own = Path(folder) / WEIGHTS
            recogniser = PlateRecogniser(own if own.is_file() else None)
            reader = Own(OwnPlateReader(PlateFinder(folder=Path(folder)), recogniser))
            self._readers |= {int(number): reader for number in numbers.split(",")}

    def of(self, file: str) -> Own:
        """The reader for a file; the rule is that of ``training/plates/real_scenes.py``."""
        return self._readers[fold_of(file)]


def fold_of(file: str) -> int:
    """0 to 4, from the file's name alone."""
    return int(hashlib.sha256(Path(file).name.encode()).hexdigest(), 16) % 5


class Reader:
    """Another of our readers; where it finds no text it found no place."""

    def __init__(self, reader: PlateReader) -> None:
        self._reader = reader

    def look(self, picture: Image) -> Seen:
        """See `Contestant`."""
        cut_out = is_cut_out(picture)
        reads = [Read(r.text, r.confidence, None if cut_out else r.box) for r in self._reader.read(picture)]
        return Seen(reads, [(r.box, r.confidence) for r in reads if r.box is not None])


def _ocr(_folder: Path) -> Contestant:
    from vision.plate_ocr import OcrPlateReader

    return Reader(OcrPlateReader(threads=1))


def _own(_folder: Path) -> Contestant:
    return Own(OwnPlateReader())


def _own_recogniser(folder: Path) -> Contestant:
    return Own(OwnPlateReader(PeerFinder(WeDetector(folder))))


def _we(folder: Path) -> Contestant:
    return Peer(WeDetector(folder), WeRecogniser(folder))


def _lprnet(folder: Path) -> Contestant:
    return Peer(WeDetector(folder), LprRecogniser(folder))


CONTESTANTS: dict[str, Callable[[Path], Contestant]] = {
    "ours": _own,
    "we0091234": _we,
    "lprnet": _lprnet,
    "rapidocr": _ocr,
    "we_corners": _own_recogniser,
}
"""By name; each takes the folder of the peers' weights."""

REFERENCE = "we0091234"
"""Times are told as ratios to this one."""
