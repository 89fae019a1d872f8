"""Core: who is who after people met, or left and entered at the same place.

While somebody stands beside another or at the edge of the picture it is in doubt who they are; once they have been seen
alone for some pictures it is decided by what they looked like before and look like now. Whoever never vanished and
still looks like before keeps their time; whoever looks like nobody before begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy

from vision.zones.followed import COAST_S, Followed, exchange_past, foot_of, near
from vision.zones.portrait import Portrait, steady

_SAME, _OTHER, _SPLIT_MIN = 0.25, 0.42, 0.7
_EXCHANGED_MIN = 0.15
_AS_TALL = 0.15
_MET_S = 6.0
"""So long another may need until they, too, are seen alone."""


def settle(followed: Sequence[Followed], lean: float, now_s: float, number: Callable[[], int]) -> list[Followed]:
    """Decide whoever can be decided now; returns those whose past was taken off somebody else (seen no more)."""
    split: list[Followed] = []
    for one in followed:
        if one.portrait is None or one.seen_s != now_s or not _ready(one):
            continue
        fresh = Portrait.of(one.fresh)
        own = one.portrait.apart(fresh, lean)
        others = [other for other in followed if other is not one and other.portrait is not None]
        if _exchanged(one, fresh, own, others, lean) or own < _OTHER:
            one.settle(None)
        elif not _waits(one, others, now_s):
            if one.vanished and own > _SPLIT_MIN:
                split.append(_split(one, fresh, number()))
            else:
                one.settle(fresh if _lit_otherwise(one, fresh) else None)
    return split


def _ready(one: Followed) -> bool:
    return one.in_doubt and steady(one.fresh)


def _exchanged(one: Followed, fresh: Portrait, own: float, others: Sequence[Followed], lean: float) -> bool:
    """Give two their pasts back where they look like each other's; also where one of them is seen no more."""
    found = []
    for other in others:
        assert other.portrait is not None and one.portrait is not None
        crossed = other.portrait.apart(fresh, lean)
        if _ready(other) and other.seen_s == one.seen_s:
            theirs = Portrait.of(other.fresh)
            straight, crossed = own + other.portrait.apart(theirs, lean), crossed + one.portrait.apart(theirs, lean)
            if crossed < straight - 2 * _EXCHANGED_MIN:
                found.append((crossed / 2, other.number, other))
        elif own >= _OTHER and crossed < _SAME and _lost_meanwhile(other, one):
            found.append((crossed, other.number, other))
    if not found:
        return False
    other = min(found)[2]
    exchange_past(one, other)
    if _ready(other):
        other.settle(None)
    return True


def _lost_meanwhile(other: Followed, one: Followed) -> bool:
    gone = one.seen_s - other.seen_s > COAST_S
    return gone and other.seen_s > one.doubt_s - _MET_S and near(other, one)


def _waits(one: Followed, others: Sequence[Followed], now_s: float) -> bool:
    """Whether somebody they met is still in doubt and may be the one."""
    if now_s - one.doubt_s > _MET_S:
        return False
    return any(other.in_doubt and now_s - other.seen_s < COAST_S and near(other, one) for other in others)


def _lit_otherwise(one: Followed, fresh: Portrait) -> bool:
    """Whether somebody who met nobody, and is as tall as before, walked into other light."""
    assert one.portrait is not None
    return one.crowded_s < one.doubt_s and abs(fresh.log_height - one.portrait.log_height) < _AS_TALL


def _split(one: Followed, fresh: Portrait, number: int) -> Followed:
    """Somebody else has taken their place: the time until then stays with whoever it was."""
    before = one.before if one.before is not None else copy(one)
    gone = copy(before)
    gone.number, gone.matter, gone.known = number, one.matter, one.known
    gone.before, gone.fresh, gone.doubt_s, gone.sightings = None, [], float("-inf"), max(3, gone.sightings)
    one.dwell_s = max(0.0, one.dwell_s - before.dwell_s)
    one.matter, one.known, one.returns, one.moved = "", False, 0, False
    one.started_s = max(before.seen_s, one.doubt_s)
    one.entered_s, one.first = one.started_s, foot_of(before.box)
    one.portrait = None
    one.looks = fresh.looks
    return gone
