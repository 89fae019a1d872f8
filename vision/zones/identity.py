"""Core: who is who: which piece goes on from which, decided for all together and revised while more is seen.

Every piece goes on from one earlier piece or from none, and at most one goes on from each: of all such ways the most
likely is taken (an assignment). How sure a chain is, is told by the second most likely ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vision.zones.assignment import NEVER, Assignment, Numbers, assigned
from vision.zones.heights import Leans
from vision.zones.piece import COAST_S, Piece, gap_dwell_s, odds, tail_odds

SETTLED_S = 20.0
"""So long it may still turn out from whom a piece goes on."""
_APPEARED, _LOST, _INWARDS = 3.0, 0.7, 0.8
"""What it costs, as log odds, to appear and to be lost in the middle of the picture."""
_CERTAIN, _CERTAIN_PICTURES = 6.0, 5
"""Log odds against every other way, and pictures, with which it is asked no longer."""
_UNLIKELY = 7.0
"""Log odds against a way with which it is not asked what follows from it."""
_PORTRAIT_MIN = 10
Links = dict[Piece, Piece]
"""From each piece to the one that it goes on from."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The most likely links, and what each would cost."""

    links: Links
    cost: float
    certain: frozenset[Piece]
    """Those that go on from another beyond doubt."""
    starts: tuple[Piece, ...] = ()
    ends: tuple[Piece, ...] = ()
    found: Assignment | None = None

    def without(self, one: Piece, after: Piece, leans: Leans, keep_s: float) -> Ways | None:
        """The most likely ways in which the one does not go on as the other; None where that is out of the question."""
        assert self.found is not None
        row, column = self.starts.index(after), self.ends.index(one)
        if after.before is not None and after in self.ends:
            costs = self.found.cost.copy()
            costs[row, column] = NEVER
            told = [odds(after, start, leans, keep_s, alone=True) for start in self.starts]
            costs[: len(told), self.ends.index(after)] = _costs_of(after, told)
            return _ways(self.starts, self.ends, assigned(costs))
        if self.found.at_least(row, column) > _UNLIKELY:
            return None
        return _ways(self.starts, self.ends, self.found.without(row, column))


def linked(pieces: Sequence[Piece], leans: Leans, keep_s: float) -> Ways:
    """Of all pieces together."""
    starts = tuple(piece for piece in pieces if piece.clear and not piece.settled)
    ends = tuple(piece for piece in pieces if piece.open)
    if not starts:
        return Ways({}, 0.0, frozenset())
    return _ways(starts, ends, assigned(_costs(starts, ends, leans, keep_s)))


def _ways(starts: tuple[Piece, ...], ends: tuple[Piece, ...], found: Assignment) -> Ways:
    costs = found.cost
    links, certain = {}, set()
    for row, (after, column) in enumerate(zip(starts, found.columns, strict=False)):
        if column < len(ends):
            links[after] = ends[column]
            in_row, in_column = np.delete(costs[row], column), np.delete(costs[:, column], row)
            others = min(in_row.min(initial=NEVER), in_column.min(initial=NEVER))
            if others - costs[row, column] > _CERTAIN and after.portrait.pictures >= _CERTAIN_PICTURES:
                certain.add(after)
    return Ways(links, found.total, frozenset(certain), starts, ends, found)


def _costs(starts: Sequence[Piece], ends: Sequence[Piece], leans: Leans, keep_s: float) -> Numbers:
    """A row for each start and each rest that goes on; a column for each end, and one for each row: from nobody."""
    tails = [piece for piece in ends if not piece.over]
    rows = len(starts) + len(tails)
    cost = np.full((rows, len(ends) + rows), NEVER)
    for column, one in enumerate(ends):
        told = [odds(one, after, leans, keep_s) for after in starts]
        told += [tail_odds(one, tail) for tail in tails]
        cost[:, column] = _costs_of(one, told)
    inwards = [min(1.0, max(0.0, (after.edge - _INWARDS) / _INWARDS)) for after in starts]
    for row, share in enumerate([*inwards, *[1.0] * len(tails)]):
        cost[row, len(ends) + row] = _APPEARED * share
    return cost


def _costs_of(one: Piece, told: Sequence[float | None]) -> list[float]:
    """Of going on from it: log odds against it."""
    found = _LOST if one.over and not one.to_edge else 0.0
    return [NEVER if item is None else -item - found for item in told]


