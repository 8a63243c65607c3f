"""Bytes are kept whole or not at all, and looked at before they are trusted."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from charforge.errors import StoreError
from charforge.store import Blobs


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    """Return an empty folder of blobs."""
    return Blobs(tmp_path / "blobs", tmp_path / "scratch")


def sha(data: bytes) -> str:
    """Return a sha256."""
    return hashlib.sha256(data).hexdigest()


def rewritten(path: Path, data: bytes, *, keep_time: bool = False) -> None:
    """Change a stored file as a careless program would."""
    before = path.stat()
    path.chmod(0o644)
    path.write_bytes(data)
    if keep_time:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_bytes_lie_read_only_under_their_digest(blobs: Blobs) -> None:
    """A stored file can be found by its content and is not changed by accident."""
    digest = blobs.put(b"a picture")
    assert digest == sha(b"a picture")
    assert blobs.path(digest).read_bytes() == b"a picture"
    assert stat.S_IMODE(blobs.path(digest).stat().st_mode) == 0o444


def test_a_file_is_taken_over(blobs: Blobs, tmp_path: Path) -> None:
    """A finished clip moves into the store instead of being copied."""
    clip = tmp_path / "clip.mkv"
    clip.write_bytes(b"frames")
    digest = blobs.adopt(clip)
    assert not clip.exists()
    assert blobs.path(digest).read_bytes() == b"frames"


def test_taking_over_a_file_twice_keeps_one(blobs: Blobs, tmp_path: Path) -> None:
    """Equal bytes are stored once."""
    digests = set()
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(b"same")
        digests.add(blobs.adopt(tmp_path / name))
    assert list(blobs.listed()) == list(digests)


def test_an_untouched_blob_is_trusted_without_reading(blobs: Blobs) -> None:
    """A second look costs one stat: bytes swapped behind the file's size and time are not seen, but for `whole`."""
    digest = blobs.put(b"a picture")
    rewritten(blobs.path(digest), b"A PICTURE", keep_time=True)
    assert blobs.has(digest, len(b"a picture"))
    assert not blobs.whole(digest)


@pytest.mark.parametrize("data", [b"", b"a pictur", b"A picture", b"a picture and more"])
def test_a_changed_blob_counts_as_missing(blobs: Blobs, data: bytes) -> None:
    """Truncated, altered or longer bytes are never used."""
    digest = blobs.put(b"a picture")
    rewritten(blobs.path(digest), data)
    assert not blobs.has(digest)


def test_a_truncated_blob_is_found_by_its_size(blobs: Blobs) -> None:
    """A program that puts the time back does not hide a wrong length."""
    digest = blobs.put(b"a picture")
    rewritten(blobs.path(digest), b"a pict", keep_time=True)
    assert not blobs.has(digest, len(b"a picture"))


def test_a_touched_blob_is_read_once_and_trusted_again(blobs: Blobs) -> None:
    """A copied store, whose times are new, is hashed once and not for ever."""
    digest = blobs.put(b"a picture")
    os.utime(blobs.path(digest), ns=(5, 5))
    assert blobs.has(digest)
    assert blobs.path(digest).stat().st_mtime_ns != 5


def test_storing_again_repairs_a_corrupt_blob(blobs: Blobs) -> None:
    """Rendering again puts the right bytes in place of wrong ones."""
    digest = blobs.put(b"a picture")
    rewritten(blobs.path(digest), b"rubbish")
    assert blobs.put(b"a picture") == digest
    assert blobs.path(digest).read_bytes() == b"a picture"


def test_a_read_only_folder_is_said_so(blobs: Blobs, tmp_path: Path) -> None:
    """A store that cannot be written is an error with a hint, and nothing is left."""
    (tmp_path / "blobs").write_text("a file stands here")
    with pytest.raises(StoreError) as caught:
        blobs.put(b"a picture")
    assert caught.value.hint
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_said_so(blobs: Blobs, tmp_path: Path) -> None:
    """A folder that belongs to somebody else is an error with a hint."""
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(StoreError, match="cannot be written"):
            blobs.put(b"a picture")
    finally:
        tmp_path.chmod(0o755)


def test_a_file_that_will_not_fit_leaves_nothing(tmp_path: Path) -> None:
    """Where the system refuses to write more, the error is a StoreError and no part of a file stays."""
    script = (
        "import resource, signal, sys, pathlib\n"
        "from charforge.store import Blobs\nfrom charforge.errors import StoreError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nresource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "root = pathlib.Path(sys.argv[1])\ntry:\n    Blobs(root / 'blobs', root / 'scratch').put(b'x' * 5000)\n"
        "except StoreError as error:\n    print(error)\n    sys.exit(3)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert "hint:" in done.stdout
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of 256 KiB; skip where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_says_so_and_keeps_what_was_there(tiny_disk: Path) -> None:
    """ENOSPC is a StoreError that says to free space; earlier bytes stay whole."""
    blobs = Blobs(tiny_disk / "blobs", tiny_disk / "scratch")
    first = blobs.put(os.urandom(60_000))
    with pytest.raises(StoreError, match="No space left") as caught:
        blobs.put(os.urandom(400_000))
    assert "free some" in caught.value.hint
    assert blobs.whole(first)
    assert list((tiny_disk / "scratch").iterdir()) == []


def test_a_read_only_disk_says_so_and_still_gives_what_it_has(tiny_disk: Path) -> None:
    """A finished film can be looked at from a read-only disk; writing to it is a StoreError."""
    blobs = Blobs(tiny_disk / "blobs", tiny_disk / "scratch")
    digest = blobs.put(b"a picture")
    os.utime(blobs.path(digest), ns=(5, 5))
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    assert blobs.has(digest)
    with pytest.raises(StoreError, match="Read-only") as caught:
        blobs.put(b"another")
    assert "read-only" in caught.value.hint
