"""A project that the fake backends can film, and the command line run on it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typed import Done, command, program

from charforge import imaging
from charforge import library as assets
from charforge.backends.fake import headshot
from charforge.bench import fakefilm

Command = Callable[..., Done]


@pytest.fixture
def episode(tmp_path: Path) -> Path:
    """Return the shot list of a fresh project."""
    root = tmp_path / 'a film: 100% "ours"'
    return fakefilm.make(root)


@pytest.fixture(scope="session")
def finished_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a fresh project whose film was rendered once; no test changes it."""
    root = tmp_path_factory.mktemp("finished") / "film"
    done = command(root, "render", str(fakefilm.make(root)), CI="true")
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture
def rendered(episode: Path, finished_film: Path) -> Path:
    """Return the shot list of a project whose film was rendered as it stands."""
    shutil.copytree(finished_film, episode.parents[1], dirs_exist_ok=True)
    return episode


@pytest.fixture
def charforge(episode: Path) -> Command:
    """Return a function that runs the command line in the project's folder, on demand as a process of its own."""

    def run(*words: str, code: int = 0, process: bool = False) -> Done:
        done = (program if process else command)(episode.parents[1], *words, CI="true")
        assert done.returncode == code, done.stderr
        return done

    return run


@pytest.fixture
def result(charforge: Command) -> Callable[..., Any]:
    """Return a function that runs a command with --json and gives its result."""

    def run(*words: str, **how: Any) -> Any:
        return json.loads(charforge(*words, "--json", **how).stdout)

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
