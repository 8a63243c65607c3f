"""The gap between models is measured on the same shots, and only models that draw faces have numbers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from charforge import library as assets
from charforge.bench.gap import Asked, gap, shots
from charforge.bench.gap_rows import Gap
from charforge.errors import InputError
from charforge.events import silent
from charforge.studio.check import load_library
from charforge.studio.project import find

PILOT = Path(__file__).parents[2] / "library"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with the pilot's people and places."""
    root = tmp_path_factory.mktemp("gap")
    for kind in ("characters", "locations"):
        shutil.copytree(PILOT / kind, root / "library" / kind)
    (root / "charforge.yaml").write_text("threads: 1\n", "utf-8")
    assets.lock(root / "library")
    return root


@pytest.fixture(scope="module")
def measured(project: Path, home: object) -> Gap:
    """Return the gap over two small shots, by everything that is here."""
    return gap(project, Asked("mia", shots=2, size=(320, 180)), silent)


def test_forty_shots_are_all_different_and_of_every_kind(project: Path) -> None:
    """Every framing, turn and expression is among them, none more than twice as often as another."""
    library = load_library(find(project))
    mia = library.character("mia")
    assert mia is not None
    made = shots(Asked("mia"), mia, library)
    assert len({(w.framing, w.turn, w.expression) for w in made}) == 40
    assert len({w.name for w in made}) == 40
    for kind, most in (("framing", 2), ("turn", 2), ("expression", 2)):
        values = [getattr(w, kind) for w in made]
        counts = [values.count(value) for value in set(values)]
        assert max(counts) <= most * min(counts), kind
    with pytest.raises(InputError, match="from 1 to 96"):
        shots(Asked("mia", shots=97), mia, library)


@pytest.mark.models
def test_embedded_models_have_numbers(measured: Gap) -> None:
    """The compositor and its generator are scored by both judges, in their own numbers and in per cent."""
    rows = {row.model: row for row in measured.rows}
    for name in ("animatic", "portrait"):
        row = rows[name]
        assert (row.kind, row.shots, row.scored) == ("embedded", 2, 2), row.note
        assert row.median is not None
        assert row.lowest is not None
        assert row.percent is not None
        assert 0.41 < row.lowest <= row.median < 1
        assert 50 < row.percent < 100
        assert row.passing == 100
    assert measured.compared == ("animatic", "portrait")
    assert measured.spread is not None


@pytest.mark.models
def test_random_weights_have_no_number_and_test_no_promise(measured: Gap) -> None:
    """Their rows say that nobody was drawn; embedded ones do not count for what is promised either."""
    pytest.importorskip("diffusers")
    rows = {row.model: row for row in measured.rows if row.kind == "plumbing"}
    assert set(rows) == {"sdxl", "flux2-klein"}
    for row in rows.values():
        assert row.shots == 2, row.note
        assert row.note.startswith("plumbing: ")
        assert (row.median, row.percent, row.passing) == (None, None, None)
    assert measured.tested is False
    assert any("0 models of the project drew faces" in note for note in measured.notes)


def test_a_model_that_is_not_there_is_refused(project: Path) -> None:
    """The message lists those that are."""
    with pytest.raises(InputError, match="there is no model 'dall-e'"):
        gap(project, Asked("mia", models=("dall-e",)), silent)


def test_a_character_that_is_not_there_is_refused(project: Path) -> None:
    """The command ends with exit code 2 and prints no table."""
    done = subprocess.run(
        [sys.executable, "-m", "charforge", "bench", "gap", "--character", "nobody", "--json"],
        cwd=project, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "there is no character 'nobody'" in done.stderr
    assert not done.stdout
