"""Core: people followed from picture to picture, over gaps of seconds, each with a time of their own in the zone.

Whoever is lost from sight is kept for a while and taken up again by what they look like, how large they are and
whether they can have walked there: somebody who left on the left does not come back from the right at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from vision.geometry import covered, iou
from vision.zones.followed import COAST_S, Followed, centre, distance, foot_of
from vision.zones.identity import settle
from vision.zones.people import Box, Person, looks_apart
from vision.zones.portrait import Lean, Portrait, steady

_NEAR = 0.75
"""Of a height: how far a step may lie from where they were expected."""
_PACE = 1.3
"""Heights a second that somebody can walk."""
_BACK_MAX = 4.5
_SAME, _DIFFERENT = 0.25, 0.55
_SURE_AFTER = 3
_TOUCHING = 0.05
_HIDDEN, _HIDDEN_MAX_S = 0.45, 6.0
_MISSED_MAX_S = 2.5
"""Whoever is lost far from the edge of the picture was missed by the detector."""
_GROWN, _GROWN_MAX = 1.35, 8
_EDGE_PX = 2.0
_CUT_WIDTH, _INWARDS = 0.33, 0.06
_CROWDED_S = 2.5
_LOOKS, _LOOKS_CROWDED = 0.7, 3.0
"""What being unlike weighs against being a height away; more after somebody was hidden by another."""
_MOVED_MIN = 0.4
_FOLLOWED_MAX = 64


class Crowd:
    """Everybody before one camera's zone."""

    def __init__(self, holds: Callable[[float, float], bool], *, width: float, keep_s: float) -> None:
        """`holds`: is a point in the zone? `width` of the cut-out; `keep_s`: how long somebody unseen is remembered."""
        self._holds, self._width, self._keep_s = holds, width, keep_s
        self._numbered = 0
        self._lean = Lean()
        self.followed: list[Followed] = []

    def step(self, people: Sequence[Person], now_s: float) -> None:
        """Take the people of one picture."""
        left = self._matched(list(people), now_s)
        for person in left:
            if len(self.followed) < _FOLLOWED_MAX:
                foot = person.foot
                new = Followed(self._number(), person.box, person.looks, now_s, now_s, foot, heights=[person.height])
                new.doubt_s = now_s
                self._place(new, person, now_s, gap_s=0.0, bridged=False)
                self.followed.append(new)
        self._decide(now_s)

    def forget(self, now_s: float) -> None:
        """Let go of those who have not been seen for the time that they are kept."""
        self.followed = [one for one in self.followed if now_s - one.seen_s <= self._patience_s(one)]

    def at(self, box: Box) -> Followed | None:
        """Who is seen where a face is."""
        scored = [(max(covered(box, one.box), iou(box, one.box)), one.seen_s, one.number) for one in self.followed]
        best = max(scored, default=None)
        if best is None or best[0] < 0.3:
            return None
        return next(one for one in self.followed if one.number == best[2])

    def _patience_s(self, one: Followed) -> float:
        return self._keep_s if one.sightings >= _SURE_AFTER else COAST_S

    def _matched(self, people: list[Person], now_s: float) -> list[Person]:
        """Give people to those who are followed, the surest first; returns who is left."""
        pairs = []
        for one in self.followed:
            if not self._live(one, now_s):
                continue
            expected = one.expected(now_s)
            for at, person in enumerate(people):
                away = distance(expected, person.box) / one.height
                if away > _NEAR + _PACE * (now_s - one.seen_s) / 2 or self._turns_at_edge(one, person):
                    continue
                size = abs(np.log(person.height / one.height))
                weight = _LOOKS_CROWDED if now_s - one.crowded_s < _CROWDED_S else _LOOKS
                unlike = weight * looks_apart(one.looks, person.looks)
                pairs.append((away + unlike + 0.5 * float(size), one.number, at))
        taken: set[int] = set()
        matched: set[int] = set()
        by_number = {one.number: one for one in self.followed}
        for _, number, at in sorted(pairs):
            if number not in matched and at not in taken:
                matched.add(number)
                taken.add(at)
                self._see(by_number[number], people[at], now_s, crowded=self._crowded(number, people, at, now_s))
        self._hide(people, matched, now_s)
        return [person for at, person in enumerate(people) if at not in taken]

    def _live(self, one: Followed, now_s: float) -> bool:
        """Whether they can be told by where they are."""
        missed = one.portrait is not None and not self._at_edge(one, one.height)
        patience_s = _MISSED_MAX_S if missed else COAST_S
        return now_s - max(one.seen_s, min(one.hidden_s, one.seen_s + _HIDDEN_MAX_S)) <= patience_s

    def _hide(self, people: list[Person], matched: set[int], now_s: float) -> None:
        """Those who are not seen where somebody else is seen are behind them."""
        for one in self.followed:
            if one.number in matched or one.sightings < _SURE_AFTER or not self._live(one, now_s):
                continue
            expected = one.expected(now_s)
            if any(covered(expected, person.box) > _HIDDEN for person in people):
                one.hidden_s = one.crowded_s = now_s

    def _turns_at_edge(self, one: Followed, person: Person) -> bool:
        """Whether somebody who is walking out of the picture would have to come back in as somebody else does."""
        left, right = one.box[0] <= _EDGE_PX, one.box[2] >= self._width - _EDGE_PX
        if left == right or one.box[2] - one.box[0] > _CUT_WIDTH * one.height:
            return False
        inwards = person.box[2] - one.box[2] if left else one.box[0] - person.box[0]
        return inwards > _INWARDS * one.height

    def _at_edge(self, person: Person | Followed, within: float) -> bool:
        return person.box[0] <= within or person.box[2] >= self._width - within

    def _differs(self, one: Followed, person: Person) -> bool:
        """Whether they suddenly look like somebody else."""
        if one.portrait is None or one.in_doubt:
            return False
        return one.portrait.apart(Portrait.of([person]), self._lean.rate) > _DIFFERENT

    def _crowded(self, number: int, people: list[Person], at: int, now_s: float) -> bool:
        """Whether somebody else is, or must be, partly at the same place."""
        box = people[at].box
        if any(iou(box, other.box) > _TOUCHING for n, other in enumerate(people) if n != at):
            return True
        return any(
            iou(box, one.expected(now_s)) > _TOUCHING
            for one in self.followed
            if one.number != number and one.sightings >= _SURE_AFTER and now_s - one.seen_s < _CROWDED_S
        )

    def _see(self, one: Followed, person: Person, now_s: float, *, crowded: bool) -> None:
        gap_s = max(now_s - one.seen_s, 1e-3)
        taller = max(person.height / one.height, one.height / person.height)
        if one.sightings >= _SURE_AFTER and taller > _GROWN and one.grown < _GROWN_MAX:
            one.grown, crowded = one.grown + 1, True  # two people in one box, or a part of one
            person = Person(one.expected(now_s), one.looks)
        else:
            one.grown = 0
        (x0, y0), (x1, y1) = centre(one.box), centre(person.box)
        share = 0.4
        one.velocity = (
            (1 - share) * one.velocity[0] + share * (x1 - x0) / gap_s,
            (1 - share) * one.velocity[1] + share * (y1 - y0) / gap_s,
        )
        if crowded:
            one.crowded_s = now_s
        if crowded or gap_s > COAST_S or self._at_edge(person, _EDGE_PX) or self._differs(one, person):
            near_edge = self._at_edge(person, person.height) or self._at_edge(one, one.height)
            one.doubt(now_s, vanished=gap_s > COAST_S or near_edge)
        else:
            if one.portrait is not None and not one.in_doubt:
                self._lean.learn(one.portrait, person)
            one.sample(person)
        one.sightings += 1
        self._place(one, person, now_s, gap_s=gap_s, bridged=True)

    def _place(self, one: Followed, person: Person, now_s: float, *, gap_s: float, bridged: bool) -> None:
        """Note where they are; time counts while they are inside at both of its ends."""
        inside = self._holds(*person.foot)
        if inside and one.inside and bridged:
            one.dwell_s += gap_s
        elif inside and not one.inside:
            if one.dwell_s == 0.0:
                one.entered_s = now_s
            elif now_s - one.inside_s > COAST_S:
                one.returns += 1
        one.inside, one.box, one.seen_s = inside, person.box, now_s
        if inside:
            one.inside_s = now_s
        foot = person.foot
        away = np.hypot(foot[0] - one.first[0], foot[1] - one.first[1])
        one.moved = one.moved or bool(away > _MOVED_MIN * one.height)

    def _decide(self, now_s: float) -> None:
        """Who is who, as far as can be told now; those who are new and look like somebody lost are that one."""
        self.followed += settle(self.followed, self._lean.rate, now_s, self._number)
        for new in [one for one in self.followed if one.portrait is None and one.seen_s == now_s]:
            if not steady(new.fresh):
                continue
            new.settle(Portrait.of(new.fresh))
            lost = [
                (cost, one.number)
                for one in self.followed
                if one.number != new.number and (cost := self._cost(one, new)) is not None
            ]
            if lost:
                old = next(one for one in self.followed if one.number == min(lost)[1])
                self._join(old, new)

    def _cost(self, old: Followed, new: Followed) -> float | None:
        """How unlikely it is that they are one person; None if they cannot be."""
        gap_s = new.started_s - old.seen_s
        if gap_s < 0 or old.portrait is None or new.portrait is None or gap_s > self._keep_s:
            return None
        away = float(np.hypot(*np.subtract(new.first, foot_of(old.box)))) / old.height
        if away > min(0.8 + _PACE * gap_s, _BACK_MAX):
            return None
        unlike = old.portrait.apart(new.portrait, self._lean.rate)
        return unlike + 0.05 * away if unlike < _SAME else None

    def _number(self) -> int:
        self._numbered += 1
        return self._numbered

    def _join(self, old: Followed, new: Followed) -> None:
        gap_s = new.started_s - old.seen_s
        stayed = float(np.hypot(*np.subtract(new.first, foot_of(old.box)))) < 1.5 * old.height
        if old.inside and new.inside and stayed:
            old.dwell_s += gap_s  # hidden, not gone
        elif new.inside and new.inside_s - old.inside_s > COAST_S and old.dwell_s:
            old.returns += 1
        if old.dwell_s == 0.0:
            old.entered_s = new.entered_s
        old.dwell_s += new.dwell_s
        old.box, old.seen_s, old.velocity = new.box, new.seen_s, new.velocity
        old.inside, old.inside_s = new.inside, max(old.inside_s, new.inside_s)
        old.moved, old.known = old.moved or new.moved, old.known or new.known
        old.sightings += new.sightings
        old.settle(None)
        self.followed = [one for one in self.followed if one.number != new.number]
