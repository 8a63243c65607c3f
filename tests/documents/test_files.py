"""Whole files or none."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from charforge.documents import write_atomic
from charforge.documents.files import unwritable
from charforge.errors import StoreError


def test_a_written_file_is_whole_and_alone(tmp_path: Path) -> None:
    """The content arrives, folders are made, nothing else is left."""
    path = tmp_path / "a" / "it's 100% ☕.json"
    write_atomic(path, b"one")
    write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_gets_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    """The mask of the process decides who may read it."""
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "a", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_a_file_in_the_way_of_a_folder_is_told(tmp_path: Path) -> None:
    """What cannot be written raises StoreError with what to do, and nothing is left over."""
    (tmp_path / "a").write_text("a file")
    with pytest.raises(StoreError, match="cannot be written") as caught:
        write_atomic(tmp_path / "a" / "b", b"x")
    assert caught.value.hint
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_what_cannot_replace_its_target_leaves_no_temporary_file(tmp_path: Path) -> None:
    """A folder with the target's name stays, and so does nothing else."""
    (tmp_path / "target" / "inside").mkdir(parents=True)
    with pytest.raises(StoreError):
        write_atomic(tmp_path / "target", b"x")
    assert [p.name for p in tmp_path.iterdir()] == ["target"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_is_named() -> None:
    """The hint for a real ENOSPC says to free space."""
    with pytest.raises(OSError, match="No space") as caught, Path("/dev/full").open("wb", buffering=0) as stream:
        stream.write(b"x")
    assert "free some disk space" in unwritable(Path("film.mp4"), caught.value).hint


@pytest.mark.parametrize(("code", "words"), [(errno.EROFS, "read-only"), (errno.EACCES, "permissions")])
def test_the_hint_fits_the_reason(code: int, words: str) -> None:
    """Each refusal of the system has its own advice."""
    assert words in unwritable(Path("x"), OSError(code, os.strerror(code))).hint
