"""From what was seen in somebody's pictures to rows, or to refusals in words. Core: pure; randomness is passed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from edge.faces.model import Embedder, Entry
from edge.faces.rules import TEMPLATES_MAX, Refusal, consent_of, picture_will_do
from edge.faces.seal import SealError, sealed, vector_of
from sync.records import Change, Consent, FaceTemplate, Person, Policy, PutConsent, PutFace, PutPerson, RemoveFaces

Answer = Mapping[str, Any]


class Likeness(Protocol):
    """Everybody who is enrolled (`vision.faces.crowd.Crowd`)."""

    def alike(self, vector: bytes, at_least: float) -> tuple[str, ...]:
        """People who look the same."""

    def add(self, people: tuple[str, ...], vectors: bytes) -> None:
        """Know these as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What all people of an import are judged with."""

    embedder: Embedder
    key: bytes
    random: Callable[[int], bytes]
    likeness: Likeness
    similarity: Callable[[bytes, bytes], float]
    somebody_at: float
    """From this similarity on two pictures of strangers are taken for one person; follows the number enrolled."""
    same_at: float
    """Below this two pictures are not of one person."""
    recorded_by: str
    source: str = "import"
    twins: bool = False
    """Somebody has checked that people who look the same are two."""

    def __repr__(self) -> str:
        return f"Bench({self.embedder.model})"


@dataclass(frozen=True, slots=True)
class Refused:
    """One line of the report."""

    file: str
    """Empty where it is about the person."""
    person: str
    name: str
    why: Refusal


@dataclass(frozen=True, slots=True)
class Judged:
    """One person of an import."""

    entry: Entry
    changes: tuple[Change, ...] = ()
    """Empty where nobody is enrolled."""
    consent: Consent | None = None
    templates: int = 0
    refused: tuple[Refused, ...] = ()
    spare: int = 0
    """Good pictures that were not needed."""


@dataclass(frozen=True, slots=True)
class _Good:
    file: str
    quality: float
    vector: bytes


def judged(
    bench: Bench, policy: Policy, entry: Entry, answers: Sequence[Answer], now_s: float, *, enrolled: int = 0
) -> Judged:
    """Enrol a person with the best of their pictures, or say why not; ``enrolled``: templates that stay beside."""
    consent = _consent(bench, policy, entry, now_s)
    if isinstance(consent, Refusal):
        return Judged(entry, refused=(Refused("", entry.person, entry.name, consent),))
    good, refused = _sorted_out(bench, policy, entry, answers)
    room = TEMPLATES_MAX - enrolled
    taken, spare = good[:room], good[room:]
    if good and not taken:
        refused.append(Refused("", entry.person, entry.name, Refusal("face_templates_full")))
    if not taken:
        return Judged(entry, refused=tuple(refused), spare=len(spare))
    faces = [_face(bench, entry.person, one, now_s) for one in taken]
    bench.likeness.add((entry.person,) * len(taken), b"".join(one.vector for one in taken))
    changes = (*_person(policy, entry, enrolled), PutConsent(consent), *map(PutFace, faces))
    return Judged(entry, changes, consent, len(faces), tuple(refused), len(spare))


def judged_unlike(bench: Bench, policy: Policy, person: str, answer: Answer, now_s: float) -> FaceTemplate | Refusal:
    """A look-alike of somebody: a template that a match with says "not this person"."""
    one = _template(bench, answer)
    if isinstance(one, Refusal):
        return one
    against = picture_will_do(policy, person, "", bench.likeness.alike(one.vector, bench.somebody_at), negative=True)
    return against or _face(bench, person, one, now_s, negative=True)


def _consent(bench: Bench, policy: Policy, entry: Entry, now_s: float) -> Consent | Refusal:
    """The consent that stands, unless a new one is written down with its purpose."""
    standing = policy.consents.get(entry.person)
    if standing is not None and not entry.consent.purpose.strip():
        return standing
    known = policy.people.get(entry.person)
    leaves_s = None if known is None else known.valid_until_s
    return consent_of(entry.consent, entry.person, bench.recorded_by, now_s, leaves_s=leaves_s)


def _sorted_out(
    bench: Bench, policy: Policy, entry: Entry, answers: Sequence[Answer]
) -> tuple[list[_Good], list[Refused]]:
    """The pictures that will do, the best first, and why the others will not."""
    good: list[_Good] = []
    refused: list[Refused] = []

    def refuse(file: str, why: Refusal) -> None:
        refused.append(Refused(file, entry.person, entry.name, why))

    found: list[_Good] = []
    for answer in answers:
        one = _template(bench, answer)
        if isinstance(one, Refusal):
            refuse(str(answer.get("file", "")), one)
        else:
            found.append(one)
    found.sort(key=lambda one: (-one.quality, one.file))
    for one in found:
        matches = bench.likeness.alike(one.vector, bench.somebody_at)
        against = picture_will_do(policy, entry.person, "", matches, twins=bench.twins)
        if against is None and good and bench.similarity(good[0].vector, one.vector) < bench.same_at:
            against = Refusal("face_differs")
        if against is None:
            good.append(one)
        else:
            refuse(one.file, against)
    return good, refused


def _template(bench: Bench, answer: Answer) -> _Good | Refusal:
    """What a picture gave: a good template, or why not."""
    problem = str(answer.get("problem") or "")
    if problem:
        return Refusal(problem)
    try:
        vector = vector_of(str(answer.get("template") or ""), bench.embedder.dim)
    except SealError:
        return Refusal("face_no_template")
    if answer.get("model") != bench.embedder.model:
        return Refusal("face_no_template")
    return _Good(str(answer.get("file", "")), float(answer.get("quality") or 0.0), vector)


def _person(policy: Policy, entry: Entry, enrolled: int) -> tuple[Change, ...]:
    """The row of the person where there is none; templates of another model go, they are of no use."""
    if entry.person not in policy.people:
        return (PutPerson(Person(id=entry.person, name=entry.name, place=entry.place)),)
    stale = policy.faces.get(entry.person, 0) > 0 and not enrolled
    return (RemoveFaces(entry.person),) if stale else ()


def _face(bench: Bench, person: str, one: _Good, now_s: float, *, negative: bool = False) -> FaceTemplate:
    row = FaceTemplate(
        id=bench.random(16).hex(),
        person=person,
        model=bench.embedder.model,
        sealed=b"",
        negative=negative,
        source=bench.source,
        quality=round(min(1.0, max(0.0, one.quality)), 3),
        created_s=now_s,
    )
    return sealed(bench.key, row, one.vector, bench.random(12))
