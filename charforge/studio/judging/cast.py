"""Says who is expected in the files: locked characters of a project or a library, or people in pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from charforge import library as assets
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Character, Library
from charforge.domain.jobs import ExpectedFace
from charforge.domain.names import AssetName
from charforge.errors import InputError
from charforge.studio.check import load_library
from charforge.studio.judging.files import PICTURES
from charforge.studio.project import Project, Settings, find


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is expected, and where their pictures lie."""

    project: Project
    expected: tuple[ExpectedFace, ...]
    masters: Mapping[str, Path]
    """Files by digest."""
    library: Library
    """Where the characters are locked; empty where only pictures are cast."""
    characters: tuple[Character, ...]
    at_home: bool
    """Whether it is judged within a project, whose folder may be written to."""

    def file(self, digest: str) -> Path:
        """Return a master picture."""
        return self.masters[digest]


def gathered(near: Path, names: Sequence[str], shelf: Path | None = None, *, placed: bool = False) -> Cast:
    """Return the cast that was named: characters, with their version or without, or pictures of somebody.

    Characters are looked for in the library `shelf`, else in that of the project that holds `near`; `placed` says that
    it is opened for its places, too. Raises InputError for a name that nobody has, and when two of the cast share a
    name or a picture.
    """
    if not names:
        raise InputError("nobody is expected", "name the cast: --cast mia,theo")
    pictures = {name: Path(name) for name in names if Path(name).suffix.lower() in PICTURES}
    characters = [name for name in dict.fromkeys(names) if name not in pictures]
    opened = placed or bool(characters)
    project, at_home = _project(near, needed=opened and shelf is None)
    masters = {hashlib.sha256(_read(path)).hexdigest(): path for path in pictures.values()}
    by_picture = {path: digest for digest, path in masters.items()}
    library = Library()
    found: tuple[Character, ...] = ()
    if opened:
        library, located = _opened(project, shelf)
        masters = {**located, **masters}
        found = tuple(_character(name, library) for name in characters)
    expected = [ExpectedFace.of(character) for character in found]
    expected += [ExpectedFace(who=p.stem, asset=p.name, master=_known(p, by_picture)) for p in pictures.values()]
    for one, other in combinations(expected, 2):
        _tell_apart(one, other)
    return Cast(project, tuple(expected), masters, library, found, at_home)


def _known(picture: Path, by_picture: Mapping[Path, str]) -> str:
    """Return a picture's digest, also where another of the cast has the same bytes."""
    return by_picture.get(picture) or hashlib.sha256(_read(picture)).hexdigest()


def _tell_apart(one: ExpectedFace, other: ExpectedFace) -> None:
    if one.who == other.who:
        raise InputError(f"two of the cast are called {one.who}", "name each once, and rename a picture's file")
    if (one.master, one.merge) == (other.master, other.merge):
        message = f"{one.who} and {other.who} have the same picture for a face: nobody can tell them apart"
        raise InputError(message, "expect one of them, or give the other a picture of their own")


def _opened(project: Project, shelf: Path | None) -> tuple[Library, Mapping[str, Path]]:
    if shelf is None:
        library = load_library(project)
        return library, assets.located(project.libraries, library)
    if not (shelf / "library.lock").is_file():
        inside = shelf / "library"
        near = f"did you mean --library {inside}?" if (inside / "library.lock").is_file() else ""
        message = f"{shelf} is no locked library: it has no library.lock"
        raise InputError(message, near or "name a folder that charforge library lock has locked")
    libraries = {"": shelf}
    library = assets.load(libraries)
    return library, assets.located(libraries, library)


def _character(name: str, library: Library) -> Character:
    try:
        wanted = AssetName.parse(name)
    except ValueError as error:
        raise InputError(str(error)) from error
    assets.refuse_unsound(library, ("character", wanted.name))
    found = library.character(wanted.name, wanted.version)
    if found is None or found.primary is None:
        known = sorted({c.name for c in library.characters})
        hint = did_you_mean(wanted.name, known) or f"there are: {', '.join(known) or 'none'}"
        versions = ", ".join(str(c.version) for c in library.characters if c.name == wanted.name)
        if versions:
            raise InputError(f"{wanted.name} has no version {wanted.version}", f"there are: {versions}")
        raise InputError(f"there is no character {name!r} in the library", hint)
    return found


def _project(near: Path, *, needed: bool) -> tuple[Project, bool]:
    """Return the project of a folder, and that there is one; without, pictures and a library still do."""
    try:
        return find(near), True
    except InputError as error:
        if "not inside" not in error.message:
            raise
        if needed:
            hint = "name a library: --library DIR; or cast pictures: --cast mia.png; or run it in a project's folder"
            raise InputError(error.message, hint) from error
        return Project(near, Settings()), False


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "check --cast") from error


def alike(likeness: Mapping[tuple[str, str], float], bar: float) -> Iterator[str]:
    """Yield a warning for every two of the cast who look so alike that one passes for the other."""
    for (one, other), value in likeness.items():
        if value >= bar:
            yield (
                f"{one} and {other} look alike: {value:.2f}, and from {bar:.2f} on the judge takes two faces for one "
                "person; their bars are raised as far as they go, and one may still pass for the other"
            )
