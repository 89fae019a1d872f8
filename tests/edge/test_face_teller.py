"""Whoever's templates come or go is told to the eyes after the commit, whatever made the change."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edge.faces.gallery_feed import GalleryFeed
from edge.faces.teller import PEOPLE_MAX, GalleryTeller
from edge.users.secret_files import SecretFileError
from sync.policy import faces_touched
from sync.records import (
    Change,
    Person,
    PutFace,
    PutPerson,
    RemoveFaces,
    RemoveNegatives,
    RemovePerson,
    RemoveVehicle,
)
from sync.store import Store
from tests.edge.test_face_feed import EMBEDDER, KEY, enrol, row
from tests.sync.helpers import DEADLINE_S, draft, open_store
from vision.commands import GalleryEdit


@dataclass
class Eyes:
    """What the eyes heard."""

    edits: list[GalleryEdit] = field(default_factory=list)
    refreshed: int = 0

    def refresh(self) -> None:
        self.refreshed += 1


async def land(store: Store, *changes: Change) -> None:
    await asyncio.wrap_future(store.append([draft()], changes))


async def heard(eyes: Eyes, edits: int, refreshed: int = 0) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while (len(eyes.edits), eyes.refreshed) != (edits, refreshed):
            await asyncio.sleep(0.01)


def test_which_changes_touch_whose_templates() -> None:
    face = row("a", 1)
    changes: list[Change] = [
        RemoveVehicle("x"),
        PutPerson(Person(id="z", name="z")),
        PutFace(face),
        RemovePerson("b"),
        PutFace(face),
    ]
    assert faces_touched([*changes, RemoveFaces("c"), RemoveNegatives("d")]) == ("a", "b", "c", "d")


async def test_edits_follow_commits_in_order(tmp_path: Path) -> None:
    eyes = Eyes()
    with open_store(tmp_path) as store:
        teller = GalleryTeller(lambda: GalleryFeed(store, KEY, EMBEDDER), eyes.edits.append, eyes.refresh)
        store.on_faces(teller.changed)
        task = asyncio.create_task(teller.run())
        await asyncio.to_thread(enrol, store, [row("a", 1), row("b", 2)])
        await heard(eyes, 1)
        assert (eyes.edits[0].removed, eyes.edits[0].people) == (("a", "b"), ("a", "b"))
        await land(store, PutPerson(Person(id="z", name="z")))
        await land(store, RemovePerson("a"))
        await heard(eyes, 2)
        assert (eyes.edits[1].removed, eyes.edits[1].people) == (("a",), ())
        assert eyes.edits[1].version > eyes.edits[0].version
        task.cancel()


async def test_very_many_people_are_told_as_a_whole_gallery(tmp_path: Path) -> None:
    eyes = Eyes()
    with open_store(tmp_path) as store:
        teller = GalleryTeller(lambda: GalleryFeed(store, KEY, EMBEDDER), eyes.edits.append, eyes.refresh)
        store.on_faces(teller.changed)
        task = asyncio.create_task(teller.run())
        await land(store, *(RemoveFaces(f"p{number}") for number in range(PEOPLE_MAX + 1)))
        await heard(eyes, 0, 1)
        task.cancel()


async def test_a_key_that_cannot_be_read_is_left_to_the_whole_gallery_to_tell(tmp_path: Path) -> None:
    eyes, tried = Eyes(), []

    def feed() -> GalleryFeed:
        tried.append(1)
        raise SecretFileError("unreadable")

    with open_store(tmp_path) as store:
        teller = GalleryTeller(feed, eyes.edits.append, eyes.refresh)
        store.on_faces(teller.changed)
        task = asyncio.create_task(teller.run())
        people: Sequence[str] = ("a", "b")
        for number, person in enumerate(people):
            await land(store, RemoveFaces(person))
            await heard(eyes, 0, number + 1)
        assert len(tried) == 2
        task.cancel()
