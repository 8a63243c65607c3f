"""A shift of scores is told from chance, as far as so many shots can."""

from __future__ import annotations

import numpy as np
import pytest

from charforge.studio.regressing.pins import Limit
from charforge.studio.regressing.shifts import Pair, Shift, compared, interval

LIMIT = Limit(shift=0.02, drop=0.1)


def shift_of(*changes: float, same: bool = False, before: float = 0.6) -> Shift:
    """Return the shift of shots that changed by so much."""
    pairs = [
        Pair(place=f"e01_s01_{n:04d} still", before=before, after=before + c, same=same) for n, c in enumerate(changes)
    ]
    return compared("mia", "sface", pairs, LIMIT)


def test_a_fall_of_every_shot_is_a_shift() -> None:
    """Eight shots that fell by about 0.04 fail; both ends of the interval lie under zero."""
    found = shift_of(-0.05, -0.04, -0.03, -0.045, -0.035, -0.04, -0.05, -0.03)
    assert found.moved
    assert found.confidence == 0.95
    assert found.low <= found.shift <= found.high < 0


def test_a_fall_within_the_limit_is_none() -> None:
    """However sure it is."""
    assert not shift_of(*[-0.019] * 20).wrong


def test_scatter_about_nothing_is_no_shift_but_is_told() -> None:
    """Four shots that scatter widely cannot show a shift of the limit, and the note says so."""
    found = shift_of(-0.06, 0.05, -0.04, 0.06)
    assert not found.wrong
    assert any("may go unseen" in note or "leave open" in note for note in found.notes)


def test_a_rise_fails_only_where_the_pictures_are_the_same() -> None:
    """New pictures may be better; a kinder judge is another judge."""
    assert not shift_of(*[0.05] * 6).wrong
    assert any("it rose" in note for note in shift_of(*[0.05] * 6).notes)
    assert shift_of(*[0.05] * 6, same=True).moved


@pytest.mark.parametrize("shots", [1, 2])
def test_one_or_two_shots_are_held_to_the_limit_of_single_shots(shots: int) -> None:
    """They say what became of them, not of the character."""
    found = shift_of(*[-0.05] * shots)
    assert not found.wrong
    assert any("only single shots" in note for note in found.notes)
    assert len(shift_of(*[-0.11] * shots).wrong) == shots


def test_the_interval_of_few_shots_is_as_sure_as_it_says() -> None:
    """Lowest to highest of five holds the true median in 15 of 16 draws."""
    source = np.random.default_rng(1)
    draws = [interval(source.normal(0.3, 1, 5)) for _ in range(4000)]
    assert {sure for _, _, sure in draws} == {1 - 2.0**-4}
    assert np.mean([low <= 0.3 <= high for low, high, _ in draws]) == pytest.approx(15 / 16, abs=0.012)


def test_the_bootstrapped_interval_is_about_as_sure_as_it_says() -> None:
    """Of twelve normal differences, 95 % of intervals hold the true median, give or take what a bootstrap misses."""
    source = np.random.default_rng(2)
    draws = [interval(source.normal(0, 1, 12)) for _ in range(400)]
    assert 0.90 <= np.mean([low <= 0 <= high for low, high, _ in draws]) <= 0.99


def test_the_same_pairs_give_the_same_interval() -> None:
    """The test must not fail by its own chance."""
    changes = np.random.default_rng(3).normal(0, 1, 15)
    assert interval(changes) == interval(changes)
