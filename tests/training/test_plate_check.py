"""The figures of the reader: how they are counted, and that real plates are taken as they are labelled."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.plates.check_reader import Outcome, show, sure_at
from training.plates.glyphs import Glyphs
from training.plates.reader_check import load_plates, load_spots
from training.plates.reader_data import draw_batch
from training.plates.reader_real import RealPlates, _pick, fold_of, mix_real
from vision.plate_decode import StripRead
from vision.plate_text import ALPHABET


def outcome(text: str, read: str, confidence: float) -> Outcome:
    found = StripRead(
        text=read,
        char_confidences=(confidence,) * len(read),
        candidate=read,
        plate=1.0,
        two_rows=0.0,
        color="blue",
        color_confidence=1.0,
        seen_kind="ordinary",
    )
    return Outcome("g", text, found, color_ok=True, rows_ok=True)


OUTCOMES = [
    outcome("京A00001", "京A00001", 0.99),
    outcome("京A00002", "京A00002", 0.95),
    outcome("京A00003", "津A00003", 0.90),
    outcome("京A00004", "京A00004", 0.80),
    outcome("京A00005", "A0000", 0.99),
]


def test_the_sure_threshold_covers_as_much_as_the_precision_allows() -> None:
    assert sure_at(OUTCOMES, 1.0) == (0.95, 0.4)
    assert sure_at(OUTCOMES, 0.75) == (0.80, 0.6)
    assert sure_at([outcome("京A00001", "津A00001", 0.9)], 0.9) == (1.0, 0.0)


def test_what_is_no_plate_counts_as_missed_but_not_as_a_wrong_read() -> None:
    line = show("g", OUTCOMES)
    assert "exact 0.600" in line and "precision 0.750" in line and "tail 0.800" in line


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    rows = [
        ("scenes/a.jpg", "京A12345", "blue", 1, 20, 20, 120, 52, 0, 0),
        ("scenes/b.jpg", "粤AB2893", "yellow", 2, 30, 10, 130, 60, 0, 0),
        ("scenes/b.jpg", "湘AL8387", "blue", 1, 5, 5, 25, 12, 0, 1),
        ("crops/c.jpg", "皖AYV170", "blue", 1, 0, 0, 94, 24, 0, 0),
    ]
    head = ("file", "text", "color", "rows", "x1", "y1", "x2", "y2", "angle", "ignore")
    for name, size in {"scenes/a.jpg": (160, 80), "scenes/b.jpg": (160, 80), "crops/c.jpg": (94, 24)}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / name), np.full((size[1], size[0], 3), 120, np.uint8))
    with (tmp_path / "labels.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(head)
        writer.writerows(rows)
    return tmp_path


def test_scored_plates_are_loaded_and_the_others_left_out(labelled: Path) -> None:
    spots = load_spots(labelled, "scenes")
    assert [(s.text, s.rows) for s in spots] == [("京A12345", 1), ("粤AB2893", 2)]
    assert spots[0].corners[2] == pytest.approx([120, 52])
    assert [p.strip.shape for p in load_plates(labelled, "crops")] == [(40, 160, 3)]


def test_better_corners_replace_the_labels_box(labelled: Path, tmp_path: Path) -> None:
    better = tmp_path / "corners.json"
    better.write_text('{"scenes/a.jpg#京A12345": [[1, 2], [3, 4], [5, 6], [7, 8]]}', encoding="utf-8")
    first, second = load_spots(labelled, "scenes", better)
    assert first.corners.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]
    assert second.corners[0] == pytest.approx([30, 10])


def test_a_fold_is_left_out_of_the_real_plates(labelled: Path) -> None:
    everything = RealPlates.load(labelled, ())
    assert [p.text for p in everything.scenes] == ["京A12345", "粤AB2893"]
    assert [p.alone for p in everything.crops] == [True]
    without = RealPlates.load(labelled, (fold_of("scenes/a.jpg"),))
    assert "京A12345" not in [p.text for p in without.scenes]


def test_real_plates_take_a_share_of_the_batch_and_one_province_does_not_fill_it(labelled: Path) -> None:
    rng = np.random.default_rng(0)
    batch = draw_batch(1, 0, Glyphs(None), 20, 0.3)
    mixed = mix_real(rng, batch, RealPlates.load(labelled, (), ("crops",)), 0.25)
    same = [np.array_equal(a, b) for a, b in zip(batch.strips, mixed.strips, strict=True)]
    assert same == [False] * 5 + [True] * 15
    assert "".join(ALPHABET[c - 1] for c in mixed.texts[0] if c) == "皖AYV170"
    crops = RealPlates.load(labelled, ()).crops
    others = tuple(replace(crops[0], text=t) for t in ["皖A00000"] * 16 + ["苏A00000"])
    drawn = [_pick(rng, others).text[0] for _ in range(300)]
    assert 0.1 < drawn.count("苏") / 300 < 0.3, "one of seventeen, but a fifth of the draws"
