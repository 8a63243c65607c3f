"""Numbered versions: going on from one, returning to one, comparing two, taking one out."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from conftest_library import build_library, locked_library, write

from charforge import library
from charforge.domain.assets import Asset, Character, Origin, Reference
from charforge.errors import InputError
from charforge.library import versions
from charforge.library.folders import AssetFolder
from charforge.library.loading import versions_of
from charforge.library.locking import digests
from charforge.library.recording import NewVersion, apart, at

COAT = Reference(file="body/coat.webp", step="body", wardrobe="coat", turn=0.0)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the tiny library, unlocked, with a coat that no version has yet."""
    root = build_library(tmp_path)
    write(root / "characters/mia/body/coat.webp", b"a coat")
    return root


def lying(root: Path, name: str = "mia") -> dict[int, Asset]:
    """Return a character at each version, as its files lie there."""
    folder = AssetFolder("character", name, root / "characters" / name)
    return {asset.version: asset for asset in versions_of(folder, digests(folder))}


def test_a_wardrobe_is_a_new_version_that_goes_on_from_the_newest(root: Path) -> None:
    """It takes over the references, the state and the episode of the one before, which stays as it was."""
    before = lying(root)
    library.record(root, "mia", [COAT], new=NewVersion())
    after = lying(root)
    newest = after[3]
    assert isinstance(newest, Character)
    assert (newest.state, newest.from_episode) == ("after-the-fire", "e05")
    assert {r.file for r in newest.references} == {r.file for r in before[2].references} | {COAT.file}
    assert {number: after[number] for number in before} == before


def test_a_state_is_a_version_from_an_older_one(root: Path) -> None:
    """Ten years older, from the first version, from episode nine on."""
    library.record(root, "mia", new=NewVersion(extends=1, state="older", from_episode="e09"))
    newest = lying(root)[3]
    assert isinstance(newest, Character)
    assert (newest.state, newest.from_episode) == ("older", "e09")
    assert newest.references == lying(root)[1].references


def test_a_new_version_of_nothing_is_refused(root: Path) -> None:
    """The message names the versions that are there."""
    with pytest.raises(InputError, match="mia has no version 7") as caught:
        library.record(root, "mia", [COAT], new=NewVersion(extends=7))
    assert caught.value.hint == "there are: 1, 2"


def test_returning_to_a_version_makes_a_new_one_and_keeps_the_history(root: Path) -> None:
    """Everything in between is still there."""
    before = lying(root)
    assert versions.revert(root, "character", "mia", 1) == 3
    after = lying(root)
    assert after[3].changed(version=1) == before[1]
    assert {number: after[number] for number in before} == before


@pytest.mark.parametrize(("number", "words"), [(2, "newest version already"), (9, "no version 9")])
def test_returning_to_where_one_is_is_refused(root: Path, number: int, words: str) -> None:
    """As is returning to what never was."""
    with pytest.raises(InputError, match=words):
        versions.revert(root, "character", "mia", number)


def test_a_deleted_version_leaves_its_files(root: Path) -> None:
    """What it alone named is told; the versions before it stay as they were."""
    before = lying(root)
    library.record(root, "mia", [COAT], new=NewVersion())
    assert versions.delete(root, "character", "mia", 3) == ("body/coat.webp",)
    assert (root / "characters/mia/body/coat.webp").is_file()
    assert lying(root) == before


def test_a_version_that_another_goes_on_from_is_not_deleted(root: Path) -> None:
    """The message names the later one."""
    with pytest.raises(InputError, match="mia@1 cannot be deleted: mia@2 goes on from it") as caught:
        versions.delete(root, "character", "mia", 1)
    assert "charforge versions mia --delete 2" in caught.value.hint


def test_the_only_version_is_not_deleted(root: Path) -> None:
    """An asset without one is none."""
    with pytest.raises(InputError, match="the only version"):
        versions.delete(root, "prop", "cup", 1)
    with pytest.raises(InputError, match="no prop 'mug'"):
        versions.delete(root, "prop", "mug", 1)


