"""What `charforge weights` says of models that charforge.yaml names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Charforge = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def charforge(tmp_path: Path) -> Charforge:
    """Return what runs `charforge weights` in a project with one face pack; nothing can be fetched."""
    (tmp_path / "models" / "pack").mkdir(parents=True)
    (tmp_path / "charforge.yaml").write_text("models: {insightface: {weights: models/pack}}\n", "utf-8")
    environment = {**os.environ, "CHARFORGE_WEIGHTS": str(tmp_path / "w"), "HF_HUB_OFFLINE": "1", "COLUMNS": "200"}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        words = (sys.executable, "-m", "charforge", "weights", *words)
        return subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    return run


def test_a_model_in_a_folder_is_not_said_to_be_fetched(charforge: Charforge, tmp_path: Path) -> None:
    """Nothing was fetched and nothing verified: it is said where it lies."""
    done = charforge("pull", "insightface")
    assert done.stdout == f"insightface lies in {tmp_path / 'models/pack'}; nothing to fetch\n", done.stderr
    told = json.loads(charforge("pull", "insightface", "--json").stdout)
    assert (told["fetched"], told["here"]) == ([], {"insightface": str(tmp_path / "models/pack")})


def test_a_missing_folder_of_the_project_is_never_asked_of_the_hub(charforge: Charforge) -> None:
    """What begins with one of the project's folders is a path."""
    done = charforge("pull", "models/pakc")
    assert done.returncode == 3
    assert "models/pakc" in done.stderr
    assert "does not exist" in done.stderr
    assert "did you mean pack?" in done.stderr
    assert "hub" not in done.stderr.replace("no hub id", "")


def test_the_help_of_verify_names_registered_files_only(charforge: Charforge) -> None:
    """It takes no models of charforge.yaml, and says so."""
    told = " ".join(charforge("verify", "--help").stdout.split())
    assert "Registered model files, by name; all of them when omitted." in told
    assert "`charforge check` looks at them" in told
    assert charforge("verify", "insightface").returncode == 2
