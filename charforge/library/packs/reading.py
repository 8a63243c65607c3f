"""Opens a pack without trusting a byte of it: the directory first, then the manifest, then every file by its sha256.

A pack can be written in one way only, so what is read is compared with what would have been written.
"""

from __future__ import annotations

import hashlib
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from charforge.errors import InputError, Problem
from charforge.library.packs.layout import (
    CENTRAL,
    END,
    END64,
    FULL16,
    FULL32,
    LOCATOR,
    SIGNS,
    STORED,
    Entry,
    directory,
    header,
    placed,
)
from charforge.library.packs.manifest import FILES, MANIFEST, MAX_MANIFEST, SIGNATURE, Manifest, read_manifest
from charforge.library.packs.naming import MAX_PATH, clashes, wrong_name
from charforge.library.packs.signing import Signed, read_signature

MAX_FILES = 20_000
MAX_FILE = 16 * 1024**3
MAX_TOTAL = 64 * 1024**3
CHUNK = 1024 * 1024
AGAIN = "copy or download it again, or have it packed again"
NO_PACK = "give a file that charforge pack has written"
_MAX_LISTED = 20
"""Problems that are told; more are not read by anybody."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack whose directory and manifest hold together; its files are not looked into yet."""

    place: str
    """What it is called in messages."""
    bytes: int
    entries: dict[str, Entry]
    manifest: Manifest
    signed: Signed | None

    def digests(self) -> dict[str, str]:
        """Return the sha256 of everything that the manifest answers for, by name in the pack."""
        files = {FILES + file.name: file.sha256 for file in self.manifest.files}
        return {faces.entry: faces.sha256 for faces in self.manifest.embeddings} | files


def open_pack(stream: BinaryIO, place: str) -> Pack:
    """Return what a pack says of itself; raise InputError with the reasons where it is damaged or hostile.

    Reads the directory, the manifest and the signature, however large the pack is.
    """
    try:
        total = stream.seek(0, 2)
        entries = _directory(stream, total, place)
        data = _small(stream, entries[0], MAX_MANIFEST, place)
        manifest = read_manifest(data, place)
        by_name = {entry.name: entry for entry in entries}
        signed = None
        if SIGNATURE in by_name:
            signed = read_signature(_small(stream, by_name[SIGNATURE], 4096, place), data, place)
    except OSError as error:
        raise unreadable(place, error) from error
    pack = Pack(place, total, by_name, manifest, signed)
    _refuse_mismatch(pack)
    return pack


def content(stream: BinaryIO, pack: Pack, name: str) -> Iterator[bytes]:
    """Yield a file of a pack in chunks; raise InputError after the last one when it is not what was packed."""
    entry, wanted = pack.entries[name], pack.digests()[name]
    digest, crc, left = hashlib.sha256(), 0, entry.size
    try:
        _refuse_header(stream, entry, pack.place)
        while left:
            chunk = stream.read(min(CHUNK, left))
            if not chunk:
                raise refusal(pack.place, f"{name} is cut short", AGAIN)
            left -= len(chunk)
            digest.update(chunk)
            crc = zlib.crc32(chunk, crc)
            yield chunk
    except OSError as error:
        raise unreadable(pack.place, error) from error
    if digest.hexdigest() != wanted or crc != entry.crc:
        raise refusal(pack.place, f"{name} is damaged: its sha256 is not the one in the manifest", AGAIN)


def refusal(place: str, message: str, hint: str) -> InputError:
    """Return the error that says what is wrong with a pack."""
    return InputError([Problem(message, place)], hint)


def unreadable(place: str, error: OSError) -> InputError:
    """Return the error that says why a pack cannot be read."""
    return refusal(place, f"cannot be read: {error.strerror or error}", "check the path and its permissions")


def _small(stream: BinaryIO, entry: Entry, limit: int, place: str) -> bytes:
    """Return a short file at once."""
    if entry.size > limit:
        raise refusal(place, f"its {entry.name} is larger than {limit} bytes", NO_PACK)
    _refuse_header(stream, entry, place)
    data = stream.read(entry.size)
    if len(data) != entry.size or zlib.crc32(data) != entry.crc:
        raise refusal(place, f"its {entry.name} is damaged", AGAIN)
    return data


def _refuse_header(stream: BinaryIO, entry: Entry, place: str) -> None:
    """Go to where an entry's bytes begin; raise InputError when its header says otherwise than the directory."""
    expected = header(entry)
    stream.seek(entry.offset)
    if stream.read(len(expected)) != expected:
        raise refusal(place, f"the header of {entry.name} differs from the directory", AGAIN)


def _directory(stream: BinaryIO, total: int, place: str) -> tuple[Entry, ...]:
    """Return the entries; raise InputError for everything that charforge would not have written."""
    count, size, begin = _end(stream, total, place)
    if count > MAX_FILES + 64:
        raise refusal(place, f"it lists {count} files; the limit is {MAX_FILES}", NO_PACK)
    if size > count * (CENTRAL.size + MAX_PATH + 64) or not 0 < begin <= total or begin + size > total:
        raise refusal(place, "its directory is damaged", AGAIN)
    stream.seek(begin)
    data = stream.read(total - begin)
    entries, problems = _entries(data[:size], place)
    if len(entries) != count and not problems:
        raise refusal(place, "its directory is damaged", AGAIN)
    problems += _unsafe(entries, place)
    if problems:
        raise InputError(problems[:_MAX_LISTED], "do not use it; ask whoever made it for one that charforge packed")
    if not entries or entries[0].name != MANIFEST:
        raise refusal(place, f"it is a zip, but no charpack: {MANIFEST} is not its first file", NO_PACK)
    if placed(entries) != entries or directory(entries) != data:
        message = "its directory is not as charforge writes it: something lies between the files, or was changed"
        raise refusal(place, message, AGAIN)
    return entries


