"""Serials as they are issued: mostly digits, letters early, every allowed character now and then."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from training.plates.serials import draw_characters
from vision.plate_text import KINDS, kind_of


def texts(name: str, count: int) -> list[str]:
    rng = np.random.default_rng(11)
    kind = next(k for k in KINDS if k.name == name)
    return [draw_characters(rng, kind) for _ in range(count)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: f"{k.name}-{len(k.slots)}")
def test_what_is_drawn_is_a_text_of_its_kind(kind: object) -> None:
    known = next(k for k in KINDS if k is kind)
    rng = np.random.default_rng(3)
    for _ in range(200):
        assert known.fits(draw_characters(rng, known))


def test_ordinary_serials_have_few_letters_and_have_them_early() -> None:
    drawn = [text[2:] for text in texts("ordinary", 4000)]
    letters = Counter(sum(c.isalpha() for c in serial) for serial in drawn)
    assert 0.15 < letters[0] / 4000 < 0.3 and 0.3 < letters[1] / 4000 < 0.42 and 0.3 < letters[2] / 4000 < 0.44
    assert 0.02 < sum(letters[n] for n in (3, 4, 5)) / 4000 < 0.08, "rare, but to be read"
    by_place = [sum(serial[i].isalpha() for serial in drawn) for i in range(5)]
    assert by_place[0] > by_place[1] > by_place[2] > by_place[3]
    assert 0.1 < by_place[4] / 4000 < 0.25


def test_every_letter_of_a_serial_occurs_in_every_place() -> None:
    drawn = [text[2:] for text in texts("ordinary", 12_000)]
    for place in range(5):
        assert {serial[place] for serial in drawn} == set("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ")


def test_new_energy_plates_mostly_say_d_or_f() -> None:
    drawn = Counter(text[2] for text in texts("new_energy_small", 2000))
    assert 0.55 < (drawn["D"] + drawn["F"]) / 2000 < 0.8
    assert set(drawn) == set("ABCDEFGHJK")
    last = Counter(text[-1] for text in texts("new_energy_large", 2000))
    assert set(last) == set("ABCDEFGHJK") and all(kind_of(t) for t in texts("new_energy_large", 50))
