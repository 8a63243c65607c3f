"""A good take becomes a reference, with its score and its origin."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from oneoff_house import make

from charforge import imaging
from charforge import library as assets
from charforge.cli.app import app
from charforge.domain.assets import Character
from charforge.errors import InputError
from charforge.events import silent
from charforge.planner.references import drawn_poses, poses
from charforge.store import Ledger, Store
from charforge.studio import oneoffs, promoting
from charforge.studio.promoting import Wanted

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, home: object) -> Path:
    """Return a project with the pilot's people."""
    return make(tmp_path_factory.mktemp("promote"))


@pytest.fixture(scope="module")
def close(project: Path) -> str:
    """Return the slate of mia's close-up."""
    return _slate(project, "mia", framing="close")


@pytest.fixture(scope="module")
def both(project: Path) -> str:
    """Return the slate of a picture of both, large enough for references."""
    return _slate(project, "mia,theo", size="2080x1520")


@pytest.fixture(autouse=True)
def relocked(project: Path) -> None:
    """Lock what the test before recorded."""
    assets.lock(project / "library")


def _slate(project: Path, who: str, *, size: str = "1080x1080", **more: str) -> str:
    wish = oneoffs.wished(who, "", size=size, at="coffee-shop", view="table", light="night", **more)
    return oneoffs.still(project, oneoffs.Asked(wish), silent).row.slate


def _character(project: Path, name: str) -> Character:
    assets.lock(project / "library")
    found = assets.load(project / "library").character(name)
    assert found is not None
    return found


def test_a_good_take_is_recorded_with_score_turn_and_origin(project: Path, close: str) -> None:
    """The head fills about 70 per cent of a square of at least 512 pixels."""
    made = promoting.promote(project, Wanted(close, "mia"))
    assert made.next == "charforge lock mia"
    new = next(r for r in _character(project, "mia").references if r.file == made.reference.file)
    assert new.step == "angle"
    assert new.turn == pytest.approx(0, abs=8)
    assert new.score is not None
    assert new.score > made.bar
    assert new.second is not None
    assert new.wardrobe == "navy"
    assert new.origin is not None
    assert (new.origin.take, new.origin.backend, new.origin.derived) == (close, "animatic", "cropped")
    assert new.origin.forced is None
    height, width = imaging.decode(Path(made.file)).shape[:2]
    assert height == width >= 512


def test_a_promoted_take_is_no_pose_that_the_rig_could_draw(project: Path, close: str) -> None:
    """Models that look at pictures may use it; the embedded generator keeps to its own."""
    made = promoting.promote(project, Wanted(close, "mia"))
    mia, name = _character(project, "mia"), Path(made.file).stem
    assert name in {p.name for p in poses(mia)}
    assert name not in {p.name for p in drawn_poses(mia)}


def test_of_two_people_the_right_face_is_taken(project: Path, both: str) -> None:
    """Each of the two is cropped out of the same picture, and known by both judges."""
    for who, side in (("mia", 25), ("theo", -25)):
        made = promoting.promote(project, Wanted(both, who))
        assert made.reference.turn == pytest.approx(side, abs=10)
        assert made.reference.score is not None
        assert made.reference.score > made.bar
        assets.lock(project / "library")


def test_somebody_elses_take_is_refused_with_the_scores_and_forced_at_will(project: Path, close: str) -> None:
    """The number stays with the reference, so that anybody can see what was forced."""
    with pytest.raises(InputError, match=r"shows mia \(0\.\d\d\), not theo \(-?0\.\d\d\)"):
        promoting.promote(project, Wanted(close, "theo"))
    assert not list((project / "library/characters/theo").rglob(f"{close}*"))
    made = promoting.promote(project, Wanted(close, "theo", "angle", force=True))
    assert made.reference.origin is not None
    assert made.reference.origin.forced == pytest.approx(made.reference.score)
    assert made.reference.origin.forced is not None
    assert made.reference.origin.forced < made.bar


