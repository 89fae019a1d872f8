"""Core: gradient-boosted trees (Friedman, 2001) over the traits of a trail: how likely it was thrown.

Rules draw one line for each trait; the trees weigh all of them together, and were grown on some hundred clips at once
(`training/falls`). They are plain arrays, walked for all trees in step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vision.falling.tracks import Trail
from vision.falling.traits import Traits

GLANCE = 0.02
"""What is less likely than this by the cheap traits is not looked at more closely."""


class Learnt(Protocol):
    """What `Judge` asks."""

    def worth_a_look(self, trail: Trail, cheap: Traits) -> bool:
        """Whether the trail may be something thrown, by its cheap traits."""

    def chance(self, trail: Trail, traits: Traits) -> float:
        """That it was thrown, 0 to 1, by all of them."""


@dataclass(frozen=True, slots=True)
class Trees:
    """Nodes of all trees in one list; a leaf is its own child."""

    names: tuple[str, ...]
    """Of the traits, in the order that ``trait`` counts them."""
    roots: NDArray[np.int32]
    trait: NDArray[np.int16]
    most: NDArray[np.float64]
    """What is at most this goes to the lower child."""
    lower: NDArray[np.int32]
    higher: NDArray[np.int32]
    value: NDArray[np.float32]
    depth: int
    base: float
    """Logarithm of odds before any tree is asked."""

    def chance(self, traits: Traits) -> float:
        """0 to 1; raises `KeyError` for a trait that is missing."""
        row = np.array([traits[name] for name in self.names])
        at = self.roots
        for _ in range(self.depth):
            at = np.where(row[self.trait[at]] <= self.most[at], self.lower[at], self.higher[at])
        odds = self.base + float(self.value[at].sum(dtype=np.float64))
        return float(1 / (1 + np.exp(-odds)))


@dataclass(frozen=True, slots=True)
class Forest:
    """The trees of the cheap traits and those of all."""

    glance: Trees
    whole: Trees

    def worth_a_look(self, trail: Trail, cheap: Traits) -> bool:
        """Whether the trail may be something thrown, by its cheap traits."""
        return self.glance.chance(cheap) >= GLANCE

    def chance(self, trail: Trail, traits: Traits) -> float:
        """That it was thrown, 0 to 1, by all of them."""
        return self.whole.chance(traits)
