"""Core: from reads in single frames to one answer per vehicle.

A visit begins when a plate is first read and ends when it has not been read for `gone_after_s`. It is answered
`sure` at most once, when enough reads agree, and `unsure` at most once, when that takes too long; a sure answer
may follow an unsure one. Several vehicles may stand in the picture, each is a visit of its own. One that has stood
for a minute is parked: hidden behind another it is expected back in its place, and is no new visit then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from config.model import Plates
from vision import geometry
from vision.observations import PlateCandidate
from vision.plate_reader import Box, PlateRead
from vision.plate_text import edit_distance

_OPENS = 0.15
"""Weaker reads open no visit: the letters of a badge come out below."""
_COUNTS = 0.5
"""Weaker reads are no votes; they only show as candidates."""
_SIMILAR = 2
"""Edits between two texts that one plate may give in two frames."""
_STOOD_IOU = 0.4
"""Boxes of a plate that stands overlap at least so much from frame to frame."""
_PARKED_AFTER_S = 60.0
_PARKED_HIDDEN_S = 300.0
"""A parked vehicle may be hidden this long by others and by the people who load it."""
_MAX_VISITS = 16
_MAX_CANDIDATES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is known about a vehicle, said with the frame that decided."""

    visit: str
    outcome: Literal["sure", "unsure"]
    text: str
    confidence: float
    """Of the text's weakest character, the best over the frames."""
    color: str
    rows: int
    box: Box
    candidates: tuple[PlateCandidate, ...]
    """Best first."""
    frames: int
    captured_mono_s: float
    captured_at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A vehicle has not been seen for a while."""

    visit: str
    text: str
    started_mono_s: float
    ended_mono_s: float
    """When it was last seen."""


Outcome = Verdict | Ended


@dataclass(frozen=True, slots=True)
class _Candidate:
    text: str
    confidence: float
    votes: int
    sure_votes: int

    @property
    def rank(self) -> tuple[int, int, float]:
        return self.sure_votes, self.votes, self.confidence


@dataclass(frozen=True, slots=True)
class _Visit:
    name: str
    started_s: float
    seen_s: float
    box: Box
    frames: int = 0
    candidates: tuple[_Candidate, ...] = ()
    """Best first."""
    sure_text: str = ""
    unsure_said: bool = False
    others: tuple[PlateRead, ...] = ()
    """Sure reads of another text in a row since the sure text was last read."""
    recent: tuple[str, ...] = ()
    """Texts of the last reads, empty where one was not sure."""
    stood: tuple[Box, float] | None = None
    """Where it stands, and since when."""

    @property
    def best(self) -> _Candidate:
        return self.candidates[0]

    @property
    def text(self) -> str:
        return self.sure_text or self.best.text

    @property
    def parked(self) -> bool:
        """Whether it had stood for long when it was last seen."""
        return self.stood is not None and self.seen_s - self.stood[1] >= _PARKED_AFTER_S


class VisitTracker:
    """Follows the vehicles before one camera; fed with every frame that was read, also with empty ones."""

    def __init__(self, prefix: str, settings: Plates) -> None:
        """`prefix` makes visit names unique over cameras and restarts."""
        self._prefix = prefix
        self._settings = settings
        self._counts = min(_COUNTS, settings.sure_confidence)
        # Most of the latest reads must be sure: a weak plate is now and then misread with confidence.
        self._window = 2 * settings.sure_votes - 1
        self._opened = 0
        self._visits: list[_Visit] = []
        self.seen: dict[str, PlateRead] = {}
        """The reads of the last frame by their visits."""

    def step(self, reads: Sequence[PlateRead], captured_mono_s: float, captured_at_s: float) -> list[Outcome]:
        """Take the plates of one frame; return what has become known."""
        outcomes: list[Outcome] = self.expire(captured_mono_s)
        self.seen = {}
        wide = [r for r in reads if r.box[2] - r.box[0] >= self._settings.min_width_px]
        for at, read in self._assign(wide, captured_mono_s):
            if at is None:
                outcomes += self._make_room(read.text)
                self._visits.append(self._open(captured_mono_s, read))
            place = len(self._visits) - 1 if at is None else at
            visit = self._with_read(self._visits[place], read, captured_mono_s)
            if len(visit.others) > max(2, self._settings.sure_votes):
                outcomes.append(_ended(visit))
                visit = self._succeed(visit, captured_mono_s)
            verdict = self._verdict(visit, read, captured_mono_s, captured_at_s)
            if verdict is not None:
                outcomes.append(verdict)
                sure = verdict.outcome == "sure"
                visit = replace(visit, sure_text=verdict.text) if sure else replace(visit, unsure_said=True)
            self._visits[place] = visit
            self.seen[visit.name] = read
        return outcomes

    def expire(self, now_mono_s: float) -> list[Outcome]:
        """End the visits that have not been seen for `gone_after_s`; also for times without frames."""
        after_s = self._settings.gone_after_s
        gone = [v for v in self._visits if now_mono_s - v.seen_s >= (_PARKED_HIDDEN_S if v.parked else after_s)]
        self._visits = [v for v in self._visits if v not in gone]
        return [_ended(visit) for visit in gone]

    def close(self) -> list[Outcome]:
        """End all visits, as when the camera is taken away."""
        gone, self._visits = self._visits, []
        return [_ended(visit) for visit in gone]

    def _assign(self, reads: Sequence[PlateRead], now_s: float) -> Iterator[tuple[int | None, PlateRead]]:
        """Each read with its visit, or with None where it opens one; a visit takes one read of a frame."""
        pairs = sorted(
            (
                (likeness, at, number)
                for at, visit in enumerate(self._visits)
                for number, read in enumerate(reads)
                if (likeness := self._likeness(visit, read, now_s)) > 0
            ),
            reverse=True,
        )
        visit_of: dict[int, int] = {}
        for _, at, number in pairs:
            if number not in visit_of and at not in visit_of.values():
                visit_of[number] = at
        taken = [reads[number] for number in visit_of]
        for number in sorted(visit_of, key=lambda n: visit_of[n]):
            yield visit_of[number], reads[number]
        for number, read in enumerate(reads):
            again = any(read.text == t.text or geometry.covered(read.box, t.box) > 0.5 for t in taken)
            if number not in visit_of and not again and read.confidence >= _OPENS:
                taken.append(read)
                yield None, read

    def _open(self, now_s: float, read: PlateRead) -> _Visit:
        self._opened += 1
        return _Visit(f"{self._prefix}-{self._opened}", now_s, now_s, read.box)

    def _likeness(self, visit: _Visit, read: PlateRead, now_s: float) -> float:
        """How well a read continues a visit; one that is hidden goes on only with its own text in its own place."""
        if now_s - visit.seen_s < self._settings.gone_after_s:
            return _likeness(visit, read, now_s, self._counts)
        return 4.0 if read.text == visit.text and geometry.iou(visit.box, read.box) > _STOOD_IOU else 0.0

    def _make_room(self, text: str) -> list[Outcome]:
        """End the visit of a parked vehicle that comes anew, and the oldest one where there are too many."""
        gone = [v for v in self._visits if v.parked and v.text == text]
        self._visits = [v for v in self._visits if v not in gone]
        if len(self._visits) >= _MAX_VISITS:
            gone.append(min(self._visits, key=lambda v: v.seen_s))
            self._visits.remove(gone[-1])
        return [_ended(visit) for visit in gone]

    def _succeed(self, visit: _Visit, now_s: float) -> _Visit:
        """The visit of the car that has taken the place of another with a similar plate."""
        new = self._open(now_s, visit.others[0])
        for read in visit.others:
            new = self._with_read(new, read, now_s)
        return new

    def _with_read(self, visit: _Visit, read: PlateRead, now_s: float) -> _Visit:
        """The visit after one more read."""
        sure = read.confidence >= self._settings.sure_confidence
        old = next((c for c in visit.candidates if c.text == read.text), _Candidate(read.text, 0.0, 0, 0))
        new = _Candidate(
            text=read.text,
            confidence=max(old.confidence, read.confidence),
            votes=old.votes + (read.confidence >= self._counts),
            sure_votes=old.sure_votes + sure,
        )
        rest = [c for c in visit.candidates if c.text != read.text][: _MAX_CANDIDATES - 1]
        others = visit.others
        if read.text == visit.sure_text:
            others = ()
        elif visit.sure_text and sure:
            others = (*others, read) if all(o.text == read.text for o in others) else (read,)
        return replace(
            visit,
            seen_s=now_s,
            box=read.box,
            recent=(*visit.recent, read.text if sure else "")[-self._window :],
            stood=visit.stood
            if visit.stood and geometry.iou(visit.stood[0], read.box) > _STOOD_IOU
            else (read.box, now_s),
            frames=visit.frames + 1,
            candidates=tuple(sorted([new, *rest], key=lambda c: c.rank, reverse=True)),
            others=others,
        )

    def _verdict(self, visit: _Visit, read: PlateRead, now_s: float, at_s: float) -> Verdict | None:
        if visit.sure_text:
            return None
        best = visit.best
        rival_votes = max((c.votes for c in visit.candidates[1:]), default=0)
        outcome: Literal["sure", "unsure"]
        agreed = visit.recent.count(best.text) >= self._settings.sure_votes
        if best.text == read.text and agreed and best.votes > rival_votes:
            outcome = "sure"
        elif not visit.unsure_said and visit.frames > 1 and now_s - visit.started_s >= self._settings.unsure_after_s:
            outcome = "unsure"
        else:
            return None
        return Verdict(
            visit=visit.name,
            outcome=outcome,
            text=best.text,
            confidence=best.confidence,
            color=read.color,
            rows=read.rows,
            box=read.box,
            candidates=tuple(PlateCandidate(c.text, c.confidence, c.votes) for c in visit.candidates),
            frames=visit.frames,
            captured_mono_s=now_s,
            captured_at_s=at_s,
        )


def _ended(visit: _Visit) -> Ended:
    return Ended(visit=visit.name, text=visit.text, started_mono_s=visit.started_s, ended_mono_s=visit.seen_s)


def _likeness(visit: _Visit, read: PlateRead, now_s: float, counts: float) -> float:
    """How well a read continues a visit; 0 if it cannot.

    The same text continues it wherever the car has driven. A similar one does so only near the place: a misread.
    Another text does so only in the place and only if one of the two is too weak to count.
    """
    shared = geometry.iou(visit.box, read.box)
    if any(c.text == read.text and (c.votes or c is visit.best) for c in visit.candidates):
        return 4 + shared
    gap_s = min(max(now_s - visit.seen_s, 0.0), 1.0)
    edits = min(edit_distance(c.text, read.text) for c in visit.candidates)
    if edits <= _SIMILAR and geometry.centre_distance(visit.box, read.box) < 1 + 2 * gap_s:
        return 3 - edits / 10 + shared / 100
    weak = read.confidence < counts or not any(c.votes for c in visit.candidates)
    return 1 + shared if weak and shared > 0.2 else 0.0
