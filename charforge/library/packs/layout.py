"""The frame of a pack: a zip that can be written in one way only, so that a reader can compare every byte of it.

Nothing is compressed: pictures and sound already are, the bytes are then the same whatever zlib a machine has, and no
file can grow when it is read.
Source: APPNOTE.TXT 6.3.10, the description of the zip format by PKWARE.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF
UTF8 = 0x0800
"""The only flag that is set: names are UTF-8."""
STORED = 0
DATE = 0x0021
"""1 January 1980, the first day that a zip knows; the time is 0."""
UNIX = 3 << 8
PLAIN_FILE = 0o100644 << 16

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
END64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR = struct.Struct("<4sLQL")
SIGNS = (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in the zip."""

    name: str
    size: int
    crc: int
    offset: int = 0
    """Where its header begins."""

    @property
    def start(self) -> int:
        """Where its bytes begin."""
        return self.offset + len(header(self))

    @property
    def end(self) -> int:
        """Where its bytes end, and the next header begins."""
        return self.start + self.size


def placed(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries where they lie when each follows the one before it."""
    found: list[Entry] = []
    for entry in entries:
        found.append(replace(entry, offset=found[-1].end if found else 0))
    return tuple(found)


def header(entry: Entry) -> bytes:
    """Return what stands before an entry's bytes."""
    name, extra, needed = entry.name.encode(), b"", 20
    shown = entry.size
    if entry.size >= FULL32:
        extra, needed, shown = struct.pack("<2H2Q", 1, 16, entry.size, entry.size), 45, FULL32
    fields = (SIGNS[0], needed, UTF8, STORED, 0, DATE, entry.crc, shown, shown, len(name), len(extra))
    return LOCAL.pack(*fields) + name + extra


def directory(entries: Sequence[Entry]) -> bytes:
    """Return everything after the last entry's bytes: the directory and the end records."""
    begin = entries[-1].end if entries else 0
    listed = b"".join(_listed(entry) for entry in entries)
    return listed + b"".join(_ending(len(entries), len(listed), begin))


def _listed(entry: Entry) -> bytes:
    large = entry.size >= FULL32
    far = entry.offset >= FULL32
    numbers = ([entry.size, entry.size] if large else []) + ([entry.offset] if far else [])
    extra = struct.pack(f"<2H{len(numbers)}Q", 1, 8 * len(numbers), *numbers) if numbers else b""
    needed = 45 if numbers else 20
    shown, offset, name = FULL32 if large else entry.size, FULL32 if far else entry.offset, entry.name.encode()
    fields = (SIGNS[1], UNIX | needed, needed, UTF8, STORED, 0, DATE, entry.crc, shown, shown)
    return CENTRAL.pack(*fields, len(name), len(extra), 0, 0, 0, PLAIN_FILE, offset) + name + extra


def _ending(count: int, size: int, begin: int) -> Iterator[bytes]:
    if count >= FULL16 or size >= FULL32 or begin >= FULL32:
        yield END64.pack(SIGNS[3], END64.size - 12, UNIX | 45, 45, 0, 0, count, count, size, begin)
        yield LOCATOR.pack(SIGNS[4], 0, begin + size, 1)
    few, small, near = min(count, FULL16), min(size, FULL32), min(begin, FULL32)
    yield END.pack(SIGNS[2], 0, 0, few, few, small, near, 0)
