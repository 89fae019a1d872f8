"""The stroke outlines: complete, inside their cell, and no character like another."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from vision.plate_text import ALPHABET, KINDS, PlateKind
from vision.sim.glyphs import CELL_MM, glyph_mask, parse_table, table
from vision.sim.plate import plate_size_mm, plate_slots, render_plate

SIZE = (45, 90)
TWINS = {frozenset("0O")}
"""Plates themselves draw these alike; the grammar tells them apart."""


@pytest.mark.parametrize("char", sorted(ALPHABET))
def test_every_character_of_the_grammar_has_outlines_inside_its_cell(char: str) -> None:
    glyph = table()[char]
    points = np.concatenate(glyph.strokes)
    assert glyph.width_mm >= 4
    assert (points >= -1.5).all()
    assert (points <= np.array(CELL_MM) + 1.5).all()
    assert 0.08 < glyph_mask(char, SIZE, 1.0).mean() / 255 < 0.75


def test_no_two_characters_look_alike() -> None:
    """Their overlap, divided by their union, stays clearly under 1."""
    masks = {c: glyph_mask(c, SIZE, 1.0) > 127 for c in sorted(ALPHABET)}
    alike = {
        frozenset((a, b))
        for a, b in itertools.combinations(masks, 2)
        if (masks[a] & masks[b]).sum() / (masks[a] | masks[b]).sum() > 0.95
    }
    assert alike == TWINS


@pytest.mark.parametrize("cell", [(11, 23), (45, 90), (80, 60), (130, 220)])
def test_a_cell_of_any_size_keeps_the_stroke_width(cell: tuple[int, int]) -> None:
    """The bar of an I is as wide as the table says, however the cell is stretched."""
    mask = glyph_mask("I", cell, 1.0).astype(float) / 255
    assert mask.shape == (cell[1], cell[0])
    assert mask[cell[1] // 2].sum() == pytest.approx(table()["I"].width_mm, abs=1.0)


def test_a_mask_is_shared_and_therefore_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        glyph_mask("京", SIZE, 1.0)[0, 0] = 1


@pytest.mark.parametrize(
    "row",
    ["京 6 M1", "京 6 L1 1", "京 6 M1 1X2 2", "京 6 M1 1L2", "京 6 M1 1 5 5"],
    ids=["half a point", "no start", "unknown command", "half an end", "number too many"],
)
def test_a_malformed_outline_names_its_character(row: str) -> None:
    with pytest.raises(ValueError, match="character 京"):
        parse_table(row)


@pytest.mark.parametrize(
    ("text", "rows", "size_mm"),
    [("粤B12345", 1, (440, 140)), ("粤AD12345", 1, (480, 140)), ("京A5C47挂", 2, (440, 220))],
)
def test_layouts_fill_the_sheet_of_ga_36_symmetrically(text: str, rows: int, size_mm: tuple[float, float]) -> None:
    slots = plate_slots(text, rows)
    assert plate_size_mm(text, rows) == size_mm
    assert "".join(s.char for s in slots) == text
    lower = [s for s in slots if s.y_mm == slots[-1].y_mm]
    assert lower[0].x_mm == pytest.approx(size_mm[0] - lower[-1].x_mm - lower[-1].width_mm)
    for left, right in itertools.pairwise(lower):
        assert left.x_mm + left.width_mm < right.x_mm


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)
def test_a_plate_of_every_kind_can_be_rendered(kind: PlateKind) -> None:
    text = "".join(sorted(slot)[0] for slot in kind.slots)
    if len(text) not in (7, 8):
        with pytest.raises(ValueError, match="7 or 8"):
            render_plate(text)
        return
    plate = render_plate(text, "white", px_per_mm=1.0)
    assert plate.shape[0] == 140
    assert plate.dtype == np.uint8


def test_characters_without_outlines_are_refused() -> None:
    with pytest.raises(KeyError):
        render_plate("門B12345")
