"""Damaged shot lists end in an InputError, whatever the damage."""

from __future__ import annotations

import contextlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from charforge.errors import InputError
from charforge.shotlist.parse import parse_episode

PILOT = Path(__file__).parents[2] / "shotlists" / "pilot.yaml"
TEXT = PILOT.read_bytes()
MARKS = """\t|\n|\n  |- |: |{|}|[|]|&a |*a|!!int |'|"|#|~|null|1e9|? |>|<<|on|\0|\u202e|---\n|%YAML 9\n|"""
PIECES = st.sampled_from([*(mark.encode() for mark in MARKS.split("|")), b"\xff", b"9" * 5000])
"""Bytes that mean something to YAML, or nothing to UTF-8."""


@given(st.lists(st.tuples(st.integers(0, len(TEXT)), st.integers(0, 40), PIECES), min_size=1, max_size=4))
def test_a_damaged_file_is_an_episode_or_an_input_error(cuts: list[tuple[int, int, bytes]]) -> None:
    """No damage ends in another exception, and every problem names its file."""
    data = TEXT
    for at, length, piece in cuts:
        data = data[:at] + piece + data[at + length :]
    with contextlib.suppress(InputError):
        episode, problems = parse_episode(data, "pilot.yaml")
        assert (episode is None) == bool(problems)
        assert all(problem.file == "pilot.yaml" for problem in problems)


def test_the_pilot_is_right() -> None:
    """The shipped shot list has no problem."""
    episode, problems = parse_episode(TEXT, PILOT)
    assert problems == ()
    assert episode is not None
    assert len(episode.shots()) >= 10
