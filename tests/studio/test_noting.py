"""What was learned of describing somebody is kept for one model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charforge import library as assets


def test_a_note_is_kept_with_its_date(episode: Path, charforge: Callable[..., Any]) -> None:
    """It stands in the character's file, twice said it is once there, and the library can be locked with it."""
    root = episode.parents[1]
    for _ in range(2):
        charforge("library", "note", "mia", "Freckles: nose, cheeks.", "--model", "flux2-klein")
    assets.lock(root / "library")
    mia = assets.load({"library": root / "library"}).character("mia")
    assert mia is not None
    (note,) = mia.prompts
    assert (note.text, note.model) == ("Freckles: nose, cheeks.", "flux2-klein")
    assert len(note.date) == len("2026-11-21")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("mai", "x", "--model", "sdxl"), "mai"),
        (("mia", " ", "--model", "sdxl"), "says nothing"),
        (("mia", "x", "--model", "flux3"), "no model 'flux3'"),
        (("mia", "x", "--model", "animatic"), "no model 'animatic'"),
    ],
)
def test_what_nobody_would_read_is_refused(
    episode: Path, charforge: Callable[..., Any], words: tuple[str, ...], told: str
) -> None:
    """Nothing is written."""
    file = episode.parents[1] / "library/characters/mia/character.yaml"
    before = file.read_bytes()
    assert told in charforge("library", "note", *words, code=2).stderr
    assert file.read_bytes() == before