def test_a_version_that_is_gone_on_from_meanwhile_is_not_deleted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process writes before the library is held counts."""
    library.record(root, "mia", [COAT], new=NewVersion())
    wait = versions.held

    def late(held: Path) -> AbstractContextManager[None]:
        monkeypatch.setattr(versions, "held", wait)
        library.record(root, "mia", new=NewVersion(extends=3))
        return wait(held)

    monkeypatch.setattr(versions, "held", late)
    with pytest.raises(InputError, match="mia@4 goes on from it"):
        versions.delete(root, "character", "mia", 3)
    assert set(lying(root)) == {1, 2, 3, 4}


def test_a_look_says_what_else_differs_and_can_lose_its_grain(tmp_path: Path) -> None:
    """A version that writes no grain keeps the one before it; one that writes 0 has none."""
    root = tmp_path / "library"
    text = "{id: 1, palette: ['#102030'], grain: 0.4}, {id: 2, extends: 1}, {id: 3, extends: 2, grain: 0}"
    write(root / "looks/dusk/look.yaml", f"name: dusk\nrights: {{licence: CC0-1.0}}\nversions: [{text}]\n".encode())
    folder = AssetFolder("look", "dusk", root / "looks/dusk")
    first, second, third = versions_of(folder, digests(folder))
    assert versions.told_apart(first, second) == {}
    assert versions.told_apart(second, third) == {"grain": ("0.4", "0")}


def test_two_versions_are_compared_by_what_they_show(root: Path) -> None:
    """A headshot that replaces a headshot is one change, not two."""
    write(root / "characters/mia/headshot/burnt.png", b"burnt")
    library.record(root, "mia", [COAT], rig=None, new=NewVersion(state="older"))
    found = lying(root)
    said = [
        (c.shows, c.before and c.before.file, c.after and c.after.file) for c in versions.changes(found[1], found[3])
    ]
    assert said == [
        ("body coat turned 0", None, "body/coat.webp"),
        ("headshot neutral turned 0", "headshot/front.png", "headshot/burnt.png"),
    ]
    assert versions.told_apart(found[1], found[3])["state"] == ("default", "older")
    assert versions.changes(found[2], found[2]) == ()
    assert [c.after for c in versions.changes(found[3], found[2])] == [None]


def test_a_picture_of_an_older_version_is_not_written_over(tmp_path: Path) -> None:
    """Otherwise the older version would show something else; a name of its own is told."""
    root, _ = locked_library(tmp_path)
    write(root / "characters/mia/angles/left25.png", b"another angle")
    angle = Reference(file="angles/left25.png", step="angle", turn=-25.0)
    with pytest.raises(InputError, match="is version 1's picture and has been written over") as caught:
        library.record(root, "mia", [angle])
    assert "angles/left25-v2.png" in caught.value.problems[0].hint
    assert apart("a/b.c.png", 3) == "a/b.c-v3.png"


def test_where_a_reference_came_from_is_written_and_read_back(root: Path) -> None:
    """Settings come back as text."""
    origin = Origin(
        backend="sdxl", seed=7, settings={"steps": 30, "cfg": 4.5, "on": True, "list": [1, "a b"]}, forced=0.25
    )
    said = COAT.changed(origin=origin, pitch=5.0, second=0.5)
    library.record(root, "mia", [said])
    found = next(r for r in lying(root)[2].references if r.file == COAT.file)
    assert (found.pitch, found.second) == (5.0, 0.5)
    assert found.origin is not None
    assert (found.origin.backend, found.origin.seed, found.origin.forced) == ("sdxl", 7, 0.25)
    assert found.origin.settings == {"steps": "30", "cfg": "4.5", "on": "true", "list": ["1", "a b"]}


def test_locations_and_props_are_recorded_too(root: Path) -> None:
    """A new place starts with its views at their defaults, or as they are given; a known view stays as it is."""
    for name in ("day", "night"):
        write(root / f"locations/attic/plates/{name}.webp", name.encode())
    write(root / "locations/coffee-shop/plates/bar.webp", b"x")
    write(root / "props/mug/inserts/mug.webp", b"x")
    plates = [
        Reference(file=f"plates/{x}.webp", step="plate", view="stairs", light=x, layer="background")
        for x in ("day", "night")
    ]
    marks = {"left": {"x": 0.25, "y": 0.5, "head": 0.2, "depth": 2.0}}
    library.record(root, "attic", plates, kind="location", views={"bed": {"marks": marks, "shows": "full"}})
    bar = Reference(file="plates/bar.webp", step="plate", view="bar", light="day")
    library.record(root, "coffee-shop", [bar], kind="location", rights={"licence": "CC-BY-4.0", "release": "own-work"})
    library.record(root, "mug", [Reference(file="inserts/mug.webp", step="insert")], kind="prop")
    library.lock(root)
    loaded = library.load(root)
    attic, shop, mug = loaded.location("attic"), loaded.location("coffee-shop"), loaded.prop("mug")
    assert attic is not None
    assert shop is not None
    assert mug is not None
    assert list(attic.views) == ["stairs", "bed"]
    assert (attic.views["bed"].marks["left"].depth, attic.views["bed"].shows) == (2.0, "full")
    assert list(shop.views) == ["table", "wide", "bar"]
    assert (shop.rights.licence, len(shop.references), len(mug.references)) == ("CC-BY-4.0", 5, 1)


def test_loras_and_notes_are_added_once(root: Path) -> None:
    """A LoRA of the same file and a note to the same model are replaced, others are added."""
    write(root / "characters/mia/loras/mia.safetensors", b"x")
    lora = {"file": "loras/mia.safetensors", "base": "sdxl", "trigger": "mia woman"}
    note = {"text": "say chin-length hair", "model": "sdxl", "date": "2026-01-02"}
    for scale in (0.5, 2.0):
        library.record(root, "mia", lora={**lora, "scale": scale}, prompt=note)
    library.record(root, "mia", prompt={**note, "text": "no hats"})
    mia = lying(root)[2]
    assert isinstance(mia, Character)
    assert [x.scale for x in mia.loras] == [2.0]
    assert [n.text for n in mia.prompts] == ["say chin-length hair", "no hats"]


def test_a_name_that_is_none_is_told_with_one_to_use(root: Path) -> None:
    """Before anything is written."""
    with pytest.raises(InputError, match="not an asset name") as caught:
        at(root, "prop", "The Cup")
    assert "the-cup" in caught.value.problems[0].hint
