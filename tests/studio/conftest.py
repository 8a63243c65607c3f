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
