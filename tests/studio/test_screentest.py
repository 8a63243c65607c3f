"""The standard four-second clip tells whether a machine, a model or a team draws the same person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from headshots import MASTERS
from oneoff_house import make

from charforge import imaging, media
from charforge import library as assets
from charforge.errors import InputError
from charforge.events import silent
from charforge.planner.screentest import screen_test
from charforge.store import Ledger, Store
from charforge.studio import promoting, screentest
from charforge.studio.screentest import Asked, ScreenTest

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, home: object) -> Path:
    """Return a project with the pilot's people."""
    return make(tmp_path_factory.mktemp("screentest"))


@pytest.fixture(scope="module")
def made(project: Path) -> ScreenTest:
    """Return mia's screen test."""
    return screentest.screen(project, Asked("mia"), silent)


def test_the_pilots_mia_passes_her_own_test(made: ScreenTest) -> None:
    """Four seconds at 24 frames a second, likeness over the bar, and the build of the still that it starts from."""
    assert made.passed(), made.wrong
    facts = media.probe(Path(made.clip))
    assert (facts.width, facts.height, facts.frames, facts.rate) == (1024, 1024, 96, 24)
    assert made.lowest is not None
    assert made.middle is not None
    assert made.lowest > 0.4 < made.middle
    assert made.geometry.frames >= 4
    assert made.geometry.middle is not None
    assert abs(made.geometry.middle.eyes) < 1
    assert made.geometry.middle.jaw < 2


def test_the_clip_holds_a_blink_both_turns_and_a_smile(made: ScreenTest) -> None:
    """What is compared in build are the calm frames from the front."""
    turns = [seen.turn or 0.0 for seen in made.seen]
    assert min(turns) < -15
    assert max(turns) > 15
    assert all(abs(seen.turn or 0.0) < 8 for seen in made.seen if seen.compared)
    assert not any(seen.compared for seen in made.seen if seen.frame >= 72)
    assert Path(made.sheet).is_file()
    assert Path(made.page).read_text("utf-8").count("<img") >= 16
    assert json.loads((Path(made.clip).parent / "report.json").read_text())["passed"] is True


def test_a_second_run_renders_nothing(project: Path, made: ScreenTest) -> None:
    """Takes come from the store, whatever they are compared with; somebody else's approved picture fails."""
    before = Ledger(Store(project / ".charforge"), "screen-test").keys()
    again = screentest.screen(project, Asked("mia", against=MASTERS["theo"]), silent)
    assert Ledger(Store(project / ".charforge"), "screen-test").keys() == before
    assert "the approved picture shows somebody else" in again.wrong[0]
    assert any("eyes stand" in line or "jawline" in line or "could not be compared" in line for line in again.wrong)


def test_the_still_of_an_earlier_test_can_be_compared_with(project: Path, made: ScreenTest) -> None:
    """What another team was sent is compared as the own still is."""
    again = screentest.screen(project, Asked("mia", against=Path(made.still)), silent)
    assert again.passed(), again.wrong
    assert again.approved is not None
    assert again.approved > 0.9
    assert again.geometry == made.geometry


def test_a_frame_of_a_clip_can_be_promoted(project: Path, made: ScreenTest) -> None:
    """Its number is kept; a frame beyond the end is told with those that there are."""
    wanted = promoting.Wanted("screen-test_mia_0040_t01", "mia", kind="clip", frame=999)
    with pytest.raises(InputError, match="0 to 23"):
        promoting.promote(project, wanted)
    new = promoting.promote(project, promoting.Wanted("screen-test_mia_0040_t01", "mia", kind="clip", frame=12))
    assert (new.reference.step, new.reference.expression) == ("expression", "happy")
    assert new.reference.origin is not None
    assert new.reference.origin.settings == {"of": "clip", "frame": 12}
    assets.lock(project / "library")


def test_a_picture_without_a_face_cannot_be_the_approved_one(project: Path, made: ScreenTest, tmp_path: Path) -> None:
    """That is told as wrong input; nothing is rendered again."""
    (tmp_path / "wall.png").write_bytes(imaging.encode_png(imaging.decode(MASTERS["mia"])[:64, :64]))
    before = Ledger(Store(project / ".charforge"), "screen-test").keys()
    with pytest.raises(InputError, match="shows no face"):
        screentest.screen(project, Asked("mia", against=tmp_path / "wall.png"), silent)
    assert Ledger(Store(project / ".charforge"), "screen-test").keys() == before


def test_a_model_that_reads_words_gets_one_shot(project: Path) -> None:
    """The same length and place; the action is written instead of cut."""
    mia = assets.load(project / "library").character("mia")
    assert mia is not None
    episode, place = screen_test(mia, "ab" * 32, parts=False)
    ((_, shot),) = episode.shots()
    assert (shot.duration, shot.framing, shot.location) == (96, "close", place.name)
    assert "blinks" in shot.action
    parts, _ = screen_test(mia, "ab" * 32, parts=True)
    assert sum(shot.duration or 0 for _, shot in parts.shots()) == 96
