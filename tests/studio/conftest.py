"""A project that the fake backends can film, and the command line run on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charforge import imaging
from charforge import library as assets
from charforge.backends.fake import headshot
from charforge.bench import fakefilm

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def episode(tmp_path: Path) -> Path:
    """Return the shot list of a fresh project."""
    root = tmp_path / 'a film: 100% "ours"'
    return fakefilm.make(root)


@pytest.fixture
def charforge(episode: Path) -> Command:
    """Return a function that runs the command line in the project's folder."""

    def run(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "charforge", *words],
            cwd=episode.parents[1],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "CI": "true"},
        )
        assert done.returncode == code, done.stderr
        return done

    return run


@pytest.fixture
def result(charforge: Command) -> Callable[..., Any]:
    """Return a function that runs a command with --json and gives its result."""

    def run(*words: str, code: int = 0) -> Any:
        return json.loads(charforge(*words, "--json", code=code).stdout)

    return run


@pytest.fixture
def stranger(episode: Path) -> Path:
    """Return the shot list after a face that is not Theo's was locked as his angle, and his last shot asks for it.

    Nothing may be mended, since another of his pictures would do.
    """
    folder = episode.parents[1] / "library/characters/theo"
    (folder / "angles").mkdir()
    (folder / "angles/left40.png").write_bytes(imaging.encode_png(headshot("somebody else")))
    definition = folder / "character.yaml"
    definition.write_text(definition.read_text() + "      - {file: angles/left40.png, step: angle, turn: -40}\n")
    assets.lock(episode.parents[1] / "library")
    with (episode.parents[1] / "charforge.yaml").open("a", encoding="utf-8") as settings:
        settings.write("fix: {seconds: 0}\n")
    text = episode.read_text("utf-8")
    episode.write_text(text.replace("characters: [{who: theo}]", "characters: [{who: theo, turn: -40}]"), "utf-8")
    return episode
