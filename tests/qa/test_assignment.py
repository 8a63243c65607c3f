"""Faces are given to people as a whole, each once."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from charforge.qa.assignment import assigned

TABLES = st.integers(1, 4).flatmap(
    lambda people: st.integers(0, 5).flatmap(
        lambda faces: st.lists(
            st.lists(st.integers(-100, 100), min_size=faces, max_size=faces), min_size=people, max_size=people
        )
    )
)


@given(TABLES)
def test_no_other_assignment_is_worth_more(worth: list[list[int]]) -> None:
    """The choice equals the best of all permutations."""
    people, faces = len(worth), len(worth[0])
    chosen = assigned(worth)
    given_out = [f for f in chosen if f is not None]
    assert len(given_out) == len(set(given_out)) == min(people, faces)
    slots = [*range(faces), *[None] * people]
    best = max(
        sum(worth[p][f] for p, f in enumerate(order) if f is not None)
        for order in set(permutations(slots, people))
        if sum(f is not None for f in order) == min(people, faces)
    )
    assert sum(worth[p][f] for p, f in enumerate(chosen) if f is not None) == best


def test_the_best_single_match_may_lose() -> None:
    """A face goes to the second-best person when the whole is better so."""
    assert assigned([[0.9, 0.8], [0.7, 0.1]]) == (1, 0)


def test_a_crowd_is_assigned_quickly() -> None:
    """Sixty faces and eight people are no trouble."""
    worth = [[((p * 7 + f * 13) % 31) / 31 for f in range(60)] for p in range(8)]
    chosen = assigned(worth)
    assert len(set(chosen)) == 8


def test_nobody_is_expected() -> None:
    """Without people there is nothing to assign."""
    assert assigned([]) == ()
