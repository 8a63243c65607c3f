"""A location or prop as it stands in the project's own library: what its file says, and which pictures it has."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from charforge import imaging
from charforge import library as assets
from charforge.documents import write_atomic
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Kind, Reference
from charforge.errors import InputError
from charforge.library.definitions import define, lineage
from charforge.library.folders import KINDS, AssetFolder, bad_name
from charforge.library.recording import NewVersion, record
from charforge.library.written import WrittenAsset, WrittenReference
from charforge.pages import contact_sheet
from charforge.studio.project import Project

PLACES: tuple[Kind, ...] = ("location", "prop")


@dataclass(frozen=True, slots=True)
class Standing:
    """An asset's folder, and what its file says so far."""

    root: Path
    """The library."""
    folder: AssetFolder
    written: WrittenAsset | None
    """None where there is no file yet."""

    @property
    def name(self) -> str:
        """The asset's name."""
        return self.folder.name

    def references(self) -> tuple[WrittenReference, ...]:
        """Return what the newest version shows, its own references before those of the versions it extends."""
        if self.written is None or not self.written.versions:
            return ()
        newest = max(self.written.versions, key=lambda v: v.id)
        return tuple(r for version in lineage(self.written, newest) for r in version.references)

    def picture(self, step: str, view: str, light: str, layer: str | None = None) -> WrittenReference | None:
        """Return the picture of a view (of a prop: in a place) and light."""
        return next(
            (
                r
                for r in self.references()
                if r.step == step and (r.view or r.place or "") == view and (r.light or "") == light
                if layer is None or (r.layer or "background") == layer
            ),
            None,
        )


def standing(project: Project, name: str, kind: Kind | None = None) -> Standing:
    """Return a location or prop of the project's own library; raise InputError where nothing has the name."""
    root = project.library
    found = [k for k in PLACES if (root / KINDS[k] / name).is_dir()]
    if not found and kind is None:
        _refuse_unknown(project, name)
    chosen = found[0] if found else kind or "location"
    folder = AssetFolder(chosen, name, root / KINDS[chosen] / name)
    misnamed = bad_name(folder)
    if misnamed:
        raise InputError([misnamed])
    if not folder.file.is_file():
        return Standing(root, folder, None)
    definition, problems = define(folder)
    if definition is None:
        raise InputError(problems, f"correct {folder.file}, then build {name} again")
    return Standing(root, folder, definition.written)


def _refuse_unknown(project: Project, name: str) -> None:
    elsewhere = [k for k in PLACES if assets.folder_of(project.libraries, k, name)]
    if elsewhere:
        hint = f"unpack or copy it into {project.library} first"
        raise InputError(f"{name} comes from a shared library, which is only read", hint)
    folders = [
        f for k in PLACES if (project.library / KINDS[k]).is_dir() for f in (project.library / KINDS[k]).iterdir()
    ]
    hint = did_you_mean(name, [f.name for f in folders]) or f"a new one: mkdir -p {project.library}/locations/{name}"
    raise InputError(f"the library has no location or prop {name!r}", hint)


def keep(asset: Standing, references: Iterable[Reference], views: dict[str, dict[str, object]] | None = None) -> int:
    """Write references into the asset's file; what replaces a picture becomes a new version. Return the version."""
    given = tuple(references)
    replaced = any(_replaces(asset, r) for r in given)
    record(
        asset.root,
        asset.name,
        given,
        kind=asset.folder.kind,
        views=views,
        rights=None if asset.written else {"licence": "CC0-1.0", "release": "own-work"},
        new=NewVersion() if replaced else None,
    )
    definition, problems = define(asset.folder)
    if definition is None:
        raise InputError(problems)
    return max(v.id for v in definition.written.versions)


def _replaces(asset: Standing, new: Reference) -> bool:
    said = (new.step, new.view or new.place or "", new.light or "", new.layer or "background")
    return new.step in {"plate", "probe", "insert"} and any(
        (r.step, r.view or r.place or "", r.light or "", r.layer or "background") == said and r.file != new.file
        for r in asset.references()
    )


def free_name(asset: Standing, wanted: str) -> str:
    """Return a name that no file of the asset has yet: the wanted one, or one with a number."""
    path = Path(wanted)
    number = 1
    while (asset.folder.path / path).exists():
        number += 1
        path = Path(wanted).with_stem(f"{Path(wanted).stem}-{number}")
    return path.as_posix()


def webp(pixels: NDArray[np.uint8], quality: int = 90) -> bytes:
    """Return RGB or straight RGBA pixels as WebP; what is wholly transparent keeps its colour."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "WEBP", quality=quality, method=4, exact=True)
    return stream.getvalue()


def show(project: Project, asset: Standing, marked: dict[str, str]) -> str:
    """Lay every plate, insert and picture of the asset on one sheet, and return its path; empty without any.

    `marked` says by file how it came about now.
    """
    definition, _ = define(asset.folder)
    if definition is None:
        return ""
    now = Standing(asset.root, asset.folder, definition.written)
    shown: dict[tuple[str, ...], tuple[str, str]] = {}
    for r in now.references():
        if r.step in {"plate", "insert", "picture"} and r.layer != "foreground":
            # A newer version's picture stands for an older one's.
            what = (r.step, r.view or r.place or "", r.light or "", r.file if r.step == "picture" else "")
            shown.setdefault(what, (r.file, f"{Path(r.file).stem}  {marked.get(r.file, _how(r))}".rstrip()))
    if not shown:
        return ""
    labelled = [(label, imaging.decode(now.folder.path / file)) for file, label in sorted(shown.values())]
    sheet = project.build / "places" / f"{asset.name}.png"
    write_atomic(sheet, imaging.encode_png(contact_sheet(labelled, columns=3, width=480)))
    return str(sheet)


def _how(reference: WrittenReference) -> str:
    return (reference.origin.derived or reference.origin.backend or "") if reference.origin else ""
