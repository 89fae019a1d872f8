"""Who a face is most alike: against a slow reading of the same rules, through edits, and with look-alikes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vision.commands import GalleryEdit, GalleryPart
from vision.faces.gallery import NOBODY, Gallery, GalleryBuilder, GalleryFault, edited

MODEL, DIM = "some@0123", 8
Row = tuple[str, bool, NDArray[np.float32]]
"""Person, look-alike, vector."""


def unit(seed: int, dim: int = DIM) -> NDArray[np.float32]:
    vector = np.random.default_rng(seed).standard_normal(dim)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def part(rows: list[Row], *, version: int = 1, number: int = 0, parts: int = 1, dim: int = DIM) -> GalleryPart:
    return GalleryPart(
        version=version,
        part=number,
        parts=parts,
        model=MODEL,
        dim=dim,
        people=tuple(person for person, _, _ in rows),
        negative=tuple(at for at, (_, negative, _) in enumerate(rows) if negative),
        vectors=b"".join(vector.astype("<f4").tobytes() for _, _, vector in rows),
    )


def edit(rows: list[Row], *, removed: tuple[str, ...] = (), version: int = 2) -> GalleryEdit:
    made = part(rows)
    return GalleryEdit(
        version=version,
        model=MODEL,
        dim=DIM,
        removed=removed,
        people=made.people,
        negative=made.negative,
        vectors=made.vectors,
    )


def built(rows: list[Row]) -> Gallery:
    gallery = GalleryBuilder().take(part(rows))
    assert gallery is not None
    return gallery


def slow_match(rows: list[Row], face: NDArray[np.float32]) -> dict[str, float]:
    """Each person's score by the words of the module, one by one; those struck out are at -1."""
    scores = {}
    for person in dict.fromkeys(person for person, negative, _ in rows if not negative):
        mean = np.sum([vector for name, negative, vector in rows if name == person and not negative], axis=0)
        scores[person] = float(mean @ face / np.linalg.norm(mean))
        unlike = [float(vector @ face) for name, negative, vector in rows if name == person and negative]
        if any(score >= scores[person] for score in unlike):
            scores[person] = -1.0
    return scores


rows_of = st.lists(
    st.tuples(st.sampled_from(["ann", "bob", "cem", "dai"]), st.booleans(), st.integers(0, 30)), max_size=14
)


def with_vectors(drawn: list[tuple[str, bool, int]]) -> list[Row]:
    return [(person, negative, unit(seed + 40 * negative)) for person, negative, seed in drawn]


@settings(deadline=None, max_examples=200)
@given(rows_of, st.integers(100, 120))
def test_it_finds_the_nearest_person_and_the_next(drawn: list[tuple[str, bool, int]], seed: int) -> None:
    rows, face = with_vectors(drawn), unit(seed)
    slow = slow_match(rows, face)
    found = built(rows).match(face)
    ranked = sorted(slow.values(), reverse=True)
    if not slow:
        assert found == NOBODY
        return
    assert found.score == pytest.approx(ranked[0], abs=1e-5)
    assert found.second == pytest.approx(ranked[1] if len(ranked) > 1 else -1.0, abs=1e-5)
    assert slow.get(found.person, -1.0) == pytest.approx(ranked[0], abs=1e-5)


@settings(deadline=None, max_examples=200)
@given(rows_of, st.lists(st.tuples(st.sets(st.sampled_from(["ann", "bob", "eve"])), rows_of), max_size=4))
def test_edits_come_to_the_same_as_a_gallery_built_anew(
    drawn: list[tuple[str, bool, int]], changes: list[tuple[set[str], list[tuple[str, bool, int]]]]
) -> None:
    rows = with_vectors(drawn)
    gallery = built(rows)
    for number, (removed, more) in enumerate(changes):
        known = {person for person, negative, _ in rows if not negative}
        rows = [row for row in rows if row[0] not in removed and row[0] in known] + with_vectors(more)
        gallery = edited(gallery, edit(with_vectors(more), removed=tuple(removed), version=2 + number))
    anew = built(rows)
    assert set(gallery.people) == set(anew.people)
    assert (gallery.templates, gallery.rows) == (anew.templates, anew.rows)
    for seed in range(100, 105):
        ours, theirs = gallery.match(unit(seed)), anew.match(unit(seed))
        assert ours.score == pytest.approx(theirs.score, abs=1e-4)
        assert ours.second == pytest.approx(theirs.second, abs=1e-4)


def test_several_templates_count_as_their_mean() -> None:
    gallery = built([("ann", False, unit(1)), ("bob", False, unit(3)), ("ann", False, unit(2))])
    middle = (unit(1) + unit(2)) / np.linalg.norm(unit(1) + unit(2))
    match = gallery.match(middle)
    assert match.person == "ann"
    assert match.score == pytest.approx(1.0, abs=1e-6)
    assert (len(gallery.people), gallery.templates) == (2, 3)


