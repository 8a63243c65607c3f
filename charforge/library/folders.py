"""Finds the asset folders of a library and every file in them, refusing what leads out."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from charforge.domain.assets import Kind
from charforge.domain.names import NAME_PATTERN
from charforge.errors import InputError, Problem

KINDS: dict[Kind, str] = {"character": "characters", "location": "locations", "prop": "props", "look": "looks"}
"""The folder of each kind; the file in an asset's folder is named for the kind."""

_NAME = re.compile(NAME_PATTERN)
_DROPPINGS = re.compile(
    r"__pycache__|\.DS_Store|Thumbs\.db|desktop\.ini|\._.*|.*~|\.?#.*#?|\..*\.sw[a-z]|[0-9a-f.]+\.tmp", re.IGNORECASE
)
"""What editors, file browsers and Python leave behind."""


@dataclass(frozen=True, slots=True)
class AssetFolder:
    """Where one asset lies."""

    kind: Kind
    name: str
    path: Path

    @property
    def file(self) -> Path:
        """The YAML file that says what the asset is."""
        return self.path / f"{self.kind}.yaml"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of an asset, with its stamp."""

    name: str
    """Path within the asset's folder, with forward slashes."""
    path: Path
    stamp: tuple[int, int, int, int]
    """Size, mtime and ctime in nanoseconds, inode."""


def assets(root: Path) -> tuple[AssetFolder, ...]:
    """Return the folders of all assets, by kind and name; raise InputError where there is no library."""
    if not root.is_dir():
        hint = "make characters/, locations/ and props/ in it, or set library: in charforge.yaml"
        raise InputError([Problem("there is no library folder", root)], hint)
    return tuple(
        AssetFolder(kind, path.name, path)
        for kind, folder in KINDS.items()
        if (root / folder).is_dir()
        for path in sorted((root / folder).iterdir())
        if path.is_dir() and not dropping(path.name) and any(path.iterdir())
    )


def dropping(name: str) -> bool:
    """Return whether a file or folder of this name is no part of an asset: what editors and file browsers leave."""
    return _DROPPINGS.fullmatch(name) is not None


def bad_name(folder: AssetFolder) -> Problem | None:
    """Return what is wrong with the name of an asset's folder."""
    if _NAME.fullmatch(folder.name):
        return None
    better = usable(folder.name)
    taken = better and (folder.path.parent / better).exists() and better != folder.name
    instead = f"such as {better}{'-2' if taken else ''}" if better else "such as coffee-shop"
    message = f"{folder.name!r} is not an asset name"
    return Problem(message, folder.path, hint=f"use lower-case words joined by hyphens, {instead}")


def usable(name: str) -> str:
    """Return the asset name closest to any text: without accents, in lower case, joined by hyphens; maybe empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).lstrip("-0123456789").rstrip("-")


def walk(folder: AssetFolder) -> tuple[tuple[FoundFile, ...], tuple[Problem, ...]]:
    """Return every file of an asset by name, and what may not be there."""
    found: list[FoundFile] = []
    problems: list[Problem] = []
    for item in _walk(folder.path, folder.path.resolve(), ""):
        (found if isinstance(item, FoundFile) else problems).append(item)  # type: ignore[arg-type]
    found.sort(key=lambda f: f.name)
    return tuple(found), (*problems, *_unportable(found))


def _unportable(found: Iterable[FoundFile]) -> Iterator[Problem]:
    """Yield names that another disk would write otherwise, or could not keep side by side."""
    known: dict[str, str] = {}
    for file in found:
        composed = unicodedata.normalize("NFC", file.name)
        twin = known.setdefault(composed.casefold(), file.name)
        if twin != file.name:
            message = f"{file.name!r} and {twin!r} differ only in capitals or in how accents are written"
            yield Problem(message, file.path, hint="many disks keep only one of them: give one another name")
        elif composed != file.name:
            hint = f"rename it to {composed}, typed anew"
            yield Problem(f"the file name {file.name!r} is written with separate accents (NFD)", file.path, hint=hint)


def _walk(path: Path, home: Path, prefix: str) -> Iterator[FoundFile | Problem]:
    with os.scandir(path) as entries:
        for entry in entries:
            name = f"{prefix}{entry.name}"
            if dropping(entry.name):
                continue
            here = Path(entry.path)
            if not name.isprintable():
                yield Problem(f"the file name {name!r} cannot be printed", path, hint="rename it")
            elif entry.is_symlink() and not (entry.is_file() and here.resolve().is_relative_to(home)):
                yield Problem("is a link out of the asset's folder", here, hint="put the file itself there")
            elif entry.is_dir():
                yield from _walk(here, home, f"{name}/")
            elif entry.is_file():
                status = entry.stat()
                yield FoundFile(name, here, (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino))
            else:
                yield Problem("is not a plain file", here, hint="remove it")
