"""Locks, verifies and lists the libraries of a project."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from charforge import library as assets
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Kind, Lock
from charforge.errors import InputError, Problem
from charforge.library.definitions import define
from charforge.library.folders import KINDS, AssetFolder
from charforge.library.folders import assets as folders
from charforge.library.locking import COMMAND, locked_assets
from charforge.library.shelves import shared
from charforge.studio.project import Project, find
from charforge.studio.reports.library import AssetRow, LibraryReport


@dataclass(frozen=True, slots=True)
class Place:
    """Where an asset lies."""

    project: Project
    library: str
    """As charforge.yaml names it."""
    root: Path
    folder: AssetFolder

    @property
    def own(self) -> bool:
        """Whether it lies in the project's own library, which alone is written to."""
        return self.root == self.project.library


def lock(near: Path, names: Collection[str] = ()) -> Lock:
    """Record the sha256 of every file of every asset, or of the named ones; raise InputError when one is wrong."""
    project = find(near)
    for name in names:
        own(place(project, name, everywhere=True))
    wrong = assets.unreadable(project.library, names)
    if wrong:
        raise InputError(wrong, f"nothing was locked; correct these, then run: {' '.join((COMMAND, *names))}")
    return assets.lock(project.library, only=names, stamps=project.stamps)


def verify(near: Path, names: Collection[str] = (), *, deep: bool = False) -> tuple[Problem, ...]:
    """Return every file of every library that is not as it was locked, or of the named assets.

    Files whose size, times and inode are as they were are not read again, unless `deep`.
    """
    project = find(near)
    chosen = {name: place(project, name, everywhere=True).root for name in names}
    problems: list[Problem] = []
    for number, (library, root) in enumerate(project.libraries.items()):
        if names and root not in chosen.values():
            continue
        only = [name for name in names if chosen[name] == root]
        with shared(library) if number else nullcontext():
            problems += assets.verify(root, only=only, deep=deep, shared=number > 0, stamps=project.stamps)
    return tuple(problems)


def overview(near: Path) -> LibraryReport:
    """Return every asset of every library of a project, each with where it lies and whether it is locked."""
    project = find(near)
    seen: dict[tuple[Kind, str], str] = {}
    rows: list[AssetRow] = []
    for number, (library, root) in enumerate(project.libraries.items()):
        with shared(library) if number else nullcontext():
            rows += _rows(project, library, root, seen)
    return LibraryReport(libraries={name: str(path) for name, path in project.libraries.items()}, assets=tuple(rows))


def place(project: Project, name: str, kind: Kind | None = None, *, everywhere: bool = False) -> Place:
    """Return where the asset of a name lies, in the first library that has it.

    Raises InputError when there is none, and, unless `everywhere`, when assets of two kinds have the name.
    """
    found: dict[Kind, Place] = {}
    known: dict[str, Kind] = {}
    for library, root in project.libraries.items():
        with shared(library) if root != project.library else nullcontext():
            there = folders(root)
        for folder in there:
            known.setdefault(folder.name, folder.kind)
            if folder.name == name and kind in (None, folder.kind):
                found.setdefault(folder.kind, Place(project, library, root, folder))
    if not found:
        all_of_them = f"there are: {', '.join(sorted(known)) or 'none'}"
        hint = f"{name} is a {known[name]}" if name in known else did_you_mean(name, known) or all_of_them
        raise InputError(f"the library has no {kind or 'asset'} {name!r}", hint)
    if len(found) > 1 and not everywhere:
        raise InputError(f"{name} is a {' and a '.join(found)}", f"say which: --kind {next(iter(found))}")
    return next(iter(found.values()))


def root_of(project: Project, kind: Kind, name: str) -> Path:
    """Return the first library that has an asset, to read it; the project's own where none has it."""
    found = assets.folder_of({n: root for n, root in project.libraries.items() if root.is_dir()}, kind, name)
    return project.libraries[found[0]] if found else project.library


def own(at: Place) -> Place:
    """Return a place in the project's own library; raise InputError for one in a shared library, which is only read."""
    if at.own:
        return at
    copied = f"{at.project.library / KINDS[at.folder.kind]}/"
    message = f"{at.folder.name} lies in the shared library {at.library}, which is only read"
    raise InputError(
        message, f"change it in the project whose own library that is, or copy {at.folder.path} to {copied}"
    )


def _rows(project: Project, library: str, root: Path, seen: dict[tuple[Kind, str], str]) -> Iterator[AssetRow]:
    locked = {(asset.kind, asset.name) for asset in locked_assets(root)}
    for folder in folders(root):
        key = folder.kind, folder.name
        definition, problems = define(folder)
        changed = assets.differences(root, *key, stamps=project.stamps) if key in locked else ()
        state = "no" if key not in locked else "changed" if changed else "yes"
        written = definition.written if definition else None
        yield AssetRow(
            kind=folder.kind,
            name=folder.name,
            versions=tuple(sorted(v.id for v in written.versions)) if written else (),
            library=library,
            locked=state,
            licence=written.rights.licence if written else "",
            release=written.rights.release if written else "",
            hidden_by=seen.get(key, ""),
            problems=tuple(str(p) for p in (*problems, *changed)),
        )
        seen.setdefault(key, library)
    for kind, name in sorted(locked - {(f.kind, f.name) for f in folders(root)}):
        missing = f"the whole {kind} is missing"
        yield AssetRow(kind=kind, name=name, versions=(), library=library, locked="changed", problems=(missing,))
