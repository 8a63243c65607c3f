"""Several libraries in order: the project's own, then shared ones that are only read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from charforge.domain.assets import Kind, Library, Lock
from charforge.errors import InputError, LockMismatch
from charforge.library.folders import KINDS, assets
from charforge.library.locking import COMMAND, files, read_lock

Libraries = Mapping[str, Path]
"""Folders by the names that charforge.yaml gives them, in the order in which they are searched."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """An asset of a library that an earlier library has too."""

    kind: Kind
    name: str
    used: str
    """The library whose asset is used."""
    hidden: str

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.name}: the {self.kind} of {self.used} is used, not the one of {self.hidden}"


@contextmanager
def shared(library: str) -> Iterator[None]:
    """Give what is wrong with a shared library as a whole the hint that fits: it is not locked from here."""
    try:
        yield
    except LockMismatch:
        raise
    except InputError as error:
        hint = f"{library} is shared: its owner locks it with {COMMAND}; or take it out of libraries:"
        raise InputError(error.problems, hint) from error


def located(libraries: Libraries, loaded: Library | None = None) -> dict[str, Path]:
    """Return where the bytes of each locked digest lie; raise InputError when a library is not locked.

    With what was `loaded`, files of unsound assets are left out: they may hold other bytes than were locked.
    """
    unsound = {(u.library, u.kind, u.name) for u in (loaded.unsound if loaded else ())}
    found: dict[str, Path] = {}
    for library, root in libraries.items():
        sound = [a for a in read_lock(root).assets if (library, a.kind, a.name) not in unsound]
        found = files(root, Lock(assets=tuple(sound))) | found
    return found


def hidden(libraries: Libraries) -> tuple[Hidden, ...]:
    """Return every locked asset that has the kind and name of one in an earlier library."""
    return tuple(_hidden(libraries))


def folder_of(libraries: Libraries, kind: Kind, name: str) -> tuple[str, Path] | None:
    """Return the first library that has an asset, by its name, and the asset's folder there; None where none has."""
    for library, root in libraries.items():
        path = root / KINDS[kind] / name
        if path.is_dir() and any(folder.path == path for folder in assets(root)):
            return library, path
    return None


def _hidden(libraries: Libraries) -> Iterator[Hidden]:
    first: dict[tuple[Kind, str], str] = {}
    for library, root in libraries.items():
        for asset in read_lock(root).assets:
            used = first.setdefault((asset.kind, asset.name), library)
            if used != library:
                yield Hidden(asset.kind, asset.name, used, library)
