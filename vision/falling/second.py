"""Core: a second look at what was too little for a verdict: pieces of paths, carried on through faint things.

Pieces come from trails that were refused and, while few things are to be seen, from `pairs`. What has not ended yet is
waited for. The number of looks per second is bounded, because weather offers hundreds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.falling.back import followed_back
from vision.falling.blobs import Blobs, Pictures
from vision.falling.clutter import Clutter
from vision.falling.facade import Wall
from vision.falling.grades import usual_strength
from vision.falling.joins import Ended
from vision.falling.judge import Judge, Verdict
from vision.falling.measures import Measures, measure, straight
from vision.falling.pairs import Pairs
from vision.falling.tracks import Trail
from vision.falling.votes import gather

CALM, BUSY, EVERY = 50, 200, 2
"""Things in a picture up to which pairs are sought in each picture, and in every second: a path worth a look goes
on for longer. Beyond that weather makes pieces of everything."""
LOOKS_PER_S, LOOKS_AT_ONCE = 4.0, 6.0
IN_A_PICTURE, ALL = 2, 1000
"""Looks made in one picture; the others wait for the next."""
CALM_THINGS = 15.0
"""In rain and snow only what is so strong that a picture has no more of it is looked at."""
FAR_PER_S, FAR_AT_ONCE = 1.0, 3.0
"""Looks far back, which take a tenth of a second each."""
SINKS_MPS, DROP_M = 1.5, 0.6
"""Least speed downward at its end, and way, of a piece that is worth a look."""
MORE = 4
"""Points by which a refused trail must have grown to be judged again."""
GOES_ON_S = 0.25
"""A piece that was met within this time goes on and is looked at once more after it."""
WAIT_S = 4.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    due_s: float
    until_s: float
    trail: Trail
    piece: Trail
    """As it was offered."""
    had: int
    """Points when it was refused; 0: from pairs."""


class _Budget:
    """So many looks per second, and so many at once."""

    def __init__(self, per_s: float, at_once: float) -> None:
        self._per_s, self._at_once = per_s, at_once
        self._left, self._filled_s = at_once, 0.0

    def take(self, now_s: float) -> bool:
        """Whether one may be made now."""
        self._left = min(self._at_once, self._left + self._per_s * max(0.0, now_s - self._filled_s))
        self._filled_s = max(now_s, self._filled_s)
        if self._left < 1:
            return False
        self._left -= 1
        return True


class SecondLook:
    """For the trails of one camera."""

    def __init__(self, wall: Wall, judge: Judge) -> None:
        self._wall, self._judge = wall, judge
        self._history = judge.history
        self._pairs, self._ended = Pairs(wall), Ended(wall)
        self._waiting: list[_Waiting] = []
        self._joined: list[Trail] = []  # of refused trails and those that ended before them
        self._taken = 0
        self._again, self._far = _Budget(LOOKS_PER_S, LOOKS_AT_ONCE), _Budget(FAR_PER_S, FAR_AT_ONCE)
        self.skipped = 0
        """Pieces that were not looked at because there were too many."""

    def take(self, faint: Blobs, seen: Blobs, free: NDArray[np.bool_], at_s: float) -> None:
        """One picture: all things, those that are not faint, and which of those no track has."""
        self._history.take(faint, at_s)
        self._taken += 1
        if len(seen) <= BUSY:
            alone = seen.chosen(np.flatnonzero(free))
            search = len(seen) <= CALM or self._taken % EVERY == 0
            self._pairs.take(alone, self._wall.px_per_m(alone.centre), at_s, search=search)

    def offer(self, trail: Trail, refused: Verdict, now_s: float) -> None:
        """A trail that was refused."""
        found = refused.measures
        self._joined += self._ended.joined(trail)
        self._ended.take(trail)
        sinks = found.late_mps[1] < -SINKS_MPS and found.drop_m > max(DROP_M, found.across_m)
        if sinks and self._strength_asked(trail, found) <= usual_strength(trail):
            self._queue(_Waiting(now_s, now_s + WAIT_S, trail, trail, found.points), now_s)

    def ready(
        self, now_s: float, watched_since_s: float, frame_s: float, most: int = IN_A_PICTURE
    ) -> list[tuple[Trail, Verdict]]:
        """What has ended by now and what it was, accepted or not."""
        for piece in self._pairs.ripe(now_s):
            self._queue(_Waiting(now_s, now_s + WAIT_S, piece, piece, 0), now_s)
        self._waiting.sort(key=lambda held: held.due_s)
        count = sum(held.due_s <= now_s for held in self._waiting[:most])
        due, self._waiting = self._waiting[:count], self._waiting[count:]
        done = self._judged_joined(watched_since_s, frame_s)
        for held in due:
            grown = self._history.grow(self._wall, held.trail)
            if now_s - float(grown.at_s[-1]) < GOES_ON_S and now_s < held.until_s:
                self._waiting.append(_Waiting(now_s + GOES_ON_S, held.until_s, grown, held.piece, held.had))
            else:
                done += self._judged(held, grown, watched_since_s, frame_s)
        return done

    def _judged_joined(self, watched_since_s: float, frame_s: float) -> list[tuple[Trail, Verdict]]:
        """What refused trails are together; what is nothing yet may go on after it was hidden once more."""
        joined, self._joined = self._joined, []
        done = []
        for whole in joined:
            verdict = self._judge.judge_agreed(whole, self._history.clutter, watched_since_s, frame_s)
            if verdict.kind is None:
                self._ended.take(whole)
            else:
                done.append((whole, verdict))
        return done

    def _judged(
        self, held: _Waiting, grown: Trail, watched_since_s: float, frame_s: float
    ) -> list[tuple[Trail, Verdict]]:
        """The verdict on what was followed or, where that is nothing, on what most things around it agree on."""
        done: list[tuple[Trail, Verdict]] = []
        for trail, verdict in self._looks(held, grown, watched_since_s, frame_s):
            done.append((trail, verdict))
            if verdict.kind is not None and not verdict.against_rules:
                return done[-1:]
        return [max(done, key=lambda one: (one[1].kind is not None, one[1].confidence))] if done else []

    def _looks(
        self, held: _Waiting, grown: Trail, watched_since_s: float, frame_s: float
    ) -> Iterator[tuple[Trail, Verdict]]:
        """What it may be, one after the other; the later ones cost more."""
        faint, alone = self._history.clutter, held.had == 0
        if len(grown.rows) >= held.had + MORE:
            yield grown, self._judge.judge_grown(grown, faint, watched_since_s, frame_s, alone=alone)
        found = measure(self._wall, grown, frame_s)
        least = self._strength_asked(grown, found)
        if least > usual_strength(held.piece):
            return
        pictures = self._history.pictures(least)
        agreed = gather(self._wall, pictures, faint.stronger(least), held.piece)
        joined = self._ended.joined(grown) if alone else []
        for whole in ([] if agreed is None else [agreed]) + joined:
            yield whole, self._judge.judge_agreed(whole, faint, watched_since_s, frame_s)
        known = grown if agreed is None else agreed
        yield from self._from_far(known, pictures, faint.stronger(least), watched_since_s, frame_s)

    def _strength_asked(self, trail: Trail, found: Measures) -> float:
        """Of it and of its company: in weather only what is stronger than most of it is looked at again."""
        return self._history.clutter.calm(CALM_THINGS) if self._judge.crowded(trail, found) else 0.0

    def _from_far(
        self, known: Trail, pictures: Pictures, clutter: Clutter, watched_since_s: float, frame_s: float
    ) -> Iterator[tuple[Trail, Verdict]]:
        """What came straight and fast, with all that may be seen of its way before."""
        if not straight(measure(self._wall, known, frame_s)) or not self._far.take(float(known.at_s[-1])):
            return
        whole = gather(self._wall, pictures, clutter, known, far=True)
        for base in [known] if whole is None else [whole, known]:
            back = followed_back(self._wall, pictures, clutter, base)
            yield back, self._judge.judge_agreed(back, self._history.clutter, watched_since_s, frame_s)

    def _queue(self, held: _Waiting, now_s: float) -> None:
        if not self._again.take(now_s):
            self.skipped += 1
            return
        self._waiting.append(held)
