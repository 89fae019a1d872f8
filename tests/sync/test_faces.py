"""Sealed templates as rows: who may have some, how they are read, and that nothing of a removed one stays."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from sync.database import migrate, open_reader, open_writer
from sync.export import read_events, write_csv, write_ndjson
from sync.faces import compact, count_by_model, faces_of, negatives_by_person, sealed_faces, wal_is_empty
from sync.lists import write_changes
from sync.records import (
    Change,
    Consent,
    FaceTemplate,
    Person,
    PutConsent,
    PutFace,
    PutPerson,
    RemoveFaces,
    RemoveNegatives,
    RemovePerson,
)
from sync.store import Store
from tests.sync.helpers import DEADLINE_S, draft, open_store, served, until
from tests.sync.test_trouble import limit_pages

PIECE = 12
"""Bytes in a row that no chance brings about."""


def person(name: str) -> list[Change]:
    """Somebody who has agreed."""
    consent = Consent(person=name, purpose="开门", given_by="self", given_at_s=1.0, recorded_by="zhang")
    return [PutPerson(Person(id=name, name=name)), PutConsent(consent)]


def face(
    name: str, chance: random.Random, *, negative: bool = False, size: int = 540, model: str = "m"
) -> FaceTemplate:
    """A template of random bytes."""
    return FaceTemplate(
        id=chance.randbytes(16).hex(), person=name, model=model, sealed=chance.randbytes(size), negative=negative
    )


def land(store: Store, changes: Sequence[Change]) -> None:
    store.append([draft()], changes).result(DEADLINE_S)


def erased(store: Store, times: int = 1) -> None:
    until(lambda: len(proofs(store)) >= times, "the log says that templates were erased")


def proofs(store: Store) -> list[dict[str, object]]:
    return [event.data() for event in store.read_after(0, 10_000) if event.kind == "log.faces_erased"]


def pieces_left(folder: Path, rows: Iterable[FaceTemplate]) -> list[tuple[str, str]]:
    """(file, what) for every piece of a removed row that any file of the folder still holds."""
    files = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    found = []
    for row in rows:
        needles = [row.id.encode(), *(row.sealed[at : at + PIECE] for at in range(0, len(row.sealed) - PIECE, PIECE))]
        found += [(name, needle.hex()) for needle in needles for name, data in files.items() if needle in data]
    return found


@pytest.mark.parametrize(
    ("removal", "gone", "kept"),
    [(RemoveFaces("a"), 3, 0), (RemovePerson("a"), 3, 0), (RemoveNegatives("a"), 1, 2)],
    ids=lambda value: type(value).__name__,
)
def test_a_removal_takes_templates_and_negatives_with_it(tmp_path: Path, removal: Change, gone: int, kept: int) -> None:
    chance = random.Random(1)
    rows = [face("a", chance), face("a", chance), face("a", chance, negative=True), face("b", chance)]
    with open_store(tmp_path) as store:
        land(store, [*person("a"), *person("b"), *map(PutFace, rows)])
        assert dict(store.policy().faces) == {"a": 2, "b": 1}
        assert pieces_left(tmp_path, rows), "the search finds what is there"
        land(store, [removal])
        erased(store)
        assert proofs(store) == [{"templates": gone, "people": ["a"], "people_count": 1}]
        assert store.policy().faces.get("a", 0) == kept
        assert ("a" in store.policy().consents) == (kept > 0)
        removed = [row for row in rows[:3] if row.negative or not kept]
        assert pieces_left(tmp_path, removed) == []
        assert wal_is_empty(store.path) or proofs(store)
        stay = [row for row in rows if row not in removed]
        assert [row for chunk in sealed_faces(store.reading(), chunk=1) for row in chunk] == stay
    with open_store(tmp_path) as store:
        assert store.policy().faces.get("a", 0) == kept
    assert pieces_left(tmp_path, removed) == []


@pytest.mark.parametrize("seed", [37, 1])
def test_no_byte_of_a_removed_row_stays_whatever_came_and_went(tmp_path: Path, seed: int) -> None:
    """Rows of two lengths. With seed 37 ``secure_delete`` alone left 45 pieces of removed rows behind (SQLite 3.40)."""
    chance, path = random.Random(seed), tmp_path / "log.db"
    people = [f"p{number}" for number in range(80)]
    live: dict[str, list[FaceTemplate]] = {}
    gone: list[FaceTemplate] = []
    db = open_writer(path, full=False)
    migrate(db, path)
    with db.atomic():
        write_changes(db, tuple(change for name in people for change in person(name)))
    for _ in range(300):
        with db.atomic():
            if live and chance.random() < 0.4:
                name = chance.choice(list(live))
                gone += live.pop(name)
                assert write_changes(db, (RemoveFaces(name), *person(name)))
                compact(db)
            else:
                name = chance.choice(people)
                row = face(name, chance, size=chance.choice([540, 540, 2076]))
                assert not write_changes(db, (PutFace(row),))
                live.setdefault(name, []).append(row)
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    kept = {row[0] for row in db.conn.execute("SELECT id FROM faces")}
    db.conn.close()
    assert kept == {row.id for rows in live.values() for row in rows}
    assert pieces_left(tmp_path, gone) == []


def test_batches_that_mix_coming_and_going_prove_only_what_is_gone(tmp_path: Path) -> None:
    chance, gone = random.Random(10), []
    with open_store(tmp_path) as store:
        for _ in range(40):
            row = face("a", chance)
            store.append([draft()], [*person("a"), PutFace(row)])
            store.append([draft()], [RemoveFaces("a")])
            gone.append(row)
        until(lambda: sum(int(str(body["templates"])) for body in proofs(store)) == 40, "all were erased")
        assert pieces_left(tmp_path, gone) == []


def test_a_reader_in_the_way_puts_the_proof_off_and_nothing_else(tmp_path: Path) -> None:
    chance = random.Random(2)
    row = face("a", chance)
    with open_store(tmp_path) as store:
        land(store, [*person("a"), PutFace(row)])
        reader = open_reader(store.path)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM faces").fetchone()
        land(store, [RemoveFaces("a")])
        land(store, person("b"))  # the log goes on
        assert proofs(store) == []
        reader.close()
        erased(store)
    assert pieces_left(tmp_path, [row]) == []


def test_a_full_disk_puts_the_erasing_off_and_nothing_else(tmp_path: Path) -> None:
    chance = random.Random(11)
    row = face("a", chance)
    with open_store(tmp_path) as store:
        land(store, [*person("a"), *person("b"), PutFace(row), *(PutFace(face("b", chance)) for _ in range(400))])
        limit_pages(store, 8)
        land(store, [RemoveFaces("a")])
        for _ in range(3):
            land(store, [])  # access events land as before
        assert (dict(store.policy().faces), proofs(store)) == ({"b": 400}, [])
        assert store.health().ok
        limit_pages(store, 10_000)
        erased(store)
        assert pieces_left(tmp_path, [row]) == []


def test_a_removal_before_a_crash_is_proved_at_the_next_start(tmp_path: Path) -> None:
    row = face("a", random.Random(3))
    store = open_store(tmp_path)
    land(store, [*person("a"), PutFace(row)])
    reader = open_reader(store.path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM faces").fetchone()
    land(store, [RemoveFaces("a")])
    store.close()
    reader.close()
    with open_store(tmp_path) as again:
        erased(again)
        assert proofs(again) == [{"templates": 1, "people": ["a"], "people_count": 1}]
        assert pieces_left(tmp_path, [row]) == []


def test_many_removals_in_one_batch_name_some_and_count_all(tmp_path: Path) -> None:
    chance, people = random.Random(4), [f"p{number}" for number in range(300)]
    with open_store(tmp_path) as store:
        land(store, [change for name in people for change in [*person(name), PutFace(face(name, chance))]])
        land(store, [RemovePerson(name) for name in people])
        erased(store)
        proof = proofs(store)[0]
        assert (proof["templates"], proof["people_count"]) == (300, 300)
        assert proof["people"] == people[:200]


@pytest.mark.parametrize("missing", ["person", "consent"])
def test_nobody_has_a_template_without_consent(tmp_path: Path, missing: str) -> None:
    row = face("a", random.Random(5))
    given = person("a")[1:] if missing == "person" else person("a")[:1]
    with open_store(tmp_path) as store:
        land(store, [*given, PutFace(row)])
        assert (dict(store.policy().faces), dict(store.policy().consents)) == ({}, {})
        assert list(sealed_faces(store.reading())) == []


def test_a_template_that_comes_after_the_removal_is_not_kept(tmp_path: Path) -> None:
    chance = random.Random(6)
    with open_store(tmp_path) as store:
        land(store, [*person("a"), PutFace(face("a", chance)), RemovePerson("a"), PutFace(face("a", chance))])
        assert list(sealed_faces(store.reading())) == []


def test_an_id_is_used_once(tmp_path: Path) -> None:
    row = face("a", random.Random(7))
    with open_store(tmp_path) as store:
        land(store, [*person("a"), PutFace(row)])
        with pytest.raises(sqlite3.IntegrityError):
            land(store, [PutFace(row)])
        assert dict(store.policy().faces) == {"a": 1}


def test_rows_are_read_in_chunks_by_model_and_by_person(tmp_path: Path) -> None:
    chance = random.Random(8)
    rows = [face(f"p{number % 7}", chance, model="old" if number % 5 == 0 else "new") for number in range(50)]
    with open_store(tmp_path) as store:
        land(store, [change for number in range(7) for change in person(f"p{number}")])
        land(store, [PutFace(row) for row in rows])
        land(store, [PutFace(face("p1", chance, negative=True, model="new"))])
        chunks = list(sealed_faces(store.reading(), model="new", chunk=9))
        assert {len(chunk) for chunk in chunks[:-1]} == {9}
        assert [row for chunk in chunks for row in chunk][:-1] == [row for row in rows if row.model == "new"]
        assert count_by_model(store.reading()) == {"new": 41, "old": 10}
        assert negatives_by_person(store.reading()) == {"p1": 1}
        assert {row.person for row in faces_of(store.reading(), ["p1", "p2"])} == {"p1", "p2"}
        assert "sealed" not in repr(faces_of(store.reading(), ["p1"]))
        with pytest.raises(ValueError, match="at most 500"):
            faces_of(store.reading(), ["p"] * 501)


def test_templates_stand_in_no_event_feed_or_export(tmp_path: Path) -> None:
    chance = random.Random(9)
    rows = [face("a", chance) for _ in range(3)]
    with open_store(tmp_path) as store, served(store) as server:
        import httpx

        land(store, [*person("a"), *map(PutFace, rows), RemoveFaces("a")])
        erased(store)
        feed = httpx.get(f"{server.url}/v1/events?after=0").content
        for name, write in (("x.ndjson", write_ndjson), ("x.csv", write_csv)):
            with (tmp_path / name).open("w", encoding="utf-8") as out:
                assert write(read_events(store.path), out) > 1
        (tmp_path / "feed").write_bytes(feed)
        assert pieces_left(tmp_path, rows) == []
        hexes = [row.sealed[:PIECE].hex().encode() for row in rows]
        assert not any(piece in feed for piece in hexes)