def test_a_look_alike_is_not_the_person_but_the_person_still_is() -> None:
    ann = unit(1)
    near = ann + 0.35 * unit(2)
    sister = np.asarray(near / np.linalg.norm(near), np.float32)
    rows: list[Row] = [("ann", False, ann), ("bob", False, unit(3))]
    assert built(rows).match(sister).person == "ann"
    warned = built([*rows, ("ann", True, sister)])
    found = warned.match(sister)
    assert (found.person, found.second, found.struck) == ("bob", -1.0, True)
    assert found.score == pytest.approx(float(unit(3) @ sister), abs=1e-6)
    assert warned.match(ann).person == "ann"
    assert not warned.match(ann).struck
    assert warned.templates == 2
    assert warned.rows == 3


def test_who_looks_the_same_is_said_nearest_first() -> None:
    near = unit(1) + 0.2 * unit(2)
    gallery = built([("ann", False, unit(1)), ("bob", False, near / np.linalg.norm(near)), ("cem", False, -unit(1))])
    assert gallery.alike(unit(1), 0.5) == ("ann", "bob")
    assert gallery.alike(unit(1), 0.5, most=1) == ("ann",)
    assert gallery.alike(-unit(1), 0.999) == ("cem",)


def test_an_old_edit_is_contained_already() -> None:
    gallery = built([("ann", False, unit(1))])
    assert edited(replace(gallery, version=5), edit([], removed=("ann",), version=4)).people == ("ann",)


def test_the_last_one_may_go_and_come_again() -> None:
    empty = edited(built([("ann", False, unit(1))]), edit([], removed=("ann",)))
    assert empty.people == ()
    assert empty.match(unit(1)) == NOBODY
    assert empty.alike(unit(1), 0.0) == ()
    assert edited(empty, edit([("bob", False, unit(2))], version=3)).match(unit(2)).person == "bob"


def test_parts_are_put_together_and_used_only_when_complete() -> None:
    rows: list[Row] = [(f"p{number // 2}", number == 5, unit(number)) for number in range(7)]
    builder = GalleryBuilder()
    assert builder.take(part(rows[:3], number=0, parts=3)) is None
    assert builder.take(part(rows[3:4], number=1, parts=3)) is None
    gallery = builder.take(part(rows[4:], number=2, parts=3))
    assert gallery is not None
    whole = built(rows)
    assert gallery.people == whole.people
    assert np.allclose(gallery.means, whole.means)
    assert gallery.match(unit(6)) == whole.match(unit(6))


def test_part_0_begins_anew_in_the_midst_of_another_gallery() -> None:
    builder = GalleryBuilder()
    assert builder.take(part([("ann", False, unit(1))], number=0, parts=2)) is None
    gallery = builder.take(part([("bob", False, unit(2))], version=2))
    assert gallery is not None
    assert gallery.people == ("bob",)


@pytest.mark.parametrize(
    "odd",
    [
        [part([], number=1, parts=2)],
        [part([], number=0, parts=3), part([], number=2, parts=3)],
        [part([], number=0, parts=3), part([], number=1, parts=2)],
        [part([], number=0, parts=2), part([], number=1, parts=2, version=9)],
        [part([], number=0, parts=2), replace(part([], number=1, parts=2), model="another")],
        [part([], number=0, parts=2), part([], number=1, parts=2, dim=4)],
        [part([], number=0, parts=1), part([], number=1, parts=2)],
        [part([("ann", False, unit(1) * 2)])],
        [part([("ann", False, unit(1) * np.float32(np.nan))])],
        [part([("ann", False, np.zeros(DIM, np.float32))])],
        [part([("ann", False, unit(1)), ("ann", False, -unit(1))])],
    ],
)
def test_what_does_not_fit_is_refused_without_a_name(odd: list[GalleryPart]) -> None:
    builder = GalleryBuilder()
    with pytest.raises(GalleryFault) as caught:
        for item in odd:
            builder.take(item)
    assert "ann" not in str(caught.value)


def test_an_edit_for_another_model_is_refused() -> None:
    with pytest.raises(GalleryFault, match="the gallery is of"):
        edited(built([]), replace(edit([]), model="another"))


def test_a_template_of_another_size_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="8 numbers"):
        built([("ann", False, unit(1))]).match(unit(1, dim=4))


def test_vectors_do_not_show() -> None:
    assert "array" not in repr(built([("ann", False, unit(1))]))


def test_a_hundred_thousand_people_answer() -> None:
    rng = np.random.default_rng(7)
    vectors = rng.standard_normal((100_000, 128)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    builder = GalleryBuilder()
    gallery = None
    for number in range(50):
        block = vectors[number * 2000 : (number + 1) * 2000]
        gallery = builder.take(
            GalleryPart(
                version=1,
                part=number,
                parts=50,
                model=MODEL,
                dim=128,
                people=tuple(f"p{number * 2000 + at}" for at in range(2000)),
                negative=(),
                vectors=block.astype("<f4").tobytes(),
            )
        )
    assert gallery is not None
    assert gallery.templates == 100_000
    for row in (0, 54_321, 99_999):
        assert gallery.match(vectors[row]).person == f"p{row}"
