"""Reads what an asset's YAML file says and checks it against the folder it lies in."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from charforge.documents.schema import did_you_mean, validate
from charforge.documents.yaml import Document, Node, line_of, load
from charforge.domain.assets import Kind
from charforge.errors import InputError, Problem
from charforge.library.folders import AssetFolder, bad_name, walk
from charforge.library.written import (
    WrittenAsset,
    WrittenCharacter,
    WrittenCharacterVersion,
    WrittenEmbedding,
    WrittenLocation,
    WrittenLook,
    WrittenProp,
    WrittenVersion,
)

MODELS: dict[Kind, type[WrittenAsset]] = {
    "character": WrittenCharacter,
    "location": WrittenLocation,
    "prop": WrittenProp,
    "look": WrittenLook,
}
"""What the file of each kind of asset is read as."""
_LOOKED_FOR = 20
"""Missing files for which one with a similar name is looked for."""
_LOOKED_AT = 2000


@dataclass(frozen=True, slots=True)
class Definition:
    """An asset's folder and what its file says."""

    folder: AssetFolder
    written: WrittenAsset
    library: str = ""
    """The library it lies in, as charforge.yaml names it."""


def define(folder: AssetFolder) -> tuple[Definition | None, tuple[Problem, ...]]:
    """Return what an asset's file says, or None, with every problem in it."""
    misnamed = bad_name(folder)
    if misnamed:
        return None, (misnamed,)
    if not folder.file.is_file():
        hint = f"write {folder.file.name}, or move the folder out of the library"
        return None, (Problem(f"{folder.name} has no {folder.file.name}", folder.path, hint=hint),)
    try:
        document = load(folder.file)
    except InputError as error:
        return None, error.problems
    return defined(folder, document)


def defined(
    folder: AssetFolder, document: Document, inside: Collection[str] | None = None
) -> tuple[Definition | None, tuple[Problem, ...]]:
    """Return what an asset's document says, or None, with every problem in it.

    `inside` are the files that the folder holds, where it is not one of this disk.
    """
    written, problems = validate(MODELS[folder.kind], document, folder.file)
    if written is None:
        return None, problems
    found = (*problems, *_wrong(written, folder, document.root, inside))
    return (None if found else Definition(folder, written)), found


def lineage(asset: WrittenAsset, version: WrittenVersion) -> tuple[WrittenVersion, ...]:
    """Return a version and those it extends, newest first; a circle ends where it closes."""
    by_id = {v.id: v for v in asset.versions}
    line = [version]
    while (parent := by_id.get(line[-1].extends or 0)) is not None and parent not in line:
        line.append(parent)
    return tuple(line)


def _wrong(written: WrittenAsset, folder: AssetFolder, root: Node, inside: Collection[str] | None) -> Iterator[Problem]:
    if written.name != folder.name:
        message = f"the name {written.name!r} differs from the folder's, {folder.name!r}"
        yield Problem(message, folder.file, line_of(root, ("name",)), "they must be the same")
    if not written.versions:
        yield Problem("there are no versions", folder.file, line_of(root, ("versions",)), "write at least id: 1")
    yield from _missing(written, folder, root, inside)
    yield from _versions(written, folder, root)
    if isinstance(written, WrittenCharacter):
        yield from _master(written, folder)
    if isinstance(written, WrittenLocation):
        yield from _views(written, folder, root)


def _missing(
    written: WrittenAsset, folder: AssetFolder, root: Node, inside: Collection[str] | None
) -> Iterator[Problem]:
    named = written.files()
    missing = [f for f in named if not ((folder.path / f[0]).is_file() if inside is None else f[0] in inside)]
    names = [] if not missing else list(inside) if inside is not None else [f.name for f in walk(folder)[0]]
    for i, (name, place) in enumerate(missing):
        # Looking for what was meant is slow where names are many.
        meant = did_you_mean(name, names[:_LOOKED_AT]) if i < _LOOKED_FOR else ""
        message, hint = f"{folder.name}: the file {name} is not there", meant or "add the file, or remove the entry"
        yield Problem(message, folder.file, line_of(root, place), hint)


def _versions(written: WrittenAsset, folder: AssetFolder, root: Node) -> Iterator[Problem]:
    seen: set[int] = set()
    known = {version.id for version in written.versions}
    for i, version in enumerate(written.versions):
        line = line_of(root, ("versions", i))
        if version.id in seen:
            yield Problem(f"version {version.id} is here twice", folder.file, line)
        seen.add(version.id)
        if version.extends is None:
            continue
        line = line_of(root, ("versions", i, "extends"))
        if version.extends not in known:
            yield Problem(f"version {version.id} extends {version.extends}, which is not there", folder.file, line)
        elif version.extends >= version.id:
            yield Problem(f"version {version.id} can extend only an earlier one", folder.file, line)


def identity(written: WrittenCharacter, version: WrittenVersion) -> WrittenEmbedding | None:
    """Return what scores of a version are taken against: its own, else the character's, else its newest headshot."""
    line = lineage(written, version)
    own = next((v.embedding for v in line if isinstance(v, WrittenCharacterVersion) and v.embedding), None)
    headshot = next((r.file for v in line for r in v.references if r.step == "headshot"), None)
    return own or written.embedding or (WrittenEmbedding(primary=headshot) if headshot else None)


def _master(written: WrittenCharacter, folder: AssetFolder) -> Iterator[Problem]:
    headshots = any(r.step == "headshot" for version in written.versions for r in version.references)
    if written.embedding is None and not headshots:
        hint = "write embedding: {primary: headshot/front.png}"
        yield Problem(f"{folder.name} has no master headshot to be compared with", folder.file, hint=hint)


def _views(written: WrittenLocation, folder: AssetFolder, root: Node) -> Iterator[Problem]:
    for i, version in enumerate(written.versions):
        for j, reference in enumerate(version.references):
            if reference.view is not None and reference.view not in written.views:
                line = line_of(root, ("versions", i, "references", j, "view"))
                known = ", ".join(written.views) or "none"
                yield Problem(f"the view {reference.view!r} is not described", folder.file, line, f"views: {known}")
