"""Gives the faces of a picture to the people expected in it, each at most once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def assigned(worth: Sequence[Sequence[float]]) -> tuple[int | None, ...]:
    """Return for each person the index of a face, or None, so that the whole worth is greatest.

    `worth[person][face]` is any number; as many people as possible get a face, and no face serves two of them.
    Equal wholes go to the earlier faces. Exact, by dynamic programming over sets of people: meant for casts of up to
    a dozen.
    """
    people = len(worth)
    faces = len(worth[0]) if people else 0
    best: dict[int, tuple[float, tuple[int | None, ...]]] = {0: (0.0, (None,) * people)}
    for face in range(faces):
        grown = dict(best)
        for taken, (total, choice) in best.items():
            for person in range(people):
                if taken >> person & 1:
                    continue
                candidate = total + worth[person][face]
                key = taken | 1 << person
                if key not in grown or candidate > grown[key][0]:
                    grown[key] = candidate, (*choice[:person], face, *choice[person + 1 :])
        best = grown
    fullest = max(taken.bit_count() for taken in best)
    return max((v for k, v in best.items() if k.bit_count() == fullest), key=lambda v: v[0])[1]
