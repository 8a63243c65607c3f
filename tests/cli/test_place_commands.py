"""Places are built by typing their name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typed import Done, command, program

from charforge import imaging

Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that runs the command line in a project with one plate."""
    folder = tmp_path / "library" / "locations" / "kitchen"
    (folder / "plates").mkdir(parents=True)
    ramp = np.linspace(40, 200, 160, dtype=np.uint8)
    plate = np.stack([np.tile(ramp, (90, 1))] * 3, -1)
    (folder / "plates" / "sink-noon.png").write_bytes(imaging.encode_png(plate))
    (folder / "location.yaml").write_text(
        "name: kitchen\nrights: {licence: CC0-1.0}\nviews: {sink: {}}\nversions:\n  - id: 1\n    references:\n"
        "      - {file: plates/sink-noon.png, step: plate, view: sink, light: noon, layer: background}\n",
        "utf-8",
    )

    def typed(*words: str, process: bool = False) -> Done:
        return (program if process else command)(tmp_path, *words, CI="true")

    return typed


def test_a_light_is_graded_and_then_locked(run: Run) -> None:
    """The table says what was made and the next thing to type; --json says the same."""
    done = run("build", "kitchen", "--light", "night", "--from-light", "noon", process=True)
    assert done.returncode == 0, done.stderr
    assert "plates/sink-night.webp" in done.stdout
    assert "next: charforge lock kitchen" in done.stdout
    assert run("lock", process=True).returncode == 0
    again = run("build", "kitchen", "--light", "night", "--from-light", "noon", "--json")
    assert [row["how"] for row in json.loads(again.stdout)["rows"]] == ["kept"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("kitchen",), "set/scene.blend"),
        (("kitchen", "--light", "nigth", "--from-light", "noon"), "did you mean night?"),
        (("kitchen", "--all", "--size", "huge"), "--size 1920x1080"),
        (("kitchn", "--light", "night"), "did you mean kitchen?"),
    ],
)
def test_a_mistake_is_answered_with_what_to_type(run: Run, words: tuple[str, ...], hint: str) -> None:
    """Exit code 2, and a hint."""
    done = run("build", *words)
    assert done.returncode == 2
    assert hint in done.stderr
