"""Characters from photographs: the same checks, the same order, nothing written where something is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from casting_house import files, group, photo, photographed, pilot, project
from headshots import CHARACTERS

from charforge import library as assets
from charforge.errors import InputError
from charforge.events import silent
from charforge.library.standing import present
from charforge.studio import casting
from charforge.studio.building.build import build
from charforge.studio.building.options import Options

pytestmark = pytest.mark.models
MIA = CHARACTERS / "mia"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, home: object) -> Path:
    """Return a project with mia's photographed master and her photographed angles, locked."""
    root = project(tmp_path_factory.mktemp("photos"))
    photographed(root)
    for name in ("left25", "right25"):
        photo(root / "angles" / f"{name}.jpg", of=MIA / f"angles/{name}.webp")
    build(root, "mia", Options(photos=root / "angles"), silent)
    assets.lock(root / "library")
    return root


def test_a_photographed_master_keeps_its_capture_and_its_release(house: Path) -> None:
    """The original lies beside the picture byte for byte, and the file says by which right it is used."""
    folder = house / "library/characters/mia"
    assert (folder / "originals/headshot/front.jpg").read_bytes() == (house / "given/front.jpg").read_bytes()
    mia = assets.load(house / "library").character("mia")
    assert mia is not None
    assert (mia.rights.release, mia.rights.licence) == ("signed", "for this film only")
    assert mia.references[0].origin is not None
    assert mia.references[0].origin.original == "originals/headshot/front.jpg"


def test_photographed_angles_are_scored_by_both_judges(house: Path) -> None:
    """Every angle carries the turn that was measured and what both judges say."""
    mia = assets.load(house / "library").character("mia")
    assert mia is not None
    turns = {r.file: (r.turn, r.score, r.second) for r in mia.references if r.step == "angle"}
    assert set(turns) == {"angles/left25.png", "angles/right25.png"}
    turn, score, second = turns["angles/left25.png"]
    assert turn is not None
    assert turn == pytest.approx(-23, abs=2)
    assert score is not None
    assert score > 0.6
    assert second is not None
    assert second > 0.5


def test_one_step_leaves_the_photographs_of_the_others(tmp_path: Path, home: object) -> None:
    """What may not be made yet keeps nobody from the step that is asked for; and the step is done."""
    root = project(tmp_path)
    photographed(root)
    for name in ("left25", "navy"):
        photo(root / "angles" / f"{name}.jpg", of=MIA / "angles/left25.webp")
    with pytest.raises(InputError, match="wardrobes cannot be made yet"):
        build(root, "mia", Options(photos=root / "angles"), silent)
    report = build(root, "mia", Options(photos=root / "angles", stage="angles"), silent)
    assert [(shot.name, shot.state) for shot in report.shots] == [("left25", "made")]


def test_photographs_that_are_not_there_are_said_to_be_missing(house: Path) -> None:
    """A slip of the path is no photograph of a wardrobe."""
    with pytest.raises(InputError, match="there is no such file or folder"):
        build(house, "mia", Options(photos=house / "angels"), silent)


def test_a_photograph_needs_a_release(tmp_path: Path) -> None:
    """Without a word of the right by which it is used, it is not even looked at."""
    root = project(tmp_path)
    given = casting.photo(photo(tmp_path / "mia.jpg"), None, None)
    with pytest.raises(InputError, match="by which right") as told:
        casting.own(root, "mia", given, silent)
    assert "--release" in told.value.hint


def test_a_release_that_is_none_is_refused(tmp_path: Path) -> None:
    """A slip gets a suggestion."""
    with pytest.raises(InputError, match="no release 'singed'") as told:
        casting.photo(tmp_path / "mia.jpg", "singed", "x")
    assert "signed" in told.value.hint


def test_a_group_photo_is_no_master(tmp_path: Path, home: object) -> None:
    """The rule is named with its number, and nothing is written."""
    root = project(tmp_path)
    given = casting.photo(group(tmp_path / "group.jpg"), "signed", "x")
    with pytest.raises(InputError, match=r"one-face: 2 faces"):
        casting.own(root, "mia", given, silent)
    assert files(root / "library") == {}


def test_a_small_photo_is_refused_unless_it_is_forced(tmp_path: Path, home: object) -> None:
    """What was taken in against a rule says so, with the rule's number."""
    root = project(tmp_path)
    given = casting.photo(photo(tmp_path / "small.jpg", size=(400, 400)), "own-work", "x")
    with pytest.raises(InputError, match="size: 400 px"):
        casting.own(root, "mia", given, silent)
    casting.own(root, "mia", given, silent, force=True)
    reference = present(root / "library", "mia").references[0]
    assert reference.origin is not None
    assert reference.origin.forced == 400


def test_somebody_else_is_refused_with_both_scores(house: Path) -> None:
    """A photograph of theo does not become an angle of mia."""
    before = files(house / "library")
    stranger = photo(house / "other" / "left40.jpg", of=CHARACTERS / "theo/angles/left25.webp")
    with pytest.raises(InputError, match=r"is not mia: likeness to the master 0\.\d\d \(bar 0\.\d\d\)"):
        build(house, "mia", Options(photos=stranger), silent)
    assert files(house / "library") == before


