"""Every file of every asset is known by its sha256, and any change is found."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from conftest_library import build_library, digest_of, locked_library, write

from charforge import library
from charforge.errors import InputError, LockMismatch


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a tiny locked library whose files are old enough to be remembered."""
    root, _ = locked_library(tmp_path / "library")
    for path in root.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return root


def messages(root: Path, **options: object) -> list[str]:
    """Return what verification finds."""
    return [p.message for p in library.verify(root, **options)]  # type: ignore[arg-type]


def test_the_lock_holds_every_file_of_every_asset(root: Path) -> None:
    """Pictures, YAML, voices, rigs and set scripts are all in it."""
    lock = library.read_lock(root)
    named = {f"{a.kind}s/{a.name}/{file}" for a in lock.assets for file in a.files}
    there = {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file() and p.name != "library.lock"}
    assert named == there
    assert {a.name: a.version for a in lock.assets} == {"mia": 2, "theo": 1, "coffee-shop": 1, "cup": 1}


def test_digests_lead_to_their_files(root: Path) -> None:
    """Each digest is that of the file it leads to."""
    found = library.files(root, library.read_lock(root))
    assert len(found) == 20
    assert all(digest_of(path) == digest for digest, path in found.items())


def test_locking_twice_writes_the_same_bytes(root: Path) -> None:
    """The lock is the same whenever the files are, one file to a line."""
    before = (root / "library.lock").read_bytes()
    library.lock(root)
    assert (root / "library.lock").read_bytes() == before
    assert before.count(b"\n") > 20


@pytest.mark.parametrize("deep", [False, True])
def test_an_untouched_library_is_as_it_was_locked(root: Path, tmp_path: Path, *, deep: bool) -> None:
    """Nothing is reported, with stamps or without."""
    assert messages(root, deep=deep) == []
    assert messages(root, deep=deep, stamps=tmp_path / "stamps.json") == []
    assert messages(root, deep=deep, stamps=tmp_path / "stamps.json") == []


def test_changed_missing_and_extra_files_are_each_named(root: Path) -> None:
    """Each difference names the asset and the file, and says what to type."""
    write(root / "characters/mia/headshot/front.png", b"another face")
    (root / "locations/coffee-shop/plates/table-night.webp").unlink()
    write(root / "props/cup/inserts/new.webp", b"new")
    problems = library.verify(root)
    assert [p.message for p in problems] == [
        "mia: headshot/front.png has changed since it was locked",
        "coffee-shop: plates/table-night.webp is missing",
        "cup: inserts/new.webp is extra, it was not there when it was locked",
    ]
    assert all("charforge lock" in p.hint for p in problems)


def test_new_and_missing_assets_are_named(root: Path) -> None:
    """A whole folder more or less is one problem."""
    (root / "characters/theo").rename(root / "characters/leo")
    assert messages(root) == ["leo: the character is not locked yet", "theo: the whole character is missing"]


def test_a_changed_set_script_is_found(root: Path) -> None:
    """What made a plate is locked beside it."""
    write(root / "locations/coffee-shop/set/scene.py", b"SEED = 2")
    assert messages(root) == ["coffee-shop: set/scene.py has changed since it was locked"]


def test_editor_droppings_are_no_part_of_an_asset(root: Path) -> None:
    """Caches, backups and system files change nothing."""
    droppings = (
        "set/__pycache__/scene.cpython-311.pyc",
        ".DS_Store",
        "location.yaml~",
        ".location.yaml.swp",
        "._a.png",
    )
    for name in droppings:
        write(root / "locations/coffee-shop" / name, b"x")
    assert messages(root) == []


