"""Problems of a parse model, retold with their places."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from charforge.documents.schema import Flag, Number, Whole, Written, did_you_mean, validate
from charforge.documents.yaml import parse


class Cup(Written):
    """A cup."""

    colour: Literal["blue", "grey"] = "grey"
    weight: Annotated[Number, Field(gt=0)] = 1.0
    made_in: str | None = Field(default=None, alias="from")


class Shelf(Written):
    """A shelf of cups."""

    name: str
    ends: tuple[str, str] = ("left", "right")
    cups: tuple[Cup, ...] = ()
    by_name: dict[str, Cup] = {}


def told(text: str) -> tuple[Shelf | None, list[tuple[int, str, str]]]:
    """Return what could be kept of a shelf and what is wrong with it."""
    value, problems = validate(Shelf, parse(text.encode(), "shelf.yaml"), "shelf.yaml")
    return value, [(p.line, p.message, p.hint) for p in problems]


def test_a_right_text_has_no_problem() -> None:
    """Text becomes typed values."""
    value, problems = told("name: top\ncups: [{colour: blue, weight: 2.5, from: Kyoto}]\n")
    assert problems == []
    assert value == Shelf(name="top", cups=(Cup.model_validate({"colour": "blue", "weight": "2.5", "from": "Kyoto"}),))


def test_each_problem_has_its_line_and_suggestion() -> None:
    """Keys and words get the closest known one; keys are told as they are written in the file."""
    _, problems = told("name: top\ncups:\n- color: blue\n- colour: gray\n- form: Kyoto\nby_name: {a: {weight: 0}}\n")
    assert problems == [
        (3, "unknown key 'color'", "did you mean colour?"),
        (4, "colour: 'gray' is not one of blue, grey", "did you mean grey?"),
        (5, "unknown key 'form'", "did you mean from?"),
        (6, "weight: '0' must be greater than 0", ""),
    ]


def test_what_is_right_is_kept_beside_what_is_wrong() -> None:
    """Only the wrong parts are missing from the value."""
    value, problems = told("name: top\nnmae: x\nby_name: {a: {colour: red, weight: 3}}\n")
    assert len(problems) == 2
    assert value is not None
    assert (value.by_name["a"].colour, value.by_name["a"].weight) == ("grey", 3.0)


def test_without_a_needed_key_nothing_can_be_kept() -> None:
    """A value that cannot be made is None, with the reason."""
    assert told("cups: []\n") == (None, [(1, "'name' is missing", "")])


def test_a_pair_with_one_entry_says_how_many_are_wanted() -> None:
    """The key is there; what is missing is its second entry."""
    assert told("name: top\nends: [left]\n")[1] == [(2, "ends: 2 entries are wanted", "")]


def test_a_flood_of_problems_is_counted() -> None:
    """After a hundred, only their number is told."""
    _, problems = told("name: x\n" + "".join(f"k{i}: 1\n" for i in range(150)))
    assert len(problems) == 101
    assert problems[-1][1] == "and 50 more problems"


@given(st.integers(-(10**12) + 1, 10**12 - 1))
def test_whole_numbers_are_read(number: int) -> None:
    """Decimal digits with a sign."""
    assert TypeAdapter(Whole).validate_python(str(number)) == number


@pytest.mark.parametrize("text", ["1.0", "1_000", "0x10", "1e3", "", " 1", "one", "9" * 5000, "\u0661"])
def test_other_spellings_are_no_whole_number(text: str) -> None:
    """Nothing but decimal digits counts."""
    with pytest.raises(ValidationError, match="not a whole number"):
        TypeAdapter(Whole).validate_python(text)


@pytest.mark.parametrize("text", ["nan", "inf", "1e3", "", ".", "1,5", "1_0"])
def test_other_spellings_are_no_number(text: str) -> None:
    """No exponent, no infinity, no comma."""
    with pytest.raises(ValidationError, match="not a number"):
        TypeAdapter(Number).validate_python(text)


@pytest.mark.parametrize("text", ["on", "yes", "1", "True", "TRUE", ""])
def test_only_true_and_false_are_truth_values(text: str) -> None:
    """YAML 1.1's many words for yes are refused."""
    with pytest.raises(ValidationError, match="neither true nor false"):
        TypeAdapter(Flag).validate_python(text)


def test_a_suggestion_needs_likeness() -> None:
    """A word like no other gets none."""
    assert did_you_mean("mai", ["mia", "theo"]) == "did you mean mia?"
    assert did_you_mean("xyz", ["mia", "theo"]) == ""
