"""People by the ten thousand: enrol, restart, tell the eyes, first match, remove one, each in seconds.

Templates are random vectors of the embedder's length, so that the whole way but the looking at pictures is measured;
with ``--pictures DIR --models DIR`` the looking is measured too, on the pictures there, with the command's children.

    python benchmarks/faces_people.py --people 10000
    python benchmarks/faces_people.py --people 1000 --pictures photos --models data/models
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the eyes and the import have it

import numpy as np

from config.model import Site
from edge.cli.tools import open_store
from edge.faces.bulk import Enrolment, asker
from edge.faces.embedder import embedder_of
from edge.faces.gallery_feed import GalleryFeed
from edge.faces.intake import SUFFIXES
from edge.faces.key_file import load_face_key
from edge.faces.looking import looked_at
from edge.faces.model import Entry
from edge.faces.rules import ConsentWish
from sync.store import Store
from vision.faces.gallery import Gallery, GalleryBuilder
from vision.wire_commands import CommandDecoder, encode_command

WAIT_S = 120.0


def made(people: int, dim: int, model: str) -> Iterator[dict[str, Any]]:
    """Answers as a child gives them, of random people."""
    chance = np.random.default_rng(1)
    for number in range(people):
        vector = chance.normal(size=dim)
        raw = (vector / np.linalg.norm(vector)).astype("<f4").tobytes()
        yield {
            "file": f"{number}.jpg",
            "problem": "",
            "quality": 0.8,
            "model": model,
            "template": base64.b64encode(raw).decode(),
        }


def enrol(site: Site, people: int) -> dict[str, float]:
    """Judge, seal and land everybody, in batches, with consent and an event each."""
    embedder, begun_s = embedder_of(site), time.perf_counter()
    wish = ConsentWish(purpose="benchmark")
    entries = [
        Entry(person=f"p{number}", name=f"人{number}", pictures=(Path(f"{number}.jpg"),), consent=wish)
        for number in range(people)
    ]
    with open_store(site) as store:
        work = Enrolment(site, store, source="import", expected=people)
        done = sum(one.templates for one in work.enrol(entries, made(people, embedder.dim, embedder.model)))
        size_mb = store.path.stat().st_size / 1e6
    return {"enrolled": done, "enrol_s": round(time.perf_counter() - begun_s, 2), "database_mb": round(size_mb, 1)}


def restart(site: Site) -> dict[str, float]:
    """Open the store, tell the gallery over the wire's bytes, build it, know the first face."""
    figures: dict[str, float] = {}
    begun_s = time.perf_counter()
    with open_store(site) as store:
        figures["open_s"] = round(time.perf_counter() - begun_s, 2)
        gallery = told(site, store, figures)
        probe = gallery.means[len(gallery.people) // 2]
        match_s = time.perf_counter()
        match = gallery.match(probe)
        figures["match_ms"] = round((time.perf_counter() - match_s) * 1e3, 2)
        figures["restart_to_first_match_s"] = round(time.perf_counter() - begun_s, 2)
        assert match.person == gallery.people[len(gallery.people) // 2]
        figures |= removed(store, match.person)
    return figures


def told(site: Site, store: Store, figures: dict[str, float]) -> Gallery:
    """The gallery as the eyes have it."""
    begun_s = time.perf_counter()
    feed = GalleryFeed(store, load_face_key(site), embedder_of(site))
    messages = [encode_command(part) for part in feed.parts()]
    figures["told_s"] = round(time.perf_counter() - begun_s, 2)
    figures["parts"], figures["largest_part_mb"] = len(messages), round(max(map(len, messages)) / 1e6, 2)
    ear, builder, begun_s = CommandDecoder(), GalleryBuilder(), time.perf_counter()
    gallery = None
    for message in messages:
        for part in ear.feed(message):
            gallery = builder.take(part)  # type: ignore[arg-type]
    figures["built_s"] = round(time.perf_counter() - begun_s, 2)
    assert gallery is not None
    return gallery


def removed(store: Store, person: str) -> dict[str, float]:
    """How long the writer is held by a removal, and until the proof is durable."""
    from sync.event import EventDraft
    from sync.records import RemovePerson

    draft = EventDraft(kind="lists.changed", source="operator:cli", body={}, wall_us=1, mono_ns=1)
    after, begun_s = store.newest, time.perf_counter()
    store.append([draft], [RemovePerson(person)]).result(WAIT_S)
    landed_s = time.perf_counter() - begun_s
    while not any(event.kind == "log.faces_erased" for event in store.read_after(after)):
        store.wait_after(store.newest, 0.05)
    return {"removal_s": round(landed_s, 3), "erased_s": round(time.perf_counter() - begun_s, 3)}


def look(site: Site, pictures: Path, most: int, jobs: int) -> dict[str, float]:
    """How long the children take for real pictures."""
    found = sorted(path for path in pictures.rglob("*") if path.suffix.lower() in SUFFIXES)[:most]
    begun_s = time.perf_counter()
    good = sum(not answer.get("problem") for answer in looked_at(found, jobs, asker(site)))
    each_ms = (time.perf_counter() - begun_s) * 1e3 / max(1, len(found))
    return {"pictures": len(found), "good": good, "jobs": jobs, "picture_ms": round(each_ms, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--pictures-max", type=int, default=300)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        raw: dict[str, Any] = {"site": {"data_dir": folder}}
        if asked.models:
            raw["models"] = {"dir": str(asked.models)}
        site = Site.model_validate(raw)
        figures: dict[str, Any] = {"people": asked.people}
        if asked.pictures:
            figures |= look(site, asked.pictures, asked.pictures_max, asked.jobs)
        figures |= enrol(site, asked.people)
        figures |= restart(site)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