@dataclass(frozen=True, slots=True)
class Chain:
    """One person: pieces that go on from each other, the earliest first."""

    pieces: tuple[Piece, ...]

    @property
    def now(self) -> Piece:
        """The latest."""
        return self.pieces[-1]

    @property
    def counted(self) -> tuple[Piece, ...]:
        """Without what was before too long an absence."""
        begins = max((at for at, piece in enumerate(self.pieces) if piece.spent), default=0)
        return self.pieces[begins:]

    @property
    def dwell_s(self) -> float:
        """Time in the zone, of all stays."""
        counted = self.counted
        between = sum(gap_dwell_s(one, after) for one, after in pairwise(counted))
        return sum(piece.dwell_s for piece in counted) + between + self.now.rest_s

    @property
    def returns(self) -> int:
        """How often they left the zone and came back."""
        stays = [piece for piece in self.counted if piece.dwell_s or piece.inside]
        again = sum(after.entered_s - one.inside_s > COAST_S for one, after in pairwise(stays))
        return again + sum(piece.returns for piece in self.counted)

    @property
    def entered_s(self) -> float:
        """When the present stay, absences included, began."""
        return min(piece.entered_s for piece in self.counted)

    @property
    def inside_s(self) -> float:
        """When they were last in the zone."""
        return max(piece.inside_s for piece in self.pieces)

    @property
    def was_inside(self) -> bool:
        """Whether they were in the zone at all."""
        return self.inside_s > float("-inf")

    @property
    def moved(self) -> bool:
        return any(piece.moved for piece in self.pieces)

    @property
    def known(self) -> bool:
        """Whether an enrolled face was seen."""
        return any(piece.known for piece in self.pieces)

    @property
    def matter(self) -> str:
        """Under which they were told of; empty: not yet."""
        return next((piece.matter for piece in reversed(self.counted) if piece.matter), "")


def chain_to(piece: Piece, links: Links) -> Chain:
    """The person whose latest piece it is."""
    found = [piece]
    while (before := links.get(found[-1])) is not None:
        found.append(before)
    return Chain(tuple(reversed(found)))


def share_that_stayed(chain: Chain, best: Ways, leans: Leans, keep_s: float, dwell_s: float) -> float:
    """How likely it is that whoever is there now stayed that long and was not told of yet, 0 to 1."""
    ways = [(0.0, chain_to(chain.now, best.links))]
    for one, after in pairwise(chain.pieces):
        other = best.without(one, after, leans, keep_s) if best.links.get(after) is one else None
        if other is not None:
            ways.append((other.cost - best.cost, chain_to(chain.now, other.links)))
    weights = np.exp([-cost for cost, _ in ways])
    due = np.array([way.dwell_s >= dwell_s and not way.matter for _, way in ways])
    return float(weights[due].sum() / weights.sum())


def remember(links: Links) -> None:
    """Stretches too short for a portrait look like what they go on from."""
    for after in sorted(links, key=lambda piece: piece.started_s):
        after.before = links[after].memory if after.portrait.pictures < _PORTRAIT_MIN else None


def settle(pieces: list[Piece], links: Links, certain: frozenset[Piece], now_s: float) -> list[Piece]:
    """Join what was linked long enough ago or beyond doubt; what is left."""
    for after in sorted(pieces, key=lambda piece: piece.started_s):
        old = now_s - after.started_s >= SETTLED_S
        if after.settled or not (old or after in certain):
            continue
        after.settled = old
        one = links.pop(after, None)
        if one is None:
            after.came_from = None
            continue
        _absorb(one, after)
        pieces = [piece for piece in pieces if piece is not one]
        after.settled = one.settled
        if (before := links.pop(one, None)) is not None:
            links[after] = before
    return pieces


def _absorb(one: Piece, after: Piece) -> None:
    if not after.spent:
        after.returns = Chain((one, after)).returns
        after.dwell_s += one.dwell_s + gap_dwell_s(one, after)
        after.entered_s = min(one.entered_s, after.entered_s)
        after.matter = after.matter or one.matter
        after.spent = one.spent
    after.inside_s = max(one.inside_s, after.inside_s)
    after.moved, after.known = after.moved or one.moved, after.known or one.known
    after.portrait = one.portrait.join(after.portrait)
    after.started_s, after.first = one.started_s, one.first
    after.edge, after.starts_inside, after.came_from = one.edge, one.starts_inside, one.came_from
