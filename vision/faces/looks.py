"""Core: from faces in single frames to one answer per look. Time is passed in.

A look begins when somebody comes before the camera and ends when they have not been seen for ``gone_after_s``. In
every frame the nearest face leads, and only that one is asked who it is; where a second one is nearly as near the
frame counts for nobody. A look is answered

* ``known`` when at least ``frames`` good frames within ``within_s`` name the same person, two thirds of the good ones
  at least, their mean similarity reaches the threshold and leads the second best by ``margin``, and their liveness is
  enough where that is required. Means, because they refuse more strangers and know more people than single frames;
* ``stranger`` when so many good frames are not near anybody for ``within_s``; twice as many frames must then agree
  before this look may still become known, or a stranger who stays would draw lots with every frame;
* ``unsure`` when neither comes about in `UNSURE_AFTER` times ``within_s``: it says what was in the way.

Each at most once per look. Liveness is the mean over the last `LIVE_FRAMES` good frames of the look that show the
person in question, not the best of them: a living face lends no life to the picture of another one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from config.model_face import Faces
from vision import geometry
from vision.plate_reader import Box

UNSURE_AFTER = 1.5
NEAR = 0.06
"""Similarity that may be lacking for somebody who is enrolled and badly seen: no stranger yet."""
LIVE_MIN = 0.5
LIVE_FRAMES = 16
"""Frames that count for liveness; more than a decision needs."""
NOTICED_SHARE = 0.7
"""Of ``face_px_min``: smaller faces are people in the background and open no look."""
SEVERAL_SHARE = 0.8
"""A second face of this share of the leading one's width: nobody is clearly the nearest."""
_GOOD_MAX = 64
_LOOKS_MAX = 8
_PROBLEMS_MAX = 32

