"""Faces are given to people as a whole, each once."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

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


@pytest.mark.parametrize(("people", "faces"), [(8, 60), (60, 8), (30, 30)])
def test_a_crowd_is_assigned_as_scipy_does(people: int, faces: int) -> None:
    """However many people and faces there are, the whole is worth what the reference finds."""
    worth = np.random.default_rng(people).normal(size=(people, faces))
    chosen = assigned(worth.tolist())
    rows, columns = linear_sum_assignment(worth, maximize=True)
    found = sum(worth[p, f] for p, f in enumerate(chosen) if f is not None)
    assert found == pytest.approx(worth[rows, columns].sum())


def test_nobody_is_expected() -> None:
    """Without people there is nothing to assign."""
    assert assigned([]) == ()
