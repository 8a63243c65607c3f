"""Writes whole files or none, and tells files by their sha256."""

from __future__ import annotations

import errno
import hashlib
import os
import uuid
from pathlib import Path

from charforge.errors import StoreError

_HINTS = {
    errno.ENOSPC: "free some disk space, then run it again; what was made so far is kept",
    errno.EDQUOT: "the disk quota is used up; free some space, then run it again",
    errno.EROFS: "the disk is read-only; choose another folder",
    errno.EACCES: "the folder may not be written to; change its permissions or choose another folder",
    errno.EPERM: "the folder may not be written to; change its permissions or choose another folder",
    errno.ENAMETOOLONG: "use a shorter name",
    errno.ENOTDIR: "a file stands where a folder is wanted; move it away",
}


def sha256(path: Path) -> str:
    """Return the sha256 of a file in hexadecimal; raise OSError when it cannot be read."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part; folders are made.

    Raises StoreError when the disk is full, read-only or otherwise refuses.
    """
    # Beside the target, since os.replace is atomic only within one file system.
    temporary = path.parent / f".{uuid.uuid4().hex}.tmp"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> StoreError:
    """Return the failure that says why a file cannot be written, and what to do."""
    hint = _HINTS.get(error.errno or 0, "check the disk and the folder's permissions")
    return StoreError(f"{path} cannot be written: {error.strerror or error}", hint)
