"""An existing picture is changed, and somebody's face stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from headshots import canvas, master
from oneoff_house import make

from charforge import imaging
from charforge.backends.landmarks import FaceLandmarks
from charforge.backends.sface import SFace
from charforge.cli.app import app
from charforge.domain.jobs import StillJob
from charforge.errors import InputError
from charforge.events import Event, TakeReady, silent
from charforge.imaging.laying import before, filled, put_back
from charforge.studio import editing
from charforge.studio.editing import Asked
from charforge.weights import LocalHome

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, home: object) -> Path:
    """Return a project with the pilot's people."""
    return make(tmp_path_factory.mktemp("editing"))


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a picture of mia, from no tool in particular."""
    file = tmp_path_factory.mktemp("pictures") / "mia at home.png"
    file.write_bytes(imaging.encode_png(canvas(("mia", 120, 0, 400), width=640, height=400)))
    return file


def test_a_locked_place_is_put_behind_the_person(project: Path, picture: Path) -> None:
    """The face is scored before and after, and stays what it was; the corners show the place."""
    made = editing.edit(project, Asked(picture, "", "mia", "coffee-shop/night"), silent)
    assert made.passed()
    assert made.model == "matte"
    assert made.original.first is not None
    assert made.edited.first is not None
    assert made.edited.second is not None
    assert made.edited.first > made.original.first - 0.1
    was, now = imaging.decode(picture).astype(int), imaging.decode(Path(made.file)).astype(int)
    assert now.shape == was.shape
    assert np.abs(now[:40, :60] - was[:40, :60]).mean() > 20
    assert np.abs(now[170:230, 290:350] - was[170:230, 290:350]).mean() < 40


def test_the_command_shows_likeness_before_and_after(
    project: Path, picture: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the verdict with the file."""
    monkeypatch.chdir(project)
    app(["edit", str(picture), "--keep", "mia", "--at", "#88aacc", "-o", "wall.png"], standalone_mode=False)
    told = capsys.readouterr().out
    assert "original" in told
    assert "pass: wall.png" in told


def test_words_beside_a_place_are_said_to_be_unread(project: Path, picture: Path, tmp_path: Path) -> None:
    """The picture is made all the same, where it was asked for."""
    asked = Asked(picture, "in a red coat", "mia", "#88aacc", output=tmp_path / "blue.png")
    made = editing.edit(project, asked, silent)
    assert "'in a red coat'" in made.notes[0]
    assert "--still flux2-klein" in made.notes[0]
    corner = imaging.decode(tmp_path / "blue.png")[:10, :10].reshape(-1, 3).mean(0)
    assert corner[2] > corner[0] + 20


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Asked(Path(), "a rooftop", "mia"), "models: {flux2-klein: {weights: FOLDER}}"),
        (Asked(Path(), "a rooftop", "mia"), "--at PLACE"),
        (Asked(Path(), "", "mia"), "what is to change?"),
        (Asked(Path(), "x", "mia", still="sdxl"), "these can: flux2-klein"),
        (Asked(Path(), "x", "mia", still="flux2-klein"), "names no weights"),
        (Asked(Path(), "", "mia", "coffee-shop/dawn"), "coffee-shop/night/window"),
        (Asked(Path(), "", "mia", "atlantis"), "coffee-shop, pottery"),
        (Asked(Path(), "", "theo", "pottery"), "is the bar"),
        (Asked(Path(), "", "mai", "pottery"), "did you mean mia?"),
        (Asked(Path(), "", "mia", "pottery", output=Path("a.jpg")), "-o a.png"),
    ],
)
def test_what_cannot_be_done_is_told_with_what_can(project: Path, picture: Path, asked: Asked, told: str) -> None:
    """Never another way than the one that was asked for."""
    wanted = Asked(picture, asked.words, asked.keep, asked.at, asked.still, output=asked.output)
    with pytest.raises(InputError) as error:
        editing.edit(project, wanted, silent)
    assert told in str(error.value)


def test_a_face_that_a_model_lost_is_put_back(tmp_path: Path, picture: Path) -> None:
    """The tiny model draws noise: the original face comes back, is known again, and the step is told."""
    pytest.importorskip("diffusers")
    from tiny import flux2

    flux2.build(tmp_path / "klein", distilled=True)
    weights = f"models: {{flux2-klein: {{weights: '{tmp_path / 'klein'}', steps: 1, max_pixels: 12288}}}}"
    root = make(tmp_path / "film", "device: cpu", weights)
    heard: list[Event] = []
    done = editing.edit(root, Asked(picture, "a rooftop at night", "mia", output=root / "a.png"), heard.append)
    (job,) = (event.take.job for event in heard if isinstance(event, TakeReady))
    assert isinstance(job, StillJob)
    assert (job.backend, [given.role for given in job.inputs]) == ("flux2-klein", ["picture", "head"])
    assert "a rooftop at night" in job.prompt
    assert "exact same face" in job.prompt
    (step,) = done.steps
    assert step.kept
    assert step.after > done.bar > step.before
    assert done.slate.startswith("edits_mia_")
    made = imaging.decode(root / "a.png")
    assert made.shape == (400, 640, 3)
    # The face's middle is mia's again, the corner is the model's.
    was = imaging.decode(picture).astype(int)
    assert np.abs(made[190:220, 300:340] - was[190:220, 300:340]).mean() < 6
    assert np.abs(made[:40, :60] - was[:40, :60]).mean() > 20


def test_a_face_is_put_back_where_it_moved_to_and_in_the_new_light(home: LocalHome) -> None:
    """Smaller, elsewhere and darker, its landmarks land on those of the face that it replaces."""
    finder, marks = SFace(home), FaceLandmarks(home)
    original, changed = master("mia"), canvas(("theo", 300, 60, 300), width=800, height=450) // 2
    there, here = (marks.landmarks(p, finder.detect(p)[0]) for p in (original, changed))
    assert there is not None
    assert here is not None
    made = put_back(changed, original, here.points[:468, :2], there.points[:468, :2])
    now = marks.landmarks(made, finder.detect(made)[0])
    assert now is not None
    assert np.linalg.norm(now.points[:468, :2] - here.points[:468, :2], axis=1).mean() < 8
    assert (made[:, :250] == changed[:, :250]).all()
    assert made[200:260, 430:470].mean() < 150
    judged = [finder.embed(p, finder.detect(p)[0]) for p in (made, original, changed)]
    assert finder.similarity(judged[0], judged[1]) > finder.similarity(judged[0], judged[2])


def test_a_person_before_a_new_background_keeps_nothing_of_the_old_one() -> None:
    """Inside the matte is the person, outside the background; half-transparent edges show no old green."""
    person = np.zeros((100, 100, 3), np.uint8)
    person[..., 1] = 255
    person[:, 30:70] = (200, 120, 100)
    matte = np.zeros((100, 100), np.float32)
    matte[:, 30:70] = 1
    matte[:, (28, 29, 70, 71)] = 0.4
    person[:, (28, 29, 70, 71)] = (80, 200, 40)
    made = before(person, matte, np.full((100, 100, 3), 50, np.uint8))
    assert (made[:, :20] == 50).all()
    edge = made[50, 28].astype(int)
    assert edge[1] < edge[0]
    assert filled(made, 50, 80).shape == (80, 50, 3)
