"""The bench of made-up people: what its totals count."""

from __future__ import annotations

from typing import Any

import pytest

from charforge.bench.casting import MasterRow, TargetRow, figures, summary


def head(name: str, *, third: float | None = 0.5, short: tuple[str, ...] = ()) -> TargetRow:
    """Return a head, reached unless it falls short in something."""
    rest: dict[str, Any] = {"turn": 0, "pitch": 0, "first": 0.6, "second": 0.6, "plain": None}
    colours: dict[str, Any] = {"hair": 1, "skin": 1, "garment": None, "drawn": 9, "seconds": 1, "curve": ()}
    return TargetRow(name=name, third=third, reached=not short, short=short, **rest, **colours)


def person(*heads: TargetRow) -> MasterRow:
    """Return a person of these heads."""
    return MasterRow(seed=1, seconds=10, drawn=100, targets=heads)


def totals(*people: MasterRow, bar: float | None = 0.33) -> dict[str, float]:
    """Return the totals by name."""
    return {f.what: f.value for f in figures(people, bar)}


def test_a_profile_that_stops_short_does_not_count_against_a_person() -> None:
    """Profiles go as far as identity holds; every other head has to be reached."""
    assert person(head("left45"), head("left-profile", short=("turned 40",))).whole
    assert not person(head("left45", short=("first judge",)), head("happy")).whole


def test_the_third_model_grades_every_head_but_profiles() -> None:
    """A person passes the third model when its least head does."""
    good, bad = person(head("left45", third=0.4)), person(head("left45", third=0.2), head("happy"))
    profile = person(head("happy", third=0.6), head("left-profile", third=0.1))
    found = totals(good, bad, profile)
    assert found["masters whose every head the third model takes for them"] == 2
    assert found["masters that pass all three"] == 2
    assert bad.least == pytest.approx(0.2)


def test_without_a_third_model_the_totals_say_so() -> None:
    """The bench runs without research files, and names what is missing and how to get it."""
    last = figures((person(head("happy", third=None)),), None)[-1]
    assert "no third model" in last.note
    assert "charforge weights pull" in last.note


def test_the_hard_heads_are_counted_apart() -> None:
    """Far turns and the chin up are what a search finds hardest."""
    found = totals(person(head("left45"), head("right45", short=("x",)), head("up15"), head("happy")))
    assert found["left 45, right 45 and chin up 15 reached"] == 2
    assert found["heads reached"] == 3


def test_a_summary_names_what_was_missed() -> None:
    """A line says how many heads were reached, which were not, and the third model's least."""
    assert summary(person(head("left45", short=("x",)), head("happy"))) == (
        "seed 1: 1 of 2 reached, missed left45, third model at least 0.50"
    )
