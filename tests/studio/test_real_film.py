"""A two-scene episode is filmed with the embedded models, small, and is what a player and a film-maker expect."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from charforge.media import loudness, probe

LIBRARY = Path(__file__).parents[2] / "library"

EPISODE = """\
charforge: 1
episode: small
title: "Small: 100% \\"ours\\" 🙂"
language: eng
look: warm-film
video: {rate: 24, size: 800x450}
title_card: {text: "Small", duration: 12f}
cast: {mia: mia@1, theo: theo@1}
scenes:
  - id: s01
    title: The workshop
    location: pottery@1
    light: afternoon
    shots:
      - id: "0010"
        framing: two-shot
        view: table
        characters:
          - {who: mia, wardrobe: apron, position: left, turn: 25}
          - {who: theo, wardrobe: grey, position: right, turn: -25}
        action: "Mia turns the cup in her hands."
        lines: [{who: mia, text: "It's crooked: 100% \\"ours\\"."}]
      - {id: "0020", framing: insert, props: [cup@1], duration: 18f, action: "The cup."}
  - id: s02
    title: The coffee shop
    location: coffee-shop@1
    light: golden-hour
    shots:
      - id: "0010"
        framing: close
        view: window
        characters: [{who: theo, wardrobe: olive}]
        action: "Theo waits."
        lines: [{who: theo, text: "Eleven years."}]
        transition: {kind: dissolve, frames: 8}
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory, home: object) -> tuple[Path, dict[str, Any]]:
    """Return the master of the small episode and the render's report."""
    root = tmp_path_factory.mktemp("small")
    (root / "charforge.yaml").write_text(f"library: {LIBRARY}\nencoder: fast\nthreads: 1\n", "utf-8")
    (root / "small.yaml").write_text(EPISODE, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "charforge", "render", "small.yaml", "--json"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**os.environ, "CI": "true"},
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return root / "build/small/small.mp4", json.loads(done.stdout)


@pytest.mark.models
def test_the_master_has_the_size_rate_and_length_that_were_written(film: tuple[Path, dict[str, Any]]) -> None:
    """Picture facts, read from the file: size, rate, and a length that is the sum of card and shots."""
    path, report = film
    facts = probe(path)
    assert (facts.width, facts.height, facts.rate) == (800, 450, 24)
    assert facts.frames == 12 + sum(row["frames"] for row in report["shots"])
    assert abs(float(facts.duration) - facts.frames / 24) < 1 / 24


@pytest.mark.models
def test_the_master_is_as_loud_as_the_project_says(film: tuple[Path, dict[str, Any]]) -> None:
    """-16 LUFS integrated, true peak at most -1 dBTP, measured on the delivered file."""
    heard = loudness(film[0])
    assert heard.integrated == pytest.approx(-16, abs=0.7)
    assert heard.true_peak <= -0.95


@pytest.mark.models
def test_the_master_carries_subtitles_and_a_chapter_for_each_scene(film: tuple[Path, dict[str, Any]]) -> None:
    """Words and chapters are in the file, and the words lie beside it too."""
    facts = probe(film[0])
    assert [c.title for c in facts.chapters][-2:] == ["The workshop", "The coffee shop"]
    assert len(facts.subtitles) == 1
    written = film[0].with_suffix(".srt").read_text("utf-8")
    assert 'It\'s crooked: 100% "ours".' in written
    assert "Eleven years." in written


@pytest.mark.models
def test_everybody_on_screen_is_the_locked_character(film: tuple[Path, dict[str, Any]]) -> None:
    """QA saw each expected face in stills and clips, over its bar; the insert has none."""
    rows = film[1]["shots"]
    assert [row["verdict"] for row in rows] == ["pass", "pass", "pass"]
    assert sorted(rows[0]["identity"]) == ["mia", "theo"]
    assert rows[1]["identity"] == {}
    assert all(value > row["bar"][who] for row in rows for who, value in row["identity"].items())
