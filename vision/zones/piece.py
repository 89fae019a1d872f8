"""Core: a stretch of somebody's way on which they were seen alone and without a break, so surely one person.

After it there may be a *rest*, in which they stood beside somebody or at the edge of the picture: it may be another
who is seen then. Who goes on as whom is decided in `vision.zones.identity`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, hypot, log, pi

from vision.zones.heights import Leans
from vision.zones.people import Box
from vision.zones.portrait import Portrait

COAST_S = 1.0
"""Somebody unseen so long is lost, and taken up again only by what they look like."""
PICTURES_MIN = 3
EDGE = 1.2
Point = tuple[float, float]

_PACE, _START, _FAR_MAX = 1.3, 0.8, 4.5
"""Heights a second that somebody can walk, heights besides, and at most."""
_STRAIGHT, _STRAIGHT_MAX_S = 0.6, 2.5
"""Share of people who walk on as they did, and for how long."""
_ROOM, _ROOM_EDGE = 15.0, 2.0
"""Square heights in which somebody else could have appeared, in the middle and at the edge of the picture."""
_PLACE_LEAST = -1.5
_SAME_TRACK, _KEPT_SIGHT, _SIGHT_S = 0.5, 0.3, 0.45
"""Of the same box: log odds; and how likely it is still theirs if it was never out of sight for longer."""
_RETURN = -1.0
"""Log odds that somebody who walks out of the picture comes back rather than somebody else enters."""
_OUTSIDE, _OUT = 0.25, -1.0
"""Nearer to the edge than that, in heights, nobody turns round but outside; and the log odds besides."""
_EXCHANGED = -0.75
"""That the box that was followed on is another's by now."""
_STAYED = 1.5


@dataclass(slots=True, eq=False)
class Piece:
    """One stretch."""

    number: int
    box: Box
    started_s: float
    first: Point
    """Where the foot was."""
    edge: float
    """How far from the edge of the picture, in heights."""
    starts_inside: bool
    portrait: Portrait = field(default_factory=Portrait)
    before: Portrait | None = None
    """Of those whom it goes on from, as far as is known, while it has few pictures of its own."""
    seen_s: float = 0.0
    """The rest included."""
    alone_s: float = 0.0
    """When they were last seen alone."""
    last: Point = (0.0, 0.0)
    velocity: Point = (0.0, 0.0)
    height: float = 1.0
    ends_inside: bool = False
    to_edge: bool = False
    out: bool = False
    """Walked out of the picture."""
    resting: bool = False
    over: bool = False
    """Nothing will be added to it any more."""
    came_from: Piece | None = None
    """The piece before it of the same box."""
    unseen_s: float = 0.0
    """The longest gap since they were last seen alone."""
    settled: bool = False
    """It is no longer asked whom it goes on from."""
    inside: bool = False
    inside_s: float = float("-inf")
    entered_s: float = float("inf")
    dwell_s: float = 0.0
    rest_s: float = 0.0
    """Time in the zone since they were last seen alone."""
    returns: int = 0
    moved: bool = False
    """Walked at some time: what never moves is a thing that looks like a person."""
    known: bool = False
    matter: str = ""
    spent: bool = False
    """They were away for too long: what was before does not count."""
    crowded_s: float = float("-inf")

    @property
    def from_edge(self) -> bool:
        """Whether they came into the picture."""
        return self.edge < EDGE

    @property
    def blind(self) -> bool:
        """Whether they were never seen alone."""
        return self.portrait.pictures == 0

    @property
    def memory(self) -> Portrait:
        """What they look like by all that is known."""
        return self.portrait if self.before is None else self.before.join(self.portrait)

    @property
    def clear(self) -> bool:
        """Whether it was seen often enough to tell whose it is, or at least that there was somebody."""
        return self.portrait.pictures >= PICTURES_MIN or (self.blind and self.seen_s - self.started_s >= COAST_S)

    @property
    def open(self) -> bool:
        """Whether another piece may go on from it."""
        return (self.over or self.resting) and self.clear

    def spend(self) -> None:
        """They were away for too long: from now on they begin anew."""
        self.dwell_s, self.rest_s, self.returns = 0.0, 0.0, 0
        self.entered_s, self.matter, self.spent = float("inf"), "", True


def gap_dwell_s(one: Piece, after: Piece) -> float:
    """Time in the zone between two pieces of one person."""
    if after.came_from is one:
        return one.rest_s
    gap_s = after.started_s - one.alone_s
    stayed = away(one.last, after) < _STAYED or gap_s < _STRAIGHT_MAX_S
    return gap_s if one.ends_inside and after.starts_inside and stayed else 0.0


def foot_of(box: Box) -> Point:
    """Where they stand."""
    return (box[0] + box[2]) / 2, box[3] - 0.03 * (box[3] - box[1])


def away(place: Point, piece: Piece) -> float:
    """How far from there it begins, in heights."""
    return hypot(piece.first[0] - place[0], piece.first[1] - place[1]) / piece.height


def odds(one: Piece, after: Piece, leans: Leans, keep_s: float, *, alone: bool = False) -> float | None:
    """Log odds that they are of one person; None if they cannot be. `alone`: not what it goes on from counts."""
    gap_s = after.started_s - one.alone_s
    if one is after or gap_s <= 0 or gap_s > keep_s or away(one.last, after) > min(_START + _PACE * gap_s, _FAR_MAX):
        return None
    known = one.portrait if alone else one.memory
    told = known.odds(after.portrait, leans) + _place_odds(one, after, gap_s)
    if after.from_edge:
        told += _RETURN if one.to_edge else 2 * _RETURN
        if one.out and after.edge < _OUTSIDE:
            told += _OUT
    if one.seen_s > after.started_s and after.came_from is not one:
        told += _EXCHANGED if one.over else _EXCHANGED / 2
    return told + (_SAME_TRACK if after.came_from is one else 0.0)


def tail_odds(one: Piece, tail: Piece) -> float | None:
    """Log odds that they are who is now seen at the end of the rest of a piece; None if they cannot be."""
    if one is tail:
        return _SAME_TRACK
    gap_s = tail.seen_s - one.alone_s
    x, y = foot_of(tail.box)
    far = hypot(x - one.last[0], y - one.last[1]) / one.height
    if one.seen_s < tail.alone_s or far > min(_START + _PACE * gap_s, _FAR_MAX):
        return None
    return _EXCHANGED / 2


def _place_odds(one: Piece, after: Piece, gap_s: float) -> float:
    """Of where it begins: people walk on as they did, or stop and turn; others could begin anywhere."""
    ahead = (one.last[0] + one.velocity[0] * gap_s, one.last[1] + one.velocity[1] * gap_s)
    density = _density(away(one.last, after), 0.3 + 0.6 * gap_s)
    if gap_s < _STRAIGHT_MAX_S:
        density += _STRAIGHT * (_density(away(ahead, after), 0.2 + 0.25 * gap_s) - density)
    if after.came_from is one and one.unseen_s <= _SIGHT_S:
        density = max(density, _KEPT_SIGHT * _density(0.0, 0.4))
    room = _ROOM_EDGE if after.from_edge else _ROOM
    return max(_PLACE_LEAST if after.from_edge else 2 * _PLACE_LEAST, log(room * density + 1e-9))


def _density(distance: float, spread: float) -> float:
    return exp(-0.5 * (distance / spread) ** 2) / (2 * pi * spread * spread)
