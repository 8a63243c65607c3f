"""Words that a transcript mends, weighed one by one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from charforge.qa.hearing.limits import limits
from charforge.qa.hearing.weighing import doubts

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITS = limits().words
LINE = "We can still catch the last train, if we run."


def heard(said: str) -> Callable[[tuple[str, ...]], list[float]]:
    """Return a weigher that likes texts the less, the more their words differ from what is said."""
    mine = re.findall(r"\w+", said.lower())

    def weigh(texts: tuple[str, ...]) -> list[float]:
        return [-8.0 * _apart(mine, re.findall(r"\w+", text.lower())) for text in texts]

    return weigh


def _apart(one: list[str], other: list[str]) -> int:
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (left != right))
    return row[-1]


def found(said: str, script: str = LINE) -> list[tuple[str, str, int]]:
    """Return the doubts about a script when something is said."""
    return [(d.kind, d.word, d.at) for d in doubts(script, heard(said), heard(said), LIMITS)]


def test_the_very_words_leave_no_doubt() -> None:
    """Nor do lines of one word, or without a full stop."""
    assert found(LINE) == []
    assert found("Stop.", "Stop.") == []
    assert found("no wait", "No, wait") == []


def test_a_word_that_is_left_out_is_named_with_its_place() -> None:
    """In the middle, at the start and at the end."""
    assert found("We can still catch last train if we run") == [("dropped", "the", 4)]
    assert found("can still catch the last train if we run") == [("dropped", "We", 0)]
    assert found("We can still catch the last train if we") == [("dropped", "run", 9)]


def test_a_word_that_is_said_twice_is_named() -> None:
    """The place is the word's."""
    assert found("We can still still catch the last train if we run") == [("doubled", "still", 2)]


def test_a_shorter_line_is_not_likelier_for_ending_sooner() -> None:
    """The sign at the end stays when the last word is tried without; signs alone are no words."""
    asked: list[str] = []

    def weigh(texts: tuple[str, ...]) -> list[float]:
        asked.extend(texts)
        return [-50.0] * len(texts)

    list(doubts("Look, he \u2014 ran!", weigh, weigh, LIMITS))
    assert "Look, he \u2014!" in asked
    assert "Look he \u2014 ran!" not in asked
    assert "he \u2014 ran!" in asked
    assert len([text for text in asked if "\u2014" not in text]) == 0


@pytest.mark.parametrize("gain", [1.0, 3.0])
def test_a_doubt_needs_more_than_a_little(gain: float) -> None:
    """The limits are those of limits.yaml."""
    found = list(doubts("A B", lambda texts: [0.0, gain, -20.0, -20.0, -20.0][: len(texts)], lambda _: [0.0], LIMITS))
    assert bool(found) == (gain > LIMITS.dropped)
