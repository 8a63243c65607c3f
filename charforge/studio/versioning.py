"""Shows, compares, brings back and deletes the numbered versions of an asset."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from charforge import imaging
from charforge.domain.assets import Asset, Character, Kind, LockedAsset, Look, Reference
from charforge.errors import InputError
from charforge.imaging.colours import colour_difference
from charforge.library import versions as numbered
from charforge.library.loading import versions_of
from charforge.library.locking import digests, locked_asset
from charforge.library.pictures import PICTURES
from charforge.studio.library import Place, own, place
from charforge.studio.project import find
from charforge.studio.reports.library import (
    ChangeRow,
    DeletedReport,
    DiffReport,
    RevertReport,
    VersionRow,
    VersionsReport,
)
from charforge.studio.season import season_of
from charforge.studio.uses import Uses


def versions(near: Path, name: str, kind: Kind | None = None) -> VersionsReport:
    """Return every version of an asset, with what it adds, whether it is locked and which shot lists show it."""
    at = place(find(near), name, kind)
    found = _as_it_lies(at)
    written = numbered.defined(at.folder).written
    locked = locked_asset(at.root, at.folder.kind, name)
    used = Uses(at.project, at.folder.kind, found).by_version()
    rows = (
        VersionRow(
            version=version.id,
            state=asset.state if isinstance(asset, Character) else None,
            from_episode=asset.from_episode if isinstance(asset, Character) else None,
            extends=version.extends,
            wardrobes=numbered.worn(written, version),
            references=len(version.references),
            total=len(asset.references),
            locked=_locked(asset, locked),
            used_by=used[version.id],
        )
        for asset, version in zip(found, written.versions, strict=True)
    )
    ordered = tuple(sorted(rows, key=lambda row: row.version))
    return VersionsReport(kind=at.folder.kind, name=name, library=at.library, versions=ordered)


def delete(near: Path, name: str, number: int, kind: Kind | None = None) -> DeletedReport:
    """Take a version out of an asset's file; what it alone referenced stays on disk.

    Raises InputError when a later version extends it, or a shot list needs it, naming the files and lines.
    """
    at = own(place(find(near), name, kind))
    found = _as_it_lies(at)
    uses = Uses(at.project, at.folder.kind, found)
    needing = uses.needing(number) if number in {asset.version for asset in found} else ()
    if needing:
        raise InputError(needing, f"{name}@{number} stays; change these shot lists first, or keep it")
    before = uses.by_version().get(number, ())
    kept = numbered.delete(at.root, at.folder.kind, name, number)
    after = Uses(at.project, at.folder.kind, _as_it_lies(at)).by_version()
    moved = {file: f"{name}@{version}" for version, files in after.items() for file in files if file in before}
    return DeletedReport(name=name, version=number, kept=kept, moved=moved)


def revert(near: Path, name: str, number: int, kind: Kind | None = None) -> RevertReport:
    """Make a new newest version that is an older one again, and say which others hold from their episode on."""
    at = own(place(find(near), name, kind))
    made = numbered.revert(at.root, at.folder.kind, name, number)
    people = {asset.version: asset for asset in _as_it_lies(at) if isinstance(asset, Character)}
    rank = season_of(at.project).rank
    since = people[made].from_episode if made in people else None
    holding = {
        version: who.from_episode
        for version, who in people.items()
        if who.from_episode and (since is None or rank(who.from_episode) > rank(since))
    }
    return RevertReport(name=name, version=made, is_again=number, holding=holding)


def diff(near: Path, name: str, before: int, after: int, kind: Kind | None = None) -> DiffReport:
    """Return what one version of an asset has otherwise than another."""
    at = place(find(near), name, kind)
    found = {asset.version: asset for asset in _as_it_lies(at)}
    missing = [number for number in (before, after) if number not in found]
    if missing:
        raise InputError(f"{name} has no version {missing[0]}", f"there are: {', '.join(map(str, sorted(found)))}")
    old, new = found[before], found[after]
    return DiffReport(
        name=name,
        before=before,
        after=after,
        changes=tuple(_row(at, change) for change in numbered.changes(old, new)),
        said=numbered.told_apart(old, new),
    )


def _as_it_lies(at: Place) -> tuple[Asset, ...]:
    """Return an asset at each of its versions, from its files as they are, locked or not."""
    return versions_of(at.folder, digests(at.folder, stamps=at.project.stamps), at.library)


def _locked(asset: Asset, locked: LockedAsset | None) -> str:
    """Return whether a version's references, rig and table are in the lock with the bytes they have."""
    if locked is None or asset.version > locked.version:
        return "no"
    drawn = asset.rig if isinstance(asset, Character) else asset.lut if isinstance(asset, Look) else None
    same = all(locked.files.get(r.file) == r.digest for r in asset.references)
    return "yes" if same and (drawn is None or drawn in locked.files.values()) else "changed"


def _row(at: Place, change: numbered.Change) -> ChangeRow:
    kind = "added" if change.before is None else "gone" if change.after is None else "replaced"
    row = ChangeRow(shows=change.shows, change=kind, before=_said(change.before), after=_said(change.after))
    if change.before is None or change.after is None:
        return row
    files = [at.folder.path / r.file for r in (change.before, change.after)]
    if any(file.suffix.lower() not in PICTURES for file in files):
        return row
    one, other = (imaging.decode(file) for file in files)
    return row.changed(colour=colour_difference(one, other), same_pixels=np.array_equal(one, other))


def _said(reference: Reference | None) -> str:
    return f"{reference.file} {(reference.digest or '')[:12]}" if reference else ""
