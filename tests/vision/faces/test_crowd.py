"""Everybody who is enrolled, template by template: who is alike, the most alike first."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.faces.crowd import Crowd, similarity


def unit(seed: int, dim: int = 16) -> bytes:
    numbers = np.random.default_rng(seed).normal(size=dim)
    return (numbers / np.linalg.norm(numbers)).astype("<f4").tobytes()


@settings(max_examples=50, deadline=None)
@given(seeds=st.lists(st.integers(0, 40), min_size=1, max_size=60), at=st.floats(-1, 1))
def test_the_crowd_finds_what_comparing_one_by_one_finds(seeds: list[int], at: float) -> None:
    crowd, asked = Crowd(16), unit(1000)
    for number, seed in enumerate(seeds):
        crowd.add((f"p{number % 7}",), unit(seed))
    best: dict[str, float] = {}
    for number, seed in enumerate(seeds):
        person = f"p{number % 7}"
        best[person] = max(best.get(person, -2.0), similarity(unit(seed), asked))
    sure = {person for person, score in best.items() if score >= at + 1e-5}
    perhaps = {person for person, score in best.items() if score >= at - 1e-5}
    found = crowd.alike(asked, at, most=100)
    assert sure <= set(found) <= perhaps
    scores = [best[person] for person in found]
    assert all(a >= b - 1e-5 for a, b in itertools.pairwise(scores))


def test_it_grows_past_its_first_room_and_forgets_nothing() -> None:
    crowd = Crowd(16)
    crowd.add(tuple(f"p{n}" for n in range(3000)), b"".join(unit(n) for n in range(3000)))
    crowd.add(("last",), unit(5000))
    assert len(crowd) == 3001
    assert crowd.alike(unit(7), 0.999) == ("p7",)
    assert crowd.alike(unit(5000), 0.999) == ("last",)
    assert repr(crowd) == "Crowd(3001 templates)"


def test_nobody_is_like_anybody_in_an_empty_crowd() -> None:
    assert Crowd(16).alike(unit(1), -1.0) == ()


def test_bytes_and_people_must_fit() -> None:
    with pytest.raises(ValueError, match="2 templates of 1 people"):
        Crowd(16).add(("a",), unit(1) + unit(2))
