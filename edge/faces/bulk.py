"""Enrolling many people while the gateway is stopped: judge one after another, land a hundred at a time. Shell: log.

What has landed is enrolled: an import that is ended in between goes on where it was when it is called again.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from config.model import Site
from edge.events import draft
from edge.faces.embedder import embedder_of, models_dir
from edge.faces.gallery_feed import GalleryFeed
from edge.faces.importing import Bench, Judged, Likeness, judged
from edge.faces.intake import IntakeError
from edge.faces.key_file import load_face_key
from edge.faces.looking import Answer, Ask
from edge.faces.model import Entry
from edge.faces.rules import Filing, filing_crossed
from edge.observations import Now
from edge.react.lists import change_body
from sync.event import EventDraft
from sync.records import Change, PutConsent
from sync.store import Store
from vision.faces.calibration import load_calibration
from vision.faces.threshold import threshold

LAND_PEOPLE = 100
LAND_WAIT_S = 60.0
NO_PICTURES_FAULT = frozenset({"no_model", "native_library"})
SAME_FPIR = 0.01
"""Pictures of one person must be more alike than all but this share of pairs of strangers."""


class Enrolment:
    """The gateway's store, its key, everybody who is enrolled, and what new ones are judged with."""

    def __init__(self, site: Site, store: Store, *, source: str, twins: bool = False, expected: int = 0) -> None:
        """Reads everybody who is enrolled; ``expected`` templates more may come.

        Raises ModelError, CalibrationError, SecretFileError or WrongFaceKey.
        """
        # On a loaded box OpenBLAS's threads spin: a search of 10,000 took 18 ms instead of 0.2.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        from vision.faces.crowd import Crowd, similarity  # numpy: this is not the hub's process

        self._site = site
        self._store = store
        embedder = embedder_of(site)
        key = load_face_key(site)
        crowd = Crowd(embedder.dim)
        self.templates: dict[str, int] = {}
        """By person, of the embedder in use."""
        for part in GalleryFeed(store, key, embedder).parts():
            mine = [row for row in range(len(part.people)) if row not in part.negative]
            size = embedder.dim * 4
            vectors = b"".join(part.vectors[row * size : (row + 1) * size] for row in mine)
            crowd.add(tuple(part.people[row] for row in mine), vectors)
            for row in mine:
                self.templates[part.people[row]] = self.templates.get(part.people[row], 0) + 1
        calibration = load_calibration(site.faces.embedder, models_dir(site))
        likeness: Likeness = crowd
        self.bench = Bench(
            embedder=embedder,
            key=key,
            random=os.urandom,
            likeness=likeness,
            similarity=similarity,
            somebody_at=threshold(len(crowd) + expected, site.faces.fpir, calibration),
            same_at=threshold(1, SAME_FPIR, calibration),
            recorded_by="cli",
            source=source,
            twins=twins,
        )

    def enrol(self, entries: Sequence[Entry], answers: Iterator[Answer]) -> Iterator[Judged]:
        """Enrol people in order; ``answers`` holds one for every picture of theirs, in order.

        What is yielded has landed. Raises what the store's futures raise.
        """
        waiting: list[Judged] = []
        for entry in entries:
            seen = [next(answers) for _ in entry.pictures]
            enrolled = self.templates.get(entry.person, 0)
            one = judged(self.bench, self._store.policy(), entry, seen, time.time(), enrolled=enrolled)
            waiting.append(one)
            if sum(bool(other.changes) for other in waiting) >= LAND_PEOPLE:
                yield from self._land(waiting)
                waiting = []
        yield from self._land(waiting)

    def warn(self, before: int) -> Filing | None:
        """Write down that the number enrolled has come near the filing limit since it was ``before``."""
        near = filing_crossed(before, len(self._store.policy().faces), self._site.faces.filing_limit)
        if near is not None:
            body: dict[str, object] = {"enrolled": near.enrolled, "limit": near.limit, "due": near.due}
            self.land([("faces.filing", "gateway", body)], ())
        return near

    def land(self, events: Sequence[tuple[str, str, dict[str, object]]], changes: Sequence[Change]) -> None:
        """Write events with the changes that belong to them, and wait until they are durable."""
        now = Now(mono_s=time.monotonic(), wall_s=time.time())
        drafts: list[EventDraft] = [draft(now, uuid.uuid4().hex, kind, source, body) for kind, source, body in events]
        self._store.append(drafts, changes).result(LAND_WAIT_S)

    def _land(self, people: Sequence[Judged]) -> Sequence[Judged]:
        good = [one for one in people if one.changes and one.consent is not None]
        if good:
            events = [("lists.changed", "operator:cli", _body(one, self.bench.source)) for one in good]
            self.land(events, [change for one in good for change in one.changes])
        for one in good:
            person = one.entry.person
            self.templates[person] = self.templates.get(person, 0) + one.templates
        return people


def asker(site: Site) -> Ask:
    """What asks a child about pictures; a picture that ends the child is refused, the others go on.

    Raises IntakeError where no picture could be looked at at all.
    """
    from vision.analyze_faces import answers

    def ask(pictures: Iterable[Path]) -> Iterator[Answer]:
        for answer in answers(pictures, models_dir=models_dir(site), faces=site.faces, enrol=True):
            error = answer.get("error", {})
            if error.get("code") in NO_PICTURES_FAULT:
                raise IntakeError(error["zh"], error["en"])
            yield answer

    return ask


def _body(one: Judged, source: str) -> dict[str, object]:
    """The consent in full, and how many templates; never one of them."""
    assert one.consent is not None, "nobody is enrolled without consent"
    consent = change_body(PutConsent(one.consent))
    return {"role": "admin", **consent, "name": one.entry.name, "templates": one.templates, "source": source}
