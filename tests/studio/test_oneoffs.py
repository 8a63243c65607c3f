"""A still without a shot list is planned, judged and mended as in a film."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from oneoff_house import make

from charforge import imaging
from charforge.cli.app import app
from charforge.domain.jobs import StillJob
from charforge.errors import InputError, PlanError
from charforge.events import Event, TakeReady, silent
from charforge.studio import oneoffs

WISH = oneoffs.wished("mia", "she waits under the pendant lamp", size="640x360", at="coffee-shop", light="night")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with the pilot's people."""
    return make(tmp_path_factory.mktemp("oneoffs"))


@pytest.mark.models
def test_the_picture_shows_who_was_asked_for(project: Path, home: object) -> None:
    """It has the size that was asked for, and both judges know the character."""
    made = oneoffs.still(project, oneoffs.Asked(WISH), silent)
    assert made.passed()
    assert made.row.identity["mia"] > made.row.bar["mia"]
    assert made.second["mia"] > 0.4
    assert imaging.decode(Path(made.file)).shape == (360, 640, 3)
    assert made.row.slate.startswith("one-offs_mia_")


@pytest.mark.models
def test_words_that_the_embedded_model_cannot_read_are_said_to_be_unread(project: Path, home: object) -> None:
    """The note names the words, what does shape the picture, and the models that read."""
    (note,) = oneoffs.still(project, oneoffs.Asked(WISH), silent).notes
    assert "under the pendant lamp" in note
    assert "--still flux2-klein" in note
    assert oneoffs.still(project, oneoffs.Asked(replace(WISH, action="")), silent).notes == ()


@pytest.mark.models
def test_the_same_wish_is_the_same_take(project: Path, home: object) -> None:
    """What is in the store is not drawn again, and keeps its slate."""
    first = oneoffs.still(project, oneoffs.Asked(WISH), silent)
    again = oneoffs.still(project, oneoffs.Asked(WISH, output=project / "again.png"), silent)
    assert again.row.slate == first.row.slate
    assert again.row.seconds == 0
    assert (project / "again.png").read_bytes() == Path(first.file).read_bytes()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"who": ("mai",)}, "did you mean mia?"),
        ({"who": ("mia", "mia@1")}, "named twice"),
        ({"who": ("Mia X",)}, "mia@2"),
        ({"who": ()}, "nobody is asked for"),
        ({"at": "cofee-shop"}, "coffee-shop, pottery"),
        ({"light": "dawn"}, "window/night"),
        ({"view": "roof"}, "window/night"),
        ({"wardrobe": "gold"}, "apron, navy"),
        ({"expression": "hapy"}, "did you mean happy?"),
        ({"at": None, "light": None}, "--at PLACE"),
    ],
)
def test_what_the_library_does_not_know_is_told_with_what_it_does(
    project: Path, changes: dict[str, Any], told: str
) -> None:
    """Nothing is rendered for a name that is not there."""
    with pytest.raises((InputError, PlanError)) as error:
        oneoffs.still(project, oneoffs.Asked(replace(WISH, **changes)), silent)
    assert told in str(error.value)


@pytest.mark.parametrize(("size", "framing"), [("big", None), ("1x1", None), ("641x360", None), ("640x360", "clos")])
def test_sizes_and_framings_that_are_none_are_refused(size: str, framing: str | None) -> None:
    """Before anything is opened."""
    with pytest.raises(InputError):
        oneoffs.wished("mia", "", size=size, framing=framing)


def test_an_output_that_is_no_png_is_refused_before_anything_is_drawn(project: Path) -> None:
    """The right name is told."""
    with pytest.raises(InputError, match=r"picture\.png"):
        oneoffs.still(project, oneoffs.Asked(WISH, output=Path("picture.jpg")), silent)


def test_a_model_that_reads_text_needs_no_location_and_tries_other_seeds(tmp_path: Path) -> None:
    """Its picture is written though nobody is known in it, and does not pass."""
    pytest.importorskip("diffusers")
    from tiny import flux2

    flux2.build(tmp_path / "klein", distilled=True)
    weights = f"models: {{flux2-klein: {{weights: '{tmp_path / 'klein'}', steps: 1, max_pixels: 12288}}}}"
    root = make(tmp_path / "film", "device: cpu", weights)
    wish = oneoffs.wished("mia", "on a rooftop", size="128x96")
    heard: list[Event] = []
    made = oneoffs.still(root, oneoffs.Asked(wish, "flux2-klein", 2, tmp_path / "a.png"), heard.append)
    jobs = [event.take.job for event in heard if isinstance(event, TakeReady)]
    assert [job.backend for job in jobs] == ["flux2-klein"] * 2
    assert jobs[1].seed == jobs[0].seed + 1
    assert isinstance(jobs[0], StillJob)
    assert "on a rooftop" in jobs[0].prompt
    assert [given.role for given in jobs[0].inputs] == ["head"]
    assert (made.tries, made.passed(), made.notes) == (2, False, ())
    assert imaging.decode(tmp_path / "a.png").shape == (96, 128, 3)


@pytest.mark.models
def test_the_command_prints_the_verdict_and_the_file(
    project: Path, home: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The names of people and of options are those of the help."""
    monkeypatch.chdir(project)
    words = ["still", "mia", WISH.action, "--at", "coffee-shop", "--light", "night", "--size", "640x360", "--json"]
    app(words, standalone_mode=False)
    made = json.loads(capsys.readouterr().out)
    assert made["row"]["verdict"] == "pass"
    assert Path(made["file"]).is_file()
