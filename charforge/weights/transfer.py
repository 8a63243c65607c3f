"""Gets bytes: whole files or parts of them, taken up again where they were left, and unpacks the one file wanted."""

from __future__ import annotations

import bz2
import http.client
import io
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from charforge.weights.index import RefusedError, opened

ATTEMPTS = 4
"""Times that a transfer may break off without a byte gained."""
PAUSE = 0.5
"""Seconds before the second attempt; doubled before each further one that follows without a byte gained."""
CHUNK = 1 << 18
TAIL = 1 << 16
"""A zip's table of contents is usually within this many bytes of its end."""

Tell = Callable[[int], None]
"""Is told how many more bytes arrived; may raise to stop."""


class WrongBytesError(OSError):
    """Says that what came is not what was wanted; fetching it again from there is no use."""


class NoPartsError(OSError):
    """Says that a server only sends whole files."""


def download(url: str, target: Path, tell: Tell, *, start: int = 0, length: int | None = None) -> None:
    """Bring `length` bytes from `start` on into a file, or all; what the file holds already is not fetched again.

    A transfer that breaks off is taken up again as long as it gets on.
    Raises NoPartsError when a part was asked for and the server sends the whole, OSError when it does not answer.
    """
    failures, had = 0, -1
    while True:
        try:
            _continue(url, target, tell, start, length)
        except RefusedError as error:
            if error.code == 416 and target.exists():
                target.unlink()
            elif error.code < 500 and error.code not in (408, 429):
                raise
            problem: Exception = error
        except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
            problem = error
        else:
            return
        have = target.stat().st_size if target.exists() else 0
        failures = 1 if have > had else failures + 1
        had = have
        if failures == ATTEMPTS:
            raise OSError(f"it broke off {ATTEMPTS} times at the same place: {problem}") from problem
        time.sleep(PAUSE * 2 ** (failures - 1))


def _continue(url: str, target: Path, tell: Tell, start: int, length: int | None) -> None:
    have = target.stat().st_size if target.exists() else 0
    if length is not None and have >= length:
        return
    part = start + have > 0 or length is not None
    end = "" if length is None else start + length - 1
    with opened(url, f"bytes={start + have}-{end}" if part else "") as answer:
        if part and answer.status != 206:
            if start or length is not None:
                raise NoPartsError(f"{url} is only sent whole")
            have = 0
        promised = int(answer.headers.get("Content-Length") or -1)
        got = 0
        with target.open("ab" if have else "wb") as stream:
            while chunk := answer.read(CHUNK):
                stream.write(chunk)
                got += len(chunk)
                tell(len(chunk))
    if promised not in (-1, got):
        raise ConnectionError(f"{promised - got} bytes are missing")


def zip_member(url: str, member: str, part: Path, tell: Tell) -> Iterator[bytes]:
    """Yield one file of a zip archive at an address, fetching nothing but its own bytes and the table of contents.

    The compressed bytes are kept in `part` until they are all here. Raises NoPartsError or OSError.
    """
    remote = _Remote(url)
    with _listed(remote) as archive:
        if member not in archive.NameToInfo:
            raise WrongBytesError(f"the package has no {member}")
        info = archive.getinfo(member)
        remote.seek(info.header_offset)
        header = remote.read(30)
    # Local header: 26-27 length of the name, 28-29 length of the extra field. Source: PKWARE APPNOTE 4.3.7.
    begin = info.header_offset + 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    download(url, part, tell, start=begin, length=info.compress_size)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise WrongBytesError(f"{member} is compressed in a way that is not known here")
    inflate = zlib.decompressobj(-15) if info.compress_type == zipfile.ZIP_DEFLATED else None
    try:
        for chunk in read(part):
            yield inflate.decompress(chunk) if inflate else chunk
        yield inflate.flush() if inflate else b""
    except zlib.error as error:
        raise WrongBytesError(f"{member} cannot be unpacked: {error}") from error


def _listed(remote: _Remote) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(remote)
    except zipfile.BadZipFile as error:
        raise WrongBytesError(f"its archive cannot be read: {error}") from error


def archive_member(archive: Path, member: str) -> Iterator[bytes]:
    """Yield one file of an archive that is here: zip, or tar however compressed. Raises OSError."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped:
                if member in zipped.NameToInfo:
                    yield from _chunks(zipped.open(member))
                    return
            raise WrongBytesError(f"the package has no {member}")
        with tarfile.open(archive, "r|*") as tar:
            for entry in tar:
                inside = tar.extractfile(entry) if entry.name == member else None
                if inside is not None:
                    yield from _chunks(inside)
                    return
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
        raise WrongBytesError(f"{archive.name} cannot be unpacked: {error}") from error
    raise WrongBytesError(f"the package has no {member}")


def unpacked(file: Path) -> Iterator[bytes]:
    """Yield the content of a bz2 file."""
    with bz2.BZ2File(file) as stream:
        try:
            yield from _chunks(stream)
        except EOFError as error:
            raise WrongBytesError(f"{file.name} cannot be unpacked: {error}") from error


def read(file: Path) -> Iterator[bytes]:
    """Yield the content of a file."""
    with file.open("rb") as stream:
        yield from _chunks(stream)


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


class _Remote(io.RawIOBase):
    """A file at an address that zipfile can seek and read in."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._place = 0
        self._start, self._bytes, self._size = self._fetch(f"bytes=-{TAIL}")

    def seekable(self) -> bool:
        """Return True."""
        return True

    def readable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the place that is read next."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place and return it."""
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        return self._place

    def read(self, size: int = -1) -> bytes:
        """Return the bytes here, fetching those that are not known yet."""
        end = self._size if size < 0 else min(self._place + size, self._size)
        if self._place < self._start or end > self._start + len(self._bytes):
            last = min(max(end, self._place + 256), self._size) - 1
            self._start, self._bytes, self._size = self._fetch(f"bytes={self._place}-{last}")
        found = self._bytes[self._place - self._start : end - self._start]
        self._place = end
        return found

    def _fetch(self, span: str) -> tuple[int, bytes, int]:
        with opened(self._url, span) as answer:
            if answer.status != 206:
                raise NoPartsError(f"{self._url} is only sent whole")
            place, _, total = answer.headers["Content-Range"].removeprefix("bytes ").partition("/")
            return int(place.partition("-")[0]), answer.read(), int(total)