def test_a_change_is_found_although_stamps_are_warm(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of the same length with its old time put back is hashed again."""
    stamps = tmp_path / "stamps.json"
    monkeypatch.setattr("charforge.library.stamps._SETTLED_NS", -1)
    messages(root, stamps=stamps)
    assert len(json.loads(stamps.read_bytes())) == 20
    time.sleep(0.05)  # a coarse clock ticks between the two
    path = root / "characters/mia/headshot/front.png"
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"mia", b"aim"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert messages(root, stamps=stamps) == ["mia: headshot/front.png has changed since it was locked"]


def test_a_file_that_was_just_written_is_not_remembered(root: Path, tmp_path: Path) -> None:
    """It could change again within one tick of a coarse clock."""
    stamps = tmp_path / "stamps.json"
    assert messages(root, stamps=stamps) == []
    assert not stamps.exists()


def test_stamps_are_believed_unless_every_byte_is_asked_for(root: Path, tmp_path: Path) -> None:
    """A remembered digest is used for an unchanged stamp; deep verification reads the file."""
    stamps, path = tmp_path / "stamps.json", root / "characters/mia/headshot/front.png"
    status = path.stat()
    stamp = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, "0" * 64]
    stamps.write_text(json.dumps({str(path): stamp}))
    assert messages(root, stamps=stamps) == ["mia: headshot/front.png has changed since it was locked"]
    assert messages(root, stamps=stamps, deep=True) == []


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b'{"a": 1}', b"\xff\xfe"])
def test_a_damaged_memory_only_means_hashing(root: Path, tmp_path: Path, damage: bytes) -> None:
    """Stamps that cannot be read are made anew."""
    stamps = tmp_path / "stamps.json"
    stamps.write_bytes(damage)
    assert messages(root, stamps=stamps) == []


def test_a_memory_that_cannot_be_written_changes_nothing(root: Path, tmp_path: Path) -> None:
    """A file where its folder should be does not stop a verification."""
    write(tmp_path / "state", b"in the way")
    assert messages(root, stamps=tmp_path / "state" / "stamps.json") == []


def test_an_unlocked_library_says_what_to_type(tmp_path: Path) -> None:
    """Without a lock nothing is rendered."""
    with pytest.raises(InputError, match="not locked") as caught:
        library.load(build_library(tmp_path))
    assert "charforge lock" in caught.value.hint


@pytest.mark.parametrize("text", ["", "{}", '{"charforge_lock": 2, "assets": []}', "<<<<<<< ours\n{}"])
def test_a_damaged_lock_says_so(root: Path, text: str) -> None:
    """A merge conflict in the lock is named, not guessed about."""
    (root / "library.lock").write_text(text)
    with pytest.raises(InputError, match="damaged, or was merged wrongly"):
        library.verify(root)


def test_a_lock_that_kept_both_sides_of_a_merge_says_so(root: Path) -> None:
    """An asset that stands twice, a file that stands twice and a name that leads out are no lock."""
    text = (root / "library.lock").read_text()
    said = json.loads(text)
    line = next(line for line in text.splitlines() if "character.yaml" in line)
    outside = {**said["assets"][0], "name": "../../elsewhere"}
    for wrong, words in (
        (json.dumps({**said, "assets": [*said["assets"], {**said["assets"][0], "files": {}}]}), "mia is in it twice"),
        (text.replace(line, f"{line}\n{line}"), "damaged, or was merged wrongly"),
        (json.dumps({**said, "assets": [*said["assets"], outside]}), "damaged, or was merged wrongly"),
    ):
        (root / "library.lock").write_text(wrong)
        with pytest.raises(InputError, match=words) as caught:
            library.verify(root)
        assert "charforge lock" in caught.value.hint


@pytest.mark.parametrize("stands", ["nothing", "a file"])
def test_a_library_that_is_no_folder_is_not_said_to_be_unlocked(tmp_path: Path, stands: str) -> None:
    """There is nothing to lock, so locking is not what is asked for."""
    if stands == "a file":
        (tmp_path / "library").write_text("a note")
    with pytest.raises(InputError, match="there is no library folder"):
        library.verify(tmp_path / "library")


def test_a_folder_with_a_wrong_name_is_not_to_be_locked_but_renamed(root: Path) -> None:
    """The lock command that would be refused is not what is asked for."""
    write(root / "characters/Jo Ann/character.yaml", b"name: jo-ann\n")
    (problem,) = library.verify(root)
    assert problem.message == "Jo Ann: the character is not locked yet"
    assert "such as jo-ann" in problem.hint


def test_who_needs_a_changed_file_is_refused(root: Path) -> None:
    """A lock mismatch stops whoever names the asset, before anything is rendered, and nobody else."""
    write(root / "characters/theo/headshot/front.png", b"another face")
    loaded = library.load(root)
    with pytest.raises(LockMismatch, match=r"theo: headshot/front\.png has changed") as caught:
        library.refuse_unsound(loaded, ("character", "mia"), ("character", "theo@1"))
    assert caught.value.exit_code == 2
    library.refuse_unsound(loaded, ("character", "mia"), ("prop", "cup"))


def test_a_link_out_of_the_folder_is_refused(root: Path, tmp_path: Path) -> None:
    """Files and folders elsewhere cannot be locked through a link."""
    write(tmp_path / "elsewhere" / "face.png", b"x")
    (root / "characters/mia/link.png").symlink_to(tmp_path / "elsewhere" / "face.png")
    (root / "characters/mia/folder").symlink_to(tmp_path / "elsewhere")
    (root / "characters/mia/dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError) as caught:
        library.lock(root)
    assert [p.message for p in caught.value.problems] == ["is a link out of the asset's folder"] * 3


def test_a_link_within_the_folder_is_a_file(root: Path) -> None:
    """A link to a neighbour is locked like the file it leads to."""
    (root / "characters/mia/headshot/same.png").symlink_to("front.png")
    lock = library.lock(root)
    files = next(a.files for a in lock.assets if a.name == "mia")
    assert files["headshot/same.png"] == files["headshot/front.png"]


def test_a_pipe_is_not_waited_for(root: Path) -> None:
    """What is no plain file is refused instead of read."""
    os.mkfifo(root / "props/cup/pipe")
    with pytest.raises(InputError, match="is not a plain file"):
        library.lock(root)


def test_locking_a_wrong_library_writes_nothing(root: Path) -> None:
    """All problems of all assets are told; the old lock stays."""
    before = (root / "library.lock").read_bytes()
    (root / "characters/mia/rig/mia.npz").unlink()
    (root / "props/cup/prop.yaml").write_text("name: cop\nright: x\n")
    with pytest.raises(InputError) as caught:
        library.lock(root)
    told = [p.message for p in caught.value.problems]
    assert "mia: the file rig/mia.npz is not there" in told
    assert "unknown key 'right'" in told
    assert (root / "library.lock").read_bytes() == before


def test_a_library_at_an_odd_path_is_locked(tmp_path: Path) -> None:
    """Quotes, percent signs, spaces and emoji in its path do no harm."""
    root, lock = locked_library(tmp_path / 'it\'s 100%: ☕ "lib"')
    assert library.load(root, stamps=tmp_path / "stamps.json").character("mia") is not None
    assert all(path.is_file() for path in library.files(root, lock).values())


def test_there_is_no_library(tmp_path: Path) -> None:
    """A missing folder is told with what to make."""
    with pytest.raises(InputError, match="no library folder") as caught:
        library.lock(tmp_path / "library")
    assert "characters/" in caught.value.hint
