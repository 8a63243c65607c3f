"""Looks into the files of a pack for what could run when somebody opens it."""

from __future__ import annotations

import io
import pickletools
import re
import zipfile
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from charforge.errors import in_one_line

if TYPE_CHECKING:
    from typing_extensions import Buffer

PICKLED = frozenset({".pkl", ".pickle", ".pt", ".pth", ".bin", ".ckpt", ".joblib", ".dill", ".mar", ".p7s"})
"""Suffixes of files that run what they hold when they are opened."""
SCRIPTS = frozenset({".py", ".blend", ".sh", ".bat", ".cmd", ".ps1", ".js", ".exe", ".dll", ".so", ".dylib"})
"""Suffixes of files that run when a set is rendered, or a person opens them."""

_HEAD = 64 * 1024
_MEMBER_HEAD = 4096
_MEMBERS = 10_000
_OBJECT = re.compile(rb"""["'][|<>=]?O[0-9]*["']""")
"""How numpy writes the type of Python objects."""
_RUNS = frozenset({"GLOBAL", "STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "REDUCE", "BUILD"})
"""What calls something in a pickle."""


class Part(io.RawIOBase):
    """One file within a larger one, readable as if it stood alone."""

    def __init__(self, stream: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._stream, self._start, self._size, self._at = stream, start, size, 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place within the part."""
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def tell(self) -> int:
        """Return the place within the part."""
        return self._at

    def readinto(self, buffer: Buffer) -> int:
        """Read up to the part's end."""
        view = memoryview(buffer)
        self._stream.seek(self._start + self._at)
        data = self._stream.read(min(len(view), max(0, self._size - self._at)))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


def wrong_content(name: str, stream: BinaryIO | Part) -> str:
    """Return why a file may not be in a pack, or nothing: pickles, and archives that hold some."""
    if PurePosixPath(name).suffix.lower() in PICKLED:
        return "is a pickle by its name, and a pickle runs what it holds; save it as .safetensors or .npz"
    stream.seek(0)
    head = stream.read(_HEAD) or b""
    if head.startswith(b"\x93NUMPY"):
        return "holds Python objects, which are pickles; save plain numbers" if _objects(head) else ""
    if head.startswith(b"PK\x03\x04"):
        return _wrong_archive(stream)
    if _pickled(head):
        return "is a pickle, and a pickle runs what it holds; save it as .safetensors or .npz"
    return ""


def script(name: str) -> bool:
    """Return whether a file is one that runs."""
    return PurePosixPath(name).suffix.lower() in SCRIPTS


def _objects(head: bytes) -> bool:
    """Return whether an array's header names Python objects, or hides what it names."""
    # Source: numpy.lib.format: version 1 has two bytes for the header's length, later ones four.
    start = 10 if head[6:7] == b"\x01" else 12
    text = head[start : start + int.from_bytes(head[8:start], "little")]
    return b"descr" not in text or b"\\" in text or _OBJECT.search(text) is not None


def _wrong_archive(stream: BinaryIO | Part) -> str:
    """Return why an archive may not be in a pack: what numpy and torch save are zips."""
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            if len(members) > _MEMBERS:
                return f"is an archive of more than {_MEMBERS} files"
            return next((reason for member in members if (reason := _wrong_member(archive, member))), "")
    except Exception as error:  # noqa: BLE001 - zipfile raises almost anything on broken bytes
        return f"is an archive that cannot be read: {in_one_line(error)}"


def _wrong_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    if PurePosixPath(member.filename).suffix.lower() in PICKLED:
        return f"holds a pickle, {member.filename!r}, and a pickle runs what it holds"
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return f"is an archive that cannot be read: {member.filename!r} is packed in a rare way"
    with archive.open(member) as opened:
        head = opened.read(_MEMBER_HEAD)
    if (head.startswith(b"\x93NUMPY") and _objects(head)) or _pickled(head, _MEMBER_HEAD):
        return f"holds Python objects in {member.filename!r}, which are pickles; save plain numbers"
    return ""


def _pickled(head: bytes, limit: int = _HEAD) -> bool:
    """Return whether some bytes read as a pickle that calls something, or say themselves that they are one."""
    said = head[:1] == b"\x80" and head[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}
    if not said and head[:1] not in {
        b"(",
        b"c",
        b"}",
        b"]",
        b")",
        b"i",
        b"I",
        b"S",
        b"V",
        b"N",
        b"K",
        b"J",
        b"M",
        b"U",
    }:
        return False
    names: list[str] = []
    try:
        for opcode, _, _ in pickletools.genops(head):
            names.append(opcode.name)
    except Exception:  # noqa: BLE001 - what is no pickle breaks off anywhere, one that is too long for the head at its end
        if len(head) < limit or len(names) < 16:
            return False
    return said or not _RUNS.isdisjoint(names)
