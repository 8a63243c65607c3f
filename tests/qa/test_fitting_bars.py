"""A calibration says what was measured: bars that let as many pass as asked, errors with intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charforge.errors import InputError
from charforge.qa.calibration import Bar, Calibration
from charforge.qa.fitting import ENOUGH, Compared, at_far, bars_of, errors, fitted, held_out, verifying

BASE = Calibration(
    version="base",
    judge="fake",
    bars={"frontal": Bar(bar=0.5), "three-quarter": Bar(bar=0.5), "profile": Bar(bar=0.5)},
    fix_band=0.1,
    stranger=0.2,
    smallest_eyes=10.0,
    widest_turn=60.0,
)


def people(count: int, seed: int = 0, *, turn: float = 0.0, eyes: float = 60.0, own: float = 0.8) -> Compared:
    """Return pairs of so many people: every two of them once, at about 0.1, and ten of each at about `own`."""
    chance = np.random.default_rng(seed)
    one, other = (np.concatenate([a, np.repeat(np.arange(count), 10)]) for a in np.triu_indices(count, 1))
    same = one == other
    value = np.where(same, own, 0.1) + chance.normal(0, 0.1, len(one))
    return Compared(value, same, np.full(len(one), turn), np.full(len(one), eyes), one, other)


@given(st.lists(st.integers(0, 99), min_size=1, max_size=200), st.sampled_from([0.0, 0.01, 0.1, 0.5]))
def test_no_more_strangers_reach_a_bar_than_asked(scores: list[int], far: float) -> None:
    """The lowest such bar is found: a hair lower, and more would pass, or the score just passed is no stranger's."""
    strange = np.array(scores, np.float64)
    bar = at_far(strange, far)
    assert np.mean(strange >= bar) <= far
    assert np.mean(strange >= np.nextafter(bar, -np.inf)) > far


def test_bars_lie_between_strangers_and_the_same_person() -> None:
    """1 stranger in 1,000 reaches the verification bar, 99 of 100 pictures of the right person the likeness bar."""
    pairs = people(200)
    found = bars_of(pairs, verifying(pairs))
    assert found.bar == pytest.approx(0.1 + 3.09 * 0.1, abs=0.03)
    assert found.likeness == pytest.approx(0.8 - 2.33 * 0.1, abs=0.04)
    assert found.typical == pytest.approx(0.8, abs=0.02)
    assert found.far is not None
    assert found.far <= 0.001
    assert (found.same, found.different, found.people) == (2_000, 19_900, 200)


def test_a_rate_needs_ten_errors_behind_it() -> None:
    """Too few errors give their count and no rate."""
    pairs = people(60)
    bar = float(np.sort(pairs.value[~pairs.same])[-(ENOUGH - 1)])
    few = errors(pairs, pairs.people(), bar, same=False)
    assert (few.count, few.rate) == (ENOUGH - 1, None)
    assert errors(pairs, pairs.people(), bar - 0.05, same=False).rate is not None


def test_intervals_are_drawn_from_people() -> None:
    """When all errors are one person's, the interval reaches far, however many pairs there are."""
    pairs = people(100)
    value = np.where(pairs.same, 0.8, 0.1)
    value[pairs.same & (pairs.one == 3)] = 0.2
    one_persons = Compared(value, pairs.same, pairs.turn, pairs.eyes, pairs.one, pairs.other)
    found = errors(one_persons, pairs.people(), 0.5, same=True)
    assert found.rate == pytest.approx(0.01)
    assert found.between is not None
    assert found.between[0] == 0.0
    assert found.between[1] == pytest.approx(0.03, abs=0.011)


def joined(*parts: Compared) -> Compared:
    """Return several sets of pairs of the same people as one."""
    columns = ("value", "same", "turn", "eyes", "one", "other")
    return Compared(*(np.concatenate([getattr(p, c) for p in parts]) for c in columns))


def test_each_pose_and_small_faces_have_bars_of_their_own() -> None:
    """A pose nobody showed has the verification bar of all and no other; a small face has its own."""
    pairs = joined(people(100), people(100, 1, turn=30.0, own=0.7), people(100, 2, eyes=15.0, own=0.65))
    found = fitted(pairs, BASE, "test")
    near, side, small = found.likeness(0, 60), found.likeness(-30, 60), found.likeness(0, 15)
    assert near is not None
    assert side is not None
    assert small is not None
    assert near > small
    assert found.bars["three-quarter"].people == 100
    assert found.bars["profile"] == Bar(bar=verifying(pairs))
    assert [s.below for s in found.sizes] == [30.0]


def test_what_cannot_be_scored_is_left_out() -> None:
    """Faces too small or turned too far take no part."""
    pairs = joined(people(60), people(60, 1, eyes=5.0, own=0.0), people(60, 2, turn=70.0, own=0.0))
    assert fitted(pairs, BASE, "test").bars == fitted(people(60), BASE, "test").bars


def test_too_few_strangers_are_refused() -> None:
    """With less than 1,000 there is no calibration."""
    with pytest.raises(InputError, match="200 pairs of the same person and 190 of strangers"):
        fitted(people(20), BASE, "test")


def test_a_version_follows_from_the_content() -> None:
    """The same pairs give the same version, other pairs another."""
    one, again, other = (fitted(people(60, seed), BASE, "test") for seed in (0, 0, 1))
    assert one.version == again.version != other.version
    assert one.version.startswith("fake-")


def test_what_a_bar_promises_holds_on_people_it_was_not_made_on() -> None:
    """With everybody drawn alike, other people's errors are about the promised ones."""
    (held,) = held_out(people(300, own=0.45), BASE, asked=0.01)
    assert held.pose == "frontal"
    assert held.far_ratio is not None
    assert held.frr_ratio is not None
    assert 0.5 < held.far_ratio[1] < 2
    assert 0.5 < held.frr_ratio[1] < 2


def test_heads_half_turned_do_not_lower_the_likeness_bar_of_straight_ones() -> None:
    """It falls from 10 to 20 degrees; what is scored there counts for neither end."""
    pairs = joined(people(100), people(100, 1, turn=15.0, own=0.3), people(100, 2, turn=30.0, own=0.6))
    found = fitted(pairs, BASE, "test")
    straight, middle, side = (found.likeness(turn) for turn in (5.0, 15.0, 20.5))
    assert straight == found.likeness(10.0) == fitted(people(100), BASE, "test").likeness(0)
    assert straight is not None
    assert side is not None
    assert middle == pytest.approx((straight + side) / 2)
