"""How long a search takes among 10,000 and 100,000 people, and how long from a killed eyes process to the first match.

    python -m benchmarks.faces_gallery [--restart SPLIT --models DIR] [--people 10000 100000]

The search runs on one thread. For ``--restart`` the gallery lies sealed in a store as on a gateway (random templates),
one person of SPLIT is enrolled and stands before a folder camera; the eyes are killed (SIGKILL), and
the time to the next `known` is taken apart: process back, gallery in use, first match.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import csv
import os
import secrets
import shutil
import signal
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from benchmarks.eyes import until_backs
from config.model import Camera, Duty, Eyes, Site
from config.model_face import Faces, Models
from edge.faces.embedder import embedder_of
from edge.faces.gallery_feed import GalleryFeed
from edge.faces.seal import sealed
from edge.observations import Observation
from edge.run.eyes_link import EyesLink
from sync.event import EventDraft
from sync.records import Change, Consent, FaceTemplate, Person, PutConsent, PutFace, PutPerson
from sync.store import Store
from vision.commands import GalleryPart, ProbeFace
from vision.faces.gallery import Gallery, GalleryBuilder
from vision.observations import FaceSeen

DIM, ROUNDS, ROWS_A_TIME = 128, 300, 2000
ENROLLED = 3


def randoms(count: int, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Templates of nobody."""
    vectors = np.random.default_rng(seed).standard_normal((count, DIM)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def gallery_of(people: int, templates: int, negatives: int) -> tuple[Gallery, float]:
    """A gallery, and the seconds that its parts took."""
    names = [f"p{number % people}" for number in range(people * templates)] + [f"p{n}" for n in range(negatives)]
    vectors = randoms(len(names), 1)
    builder, gallery, started_s = GalleryBuilder(), None, time.perf_counter()
    chunks = range(0, len(names), ROWS_A_TIME)
    for number, start in enumerate(chunks):
        rows = range(start, min(start + ROWS_A_TIME, len(names)))
        part = GalleryPart(
            version=1,
            part=number,
            parts=len(chunks),
            model="m",
            dim=DIM,
            people=tuple(names[start : rows.stop]),
            negative=tuple(row - start for row in rows if row >= people * templates),
            vectors=vectors[start : rows.stop].astype("<f4").tobytes(),
        )
        gallery = builder.take(part)
    assert gallery is not None
    return gallery, time.perf_counter() - started_s


def search(people: int, templates: int, negatives: int) -> None:
    """One row of the table."""
    gallery, built_s = gallery_of(people, templates, negatives)
    faces = randoms(ROUNDS, 2)
    took_ms: dict[str, list[float]] = {"match": [], "product": []}
    steps: dict[str, Callable[[np.ndarray[tuple[int], np.dtype[np.float32]]], object]] = {
        "match": gallery.match,
        "product": lambda face: gallery.means @ face,
    }
    for face in faces:
        for name, step in steps.items():
            started_s = time.perf_counter()
            step(face)
            took_ms[name].append((time.perf_counter() - started_s) * 1000)
    match = sorted(took_ms["match"])
    print(
        f"{people:>7} people, {templates} templates, {negatives:>4} look-alikes: match p50 {match[ROUNDS // 2]:.2f}, "
        f"p99 {match[int(ROUNDS * 0.99)]:.2f} ms (product alone {statistics.median(took_ms['product']):.2f}); "
        f"built from parts in {built_s:.2f} s"
    )


def put(store: Store, rows: list[FaceTemplate]) -> None:
    """People with one template each, in one transaction."""
    changes: list[Change] = []
    for row in rows:
        changes += [
            PutPerson(Person(id=row.person, name=row.person)),
            PutConsent(Consent(person=row.person, purpose="-", given_by="self", given_at_s=1, recorded_by="-")),
            PutFace(row),
        ]
    draft = EventDraft(kind="benchmark.filled", source="benchmark", body={}, wall_us=1, mono_ns=1)
    store.append([draft], changes).result(120)


def face_row(key: bytes, model: str, person: str, vector: bytes) -> FaceTemplate:
    """A template under seal."""
    face = FaceTemplate(id=secrets.token_hex(8), person=person, model=model, sealed=b"")
    return sealed(key, face, vector, os.urandom(12))


def fill(store: Store, key: bytes, model: str, people: int) -> None:
    """Sealed templates of nobody, a thousand people to a transaction."""
    vectors = randoms(people, 3).astype("<f4")
    for start in range(0, people, 1000):
        numbers = range(start, min(start + 1000, people))
        put(store, [face_row(key, model, f"r{number}", vectors[number].tobytes()) for number in numbers])


def person_of(split: Path) -> tuple[str, list[Path]]:
    """The first one with ten pictures or more."""
    pictures: dict[str, list[Path]] = defaultdict(list)
    with (split / "people.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            pictures[row["identity"]].append(split / row["file"])
    return next((name, files) for name, files in sorted(pictures.items()) if len(files) >= 6 and "lfw" in name)


async def until(condition: Callable[[], bool], what: str) -> float:
    """The moment at which it came true."""
    deadline_s = time.monotonic() + 180
    while not condition():
        if time.monotonic() > deadline_s:
            raise TimeoutError(what)
        await asyncio.sleep(0.01)
    return time.monotonic()


async def probed(link: EyesLink, picture: Path) -> bytes:
    """The template of a picture; empty where it will not do."""
    request = ProbeFace(request_id=picture.name, camera="", picture=await asyncio.to_thread(picture.read_bytes))
    return base64.b64decode((await link.probe(request, timeout_s=60)).template)


async def restart(split: Path, models: Path, people: int, kills: int = 5) -> None:
    """Kill the eyes again and again."""
    name, files = person_of(split)
    with tempfile.TemporaryDirectory() as folder:
        shown = Path(folder) / "shown"
        shown.mkdir()
        for number, picture in enumerate(files[ENROLLED:]):
            shutil.copy(picture, shown / f"{number:03}.jpg")
        site = Site(
            eyes=Eyes(start_timeout_s=120, heartbeat_timeout_s=20),
            faces=Faces(liveness="report", within_s=5.0),
            models=Models(dir=models),
            cameras={"lobby": Camera(source=str(shown), loop_file=True, duties=(Duty.FACES,))},
        )
        with Store.open(Path(folder) / "b.db", gateway_id="b", media_dir=Path(folder) / "media") as store:
            embedder, key = embedder_of(site), os.urandom(32)
            started_s = time.monotonic()
            fill(store, key, embedder.model, people)
            filled_s = time.monotonic() - started_s
            feed = GalleryFeed(store, key, embedder)
            heard: list[Observation] = []
            link = EyesLink(site, heard.append, gallery=feed.parts)
            await link.start()
            try:
                await until_backs(link, heard, 1)
                templates = [await probed(link, picture) for picture in files[:ENROLLED]]
                put(store, [face_row(key, embedder.model, name, template) for template in templates if template])
                for edit in feed.edits([name]):
                    link.tell(edit)
                await until(lambda: any(_known(item, name) for item in heard), "the first match")
                rows_told = sum(len(part.people) for part in feed.parts())
                rows = [await _killed(link, heard, name, rows_told, number + 2) for number in range(kills)]
            finally:
                await link.stop()
    back, used, first = (statistics.median(column) for column in zip(*rows, strict=True))
    print(
        f"{people:>7} people sealed in {filled_s:.1f} s; after kill -9: eyes ready {back:.1f} s, gallery in use "
        f"{used:.1f} s, first match {first:.1f} s (median of {kills})"
    )


async def _killed(
    link: EyesLink, heard: list[Observation], name: str, rows: int, backs: int
) -> tuple[float, float, float]:
    pid = link.stats.pid
    assert pid is not None
    before, killed_s = len(heard), time.monotonic()
    os.kill(pid, signal.SIGKILL)
    using = asyncio.create_task(until(lambda: _uses(link, rows, killed_s), "the gallery"))
    matching = asyncio.create_task(until(lambda: any(_known(item, name) for item in heard[before:]), "a match"))
    await until_backs(link, heard, backs)
    back_s = time.monotonic()
    return back_s - killed_s, await using - killed_s, await matching - killed_s


def _uses(link: EyesLink, rows: int, since_s: float) -> bool:
    beat = link.stats.beat
    return beat is not None and beat.at_mono_s > since_s and beat.gallery_rows == rows


def _known(item: Observation, name: str) -> bool:
    return isinstance(item, FaceSeen) and item.outcome == "known" and item.person == name


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--restart", type=Path)
    parser.add_argument("--models", type=Path)
    options = parser.parse_args()
    for people in options.people:
        search(people, 1, 0)
        search(people, 2, 200)
    if options.restart is not None:
        for people in options.people:
            asyncio.run(restart(options.restart, options.models, people))


if __name__ == "__main__":
    main()
