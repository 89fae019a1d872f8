"""The object detector: what it refuses, what it finds in pictures, what it makes of a network's numbers."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from vision.geometry import iou
from vision.models.errors import ModelDamaged, ModelMissing
from vision.models.manifest import Contract, Kind
from vision.zones.detector import FastestDet, _found, open_detector

SHARED = Path(__file__).resolve().parents[3] / "../shared"
MODELS, CLIP = SHARED / "models", SHARED / "data/behaviour/clips/loiter_0002.mp4"
needs_model = pytest.mark.skipif(
    not (MODELS / "FastestDet.onnx").is_file(), reason="no object detector beside this checkout"
)


def _rows(cells: dict[tuple[int, int], tuple[float, float, float, int, float]]) -> np.ndarray:
    """A network's output of 22x22 cells: something, width, height (as sigmoids), class, share."""
    rows = np.zeros((85, 22, 22), np.float32)
    for (x, y), (something, width, height, kind, share) in cells.items():
        rows[0, y, x] = something
        rows[3, y, x], rows[4, y, x] = (np.log(side / (1 - side)) for side in (width, height))
        rows[5 + kind, y, x] = share
    return rows


def test_cells_become_boxes_of_the_picture() -> None:
    (found,) = _found(_rows({(11, 5): (0.9, 0.2, 0.4, 0, 0.8)}), 440, 880)
    assert (found.label, found.box) == ("person", (352, 12, 528, 188))
    assert found.score == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("kind", "share", "label"),
    [(0, 0.3, "person"), (2, 0.8, "vehicle"), (7, 0.6, "vehicle"), (67, 0.9, "object"), (2, 0.3, "object")],
)
def test_classes_become_labels(kind: int, share: float, label: str) -> None:
    rows = _rows({(4, 4): (0.8, 0.1, 0.1, kind, share)})
    assert [item.label for item in _found(rows, 100, 100)] == [label]


def test_weaker_finds_of_the_same_thing_are_left_out() -> None:
    near = _rows({(5, 5): (0.7, 0.3, 0.3, 0, 0.9), (6, 5): (0.9, 0.3, 0.3, 0, 0.9), (16, 16): (0.6, 0.2, 0.2, 0, 0.9)})
    assert [round(item.score, 1) for item in _found(near, 352, 352)] == [0.9, 0.6]


def test_what_is_too_weak_is_nothing() -> None:
    assert _found(_rows({(5, 5): (0.4, 0.3, 0.3, 0, 0.9)}), 352, 352) == []


def test_a_missing_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="fastestdet"):
        open_detector(tmp_path)


@needs_model
def test_a_model_of_another_family_is_refused() -> None:
    with pytest.raises(ModelDamaged, match="yunet-n"):
        open_detector(MODELS, "yunet-n")
    contract = Contract(kind=Kind.OBJECT_DETECTOR, width=352, height=352, std=(255.0, 255.0, 255.0), classes=20)
    with pytest.raises(ModelDamaged, match="25"):
        FastestDet(MODELS / "FastestDet.onnx", contract)


@needs_model
def test_an_empty_picture_holds_nothing() -> None:
    assert open_detector(MODELS).find(np.full((300, 400, 3), 90, np.uint8)) == []


@needs_model
@pytest.mark.skipif(not CLIP.is_file(), reason="no rendered clips beside this checkout")
def test_somebody_in_a_rendered_yard_is_found() -> None:
    truth = json.loads(CLIP.with_suffix(".json").read_text())["events"][0]
    at_s, x, y, width, height = truth["track"][len(truth["track"]) // 2]
    film = cv2.VideoCapture(str(CLIP))
    film.set(cv2.CAP_PROP_POS_MSEC, at_s * 1000)
    ok, image = film.read()
    film.release()
    assert ok
    people = [item for item in open_detector(MODELS).find(np.asarray(image, np.uint8)) if item.label == "person"]
    assert max(iou(item.box, (x, y, x + width, y + height)) for item in people) > 0.5
