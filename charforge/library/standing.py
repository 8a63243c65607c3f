"""Reads how far a character in the library is: what it has, and which of it is locked as it lies there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from charforge.documents import sha256
from charforge.documents.schema import did_you_mean
from charforge.errors import InputError
from charforge.library.definitions import define, identity, lineage
from charforge.library.folders import KINDS, AssetFolder, assets, bad_name
from charforge.library.locking import locked_files
from charforge.library.order import Standing, standing
from charforge.library.written import WrittenCharacter, WrittenReference


@dataclass(frozen=True, slots=True)
class Present:
    """A character as its newest version stands."""

    folder: Path
    version: int
    state: str
    references: tuple[WrittenReference, ...]
    """Of the newest version and those it extends, the newest first."""
    own: frozenset[str]
    """Files that the newest version names itself, its rig among them; what else there is belongs to older ones."""
    rig: str | None
    standing: Standing
    primary: str
    """The master headshot, within the folder; empty without one."""
    merge: tuple[tuple[str, float], ...] = ()
    """Pictures whose embeddings are weighted into the one that scores are taken against, where there are several."""

    def wardrobes(self) -> tuple[str, ...]:
        """Return the names of everything the character has been shown in, in no order of time."""
        return tuple(sorted({r.wardrobe for r in self.references if r.wardrobe}))


def known(root: Path) -> tuple[str, ...]:
    """Return the names of the characters in a library."""
    return tuple(folder.name for folder in assets(root) if folder.kind == "character") if root.is_dir() else ()


def present(root: Path, name: str, made: Mapping[str, str] | None = None) -> Present:
    """Return how far a character is; `made` are files, by digest, that count as looked at while they are as they were.

    Raises InputError when there is no such character, or its file is wrong.
    """
    folder = AssetFolder("character", name, root / KINDS["character"] / name)
    misnamed = bad_name(folder)
    if misnamed:
        raise InputError([misnamed])
    if not folder.file.is_file():
        there = known(root)
        hint = did_you_mean(name, there) or f"characters: {', '.join(there) or 'none yet'}"
        raise InputError(f"the library has no character {name!r}", f"{hint}; a new one: charforge cast {name}")
    definition, problems = define(folder)
    if definition is None:
        raise InputError(problems)
    written = definition.written
    assert isinstance(written, WrittenCharacter)
    newest = max(written.versions, key=lambda v: v.id)
    line = lineage(written, newest)
    references = tuple(r for version in line for r in version.references)
    shown = identity(written, newest)
    return Present(
        folder=folder.path,
        version=newest.id,
        state=newest.state,
        references=references,
        own=frozenset(file for file, _ in newest.files()),
        rig=next((rig for v in line if (rig := getattr(v, "rig", None))), None),
        standing=standing(name, references, _accepted(root, folder, references, made or {})),
        primary=shown.picture if shown else "",
        merge=shown.merge if shown else (),
    )


def _accepted(
    root: Path, folder: AssetFolder, references: tuple[WrittenReference, ...], made: Mapping[str, str]
) -> frozenset[str]:
    """Return the files that are locked as they are, or as a build left them."""
    locked = locked_files(root, "character", folder.name)
    digests = {r.file: sha256(folder.path / r.file) for r in references if r.file in locked or r.file in made}
    return frozenset(f for f, digest in digests.items() if digest in (locked.get(f), made.get(f)))
