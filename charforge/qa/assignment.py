"""Gives the faces of a picture to the people expected in it, each at most once.

Thirty lines of our own where scipy has the same: it would be the largest thing that the core installs, for one call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def assigned(worth: Sequence[Sequence[float]]) -> tuple[int | None, ...]:
    """Return for each person the index of a face, or None, so that the whole worth is greatest.

    `worth[person][face]` is any number; as many people as possible get a face, and no face serves two of them. Exact,
    in time that grows with people x people x faces.
    """
    people = len(worth)
    faces = len(worth[0]) if people else 0
    if people <= faces:
        return tuple(_matched([[-value for value in row] for row in worth], faces))
    given = _matched([[-worth[p][f] for p in range(people)] for f in range(faces)], people)
    back = {person: face for face, person in enumerate(given)}
    return tuple(back.get(person) for person in range(people))


def _matched(cost: Sequence[Sequence[float]], columns: int) -> list[int]:
    """Return the column of each row, no column twice, so that the whole costs least; no more rows than columns.

    Source: the Hungarian method with potentials, one row added at a time by the cheapest alternating path.
    """
    rows = len(cost)
    up, across = [0.0] * (rows + 1), [0.0] * (columns + 1)
    holder = [0] * (columns + 1)  # the row, from 1, that holds a column; column 0 is where each search starts
    for row in range(1, rows + 1):
        holder[0] = row
        at = 0
        least = [float("inf")] * (columns + 1)
        came, seen = [0] * (columns + 1), [False] * (columns + 1)
        while holder[at]:
            seen[at] = True
            current, step, to = holder[at], float("inf"), 0
            for column in range(1, columns + 1):
                if seen[column]:
                    continue
                price = cost[current - 1][column - 1] - up[current] - across[column]
                if price < least[column]:
                    least[column], came[column] = price, at
                if least[column] < step:
                    step, to = least[column], column
            for column in range(columns + 1):
                if seen[column]:
                    up[holder[column]] += step
                    across[column] -= step
                else:
                    least[column] -= step
            at = to
        while at:
            holder[at], at = holder[came[at]], came[at]
    found = {holder[column]: column - 1 for column in range(1, columns + 1) if holder[column]}
    return [found[row] for row in range(1, rows + 1)]