Outcome = Literal["known", "unsure", "stranger"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The leading face of one frame."""

    box: Box
    problem: str = ""
    """A key of `vision.faces.words`; empty where the face was seen well enough to be compared."""
    person: str = ""
    score: float = -1.0
    second: float = -1.0
    struck: bool = False
    """A look-alike stood nearer than the person most alike."""
    threshold: float = 1.0
    live: float = -1.0
    quality: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is known about a look, said with the frame that decided."""

    look: str
    outcome: Outcome
    person: str = ""
    reason: str = ""
    score: float
    second: float
    threshold: float
    live: float
    quality: float
    frames: int
    box: Box


def lead(boxes: Sequence[Box]) -> tuple[int, bool] | None:
    """The nearest face and whether a second one is nearly as near; None without faces."""
    if not boxes:
        return None
    ranked = sorted(range(len(boxes)), key=lambda at: -_width(boxes[at]))
    several = len(boxes) > 1 and _width(boxes[ranked[1]]) >= SEVERAL_SHARE * _width(boxes[ranked[0]])
    return ranked[0], several


def _width(box: Box) -> int:
    return box[2] - box[0]


@dataclass(frozen=True, slots=True)
class _Look:
    name: str
    started_s: float
    seen_s: float
    box: Box
    good: tuple[tuple[float, Sighting], ...] = ()
    """With the time of each; the newest last."""
    frames: int = 0
    problems: tuple[str, ...] = ()
    said: frozenset[Outcome] = frozenset()
    person: str = ""
    """Who is known."""


@dataclass(frozen=True, slots=True)
class _Means:
    """Of the frames that decide."""

    person: str
    score: float
    second: float
    threshold: float
    live: float
    quality: float
    agreeing: int = 0


class LookTracker:
    """Follows those who stand before one camera; fed with every frame that was read, also with empty ones."""

    def __init__(self, prefix: str, settings: Faces) -> None:
        """`prefix` makes the names of looks unique over cameras and restarts."""
        self._prefix, self._settings = prefix, settings
        self._opened = 0
        self._looks: list[_Look] = []

    @property
    def undecided(self) -> bool:
        """Somebody stands there who is not known yet."""
        return any("known" not in look.said for look in self._looks)

    def settled(self, box: Box, now_s: float) -> str:
        """Who stands there and is known already; empty for nobody."""
        at = self._nearest(box, now_s, None)
        return self._looks[at].person if at is not None else ""

    def step(self, sighting: Sighting | None, others: Sequence[Box], now_s: float) -> list[Verdict]:
        """Take one frame: the leading face and the boxes of the others; return what has become known."""
        self.expire(now_s)
        taken = None
        if sighting is not None:
            taken = self._place(sighting, now_s)
        for box in others:  # nobody is forgotten because somebody stands before them
            at = self._nearest(box, now_s, taken)
            if at is not None:
                self._looks[at] = replace(self._looks[at], seen_s=now_s, box=box)
        if taken is None or sighting is None:
            return []
        return self._taken(taken, sighting, now_s)

    def expire(self, now_s: float) -> None:
        """End the looks of those who have not been seen for ``gone_after_s``."""
        self._looks = [look for look in self._looks if now_s - look.seen_s < self._settings.gone_after_s]

    def _place(self, sighting: Sighting, now_s: float) -> int | None:
        """The look that this face continues or opens; None for somebody too far away to be meant."""
        at = self._nearest(sighting.box, now_s, None)
        if at is not None:
            return at
        if _width(sighting.box) < NOTICED_SHARE * self._settings.face_px_min:
            return None
        if len(self._looks) >= _LOOKS_MAX:
            self._looks.remove(min(self._looks, key=lambda look: look.seen_s))
        self._looks.append(self._open(sighting.box, now_s))
        return len(self._looks) - 1

    def _open(self, box: Box, now_s: float) -> _Look:
        self._opened += 1
        return _Look(f"{self._prefix}-{self._opened}", now_s, now_s, box)

    def _nearest(self, box: Box, now_s: float, taken: int | None) -> int | None:
        near = [
            (geometry.centre_distance(look.box, box), at)
            for at, look in enumerate(self._looks)
            if at != taken and _continues(look, box, now_s)
        ]
        return min(near)[1] if near else None

    def _taken(self, at: int, sighting: Sighting, now_s: float) -> list[Verdict]:
        look = _with(self._looks[at], sighting, now_s)
        self._looks[at] = look
        if sighting.problem:
            return self._perhaps_unsure(at, sighting, None, now_s)
        window = [seen for seen_s, seen in look.good if now_s - seen_s <= self._settings.within_s]
        means = _means([seen for seen in window if seen.person == sighting.person], look)
        agree = self._agrees(means, len(window), look)
        known = agree and self._obstacle(means) == ""
        if known and look.person and means.person != look.person:
            look = replace(self._open(sighting.box, now_s), good=look.good[-means.agreeing :], frames=means.agreeing)
            self._looks[at] = look  # another resident has taken the place of the first
        if known and "known" not in look.said:
            return [self._say(at, "known", sighting, means)]
        if look.person:
            return []
        if self._strange(window, look, now_s):
            return [self._say(at, "stranger", sighting, _means(window, look))]
        return self._perhaps_unsure(at, sighting, means if agree else None, now_s)

    def _agrees(self, means: _Means, good: int, look: _Look) -> bool:
        """Do enough frames name this person, and nearly all?"""
        wanted = self._settings.frames * (2 if "stranger" in look.said else 1)
        return bool(means.person) and means.agreeing >= wanted and 3 * means.agreeing >= 2 * good

    def _obstacle(self, means: _Means) -> str:
        """What keeps somebody whom the frames agree on from being known; empty for nothing."""
        if means.score < means.threshold:
            return "doubtful"
        if means.score - means.second < self._settings.margin:
            return "alike"
        if self._settings.liveness == "require" and means.live < LIVE_MIN:
            return "not_live"
        return ""

    def _strange(self, window: Sequence[Sighting], look: _Look, now_s: float) -> bool:
        if "stranger" in look.said or len(window) < self._settings.frames:
            return False
        if now_s - look.good[0][0] < self._settings.within_s:
            return False
        return all(seen.score < seen.threshold - NEAR for seen in window)

    def _perhaps_unsure(self, at: int, sighting: Sighting, means: _Means | None, now_s: float) -> list[Verdict]:
        look = self._looks[at]
        due_s = UNSURE_AFTER * self._settings.within_s
        if look.said or now_s - look.started_s < due_s or look.frames + len(look.problems) < 2:
            return []
        reason = self._obstacle(means) if means is not None else ""
        return [self._say(at, "unsure", sighting, means, reason or _in_the_way(look, self._settings))]

    def _say(self, at: int, outcome: Outcome, sighting: Sighting, means: _Means | None, reason: str = "") -> Verdict:
        look = self._looks[at]
        person = means.person if means is not None and outcome == "known" else ""
        self._looks[at] = replace(look, said=look.said | {outcome}, person=person or look.person)
        shown = means or _means([seen for _, seen in look.good[-self._settings.frames :]], look)
        return Verdict(
            look=look.name,
            outcome=outcome,
            person=person,
            reason=reason,
            score=shown.score,
            second=shown.second,
            threshold=shown.threshold,
            live=shown.live,
            quality=shown.quality or sighting.quality,
            frames=look.frames,
            box=sighting.box,
        )


def _with(look: _Look, sighting: Sighting, now_s: float) -> _Look:
    """The look after one more frame."""
    look = replace(look, seen_s=now_s, box=sighting.box)
    if sighting.problem:
        return replace(look, problems=(*look.problems, sighting.problem)[-_PROBLEMS_MAX:])
    return replace(look, good=(*look.good, (now_s, sighting))[-_GOOD_MAX:], frames=look.frames + 1)


def _means(deciding: Sequence[Sighting], look: _Look) -> _Means:
    """Over the deciding frames; liveness over all of the look that show the same person."""
    if not deciding:
        return _Means("", -1.0, -1.0, 1.0, -1.0, 0.0)
    count, person = len(deciding), deciding[-1].person
    shown = [s for _, s in look.good if s.person == person and s.score >= s.threshold - NEAR] or deciding
    lives = [seen.live for seen in shown if seen.live >= 0][-LIVE_FRAMES:]
    return _Means(
        person=person,
        score=sum(seen.score for seen in deciding) / count,
        second=sum(seen.second for seen in deciding) / count,
        threshold=sum(seen.threshold for seen in deciding) / count,
        live=sum(lives) / len(lives) if lives else -1.0,
        quality=sum(seen.quality for seen in deciding) / count,
        agreeing=count,
    )


def _in_the_way(look: _Look, settings: Faces) -> str:
    """Why frames did not agree: a look-alike, too few of them, or somebody between two people."""
    if any(seen.struck for _, seen in look.good):
        return "look_alike"
    recent = sum(look.seen_s - seen_s <= settings.within_s for seen_s, _ in look.good)
    if recent >= settings.frames:
        return "doubtful"
    return Counter(look.problems).most_common(1)[0][0] if look.problems else "moved"


def _continues(look: _Look, box: Box, now_s: float) -> bool:
    """May this box be the same person a moment later? A step aside, or a step nearer, but no jump."""
    widths = sorted((_width(look.box), _width(box)))
    if widths[1] > 2 * max(1, widths[0]):
        return False
    gap_s = min(max(now_s - look.seen_s, 0.0), 1.0)
    return geometry.centre_distance(look.box, box) < 0.8 + 1.5 * gap_s
