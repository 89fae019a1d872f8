"""Percentiles and shares, as every figure here means them. Core: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any

Interval = tuple[float, float]
"""From and until, Unix seconds."""


def percentile(values: Sequence[float], percent: int) -> float | None:
    """By nearest rank: the smallest value that at least so many percent do not exceed; None of nothing."""
    if not values:
        return None
    return sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)]


def share(part: float, whole: float) -> float | None:
    """A part of a whole, 0 to 1; None where there is no whole."""
    return part / whole if whole > 0 else None


def overlap_s(intervals: Iterable[Interval], within: Interval) -> float:
    """Seconds of the intervals that lie within another, each counted for itself."""
    return sum(max(0.0, min(until_s, within[1]) - max(from_s, within[0])) for from_s, until_s in intervals)


def joined(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time without overlaps, in order."""
    merged: list[Interval] = []
    for from_s, until_s in sorted(intervals):
        if merged and from_s <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until_s))
        else:
            merged.append((from_s, until_s))
    return merged


def is_drill(body: Mapping[str, Any]) -> bool:
    """Whether an event belongs to an exercise; those are in no figure."""
    return body.get("drill") is True
