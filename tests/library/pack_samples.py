"""Packs of a tiny library, and packs put together by hand."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from charforge.domain.assets import Kind
from charforge.library import packs, read_lock
from charforge.library.definitions import define
from charforge.library.folders import KINDS, AssetFolder
from charforge.library.packs.layout import Entry, directory, header, placed

Parts = list[tuple[str, bytes]]


def packed(root: Path, kind: Kind, name: str, to: Path, **options: Any) -> Path:
    """Pack an asset of a locked library and return the file."""
    locked = next(a for a in read_lock(root).assets if (a.kind, a.name) == (kind, name))
    definition, problems = define(AssetFolder(kind, name, root / KINDS[kind] / name))
    assert definition is not None, problems
    packs.pack(definition, locked, to, **options)
    return to


def opened(data: bytes) -> packs.Pack:
    """Open some bytes as a pack."""
    return packs.open_pack(io.BytesIO(data), "x.charpack")


def checked(data: bytes) -> packs.Pack:
    """Open some bytes as a pack and check every file in it."""
    stream = io.BytesIO(data)
    pack = packs.open_pack(stream, "x.charpack")
    packs.check(stream, pack, nothing)
    return pack


def unpacked(data: bytes, root: Path, **options: Any) -> packs.Unpacked:
    """Unpack some bytes into a library."""
    stream = io.BytesIO(data)
    return packs.unpack(stream, packs.open_pack(stream, "x.charpack"), root, nothing, **options)


def nothing(name: str, done: int, total: int) -> None:
    """Take no note of progress."""


def parts_of(data: bytes) -> Parts:
    """Return the files in a pack, read by Python's own zipfile."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [(info.filename, archive.read(info)) for info in archive.infolist()]


def framed(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """Return parts as a zip that is written as charforge writes it."""
    listed = list(parts)
    entries = placed(Entry(name, len(data), zlib.crc32(data)) for name, data in listed)
    return b"".join(header(e) + data for e, (_, data) in zip(entries, listed, strict=True)) + directory(entries)


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file under a folder with its bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
