"""The figures of the plate benchmark, by hand on small tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.plate_score import Label, Read, Seen, figures, judge, read_labels

BOX = (100.0, 100.0, 200.0, 130.0)
ELSEWHERE = (400.0, 100.0, 500.0, 130.0)


def label(text: str, box: tuple[float, float, float, float] | None = BOX, *, ignored: bool = False) -> Label:
    return Label(text, "ordinary, blue, 1 row", box, ignored)


def test_exact_province_precision_and_recall() -> None:
    labels = {
        "a.jpg": [label("京A12345")],
        "b.jpg": [label("沪B54321"), label("粤C11111", ELSEWHERE)],
        "c.jpg": [],
    }
    seen = {
        "a.jpg": Seen([Read("京A12345", 0.9, BOX)], [(BOX, 0.9)]),
        "b.jpg": Seen([Read("浙B54321", 0.6, BOX), Read("豫A00000", 0.3, (0, 0, 50, 20))], [(BOX, 0.6), (BOX, 0.2)]),
        "c.jpg": Seen([]),
    }
    row = figures(labels, seen)
    assert (row["plates"], row["exact"], row["without_province"]) == (3, pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert (row["reads"], row["precision"]) == (3, pytest.approx(1 / 3))
    assert (row["recall"], row["false_places"]) == (pytest.approx(2 / 3), 1)
    assert row["coverage_at_99.5"] == (pytest.approx(1 / 3), 0.9)
    assert (row["pictures_without_plate"], row["of_those_silent"]) == (1, 1)


def test_ignored_plates_count_neither_way() -> None:
    truth = [label("京A12345", ignored=True), label("沪B54321", ELSEWHERE)]
    assert judge(truth, [Read("京A99999", 0.9, BOX), Read("沪B54321", 0.8, ELSEWHERE)]) == [(0.8, True)]


def test_one_plate_makes_one_read_right() -> None:
    reads = [Read("京A12345", 0.9, BOX), Read("京A12345", 0.7, BOX)]
    assert judge([label("京A12345")], reads) == [(0.9, True), (0.7, False)]


def test_reads_of_the_same_confidence_are_accepted_or_refused_together() -> None:
    labels = {"a.jpg": [label("京A12345"), label("沪B54321", ELSEWHERE)]}
    seen = {"a.jpg": Seen([Read("京A12345", 0.9, BOX), Read("沪B54329", 0.9, ELSEWHERE)])}
    assert figures(labels, seen)["coverage_at_99.5"] == (0.0, 1.0)


def test_labels_are_read_with_and_without_places(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(
        "file,text,color,rows,x1,y1,x2,y2,ignore\na.jpg,京A12345,blue,1,1,2,3,4,0\na.jpg,京AD12345,green,1,,,,,1\nb.jpg,,,,,,,,\n",
        encoding="utf-8",
    )
    labels = read_labels(path)
    assert labels["a.jpg"][0] == Label("京A12345", "ordinary, blue, 1 row", (1, 2, 3, 4), False)
    assert labels["a.jpg"][1] == Label("京AD12345", "new_energy_small, green, 1 row", None, True)
    assert labels["b.jpg"] == []
