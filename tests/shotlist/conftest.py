"""What the shot list tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from charforge.domain.script import Episode
from charforge.errors import InputError, Problem
from charforge.shotlist import read_episode

HEAD = """\
charforge: 1
episode: e01
cast: {mia: mia@2, theo: theo@1}
scenes:
  - id: s03
    location: coffee-shop@1
    view: table
    light: night
    shots:
"""
"""Nine lines; shots written after it start on line 10."""

Read = Callable[[str], Episode]
Refused = Callable[[str], list[Problem]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return a function that reads an episode from text."""

    def run(text: str) -> Episode:
        path = tmp_path / "e01.yaml"
        path.write_text(text, "utf-8")
        return read_episode(path)

    return run


@pytest.fixture
def refused(read: Read) -> Refused:
    """Return a function that gives the problems a text is refused with."""

    def run(text: str) -> list[Problem]:
        with pytest.raises(InputError) as caught:
            read(text)
        return list(caught.value.problems)

    return run


@pytest.fixture
def shot(refused: Refused) -> Refused:
    """Return a function that gives the problems of one shot, written in flow style on line 10."""
    return lambda text: refused(f"{HEAD}      - {text}\n")
