"""Wardrobes by re-colouring: versions of their own, the face as it was; nothing where no clean mask is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from casting_house import files, photo, pilot, project
from headshots import CHARACTERS, master
from PIL import Image

from charforge import imaging
from charforge import library as assets
from charforge.errors import InputError
from charforge.events import silent
from charforge.library.standing import present
from charforge.studio import casting
from charforge.studio.building.build import build
from charforge.studio.building.options import Options

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, home: object) -> Path:
    """Return a project in which mia of the pilot got a moss-green shirt."""
    root = project(tmp_path_factory.mktemp("wardrobes"))
    pilot(root, "mia")
    report = build(root, "mia", Options(wardrobe="moss", colour="#5B6B3A"), silent)
    assert report.ok, report.shots
    assets.lock(root / "library")
    return root


def test_a_wardrobe_is_a_version_with_its_own_pictures(house: Path) -> None:
    """Master and angles are shown in it; the version before is as it was."""
    library = assets.load(house / "library")
    first, newest = library.character("mia", 1), library.character("mia")
    assert first is not None
    assert newest is not None
    assert newest.version == 2
    mine = {r.file: r for r in newest.references if r.wardrobe == "moss" and r.step != "body"}
    assert set(mine) == {f"wardrobes/moss/{name}.webp" for name in ("front", "left25", "right25")}
    assert {r.step for r in mine.values()} == {"wardrobe"}
    assert not any(r.wardrobe == "moss" for r in first.references)


def test_a_dyed_picture_says_what_it_was_made_of(house: Path) -> None:
    """Origin, colour, the picture it was made from, and both judges' scores, which the dye leaves alone."""
    mia = assets.load(house / "library").character("mia")
    assert mia is not None
    front = next(r for r in mia.references if r.file == "wardrobes/moss/front.webp")
    assert front.origin is not None
    assert front.origin.derived == "recoloured"
    assert front.origin.settings is not None
    assert front.origin.settings["colour"] == "#5b6b3a"
    assert float(front.origin.settings["skin_change"]) < 0.5
    assert front.made_from == "headshot/front.png"
    assert front.score is not None
    assert front.score > 0.97
    assert front.second is not None
    assert front.second > 0.95


def test_the_face_is_the_same_after_dyeing(house: Path) -> None:
    """Only WebP's own rounding changes it."""
    dyed = imaging.decode(house / "library/characters/mia/wardrobes/moss/front.webp")
    whole = master("mia")
    face = slice(300, 700), slice(350, 680)
    assert np.abs(dyed[face].astype(int) - whole[face]).mean() < 3


def test_a_wardrobe_that_is_there_is_not_made_again(house: Path) -> None:
    """The hint says how it can be, as a version of its own."""
    before = files(house / "library")
    with pytest.raises(InputError, match="has the wardrobe moss already") as told:
        build(house, "mia", Options(wardrobe="moss", colour="#123456"), silent)
    assert "--again" in told.value.hint
    assert files(house / "library") == before


def test_a_wardrobe_made_again_leaves_the_old_version_alone(tmp_path: Path, house: Path) -> None:
    """Its pictures lie beside those of the older version, which keep their bytes."""
    import shutil

    root = tmp_path / "copy"
    shutil.copytree(house, root)
    old = (root / "library/characters/mia/wardrobes/moss/front.webp").read_bytes()
    build(root, "mia", Options(wardrobe="moss", colour="#223344", again=True), silent)
    assert (root / "library/characters/mia/wardrobes/moss/front.webp").read_bytes() == old
    assets.lock(root / "library")
    library = assets.load(root / "library")
    newest = library.character("mia")
    assert newest is not None
    assert newest.version == 3
    shown = [r.file for r in newest.references if r.wardrobe == "moss" and r.turn == 0 and r.step == "wardrobe"]
    assert shown[0] == "wardrobes/moss/front-v3.webp"


def test_a_colour_that_is_none_is_refused(house: Path) -> None:
    """The hint shows how a colour is written."""
    with pytest.raises(InputError, match="colour of the wardrobe coat is greenish") as told:
        build(house, "mia", Options(wardrobe="coat", colour="greenish"), silent)
    assert "#" in told.value.hint
    with pytest.raises(InputError, match="not said"):
        build(house, "mia", Options(wardrobe="coat"), silent)


def test_where_no_garment_is_seen_nothing_is_written(tmp_path: Path, home: object) -> None:
    """The report says why, with the number and its limit, and what else can be done; exit code 1 stands for it."""
    root = project(tmp_path)
    bare = tmp_path / "front.png"
    whole = Image.fromarray(master("mia"))
    # Cut at the chin, and enlarged to what a headshot needs.
    whole.crop((90, 0, 990, 925)).resize((1024, 1052)).save(bare)
    casting.own(root, "mia", casting.photo(bare, "signed", "x"), silent, force=True)
    assets.lock(root / "library")
    angles = [photo(tmp_path / "a" / f"{n}.jpg", of=CHARACTERS / f"mia/angles/{n}.webp") for n in ("left25", "right25")]
    build(root, "mia", Options(photos=angles[0].parent, force=True), silent)
    assets.lock(root / "library")
    before = files(root / "library")
    report = build(root, "mia", Options(wardrobe="navy"), silent)
    assert not report.ok
    (shot,) = report.shots
    assert "%" in " ".join(shot.short)
    assert "--from FOLDER" in " ".join(report.notes)
    assert files(root / "library") == before
    assert present(root / "library", "mia").version == 1


def test_the_bodies_are_dyed_too_so_that_the_compositor_can_show_the_wardrobe(house: Path) -> None:
    """One for each turn, of no place's light, its outline and fit as they were; its origin says of what."""
    mia = assets.load(house / "library").character("mia")
    assert mia is not None
    dyed = {r.turn: r for r in mia.references if r.step == "body" and r.wardrobe == "moss"}
    assert set(dyed) == {-25, 0, 25}
    front = dyed[0]
    assert (front.place, front.light, front.reach) == (None, None, "waist")
    assert front.origin is not None
    assert front.origin.derived == "recoloured"
    assert front.made_from == "body/apron-0-pottery-afternoon.webp"
    folder = house / "library/characters/mia"
    before, after = (imaging.decode_rgba(folder / name) for name in (front.made_from, front.file))
    assert np.array_equal(before[..., 3], after[..., 3])
    source = next(r for r in mia.references if r.file == front.made_from)
    assert front.fit == source.fit
    worn = after[after[..., 3] > 250][:, :3].mean(0)
    assert worn[1] > worn[0] > worn[2]
