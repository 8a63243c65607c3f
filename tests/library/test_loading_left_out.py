"""Assets whose files are not as they were locked, or that are not locked yet: left out, told to who needs them."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from conftest_library import locked_library, write

from charforge import library
from charforge.errors import LockMismatch


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the tiny library's folder, locked: mia, theo, coffee-shop and cup."""
    return locked_library(tmp_path / "library")[0]


def test_what_is_not_locked_yet_is_left_out(root: Path) -> None:
    """Somebody is being cast: the others are there, and the hint does not ask for files that never were."""
    write(root / "characters/ann/headshot/front.png", b"being cast")
    loaded = library.load(root)
    assert [c.id for c in loaded.characters] == ["mia@1", "mia@2", "theo@1"]
    with pytest.raises(LockMismatch, match="ann: the character is not locked yet") as caught:
        library.refuse_unsound(loaded, ("character", "ann"))
    assert caught.value.hint == "look at ann, then: charforge lock ann"
    assert {p.hint for p in caught.value.problems} == {caught.value.hint}


def test_every_differing_file_of_who_is_named_is_told(root: Path) -> None:
    """Changed, missing and extra ones, with the lock of that asset and of no other."""
    write(root / "characters/mia/headshot/front.png", b"another face")
    (root / "characters/mia/rig/mia.npz").unlink()
    write(root / "characters/mia/angles/left40.png", b"new")
    write(root / "props/cup/inserts/new.webp", b"new")
    loaded = library.load(root)
    assert (loaded.character("mia"), loaded.prop("cup")) == (None, None)
    with pytest.raises(LockMismatch) as caught:
        library.refuse_unsound(loaded, ("character", "mia"))
    assert [p.message for p in caught.value.problems] == [
        "mia: headshot/front.png has changed since it was locked",
        "mia: rig/mia.npz is missing",
        "mia: angles/left40.png is extra, it was not there when it was locked",
    ]
    assert caught.value.hint == "restore the files, or look at mia, then: charforge lock mia"
    assert str(loaded.unsound[0]).startswith("mia: 3 files differ from the lock; the character is left out")


def test_what_is_gone_is_not_to_be_looked_at(root: Path) -> None:
    """A whole folder is missing."""
    shutil.rmtree(root / "characters/theo")
    (told,) = library.load(root).unsound
    assert (told.name, [p.message for p in told.problems]) == ("theo", ["theo: the whole character is missing"])
    assert told.hint.startswith("restore it")


def test_a_definition_that_is_wrong_as_it_was_locked_stops_only_its_own(root: Path) -> None:
    """Such as one that another release wrote."""
    file, lock = root / "characters/theo/character.yaml", root / "library.lock"
    before = file.read_bytes()
    write(file, before + b"shoe_size: 43\n")
    old, new = (hashlib.sha256(data).hexdigest() for data in (before, file.read_bytes()))
    lock.write_text(lock.read_text().replace(old, new))
    loaded = library.load(root)
    assert loaded.character("mia") is not None
    with pytest.raises(LockMismatch, match="unknown key 'shoe_size'") as caught:
        library.refuse_unsound(loaded, ("character", "theo"))
    assert caught.value.hint == "correct these, then: charforge lock theo"


def test_what_is_left_out_hides_a_shared_asset_of_its_name(tmp_path: Path, root: Path) -> None:
    """The project's own half-built mia is not quietly replaced by somebody else's."""
    own = locked_library(tmp_path / "own")[0]
    shutil.rmtree(own / "characters/mia")
    library.lock(own)
    write(own / "characters/mia/headshot/front.png", b"half built")
    loaded = library.load({"library": own, "shared": root})
    assert loaded.character("mia") is None
    told = loaded.left_out("character", "mia")
    assert told is not None
    assert (told.library, loaded.left_out("prop", "mia")) == ("library", None)


def test_an_unsound_asset_that_is_hidden_is_missed_by_nobody(tmp_path: Path, root: Path) -> None:
    """The project has a sound one of its own."""
    own = locked_library(tmp_path / "own")[0]
    write(root / "characters/theo/headshot/front.png", b"changed in the shared one")
    loaded = library.load({"library": own, "shared": root})
    assert loaded.left_out("character", "theo") is None
    library.refuse_unsound(loaded, ("character", "theo"))


def test_bytes_are_never_read_from_an_unsound_asset(tmp_path: Path) -> None:
    """Two assets hold the same picture; when it changes in one of them, the other's is found."""
    root = locked_library(tmp_path)[0]
    shutil.copytree(root / "characters/theo", root / "characters/zoe")
    file = root / "characters/zoe/character.yaml"
    file.write_text(file.read_text().replace("theo", "zoe"))
    shutil.copy(root / "characters/theo/voice/theo.f32", root / "characters/zoe/voice/zoe.f32")
    library.lock(root)
    libraries = {"library": root}
    digest = hashlib.sha256((root / "characters/theo/headshot/front.png").read_bytes()).hexdigest()
    for changed, kept in (("theo", "zoe"), ("zoe", "theo")):
        picture = root / "characters" / changed / "headshot/front.png"
        before = picture.read_bytes()
        picture.write_bytes(b"another face")
        found = library.located(libraries, library.load(libraries))
        assert found[digest] == root / "characters" / kept / "headshot/front.png"
        picture.write_bytes(before)
