"""Core: which column goes to which row, so that all together cost least (Jonker, Volgenant), and what else would cost.

The prices that the rows and columns end with prove that nothing costs less. With them the next best way without one of
the pairs is one more search, not an assignment from the beginning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEVER = 1e4
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Assignment:
    """A column for every row, each once."""

    cost: Numbers
    """Rows x columns, rows at most columns."""
    taken: NDArray[np.intp]
    """The row of every column, -1 where it has none."""
    row_price: Numbers
    column_price: Numbers

    @property
    def columns(self) -> list[int]:
        """The column of every row."""
        found = [0] * len(self.cost)
        for column, row in enumerate(self.taken.tolist()):
            if row >= 0:
                found[row] = column
        return found

    @property
    def total(self) -> float:
        """What all costs together."""
        return sum(float(self.cost[row, column]) for row, column in enumerate(self.columns))

    def at_least(self, row: int, column: int) -> float:
        """By how much more all would cost, at the least, if these two, now together, were not."""
        others = np.delete(self.cost[row] - self.column_price, column)
        return float(others.min(initial=NEVER) - self.row_price[row])

    def without(self, row: int, column: int) -> Assignment:
        """The least cost in which these two, now together, are not."""
        rows, columns = self.cost.shape
        free = np.flatnonzero(self.taken < 0)
        cost, taken = np.zeros((columns, columns)), self.taken.copy()
        cost[:rows] = self.cost
        cost[row, column], taken[column] = NEVER, -1
        taken[free] = np.arange(rows, columns)  # rows that cost nothing: one search then moves whatever has to move
        row_price = np.concatenate([self.row_price, np.zeros(columns - rows)])
        other = Assignment(cost, taken, row_price, self.column_price.copy())
        _place(other, row)
        taken[taken >= rows] = -1
        return Assignment(cost[:rows], taken, row_price[:rows], other.column_price)


def assigned(cost: Numbers) -> Assignment:
    """Of the least cost together."""
    rows, columns = cost.shape
    found = Assignment(cost, np.full(columns, -1, np.intp), np.zeros(rows), np.zeros(columns))
    for row in range(rows):
        _place(found, row)
    return found


def _place(found: Assignment, first: int) -> None:
    """Give one more row a column, moving others as far as that costs less."""
    cost, taken = found.cost, found.taken
    columns = cost.shape[1]
    row, reached = first, -1
    least, way = np.full(columns, np.inf), np.full(columns, -1)
    done: list[int] = []
    while True:
        reduced = cost[row] - found.row_price[row] - found.column_price
        reduced[done] = np.inf
        nearer = reduced < least
        least[nearer], way[nearer] = reduced[nearer], reached
        open_least = least.copy()
        open_least[done] = np.inf
        column = int(open_least.argmin())
        step = open_least[column]
        found.row_price[first] += step
        found.row_price[taken[done]] += step
        found.column_price[done] -= step
        least -= step
        reached = column
        done.append(column)
        if taken[column] < 0:
            break
        row = int(taken[column])
    while reached >= 0:
        before = int(way[reached])
        taken[reached] = taken[before] if before >= 0 else first
        reached = before
