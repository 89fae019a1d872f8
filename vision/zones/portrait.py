"""Core: what somebody looks like over several pictures, and what that says on whether two such portraits are of one.

All is told as log odds: above 0 for "the same person", below for "somebody else".
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vision.zones.heights import Heights, Leans, height_odds, stature_odds
from vision.zones.people import Looks, Person, looks_apart

_FIRST = 10
_FOLLOW = np.float32(0.1)
_ALIKE, _UNLIKE, _PER_APART, _EVEN = 1.7, -6.0, 8.0, 0.4
"""Log odds of looks: most, least, by how much they fall, and where they are 0."""
_STATURES_MIN = 3


@dataclass(slots=True)
class Portrait:
    """Of one person, picture by picture."""

    first: Looks | None = None
    """In the first pictures."""
    last: Looks | None = None
    """Lately: light and shadow change within a minute."""
    pictures: int = 0
    heights: Heights = field(default_factory=Heights)
    """Of the boxes."""
    statures: Heights = field(default_factory=Heights)

    def add(self, person: Person) -> None:
        """One more picture in which they are seen alone."""
        if self.first is None or self.last is None:
            self.first = self.last = np.asarray(person.looks, np.float32)
        else:
            share = max(float(_FOLLOW), 1 / (self.pictures + 1))
            self.last = np.asarray(self.last + np.float32(share) * (person.looks - self.last), np.float32)
            if self.pictures < _FIRST:
                self.first = np.asarray(self.first + (person.looks - self.first) / (self.pictures + 1), np.float32)
        self.pictures += 1
        self.heights.add(person.height, person.foot[1])
        if person.stature is not None:
            self.statures.add(person.stature, person.foot[1])

    def join(self, later: Portrait) -> Portrait:
        """Of the same person, over both stretches."""
        last = later.last if later.last is not None else self.last
        if self.last is not None and later.last is not None:
            share = np.float32(min(1.0, later.pictures / _FIRST))
            last = np.asarray(self.last + share * (later.last - self.last), np.float32)
        return Portrait(
            self.first if self.first is not None else later.first,
            last,
            self.pictures + later.pictures,
            self.heights.join(later.heights),
            self.statures.join(later.statures),
        )

    def odds(self, later: Portrait, leans: Leans) -> float:
        """Log odds that they are of one person, the other one taken later."""
        if self.last is None or later.first is None:
            return 0.0
        looks = min(_ALIKE, _PER_APART * (_EVEN - looks_apart(self.last, later.first)))
        boxes = self.heights.taller(later.heights, leans.boxes)
        if min(len(self.statures), len(later.statures)) < _STATURES_MIN:
            return max(_UNLIKE, looks) + height_odds(boxes)
        return max(_UNLIKE, looks) + stature_odds(boxes, self.statures.taller(later.statures, leans.statures))
