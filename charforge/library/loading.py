"""Loads the locked library: every asset at every version, its files by digest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from charforge.domain.assets import (
    Asset,
    Character,
    Fit,
    Library,
    Location,
    Look,
    Lora,
    Mark,
    Origin,
    PromptNote,
    Prop,
    Reference,
    Rights,
    Share,
    View,
    Voice,
)
from charforge.errors import InputError, LockMismatch, Problem
from charforge.library.definitions import Definition, define, lineage
from charforge.library.folders import KINDS, AssetFolder
from charforge.library.locking import COMMAND, read_lock, verify
from charforge.library.written import (
    WrittenCharacter,
    WrittenCharacterVersion,
    WrittenLocation,
    WrittenLook,
    WrittenLookVersion,
    WrittenReference,
    WrittenVersion,
    WrittenView,
    WrittenVoice,
)

Digests = dict[str, str]


def load(root: Path, *, stamps: Path | None = None) -> Library:
    """Return every locked asset at every version.

    `stamps` is a file outside the library that lets unchanged files be recognised by size and time. Raises
    LockMismatch when any file is changed, missing or extra, InputError when the library is not locked.
    """
    locked = read_lock(root)
    differences = verify(root, stamps=stamps)
    if differences:
        raise LockMismatch(differences, f"restore the files, or accept them as they are: {COMMAND}")
    problems: list[Problem] = []
    found: list[Asset] = []
    for asset in locked.assets:
        definition, wrong = define(AssetFolder(asset.kind, asset.name, root / KINDS[asset.kind] / asset.name))
        problems += wrong
        if definition is not None:
            found += _versions(definition, asset.files)
    if problems:
        raise InputError(problems)
    return Library(
        characters=tuple(a for a in found if isinstance(a, Character)),
        locations=tuple(a for a in found if isinstance(a, Location)),
        props=tuple(a for a in found if isinstance(a, Prop)),
        looks=tuple(a for a in found if isinstance(a, Look)),
    )


def _versions(definition: Definition, digests: Digests) -> Iterator[Asset]:
    """Make an asset at each of its versions."""
    written = definition.written
    if isinstance(written, WrittenCharacter):
        yield from (_character(definition, written, version, digests) for version in written.versions)
    elif isinstance(written, WrittenLocation):
        views = {name: _view(name, view) for name, view in written.views.items()}
        yield from (Location(**_common(definition, v, digests), views=views) for v in written.versions)
    elif isinstance(written, WrittenLook):
        yield from (_look(definition, written, version, digests) for version in written.versions)
    else:
        yield from (Prop(**_common(definition, v, digests)) for v in written.versions)


def _common(definition: Definition, version: WrittenVersion, digests: Digests) -> dict[str, Any]:
    """Return the fields that every kind of asset has."""
    folder, rights = definition.folder, definition.written.rights
    return {
        "name": folder.name,
        "version": version.id,
        "folder": f"{KINDS[folder.kind]}/{folder.name}",
        "rights": Rights(licence=rights.licence, release=rights.release, hosted=rights.hosted),
        "references": tuple(_references(lineage(definition.written, version), digests)),
    }


def _references(line: Iterable[WrittenVersion], digests: Digests) -> Iterator[Reference]:
    """Make the references of a version and those it extends; what a newer one shows anew replaces the older."""
    shown: set[tuple[object, ...]] = set()
    for version in line:
        kept = [r for r in version.references if _shows(r) not in shown]
        for r in kept:
            fit = r.fit and Fit(**r.fit.model_dump())
            origin = r.origin and Origin(**r.origin.model_dump())
            yield Reference(**{**dict(r), "fit": fit, "origin": origin}, digest=digests[r.file])
        shown.update(_shows(r) for r in kept)


def _shows(r: WrittenReference) -> tuple[object, ...]:
    return r.step, r.turn, r.pitch, r.expression, r.wardrobe, r.view, r.place, r.light, r.layer, r.reach


def _character(
    definition: Definition, written: WrittenCharacter, version: WrittenCharacterVersion, digests: Digests
) -> Character:
    common = _common(definition, version, digests)
    rigs = (v.rig for v in lineage(written, version) if isinstance(v, WrittenCharacterVersion) and v.rig)
    rig = next(rigs, None)
    headshot = next((r.file for r in common["references"] if r.step == "headshot"), None)
    merge = written.embedding.merge if written.embedding else ()
    heaviest = max(merge, key=lambda share: share[1])[0] if merge else None
    primary = heaviest or (written.embedding.primary if written.embedding else headshot)
    return Character(
        **common,
        state=version.state,
        from_episode=version.from_episode,
        notes=written.notes,
        primary=digests[primary] if primary else None,
        voice=_voice(written.voice, digests) if written.voice else None,
        rig=digests[rig] if rig else None,
        merge=tuple(Share(digest=digests[file], weight=weight) for file, weight in merge),
        loras=tuple(Lora(digest=digests[x.file], base=x.base, trigger=x.trigger, scale=x.scale) for x in written.loras),
        prompts=tuple(PromptNote(**note.model_dump()) for note in written.prompts),
    )


def _look(definition: Definition, written: WrittenLook, version: WrittenLookVersion, digests: Digests) -> Look:
    line = [v for v in lineage(written, version) if isinstance(v, WrittenLookVersion)]
    lut = next((v.lut for v in line if v.lut), None)
    return Look(
        **_common(definition, version, digests),
        lut=digests[lut] if lut else None,
        palette=next((v.palette for v in line if v.palette), ()),
        grain=next((v.grain for v in line if v.grain), 0.0),
    )


def _voice(written: WrittenVoice, digests: Digests) -> Voice:
    return Voice(
        engine=written.engine,
        style=digests[written.style] if written.style else None,
        model=written.model,
        speed=written.speed,
        pitch=written.pitch,
        sample=digests[written.sample] if written.sample else None,
        settings=dict(written.settings),
    )


def _view(name: str, written: WrittenView) -> View:
    return View(
        name=name,
        marks={mark: Mark(**at.model_dump()) for mark, at in written.marks.items()},
        horizon=written.horizon,
        background_depth=written.background_depth,
        front_depth=written.front_depth,
        shows=written.shows,
    )
