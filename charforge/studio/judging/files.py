"""Finds what can be judged, and tells pictures from clips by their content."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from charforge.documents.schema import did_you_mean
from charforge.errors import InputError

CLIPS = frozenset(
    {".mp4", ".mkv", ".mov", ".webm", ".avi", ".m4v", ".mpg", ".mpeg", ".m2ts", ".mts", ".mxf", ".wmv", ".flv", ".3gp"}
)
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif"})
"""What is looked at in a folder; a file that is named itself is looked at whatever it is called."""

_PICTURE_STARTS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM")
_PICTURE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")

Kind = Literal["picture", "clip"]


@dataclass(frozen=True, slots=True)
class Found:
    """The files that are to be judged."""

    files: tuple[Path, ...]
    skipped: int
    """Others in the same folders."""


def gathered(named: Sequence[Path], cast: Sequence[str], *, recursive: bool) -> Found:
    """Return the files, each once, with each folder replaced by what can be judged in it.

    Hidden files are left out. Raises InputError for a file that is not there and a folder without any.
    """
    found: dict[Path, Path] = {}
    skipped = 0
    for name in named:
        if name.is_dir():
            inside = [f for f in _inside(name, recursive=recursive) if not f.name.startswith(".")]
            fitting = [f for f in inside if f.suffix.lower() in CLIPS | PICTURES]
            if not fitting:
                raise InputError(f"{name} holds no picture and no clip", _deeper(name, recursive=recursive))
            skipped += len(inside) - len(fitting)
            for file in fitting:
                found.setdefault(_spelled(file), file)
        elif not name.exists():
            raise InputError(f"{name}: there is no such file", _instead(name, cast))
        else:
            found.setdefault(_spelled(name), name)
    return Found(tuple(found.values()), skipped)


def _spelled(file: Path) -> Path:
    """Return one name for a file however it is named; a link is a file of its own."""
    return Path(os.path.normpath(file.absolute()))


def _inside(folder: Path, *, recursive: bool) -> Iterator[Path]:
    """Yield the files of a folder in their order, those of its own folders after them."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if recursive and not f.startswith("."))
        yield from (path for file in sorted(files) if (path := Path(place, file)).is_file())


def _deeper(folder: Path, *, recursive: bool) -> str:
    if not recursive and any(f.suffix.lower() in CLIPS | PICTURES for f in _inside(folder, recursive=True)):
        return "there are some in folders within it: add --recursive"
    return "name the files themselves if they are called otherwise"


def kind(file: Path) -> Kind:
    """Return what a file is by its first bytes, where they tell, else by its name; raise InputError if unreadable."""
    try:
        with file.open("rb") as stream:
            head = stream.read(16)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}", "check its permissions") from error
    if head.startswith(_PICTURE_STARTS) or (head.startswith(b"RIFF") and head[8:12] == b"WEBP"):
        return "picture"
    if head[4:8] == b"ftyp":
        return "picture" if head[8:12] in _PICTURE_BRANDS else "clip"
    if head.startswith((b"\x1aE\xdf\xa3", b"RIFF")):
        return "clip"
    return "picture" if file.suffix.lower() in PICTURES else "clip"


def shown(file: Path) -> str:
    """Return a file's name as text; bytes that are none are escaped."""
    return os.fsencode(file).decode("utf-8", "backslashreplace")


def _instead(file: Path, cast: Sequence[str]) -> str:
    """Return what was probably meant by a file that is not there."""
    if file.name == str(file) and not file.suffix:
        return f"check the path; if it is one of --cast, write them without spaces: {','.join((*cast, file.name))}"
    if not file.parent.is_dir():
        return f"there is no folder {file.parent}; paths start in {Path.cwd()}"
    near = did_you_mean(file.name, [other.name for other in file.parent.iterdir()])
    return near or f"look into the folder {file.parent.resolve()}"