def test_somebody_else_can_be_forced_and_it_is_written_down(tmp_path: Path, home: object) -> None:
    """The score with which a person took it in stays with the reference."""
    root = project(tmp_path)
    photographed(root)
    stranger = photo(tmp_path / "left25.jpg", of=CHARACTERS / "theo/angles/left25.webp")
    report = build(root, "mia", Options(photos=stranger, force=True), silent)
    assert [shot.state for shot in report.shots] == ["forced"]
    (angle,) = (r for r in present(root / "library", "mia").references if r.step == "angle")
    assert angle.origin is not None
    assert angle.origin.forced is not None
    assert float(angle.origin.forced) < 0.38


def test_expressions_before_wardrobes_are_refused(house: Path) -> None:
    """The message says what is missing, the hint what to type, and nothing is written."""
    before = files(house / "library")
    happy = photo(house / "happy.jpg", of=MIA / "expressions/happy.webp")
    with pytest.raises(InputError, match="mia has no wardrobes") as told:
        build(house, "mia", Options(photos=happy), silent)
    assert "charforge build mia --step wardrobes" in told.value.hint
    assert files(house / "library") == before


def test_an_unlocked_master_is_to_be_looked_at_first(tmp_path: Path, home: object) -> None:
    """A headshot that nobody locked is built on by nothing."""
    root = project(tmp_path)
    casting.own(root, "mia", casting.photo(photo(tmp_path / "mia.jpg"), "signed", "x"), silent)
    with pytest.raises(InputError, match="mia's headshot is not locked") as told:
        build(root, "mia", Options(), silent)
    assert told.value.hint == "look at it, then: charforge lock mia"


def test_a_photographed_head_is_not_turned_by_the_generator(house: Path) -> None:
    """The message says what can turn it: photographs, or a model that looks at pictures."""
    with pytest.raises(InputError, match="not drawn by the embedded generator") as told:
        build(house, "mia", Options(), silent)
    assert "--from FOLDER" in told.value.hint
    assert "flux2-klein" in told.value.hint


def test_a_folder_that_skips_a_stage_leaves_nothing(house: Path) -> None:
    """An angle that could be taken in is not, when the smile beside it cannot."""
    before = files(house / "library")
    photo(house / "skips/left40.jpg", of=MIA / "angles/left25.webp")
    photo(house / "skips/happy.jpg", of=MIA / "expressions/happy.webp")
    with pytest.raises(InputError, match="mia has no wardrobes"):
        build(house, "mia", Options(photos=house / "skips"), silent)
    assert files(house / "library") == before


def test_one_folder_brings_wardrobe_and_expression_in_order(house: Path, tmp_path: Path) -> None:
    """A wardrobe is a version of its own, the expression goes to the newest, and the ID photo is laid from both."""
    import shutil

    root = tmp_path / "copy"
    shutil.copytree(house, root)
    photo(root / "more/happy.jpg", of=MIA / "expressions/happy.webp")
    photo(root / "more/apron.jpg", of=MIA / "headshot/front.png")
    report = build(root, "mia", Options(photos=root / "more"), silent)
    assert [(s.name, s.state) for s in report.shots] == [("apron front", "made"), ("happy", "made")]
    assets.lock(root / "library")
    library = assets.load(root / "library")
    first, newest = library.character("mia", 1), library.character("mia")
    assert first is not None
    assert newest is not None
    assert newest.version == 2
    assert {r.wardrobe for r in newest.references} == {None, "apron"}
    assert {r.step for r in first.references} == {"headshot", "angle"}
    sheet = build(root, "mia", Options(id_photo=True), silent)
    assert [(s.name, s.state) for s in sheet.shots] == [("id-photo", "made")]


def test_an_id_photo_says_what_it_lacks(house: Path) -> None:
    """Without a smile there is none."""
    with pytest.raises(InputError, match="ID photo lacks: smiling"):
        build(house, "mia", Options(id_photo=True), silent)


def test_a_name_that_says_nothing_is_refused(house: Path) -> None:
    """Photographs are named by what they show."""
    odd = photo(house / "IMG_(1).jpg")
    with pytest.raises(InputError, match="does not say what it shows"):
        build(house, "mia", Options(photos=odd), silent)


def test_a_state_is_a_version_that_says_from_when_it_holds(tmp_path: Path, home: object) -> None:
    """A photograph of the state becomes the headshot of a new version; scores stay against the first master."""
    root = project(tmp_path)
    photographed(root)
    burnt = photo(tmp_path / "front.jpg", of=MIA / "expressions/focused.webp")
    build(root, "mia", Options(photos=burnt, state="after-the-fire", from_episode="e05"), silent)
    assets.lock(root / "library")
    library = assets.load(root / "library")
    first, newest = library.character("mia", 1), library.character("mia")
    assert first is not None
    assert newest is not None
    assert (newest.version, newest.state, newest.from_episode) == (2, "after-the-fire", "e05")
    assert newest.primary == first.primary


def test_the_pilot_is_a_whole_character(tmp_path: Path, home: object) -> None:
    """Its two angles count, and so do the wardrobes it is rendered in."""
    root = project(tmp_path)
    pilot(root)
    found = present(root / "library", "mia")
    assert found.wardrobes() == ("apron", "navy")
    assert build(root, "mia", Options(only=("happy", "left20")), silent).ok
