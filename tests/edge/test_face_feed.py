"""Sealed rows to messages for the eyes: everybody, some people, no message too large, no row that does not open."""

from __future__ import annotations

import os
import random
import struct
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.model import Site
from edge.faces.embedder import embedder_of, models_dir
from edge.faces.gallery_feed import ROWS_MAX, GalleryFeed, WrongFaceKey, parts, rows_a_part
from edge.faces.model import Embedder
from edge.faces.seal import sealed
from sync.records import Consent, FaceTemplate, Person, PutConsent, PutFace, PutPerson, RemoveFaces
from sync.store import Store
from tests.sync.helpers import DEADLINE_S, draft, open_store
from vision.commands import GalleryPart
from vision.wire_commands import CommandDecoder, encode_command

KEY = bytes(range(32))
EMBEDDER = Embedder("m@1", 128)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened


def row(person: str, at: int, *, negative: bool = False, model: str = "m@1", dim: int = 128) -> FaceTemplate:
    """A template that points along one axis."""
    numbers = [0.0] * dim
    numbers[at % dim] = 1.0
    face = FaceTemplate(id=os.urandom(8).hex(), person=person, model=model, sealed=b"", negative=negative)
    return sealed(KEY, face, struct.pack(f"<{dim}f", *numbers), os.urandom(12))


def enrol(store: Store, rows: list[FaceTemplate]) -> None:
    people = sorted({face.person for face in rows})
    changes = [
        change
        for name in people
        for change in (
            PutPerson(Person(id=name, name=name)),
            PutConsent(Consent(person=name, purpose="开门", given_by="self", given_at_s=1, recorded_by="z")),
        )
    ]
    store.append([draft()], [*changes, *map(PutFace, rows)]).result(DEADLINE_S)


def axes(vectors: bytes, dim: int = 128) -> list[int]:
    """Which axis each row points along."""
    rows = [vectors[start : start + dim * 4] for start in range(0, len(vectors), dim * 4)]
    return [struct.unpack(f"<{dim}f", raw).index(1.0) for raw in rows]


def test_everybody_is_told_in_parts_that_the_wire_takes(store: Store) -> None:
    rows = [row(f"p{number}", number, negative=number % 97 == 0) for number in range(ROWS_MAX * 2 + 7)]
    enrol(store, rows)
    told = list(parts(store, KEY, EMBEDDER))
    assert [(part.part, part.parts, len(part.people)) for part in told] == [(0, 3, 500), (1, 3, 500), (2, 3, 7)]
    assert [person for part in told for person in part.people] == [face.person for face in rows]
    assert [axis for part in told for axis in axes(part.vectors)] == [number % 128 for number in range(len(rows))]
    assert {part.version for part in told} == {store.policy().version}
    negatives = [part.people[at] for part in told for at in part.negative]
    assert negatives == [face.person for face in rows if face.negative]
    ear = CommandDecoder()
    assert [command for part in told for command in ear.feed(encode_command(part))] == told


def test_nobody_is_one_empty_part(store: Store) -> None:
    assert [(p.part, p.parts, p.people, p.vectors) for p in parts(store, KEY, EMBEDDER)] == [(0, 1, (), b"")]


def test_templates_of_another_model_are_left_out(store: Store) -> None:
    enrol(store, [row("a", 1), row("a", 2, model="m@2", dim=64), row("b", 3, model="m@2", dim=64)])
    assert [p.people for p in parts(store, KEY, EMBEDDER)] == [("a",)]
    assert [p.people for p in parts(store, KEY, Embedder("m@2", 64))] == [("a", "b")]
    [edit] = GalleryFeed(store, KEY, EMBEDDER).edits(["a", "b"])
    assert (edit.removed, edit.people) == (("a", "b"), ("a",))


def test_a_row_that_does_not_open_is_left_out_and_counted(store: Store) -> None:
    good, swapped = row("a", 1), row("b", 2)
    enrol(store, [good, replace(swapped, person="c"), row("a", 3, model="m@1", dim=64)])
    feed = GalleryFeed(store, KEY, EMBEDDER)
    assert [p.people for p in feed.parts()] == [("a",)]
    assert feed.refused == 2
    assert "refused=2" in repr(feed)
    assert KEY.hex() not in repr(feed)


def test_another_key_is_said_at_once(store: Store) -> None:
    enrol(store, [row(f"p{number}", number) for number in range(3)])
    with pytest.raises(WrongFaceKey, match=r"face\.key"):
        next(iter(parts(store, bytes(32), EMBEDDER)))


def test_an_edit_says_how_people_stand_now(store: Store) -> None:
    enrol(store, [row("a", 1), row("b", 2), row("a", 3, negative=True)])
    feed = GalleryFeed(store, KEY, EMBEDDER)
    [edit] = feed.edits(["a", "gone", "a"])
    assert (edit.removed, edit.people, edit.negative) == (("a", "gone"), ("a", "a"), (1,))
    assert axes(edit.vectors) == [1, 3]
    assert edit.version == store.policy().version
    store.append([draft()], [RemoveFaces("a")]).result(DEADLINE_S)
    [edit] = feed.edits(["a"])
    assert (edit.removed, edit.people, edit.vectors) == (("a",), (), b"")
    assert CommandDecoder().feed(encode_command(edit)) == [edit]


def test_many_people_are_several_edits(store: Store) -> None:
    told = list(GalleryFeed(store, KEY, EMBEDDER).edits([f"p{number:03}" for number in range(120)]))
    assert [len(edit.removed) for edit in told] == [50, 50, 20]


def test_who_is_removed_while_the_gallery_is_told_is_left_out_of_the_rest(store: Store) -> None:
    enrol(store, [row(f"p{number:04}", number) for number in range(ROWS_MAX + 10)])
    telling = parts(store, KEY, EMBEDDER)
    first = next(telling)
    store.append([draft()], [RemoveFaces(f"p{ROWS_MAX + 3:04}")]).result(DEADLINE_S)
    rest = list(telling)
    assert (first.parts, len(first.people), [len(part.people) for part in rest]) == (2, ROWS_MAX, [9])


@pytest.mark.parametrize(("dim", "rows"), [(128, 500), (512, 500), (2048, 500), (4096, 256)])
def test_parts_stay_below_the_wires_bound(dim: int, rows: int) -> None:
    assert rows_a_part(dim) == rows
    numbers = struct.pack(f"<{dim}f", 1.0, *[0.0] * (dim - 1)) * rows
    part = GalleryPart(
        version=1, part=0, parts=1, model="m", dim=dim, people=("p" * 40,) * rows, negative=(), vectors=numbers
    )
    assert len(encode_command(part)) < 5 * 1024 * 1024


def test_a_large_gallery_passes_through_little_memory(store: Store) -> None:
    chance = random.Random(1)
    enrol(store, [row(f"p{number}", chance.randrange(128)) for number in range(4000)])
    tracemalloc.start()
    try:
        told = sum(len(part.people) for part in parts(store, KEY, EMBEDDER))
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert told == 4000
    assert peak_bytes < 4000 * 540  # the rows alone would take more


def test_the_models_name_is_the_one_that_templates_carry() -> None:
    from vision.faces.embed import model_key
    from vision.models.store import spec

    site = Site()
    found = spec(models_dir(site), site.faces.embedder)
    assert embedder_of(site) == Embedder(model_key(found), found.contract.dim)