def test_a_face_that_is_too_small_is_refused_with_number_and_limit(project: Path) -> None:
    """Nothing is blown up."""
    slate = _slate(project, "mia", size="1280x720", framing="medium")
    with pytest.raises(InputError, match=r"\d{3}x\d{3} pixels .* and 512 are needed"):
        promoting.promote(project, Wanted(slate, "mia", force=True))


def test_a_head_take_can_be_promoted(project: Path, close: str) -> None:
    """It is the generator's own picture, and is cropped as every other."""
    made = promoting.promote(project, Wanted(close, "mia", kind="head"))
    assert made.reference.origin is not None
    assert made.reference.origin.backend == "portrait"
    assert made.file.endswith("_head.png")


def test_a_take_that_nobody_circled_is_refused(project: Path, close: str) -> None:
    """Circling it is what to type."""
    _, scene, shot, _ = close.split("_")
    ledger, draft = Ledger(Store(project / ".charforge"), "one-offs"), f"{scene}/{shot}/still"
    key = ledger.circled(draft)
    assert key is not None
    ledger.uncircle(draft)
    with pytest.raises(InputError, match="charforge circle one-offs_mia_"):
        promoting.promote(project, Wanted(close, "mia"))
    ledger.circle(draft, key)


def test_the_command_says_what_was_recorded_and_what_to_type_next(
    project: Path, close: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scores by both judges and the bar stand in one line."""
    monkeypatch.chdir(project)
    app(["promote", close, "--to", "mia", "--as", "angle"], standalone_mode=False)
    told = capsys.readouterr().out
    assert f"mia@1 angles/{close}.png" in told
    assert "next: charforge lock mia" in told


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Wanted("nonsense", "mia"), "charforge plan"),
        (Wanted("one-offs_mia_ffffff_t01", "mia"), "render the shot first"),
        (Wanted("one-offs_mia_ffffff_t01", "mai"), "did you mean mia?"),
        (Wanted("one-offs_mia_ffffff_t01", "mia@7"), "mia@7"),
        (Wanted("one-offs_mia_ffffff_t01", "mia", frame=2), "only a clip has frames"),
        (Wanted("one-offs_mia_ffffff_t01", "mia", kind="clip"), "--frame N"),
    ],
)
def test_a_take_or_character_that_is_not_there_is_told(project: Path, wanted: Wanted, told: str) -> None:
    """With what to type instead."""
    with pytest.raises(InputError) as error:
        promoting.promote(project, wanted)
    assert told in str(error.value)


@pytest.fixture
def twins(project: Path) -> Iterator[None]:
    """Give mia a twin under another name, and theo a body that is hers."""
    people = project / "library/characters"
    shutil.copytree(people / "mia", people / "mia-old")
    file = people / "mia-old/character.yaml"
    file.write_text(file.read_text("utf-8").replace("name: mia", "name: mia-old", 1), "utf-8")
    for body in (people / "mia/body").glob("navy-*.webp"):
        shutil.copy(body, people / "theo/body" / f"lent-{body.name}")
    said = people / "theo/character.yaml"
    kept = said.read_text("utf-8")
    lent = "{file: body/lent-navy-0-coffee-shop-night.webp, step: body, wardrobe: navy, turn: 0}"
    said.write_text(f"{kept.rstrip()}\n      - {lent}\n", "utf-8")
    assets.lock(project / "library")
    yield
    shutil.rmtree(people / "mia-old")
    for lent_file in (people / "theo/body").glob("lent-*"):
        lent_file.unlink()
    said.write_text(kept, "utf-8")


@pytest.mark.usefixtures("twins")
def test_who_only_shares_files_with_a_take_is_not_expected_in_it(project: Path, close: str) -> None:
    """A twin of the same files, and somebody with a lent body, were not in the shot."""
    made = promoting.promote(project, Wanted(close, "mia"))
    assert made.character == "mia@1"
    assert promoting.promote(project, Wanted(close, "mia-old")).character == "mia-old@1"
