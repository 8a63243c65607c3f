"""A line that a person circled is what is heard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charforge import library as assets
from charforge.domain.takes import Take
from charforge.store import Ledger, Store

Run = Callable[..., Any]
LINE = "s01/0010/line/1"


@pytest.fixture
def twice(episode: Path, result: Run) -> Path:
    """Return an episode whose lines were spoken at two speeds."""
    result("render", str(episode), "--stage", "stills")
    root = episode.parents[1]
    for name in ("mia", "theo"):
        definition = root / f"library/characters/{name}/character.yaml"
        definition.write_text(definition.read_text().replace("{engine: fake,", "{engine: fake, speed: 0.8,"))
    assets.lock(root / "library")
    result("render", str(episode))
    return episode


def spoken(episode: Path) -> list[Take]:
    """Return the takes of the first line."""
    store = Store(episode.parents[1] / ".charforge")
    found = [store.find(key) for key in Ledger(store, "e01").takes(LINE)]
    assert None not in found
    return [take for take in found if take is not None]


def test_a_line_circled_by_hand_is_heard_in_the_film(twice: Path, result: Run) -> None:
    """The sound is the chosen take's, and its shot is as long as that again."""
    first, second = spoken(twice)
    assert first.samples is not None
    assert second.samples is not None
    longer = (second.samples - first.samples) / (first.sample_rate or 1) * 24
    slow = result("render", str(twice))["shots"][0]["frames"]
    chosen = result("circle", "e01_s01_0010", "1", "--of", "line/1")
    assert (chosen["slate"], chosen["kind"], chosen["take"]) == ("e01_s01_0010_t01", "line/1", first.key)
    report = result("render", str(twice))
    assert slow - report["shots"][0]["frames"] == pytest.approx(longer, abs=2)
    assert longer > 4
    assert report["master"] is not None


def test_a_circled_line_is_let_go_when_its_words_change(twice: Path, charforge: Run) -> None:
    """Nobody hears the old words under the new subtitles."""
    charforge("circle", "e01_s01_0010", "1", "--of", "line/1")
    twice.write_text(twice.read_text("utf-8").replace("You kept it.", "You lost it."), "utf-8")
    assert f"{LINE}: the take circled by hand has other words" in charforge("render", str(twice)).stderr


def test_of_several_lines_it_is_said_which(twice: Path, charforge: Run) -> None:
    """And a kind that there is none of is refused."""
    assert "--of line/1 or --of line/2" in charforge("circle", "e01_s01_0010", "1", "--of", "line", code=2).stderr
    assert "neither still, clip nor line" in charforge("circle", "e01_s01_0010", "1", "--of", "lines", code=2).stderr
    assert "there are: t01, t02" in charforge("circle", "e01_s01_0010", "3", "--of", "line/2", code=2).stderr
