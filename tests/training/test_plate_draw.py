"""Flat plates: every kind of the grammar can be drawn, from a seed, with our own outlines alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.plates.draw import draw_plate
from training.plates.glyphs import GlyphError, Glyphs
from training.plates.layouts import COLORS, KIND_NAMES, draw_text, layout_of
from vision.plate_text import ALPHABET, KINDS, kind_of

GLYPHS = Glyphs(None)


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_a_plate_of_every_kind_says_what_it_shows(kind: str) -> None:
    rng = np.random.default_rng(3)
    for _ in range(8):
        plate = draw_plate(rng, GLYPHS, kind=kind)
        known = kind_of(plate.text)
        assert known is not None and known.name == kind == plate.kind
        assert plate.color in COLORS and plate.color in known.colors
        assert plate.rows in known.rows
        assert plate.image.dtype == np.uint8 and plate.image.shape[2] == 3
        assert plate.image.std() > 15, "characters stand out from the sheet"


def test_all_kinds_of_the_grammar_are_drawn() -> None:
    assert set(KIND_NAMES) == {kind.name for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: f"{k.name}-{len(k.slots)}")
def test_characters_stand_on_the_sheet_and_apart(kind: object) -> None:
    rng = np.random.default_rng(1)
    known = next(k for k in KINDS if k is kind)
    text = draw_text(rng, known.name)
    for rows in kind_of(text).rows:  # type: ignore[union-attr]
        layout = layout_of(text, kind_of(text), rows)  # type: ignore[arg-type]
        assert [c.char for c in layout.cells] == list(text)
        for cell in layout.cells:
            assert cell.x_mm >= 5 and cell.x_mm + cell.width_mm <= layout.width_mm - 5
            assert cell.y_mm >= 5 and cell.y_mm + cell.height_mm <= layout.height_mm - 5
        for left, right in zip(layout.cells, layout.cells[1:], strict=False):
            if left.y_mm == right.y_mm:
                assert left.x_mm + left.width_mm < right.x_mm


def test_the_same_seed_gives_the_same_picture() -> None:
    first, again, other = (draw_plate(np.random.default_rng(seed), GLYPHS, kind="coach") for seed in (5, 5, 6))
    assert first.text == again.text and np.array_equal(first.image, again.image)
    assert first.text != other.text


def test_a_given_text_is_drawn_and_nonsense_is_refused() -> None:
    rng = np.random.default_rng(0)
    plate = draw_plate(rng, GLYPHS, text="粤OA2160", rows=1)
    assert (plate.text, plate.kind, plate.rows) == ("粤OA2160", "ordinary", 1)
    with pytest.raises(ValueError, match="HELLO"):
        draw_plate(rng, GLYPHS, text="HELLO")
    with pytest.raises(ValueError, match="coach"):
        draw_plate(rng, GLYPHS, text="粤OA2160", kind="coach")
    with pytest.raises(ValueError, match="rows"):
        draw_plate(rng, GLYPHS, text="粤AD12345", rows=2)


def test_the_letter_o_occurs_and_i_does_not() -> None:
    rng = np.random.default_rng(2)
    offices = {draw_text(rng, "ordinary")[1] for _ in range(600)}
    assert "O" in offices and "I" not in offices


def test_every_character_has_an_outline_and_grows_with_its_weight() -> None:
    for char in ALPHABET:
        assert "strokes" in GLYPHS.series_of(char)
        thin, thick = (float(GLYPHS.mask(char, "strokes", (27, 54), w).sum()) for w in (-0.5, 1.0))
        assert 20 < thin < thick < 27 * 54


def test_a_series_without_the_character_is_replaced() -> None:
    assert np.array_equal(GLYPHS.mask("京", "140", (20, 40)), GLYPHS.mask("京", "strokes", (20, 40)))
    with pytest.raises(KeyError):
        GLYPHS.mask("猫", "140", (20, 40))


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(GlyphError, match=tmp_path.name):
        Glyphs(tmp_path)


def test_the_glyph_folder_holds_what_plates_need() -> None:
    folder = Path(__file__).resolve().parents[2] / "../shared/data/plate_glyphs/font_model"
    if not folder.is_dir():
        pytest.skip("the glyph images (../shared/data/plate_glyphs) are not on this machine")
    glyphs = Glyphs(folder)
    assert {"140", "220_up", "220_down", "green", "strokes"} == set(glyphs.series_of("京"))
    # What the folder lacks comes from our own outlines.
    assert glyphs.series_of("试") == glyphs.series_of("民") == ("strokes",)