def _end(stream: BinaryIO, total: int, place: str) -> tuple[int, int, int]:
    """Return the number of entries, the directory's size and where it begins."""
    stream.seek(max(0, total - END.size - LOCATOR.size - END64.size))
    tail = stream.read(END.size + LOCATOR.size + END64.size)
    if total < END.size or tail[-END.size :][:4] != SIGNS[2]:
        stream.seek(0)
        begun = stream.read(4) == SIGNS[0]
        message = "it is cut short, or something follows its end" if begun else "it is no charpack"
        raise refusal(place, message, AGAIN if begun else NO_PACK)
    _, _, _, _, count, size, begin, _ = END.unpack(tail[-END.size :])
    if (count == FULL16 or FULL32 in {size, begin}) and len(tail) == END.size + LOCATOR.size + END64.size:
        _, _, _, _, _, _, _, count, size, begin = END64.unpack(tail[: END64.size])
    return count, size, begin


def _entries(data: bytes, place: str) -> tuple[tuple[Entry, ...], list[Problem]]:
    """Return what a directory lists, and what in it cannot be a pack's."""
    found: list[Entry] = []
    problems: list[Problem] = []
    at = 0
    while at + CENTRAL.size <= len(data):
        fields = CENTRAL.unpack_from(data, at)
        sign, crc, size, (named, extra, noted), (outer, offset) = (
            fields[0],
            fields[7],
            fields[9],
            fields[10:13],
            fields[15:],
        )
        at += CENTRAL.size
        name, more = data[at : at + named], data[at + named : at + named + extra]
        at += named + extra + noted
        if sign != SIGNS[1] or at > len(data):
            raise refusal(place, "its directory is damaged", AGAIN)
        try:
            text = name.decode()
        except UnicodeDecodeError:
            problems.append(Problem(f"the name {ascii(name)[2:-1]} is not UTF-8", place))
            continue
        problems += [Problem(f"{text!r} {reason}", place) for reason in _odd(fields, outer)]
        size, offset = _large(size, offset, more)
        found.append(Entry(text, size, crc, offset))
    if at != len(data):
        raise refusal(place, "its directory is damaged", AGAIN)
    return tuple(found), problems


def _large(size: int, offset: int, extra: bytes) -> tuple[int, int]:
    """Return size and offset with what stands in a zip64 field; the whole is compared with ours afterwards."""
    numbers = [int.from_bytes(extra[at : at + 8], "little") for at in range(4, len(extra) - 7, 8)]
    if size == FULL32 and len(numbers) >= 2:
        size, numbers = numbers[0], numbers[2:]
    if offset == FULL32 and numbers:
        offset = numbers[0]
    return size, offset


def _odd(fields: tuple[int, ...], outer: int) -> Iterator[str]:
    """Yield what a directory says of an entry that charforge never writes."""
    flags, method, packed, size = fields[3], fields[4], fields[8], fields[9]
    kind = stat.S_IFMT(outer >> 16)
    if flags & 0x41:
        yield "is encrypted"
    if method != STORED:
        yield "is compressed; a pack holds its files as they are, so that none can grow when it is read"
    elif packed != size:
        yield "has two sizes"
    if kind == stat.S_IFLNK:
        yield "is a link"
    elif kind not in {0, stat.S_IFREG} or outer & 0x10:
        yield "is not a plain file"


def _unsafe(entries: tuple[Entry, ...], place: str) -> list[Problem]:
    """Return what is wrong with names, sizes and places."""
    found = [Problem(f"{e.name!r}: {reason}", place) for e in entries if (reason := wrong_name(e.name))]
    clashing = clashes(e.name for e in entries)
    found += [Problem(f"{name!r} would fall on the place of {other!r}", place) for name, other in clashing.items()]
    found += [Problem(f"{e.name!r} is larger than {MAX_FILE >> 30} GiB", place) for e in entries if e.size > MAX_FILE]
    if sum(e.size for e in entries) > MAX_TOTAL:
        found.append(Problem(f"its files are larger than {MAX_TOTAL >> 30} GiB together", place))
    in_order = sorted(entries, key=lambda e: e.offset)
    found += [
        Problem(f"{two.name!r} lies over {one.name!r}", place)
        for one, two in pairwise(in_order)
        if two.offset < one.end
    ]
    return found


def _refuse_mismatch(pack: Pack) -> None:
    """Raise InputError when the zip holds other files than its manifest says."""
    manifest = pack.manifest
    expected = [(faces.entry, faces.bytes) for faces in manifest.embeddings]
    expected += [(FILES + file.name, file.bytes) for file in manifest.files]
    listed = [(e.name, e.size) for e in pack.entries.values() if e.name not in {MANIFEST, SIGNATURE}]
    if listed == expected and (pack.signed is None or list(pack.entries)[1] == SIGNATURE):
        return
    extra = sorted({name for name, _ in listed} - {name for name, _ in expected})
    missing = sorted({name for name, _ in expected} - {name for name, _ in listed})
    told = [f"{name} is not in its manifest" for name in extra] + [f"{name} is not in it" for name in missing]
    told = told or ["its manifest and its directory differ in sizes or order"]
    raise InputError([Problem(text, pack.place) for text in told[:_MAX_LISTED]], AGAIN)
