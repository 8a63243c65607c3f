"""Numbered versions of an asset: what each is, taking one back, returning to one, comparing two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from charforge.domain.assets import Asset, Character, Kind, Look, Reference
from charforge.errors import InputError, Problem
from charforge.library.definitions import Definition, define, lineage
from charforge.library.folders import AssetFolder
from charforge.library.holding import held
from charforge.library.recording import NewVersion, at, read, record, save
from charforge.library.written import WrittenAsset, WrittenVersion


@dataclass(frozen=True, slots=True)
class Change:
    """A reference that one version has otherwise than another."""

    shows: str
    """What it shows, in words."""
    before: Reference | None
    """None where it was added."""
    after: Reference | None
    """None where it is gone."""


def revert(root: Path, kind: Kind, name: str, number: int) -> int:
    """Make a new newest version that is an older one again, and return its number; the history stays.

    Raises InputError when there is no such version, or it is the newest already.
    """
    definition = defined(at(root, kind, name))
    ids = [version.id for version in definition.written.versions]
    _known(name, number, ids)
    if number == max(ids):
        raise InputError(f"{name}@{number} is the newest version already", f"see: charforge versions {name}")
    record(root, name, kind=kind, new=NewVersion(extends=number))
    return max(ids) + 1


def delete(root: Path, kind: Kind, name: str, number: int) -> tuple[str, ...]:
    """Take a version out of an asset's file, and return the files that it alone named; they stay where they are.

    Raises InputError when a later version extends it, or it is the only one.
    """
    folder = at(root, kind, name)
    # Held from the first look on: meanwhile another process could go on from this version.
    with held(root):
        written = defined(folder).written
        _refuse_needed(folder, written, number)
        content = read(folder)
        save(folder, {**content, "versions": [v for v in content["versions"] if int(v["id"]) != number]})
    return own_files(written, number)


def own_files(written: WrittenAsset, number: int) -> tuple[str, ...]:
    """Return the files that one version alone names."""
    place = next(i for i, version in enumerate(written.versions) if version.id == number)
    inside = {file for file, where in written.files() if where[:2] == ("versions", place)}
    outside = {file for file, where in written.files() if where[:2] != ("versions", place)}
    return tuple(sorted(inside - outside))


def changes(before: Asset, after: Asset) -> tuple[Change, ...]:
    """Return the references that were added, are gone, or show the same with another file, by what they show."""
    old, new = _shown(before), _shown(after)
    return tuple(
        Change(said, old.get(said), new.get(said))
        for said in sorted(old.keys() | new.keys())
        if (old[said].digest if said in old else None) != (new[said].digest if said in new else None)
    )


def told_apart(before: Asset, after: Asset) -> dict[str, tuple[str, str]]:
    """Return what differs between two versions beside their references, in words, by name."""
    old, new = _said(before), _said(after)
    return {key: (old[key], new[key]) for key in old if old[key] != new[key]}


def defined(folder: AssetFolder) -> Definition:
    """Return what an asset's file says; raise InputError with every problem in it."""
    if not folder.path.is_dir():
        raise InputError([Problem(f"the library has no {folder.kind} {folder.name!r}", folder.path)])
    definition, problems = define(folder)
    if definition is None:
        raise InputError(problems)
    return definition


def worn(written: WrittenAsset, version: WrittenVersion) -> tuple[str, ...]:
    """Return the wardrobes that a version has, its own and those of the versions it extends."""
    return tuple(sorted({r.wardrobe for v in lineage(written, version) for r in v.references if r.wardrobe}))


def _refuse_needed(folder: AssetFolder, written: WrittenAsset, number: int) -> None:
    """Raise InputError when a version is not there, a later one extends it, or it is the only one."""
    name = folder.name
    _known(name, number, [version.id for version in written.versions])
    later = [version.id for version in written.versions if version.extends == number]
    if later:
        message = f"{name}@{number} cannot be deleted: {' and '.join(f'{name}@{i}' for i in later)} goes on from it"
        raise InputError(message, f"delete that first: charforge versions {name} --delete {later[-1]}")
    if len(written.versions) == 1:
        raise InputError(f"{name}@{number} is the only version of {name}", f"remove the folder {folder.path} instead")


def _known(name: str, number: int, ids: list[int]) -> None:
    if number not in ids:
        raise InputError(f"{name} has no version {number}", f"there are: {', '.join(map(str, sorted(ids)))}")


def _said(asset: Asset) -> dict[str, str]:
    """Return what a version says beside its references."""
    if isinstance(asset, Character):
        return {
            "state": asset.state,
            "from episode": asset.from_episode or "",
            "rig": (asset.rig or "")[:12],
            "compared with": (asset.primary or "")[:12],
            "merge": ", ".join(f"{share.weight:g} of {share.digest[:12]}" for share in asset.merge),
        }
    if isinstance(asset, Look):
        return {"lut": (asset.lut or "")[:12], "palette": ", ".join(asset.palette), "grain": f"{asset.grain:g}"}
    return {}


def _shown(asset: Asset) -> dict[str, Reference]:
    """Return the references of a version by what they show, in words."""
    result: dict[str, Reference] = {}
    for reference in asset.references:
        said = " ".join(_words(reference))
        result[said if said not in result else f"{said} {reference.file}"] = reference
    return result


def _words(r: Reference) -> Iterator[str]:
    yield r.step
    for word in (r.wardrobe, r.expression, r.view, r.place, r.light, r.layer, r.reach):
        if word:
            yield word
    if r.turn is not None:
        yield f"turned {r.turn:g}"
    if r.pitch is not None:
        yield f"pitched {r.pitch:g}"
