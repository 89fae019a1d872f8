"""People judged by what was seen in their pictures, landed in batches, and gone on with after an interruption."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config.model import Site
from edge.cli.tools import open_store
from edge.faces.bulk import LAND_PEOPLE, Enrolment
from edge.faces.gallery_feed import WrongFaceKey, parts
from edge.faces.key_file import face_key_path, load_face_key
from edge.faces.looking import looked_at
from edge.faces.model import Entry
from edge.faces.rules import TEMPLATES_MAX, ConsentWish
from sync.records import PutFace
from sync.store import Store
from tests.edge.face_answers import EMBEDDER, answer

WISH = ConsentWish(purpose="开门")
DEADLINE_S = 60.0


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site.model_validate({"site": {"data_dir": str(tmp_path / "data")}, "faces": {"filing_limit": 3}})


@pytest.fixture
def store(site: Site) -> Iterator[Store]:
    with open_store(site) as opened:
        yield opened


def entry(person: str, pictures: int = 1, **more: Any) -> Entry:
    files = tuple(Path(f"{person}-{number}.jpg") for number in range(pictures))
    return Entry(**{"person": person, "name": person.title(), "pictures": files, "consent": WISH, **more})


def enrol(site: Site, store: Store, one: Entry, *answers: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    """Enrol one person; returns what was refused: (file, key)."""
    work = Enrolment(site, store, source="import", **more)
    [judged] = work.enrol([one], iter(answers))
    return [(line.file, line.why.key) for line in judged.refused]


def test_the_best_pictures_become_templates_with_consent_and_one_event(site: Site, store: Store) -> None:
    answers = [answer(f"{n}.jpg", 1, quality=0.5 + n / 20) for n in range(7)]
    assert enrol(site, store, entry("wang", 7, place="1-101"), *answers) == []
    policy = store.policy()
    assert dict(policy.faces) == {"wang": TEMPLATES_MAX}
    assert (policy.people["wang"].place, policy.consents["wang"].purpose) == ("1-101", "开门")
    [event] = [e for e in store.read_after(0) if e.kind == "lists.changed"]
    assert event.data()["templates"] == TEMPLATES_MAX
    assert event.data()["given_by"] == "self"
    [part] = parts(store, load_face_key(site), EMBEDDER)
    assert part.people == ("wang",) * TEMPLATES_MAX


@pytest.mark.parametrize(
    ("answers", "refused", "templates"),
    [
        ([answer("a", 1, problem="blurred")], [("a", "blurred")], 0),
        ([answer("a", 1), answer("b", 1, problem="turned")], [("b", "turned")], 1),
        ([{"file": "a", "problem": "crashed", "error": {"code": "crashed"}}], [("a", "crashed")], 0),
        ([answer("a", 1, template="")], [("a", "face_no_template")], 0),
        ([answer("a", 1, model="other@1")], [("a", "face_no_template")], 0),
        ([answer("a", 1, quality=0.9), answer("b", 2)], [("b", "face_differs")], 1),
        ([answer("a", 1, quality=0.9), answer("b", 1, 2)], [], 2),  # a likeness of 0.7
    ],
)
def test_every_picture_that_is_not_taken_has_its_reason(
    site: Site, store: Store, answers: list[dict[str, Any]], refused: list[tuple[str, str]], templates: int
) -> None:
    assert enrol(site, store, entry("wang", len(answers)), *answers) == refused
    assert store.policy().faces.get("wang", 0) == templates
    assert ("wang" in store.policy().people) == (templates > 0)


def test_somebody_who_looks_like_an_enrolled_person_is_asked_about(site: Site, store: Store) -> None:
    assert enrol(site, store, entry("wang"), answer("a", 1)) == []
    work = Enrolment(site, store, source="import")
    [judged] = work.enrol([entry("li")], iter([answer("b", 1)]))
    [line] = judged.refused
    assert (line.why.key, "Wang (wang)" in line.why.en) == ("face_alike", True)
    assert "li" not in store.policy().faces
    assert enrol(site, store, entry("li"), answer("b", 1), twins=True) == []
    assert dict(store.policy().faces) == {"wang": 1, "li": 1}


def test_two_people_of_one_import_are_compared_as_well(site: Site, store: Store) -> None:
    work = Enrolment(site, store, source="import")
    judged = list(work.enrol([entry("wang"), entry("li")], iter([answer("a", 1), answer("b", 1)])))
    assert [one.templates for one in judged] == [1, 0]
    assert judged[1].refused[0].why.key == "face_alike"


@pytest.mark.parametrize(
    ("wish", "refused"),
    [
        (ConsentWish(purpose=""), "face_purpose"),
        (ConsentWish(purpose="开门", under_14=True), "face_guardian"),
        (ConsentWish(purpose="开门", until_s=1.0), "face_consent_over"),
    ],
)
def test_nobody_is_enrolled_without_a_consent_that_holds(
    site: Site, store: Store, wish: ConsentWish, refused: str
) -> None:
    assert enrol(site, store, entry("wang", consent=wish), answer("a", 1)) == [("", refused)]
    assert store.newest == 0 or not store.policy().people


def test_more_pictures_later_keep_the_consent_that_stands(site: Site, store: Store) -> None:
    enrol(site, store, entry("wang"), answer("a", 1))
    given = store.policy().consents["wang"]
    assert enrol(site, store, entry("wang", consent=ConsentWish(purpose="")), answer("b", 1)) == []
    assert store.policy().consents["wang"] == given
    more = [answer(f"{n}.jpg", 1) for n in range(4)]
    assert enrol(site, store, entry("wang", 4), *more) == []
    assert dict(store.policy().faces) == {"wang": TEMPLATES_MAX}
    assert enrol(site, store, entry("wang"), answer("c", 1)) == [("", "face_templates_full")]


def test_templates_of_another_model_give_way(site: Site, store: Store) -> None:
    enrol(site, store, entry("wang"), answer("a", 1))
    work = Enrolment(site, store, source="import")
    stale = replace(work.bench, embedder=replace(EMBEDDER, model="old@1"))
    work.bench = stale
    list(work.enrol([entry("li")], iter([answer("b", 2, model="old@1")])))
    assert Enrolment(site, store, source="import").templates == {"wang": 1}
    assert enrol(site, store, entry("li"), answer("b", 3)) == []
    assert dict(store.policy().faces) == {"wang": 1, "li": 1}
    assert Enrolment(site, store, source="import").templates == {"wang": 1, "li": 1}


def test_many_land_in_batches_and_an_interrupted_import_goes_on(site: Site, store: Store) -> None:
    people = [entry(f"p{number}") for number in range(LAND_PEOPLE + 20)]

    def some(upto: int) -> Iterator[dict[str, Any]]:
        for number in range(upto):
            yield answer(f"p{number}.jpg", number % 128, (number * 7 + 1 + number // 128) % 128)
        raise KeyboardInterrupt

    work = Enrolment(site, store, source="import", twins=True)
    with pytest.raises(KeyboardInterrupt):
        list(work.enrol(people, some(LAND_PEOPLE + 5)))
    assert len(store.policy().faces) == LAND_PEOPLE
    again = Enrolment(site, store, source="import", twins=True)
    left = [one for one in people if one.person not in again.templates]
    assert [one.person for one in left] == [f"p{number}" for number in range(LAND_PEOPLE, LAND_PEOPLE + 20)]
    answers = (answer(f"{n}.jpg", n % 128) for n in itertools.count())
    assert len(list(again.enrol(left, answers))) == 20
    assert len(store.policy().faces) == LAND_PEOPLE + 20


def test_the_filing_limit_is_told_of(site: Site, store: Store) -> None:
    work = Enrolment(site, store, source="import")
    list(work.enrol([entry(f"p{n}") for n in range(3)], (answer(f"{n}", n) for n in range(3))))
    near = work.warn(before=0)
    assert near is not None
    assert near.due
    assert [e.data() for e in store.read_after(0) if e.kind == "faces.filing"] == [
        {"enrolled": 3, "limit": 3, "due": True}
    ]
    assert work.warn(before=3) is None


def test_another_key_is_refused_before_anything_is_written(site: Site, store: Store) -> None:
    enrol(site, store, entry("wang"), answer("a", 1))
    face_key_path(site).write_text("00" * 32, encoding="ascii")
    with pytest.raises(WrongFaceKey):
        Enrolment(site, store, source="import")


def test_nothing_shows_templates_or_the_key(site: Site, store: Store) -> None:
    work = Enrolment(site, store, source="import")
    [judged] = work.enrol([entry("wang")], iter([answer("a", 1)]))
    [face] = [change.face for change in judged.changes if isinstance(change, PutFace)]
    shown = repr(work.bench) + repr(judged)
    assert load_face_key(site).hex() not in shown
    assert repr(face.sealed) not in shown
    log = "".join(event.body for event in store.read_after(0))
    assert answer("a", 1)["template"] not in log
    assert face.id not in log


@pytest.mark.parametrize("jobs", [1, 2, 3, 7])
def test_answers_come_in_the_order_of_the_pictures(jobs: int) -> None:
    children: list[str] = []

    def ask(pictures: Iterable[Path]) -> Iterator[dict[str, Any]]:
        children.append("asked")
        for path in pictures:
            yield {"file": str(path)}

    pictures = [Path(f"{number}.jpg") for number in range(50)]
    assert [found["file"] for found in looked_at(pictures, jobs, ask)] == [str(path) for path in pictures]
    assert len(children) == jobs
    assert list(looked_at([], jobs, ask)) == []


def test_what_ends_a_child_for_good_reaches_the_taker() -> None:
    def ask(pictures: Iterable[Path]) -> Iterator[dict[str, Any]]:
        for path in pictures:
            if path.name == "5.jpg":
                raise RuntimeError("no models")
            yield {"file": str(path)}

    with pytest.raises(RuntimeError, match="no models"):
        list(looked_at([Path(f"{n}.jpg") for n in range(50)], 2, ask))


def test_a_taker_who_leaves_early_ends_the_children() -> None:
    ended = threading.Event()

    def ask(pictures: Iterable[Path]) -> Iterator[dict[str, Any]]:
        try:
            for path in pictures:
                yield {"file": str(path)}
        finally:
            ended.set()

    taking = looked_at([Path(f"{n}.jpg") for n in range(1000)], 2, ask)
    next(taking)
    taking.close()  # type: ignore[attr-defined]
    assert ended.wait(DEADLINE_S)
    assert not [thread for thread in threading.enumerate() if thread.name == "look-at-pictures"]
