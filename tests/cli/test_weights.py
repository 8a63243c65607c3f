"""What `charforge weights` says of models that charforge.yaml names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typed import Done, command, program

Charforge = Callable[..., Done]


@pytest.fixture
def charforge(tmp_path: Path) -> Charforge:
    """Return what runs `charforge weights` in a project with one face pack; nothing can be fetched."""
    (tmp_path / "models" / "pack").mkdir(parents=True)
    (tmp_path / "charforge.yaml").write_text("models: {insightface: {weights: models/pack}}\n", "utf-8")
    environment = {"CHARFORGE_WEIGHTS": str(tmp_path / "w"), "HF_HUB_OFFLINE": "1", "COLUMNS": "200"}

    def run(*words: str, process: bool = False) -> Done:
        return (program if process else command)(tmp_path, "weights", *words, **environment)

    return run


def test_a_model_in_a_folder_is_not_said_to_be_fetched(charforge: Charforge, tmp_path: Path) -> None:
    """Nothing was fetched and nothing verified: it is said where it lies."""
    done = charforge("pull", "insightface", process=True)
    assert done.stdout == f"insightface lies in {tmp_path / 'models/pack'}; nothing to fetch\n", done.stderr
    told = json.loads(charforge("pull", "insightface", "--json").stdout)
    assert (told["fetched"], told["here"]) == ([], {"insightface": str(tmp_path / "models/pack")})


def test_a_missing_folder_of_the_project_is_never_asked_of_the_hub(charforge: Charforge) -> None:
    """What begins with one of the project's folders is a path."""
    done = charforge("pull", "models/pakc", process=True)
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
