"""Core: people followed from picture to picture, over gaps of seconds, each with a time of their own in the zone.

Boxes are followed by where they are. Whenever it may have become another who is seen (they stood beside somebody, at
the edge of the picture, were out of sight, look otherwise) a new piece begins, and `vision.zones.identity` tells whose
it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log

import numpy as np

from vision.geometry import covered, iou
from vision.zones.followed import EDGE_PX, Followed, centre, distance, jumps_back, turns_at_edge
from vision.zones.heights import Leans
from vision.zones.identity import Chain, Links, Ways, chain_to, linked, remember, settle, share_that_stayed
from vision.zones.people import Box, Person, looks_apart
from vision.zones.piece import COAST_S, EDGE, PICTURES_MIN, Piece, foot_of

_NEAR = 0.75
"""Of a height: how far a step may lie from where they were expected."""
_LEAVING_S = 1.5
"""Whoever would be at the edge by then has left the picture."""
_PACE = 1.3
"""Heights a second that somebody can walk."""
_DIFFERENT, _TALLER, _TALLER_SLACK = 0.55, 4.0, 0.08
"""So unlike, in one picture, is somebody else: their looks, and their height weighed against it."""
_SURE_AFTER = 3
_TOUCHING = 0.05
_HIDDEN, _HIDDEN_MAX_S, _BEHIND_MAX_S = 0.45, 6.0, 3.5
_MISSED_MAX_S = 2.5
"""Whoever is lost far from the edge of the picture was missed by the detector."""
_GROWN, _GROWN_MAX = 1.35, 8
_CROWDED_S = 2.5
_LOOKS, _LOOKS_CROWDED = 0.7, 3.0
"""What being unlike weighs against being a height away; more after somebody was hidden by another."""
_MOVED_MIN = 0.4
_FOLLOWED_MAX, _PIECES_MAX = 32, 96
_LINK_EVERY_S, _LINK_CHANGED_S = 1.0, 0.35


class Crowd:
    """Everybody before one camera's zone."""

    def __init__(self, holds: Callable[[float, float], bool], *, width: float, keep_s: float) -> None:
        """`holds`: is a point in the zone? `width` of the cut-out; `keep_s`: how long somebody unseen is remembered."""
        self._holds, self._width, self._keep_s = holds, width, keep_s
        self._numbered = 0
        self._leans = Leans()
        self._links: Links = {}
        self._linked_s, self._changed = float("-inf"), False
        self._chains: list[Chain] | None = None
        self._ways: Ways | None = None
        """Both of this look, once they were asked for."""
        self.followed: list[Followed] = []
        self.pieces: list[Piece] = []

    def step(self, people: Sequence[Person], now_s: float) -> None:
        """Take the people of one picture."""
        self._chains = self._ways = None
        began, lost = self._numbered, self._lost(now_s)
        for person in self._matched(list(people), now_s):
            if len(self.followed) < _FOLLOWED_MAX:
                self._begin(person, now_s)
        self._changed |= lost or began != self._numbered
        if now_s - self._linked_s >= (_LINK_CHANGED_S if self._changed else _LINK_EVERY_S):
            ways = linked(self.pieces, self._leans, self._keep_s)
            self._links = dict(ways.links)
            remember(self._links)
            self.pieces = settle(self.pieces, self._links, ways.certain, now_s)
            self._linked_s, self._changed = now_s, False

    def chains(self) -> list[Chain]:
        """Everybody who is remembered."""
        if self._chains is None:
            left = set(self._links.values())
            self._chains = [chain_to(piece, self._links) for piece in self.pieces if piece not in left]
        return self._chains

    def sure(self, chain: Chain, dwell_s: float) -> float:
        """How likely it is that whoever is there now has stayed for that long, 0 to 1."""
        if self._ways is None:
            self._ways = linked(self.pieces, self._leans, self._keep_s)
        return share_that_stayed(chain, self._ways, self._leans, self._keep_s, dwell_s)

    def forget(self, now_s: float) -> None:
        """Let go of those who have not been seen for the time that they are kept."""
        needed = set(self._links.values())
        kept = [p for p in self.pieces if not p.over or p in needed or now_s - p.seen_s <= self._patience_s(p)]
        ended = [piece for piece in kept if piece.over]
        dropped = set(ended[: max(0, len(kept) - _PIECES_MAX)])
        before = len(self.pieces), len(self._links)
        self.pieces = [piece for piece in kept if piece not in dropped]
        remembered = set(self.pieces)
        self._links = {a: b for a, b in self._links.items() if a in remembered and b in remembered}
        if before != (len(self.pieces), len(self._links)):
            self._chains = self._ways = None

    def at(self, box: Box) -> Piece | None:
        """Who is seen where a face is."""
        scored = [(max(covered(box, one.box), iou(box, one.box)), one.seen_s, one.number) for one in self.followed]
        best = max(scored, default=None)
        if best is None or best[0] < 0.3:
            return None
        return next(one for one in self.followed if one.number == best[2]).piece

    def _patience_s(self, piece: Piece) -> float:
        return self._keep_s if piece.portrait.pictures >= _SURE_AFTER else COAST_S

    def _matched(self, people: list[Person], now_s: float) -> list[Person]:
        """Give people to those who are followed, the surest first; returns who is left."""
        pairs = []
        for one in self.followed:
            expected = one.expected(now_s)
            for at, person in enumerate(people):
                away = distance(expected, person.box) / one.height
                if away > _NEAR + _PACE * (now_s - one.seen_s) / 2 or turns_at_edge(one, person, self._width):
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

    def _lost(self, now_s: float) -> bool:
        """End the pieces of those who can no longer be told by where they are."""
        lost = [one for one in self.followed if not self._live(one, now_s)]
        for one in lost:
            x1, y1, x2, y2 = one.box
            ahead = one.velocity[0] * _LEAVING_S
            gone = x1 + ahead, y1, x2 + ahead, y2
            one.piece.to_edge |= self._at_edge(gone, EDGE * one.height)
            one.piece.out = self._at_edge(gone, EDGE_PX)
            one.piece.over = True
        self.followed = [one for one in self.followed if one not in lost]
        return bool(lost)

    def _live(self, one: Followed, now_s: float) -> bool:
        missed = one.sightings >= _SURE_AFTER and not self._at_edge(one.box, one.height)
        patience_s = _MISSED_MAX_S if missed else COAST_S
        return now_s - one.about_s(_HIDDEN_MAX_S) <= patience_s

    def _hide(self, people: list[Person], matched: set[int], now_s: float) -> None:
        """Those who are not seen where somebody else is seen are behind them."""
        for one in self.followed:
            if one.number in matched or one.sightings < _SURE_AFTER or not self._live(one, now_s):
                continue
            expected = one.expected(now_s)
            if any(covered(expected, person.box) > _HIDDEN for person in people):
                one.hidden_s = one.crowded_s = one.piece.crowded_s = now_s
                one.piece.resting = True

    def _at_edge(self, box: Box, within: float) -> bool:
        return box[0] <= within or box[2] >= self._width - within

    def _differs(self, one: Followed, person: Person) -> bool:
        """Whether they suddenly look like somebody else."""
        known = one.piece.portrait
        if known.last is None or known.pictures <= _SURE_AFTER:
            return False
        taller = abs(log(person.height) - known.heights.at(person.foot[1], self._leans.boxes.rate))
        return looks_apart(known.last, person.looks) + _TALLER * max(0.0, taller - _TALLER_SLACK) > _DIFFERENT

    def _crowded(self, number: int, people: list[Person], at: int, now_s: float) -> bool:
        """Whether somebody else is, or must be, partly at the same place."""
        box = people[at].box
        if any(iou(box, other.box) > _TOUCHING for n, other in enumerate(people) if n != at):
            return True
        return any(
            iou(box, one.expected(now_s)) > _TOUCHING
            for one in self.followed
            if one.number != number and one.sightings >= _SURE_AFTER and now_s - one.about_s(_BEHIND_MAX_S) < _CROWDED_S
        )

    def _see(self, one: Followed, person: Person, now_s: float, *, crowded: bool) -> None:
        gap_s = max(now_s - one.seen_s, 1e-3)
        taller = max(person.height / one.height, one.height / person.height)
        if one.sightings >= _SURE_AFTER and taller > _GROWN and one.grown < _GROWN_MAX:
            one.grown, crowded = one.grown + 1, True  # two people in one box, or a part of one
            person = Person(one.expected(now_s), one.looks)
        else:
            one.grown = 0
        jumped = jumps_back(one, person, self._width)
        one.piece.out |= jumped
        (x0, y0), (x1, y1) = centre(one.box), centre(person.box)
        share = 0.4
        one.velocity = (
            (1 - share) * one.velocity[0] + share * (x1 - x0) / gap_s,
            (1 - share) * one.velocity[1] + share * (y1 - y0) / gap_s,
        )
        if crowded:
            one.crowded_s = one.piece.crowded_s = now_s
        alone = not crowded and not self._at_edge(person.box, EDGE_PX)
        self._pass(one, person, now_s, gap_s)
        doubtful = jumped or (one.piece.resting and (one.piece.clear or not one.piece.blind))
        if alone and (doubtful or gap_s > COAST_S or self._differs(one, person)):
            self._go_on(one, person, now_s)
        elif alone:
            self._sample(one, person, now_s)
        else:
            self._rest(one, now_s)
        one.sightings += 1
        one.box, one.seen_s = person.box, now_s

    def _begin(self, person: Person, now_s: float) -> None:
        piece = self._piece(person, now_s)
        one = Followed(self._numbered, person.box, person.looks, now_s, piece, person.foot, heights=[person.height])
        self._pass(one, person, now_s, gap_s=0.0)
        self.followed.append(one)

    def _piece(self, person: Person, now_s: float) -> Piece:
        self._numbered += 1
        inside = self._holds(*person.foot)
        edge = max(0.0, min(person.box[0], self._width - person.box[2])) / person.height
        piece = Piece(self._numbered, person.box, now_s, person.foot, edge, inside, seen_s=now_s, alone_s=now_s)
        piece.last, piece.height, piece.ends_inside = person.foot, person.height, inside
        self.pieces.append(piece)
        return piece

    def _go_on(self, one: Followed, person: Person, now_s: float) -> None:
        """Seen alone again: from here on it may be another."""
        before = one.piece
        one.piece = piece = self._piece(person, now_s)
        before.over, before.seen_s, piece.came_from = True, one.seen_s, before
        piece.inside, piece.crowded_s = before.inside, before.crowded_s
        if piece.starts_inside:
            piece.inside_s = piece.entered_s = now_s
        one.first = person.foot
        self._sample(one, person, now_s)

    def _rest(self, one: Followed, now_s: float) -> None:
        """They are not seen alone: what was seen too shortly in between belongs to the rest of the piece before it."""
        piece, before = one.piece, one.piece.came_from
        if before is not None and not piece.clear and before in self.pieces:
            self.pieces.remove(piece)
            before.over, before.rest_s = False, before.rest_s + piece.dwell_s + piece.rest_s
            before.unseen_s = max(before.unseen_s, piece.unseen_s)
            for name in ("box", "seen_s", "inside", "inside_s", "to_edge", "crowded_s"):
                setattr(before, name, getattr(piece, name))
            before.entered_s, before.moved = min(before.entered_s, piece.entered_s), before.moved or piece.moved
            before.returns, before.known = before.returns + piece.returns, before.known or piece.known
            one.piece = piece = before
        piece.resting = True
        if piece.blind:
            self._here(one, now_s)

    def _sample(self, one: Followed, person: Person, now_s: float) -> None:
        """A picture in which they are seen alone."""
        one.looks = one.looks + np.float32(0.1) * (person.looks - one.looks)
        one.heights = [*one.heights[-8:], person.height]
        piece = one.piece
        known = piece.portrait
        if known.heights:
            self._leans.boxes.learn(known.heights, person.height, person.foot[1])
        if known.statures and person.stature is not None:
            self._leans.statures.learn(known.statures, person.stature, person.foot[1])
        known.add(person)
        piece.resting = False
        if piece.portrait.pictures == PICTURES_MIN:
            self._changed = True
        self._here(one, now_s)

    def _here(self, one: Followed, now_s: float) -> None:
        """Until now it was surely them."""
        piece = one.piece
        piece.dwell_s, piece.rest_s, piece.unseen_s = piece.dwell_s + piece.rest_s, 0.0, 0.0
        piece.alone_s, piece.last, piece.velocity = now_s, foot_of(piece.box), one.velocity
        piece.height, piece.ends_inside = one.height, piece.inside

    def _pass(self, one: Followed, person: Person, now_s: float, gap_s: float) -> None:
        """Note where they are; time counts while they are inside at both of its ends."""
        piece, foot = one.piece, person.foot
        inside = self._holds(*foot)
        piece.unseen_s = max(piece.unseen_s, gap_s)
        if inside and piece.inside:
            piece.rest_s += gap_s
        elif inside and np.isinf(piece.entered_s):
            piece.entered_s = now_s
        elif inside and now_s - piece.inside_s > COAST_S:
            piece.returns += 1
        piece.inside, piece.box, piece.seen_s = inside, person.box, now_s
        piece.to_edge = self._at_edge(person.box, EDGE * person.height)
        if inside:
            piece.inside_s = now_s
        away = np.hypot(foot[0] - one.first[0], foot[1] - one.first[1])
        if away > _MOVED_MIN * one.height:
            one.moved = piece.moved = True
