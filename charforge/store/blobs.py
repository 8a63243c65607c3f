"""Bytes by their sha256, read-only once written, looked at again before they are trusted.

A blob's time of change is set from its own digest. Any later write moves it, so a blob whose time still fits is
whole, and one whose time does not is read again: no table of stamps to keep, and none to lose.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from charforge.documents.files import sha256, unwritable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_EPOCH = 1_000_000_000
"""Seconds; blobs are dated from September 2001."""
_SPAN = 1 << 28
"""Different times, two seconds apart, since some file systems keep no finer time. Source: FAT's resolution."""


class Blobs:
    """A folder of bytes, each under its digest."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        """Take the folder, and another on the same disk for what is not whole yet."""
        self._folder = folder
        self._name = str(folder)
        self._scratch = scratch

    def path(self, digest: str) -> Path:
        """Return where the bytes with this digest lie, or would lie."""
        return self._folder / digest[:2] / digest

    def has(self, digest: str, size: int | None = None) -> bool:
        """Return whether the bytes are here and are the right ones; the file is read only when it was touched."""
        try:
            status = os.stat(f"{self._name}/{digest[:2]}/{digest}")  # noqa: PTH116 - for thousands of files Path is slow
        except OSError:
            return False
        if size is not None and status.st_size != size:
            return False
        if status.st_mtime_ns == _time(digest):
            return True
        if not self.whole(digest):
            return False
        _date(self.path(digest), digest)
        return True

    def whole(self, digest: str) -> bool:
        """Return whether the bytes are here and are the right ones, reading all of them."""
        try:
            return sha256(self.path(digest)) == digest
        except OSError:
            return False

    def put(self, data: bytes) -> str:
        """Keep some bytes and return their digest; raise StoreError when they cannot be written."""
        digest = hashlib.sha256(data).hexdigest()
        if self.has(digest, len(data)):
            return digest
        temporary = self._scratch / f"{uuid.uuid4().hex}.part"
        with _kept_or_nothing(temporary, self.path(digest)):
            self._scratch.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(data)
            self._settle(temporary, digest)
        return digest

    def adopt(self, file: Path) -> str:
        """Take over a finished file and return its digest; the file moves when it lies on the store's disk."""
        with _kept_or_nothing(file, self._folder):
            digest = sha256(file)
            if not self.has(digest):
                temporary = self._scratch / f"{uuid.uuid4().hex}.part"
                self._scratch.mkdir(parents=True, exist_ok=True)
                with _kept_or_nothing(temporary, self.path(digest)):
                    shutil.move(file, temporary)
                    self._settle(temporary, digest)
        return digest

    def listed(self) -> Iterator[str]:
        """Yield the digests that have a file, whatever the file holds."""
        for path in sorted(self._folder.glob("??/*")):
            if len(path.name) == 64:
                yield path.name

    def drop(self, digest: str) -> int:
        """Delete the bytes with this digest and return how many they were."""
        path = self.path(digest)
        try:
            size = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise unwritable(path, error) from error
        return size

    def _settle(self, temporary: Path, digest: str) -> None:
        """Move a whole file to its place, its bytes on the disk first."""
        path = self.path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.chmod(0o444)
        os.utime(temporary, ns=(_time(digest), _time(digest)))
        temporary.replace(path)


def _time(digest: str) -> int:
    return (_EPOCH + int(digest[:16], 16) % _SPAN * 2) * 1_000_000_000


def _date(path: Path, digest: str) -> None:
    """Mark a blob that was read again as whole; where the store is read-only it is read again next time."""
    try:
        os.utime(path, ns=(_time(digest), _time(digest)))
    except OSError:
        return


@contextmanager
def _kept_or_nothing(temporary: Path, target: Path) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        # On a read-only disk there is nothing to remove, and removing fails too.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise unwritable(target, error) from error
        raise
