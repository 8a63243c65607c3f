"""Loads the locked library: every asset at every version, its files by digest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from charforge.domain.assets import (
    Asset,
    Character,
    Fit,
    Kind,
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
    Unsound,
    View,
    Voice,
)
from charforge.errors import InputError, LockMismatch, Problem
from charforge.library.definitions import Definition, define, identity, lineage
from charforge.library.folders import KINDS, AssetFolder, assets
from charforge.library.locking import COMMAND, OWNER, read_lock, unlike
from charforge.library.shelves import Libraries, shared
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
_Key = tuple[Kind, str]


def load(libraries: Path | Libraries, *, stamps: Path | None = None) -> Library:
    """Return every locked asset at every version, of one library or of several.

    Of several, the first is the project's own and the others are shared; an asset is taken from the first that has it.
    `stamps` is a file outside the libraries that lets unchanged files be recognised by size, times and inode. An asset
    with a file that is changed, missing or extra, or that is not locked yet, is left out and told as unsound; whoever
    needs it calls `refuse_unsound`. Raises InputError when a library is missing or not locked.
    """
    taken: dict[_Key, tuple[Asset, ...]] = {}
    unsound: list[Unsound] = []
    named = {"": libraries} if isinstance(libraries, Path) else libraries
    for number, (library, root) in enumerate(named.items()):
        with shared(library) if number else nullcontext():
            sound, wrong = _locked(root, library, only_read=number > 0, stamps=stamps)
        # What is left out hides a later library's asset of its name, as it does when it is sound.
        taken = {**{(u.kind, u.name): () for u in wrong}, **sound} | taken
        unsound += wrong
    found = [asset for versions in taken.values() for asset in versions]
    return Library(
        characters=tuple(a for a in found if isinstance(a, Character)),
        locations=tuple(a for a in found if isinstance(a, Location)),
        props=tuple(a for a in found if isinstance(a, Prop)),
        looks=tuple(a for a in found if isinstance(a, Look)),
        unsound=tuple(unsound),
    )


def refuse_unsound(library: Library, *named: tuple[Kind, str]) -> None:
    """Raise LockMismatch with every differing file of the named assets that were left out of a library.

    Names may have a version; one that is in no library at all is for the caller to tell.
    """
    found = [u for kind, name in named if (u := library.left_out(kind, name.partition("@")[0])) is not None]
    if found:
        raise mismatch(found)


def mismatch(unsound: Sequence[Unsound]) -> LockMismatch:
    """Return the error that names every differing file of assets, and what to type for each asset."""
    each = {(u.library, u.kind, u.name): u for u in unsound}.values()
    return LockMismatch([p for u in each for p in u.problems], "; ".join(dict.fromkeys(u.hint for u in each)))


def versions_of(folder: AssetFolder, digests: Digests, library: str = "") -> tuple[Asset, ...]:
    """Return an asset at each of its versions, from its files' digests; raise InputError with all its problems."""
    definition, problems = define(folder)
    if definition is None or problems:
        raise InputError(problems)
    unknown = {file for file, _ in definition.written.files()} - digests.keys()
    if unknown:
        message, hint = "is no file of the asset: its name is written otherwise", "write it as it is on disk"
        raise InputError(
            [Problem(f"{folder.name}: {name} {message}", folder.file, 0, hint) for name in sorted(unknown)]
        )
    return tuple(_versions(replace(definition, library=library), digests))


def _locked(
    root: Path, library: str, *, only_read: bool, stamps: Path | None
) -> tuple[dict[_Key, tuple[Asset, ...]], list[Unsound]]:
    """Return the sound assets of one library, by kind and name, and those that are not."""
    locked = {(asset.kind, asset.name): asset for asset in read_lock(root).assets}
    wrong = unlike(root, shared=only_read, stamps=stamps)
    changed = {(folder.kind, folder.name) for folder in assets(root)} & locked.keys()
    restore = "restore the files, or look at {0}, then: {1} {0}"
    hints = {key: restore.format(key[1], COMMAND) if key in changed else told[0].hint for key, told in wrong.items()}
    found: dict[_Key, tuple[Asset, ...]] = {}
    for key, asset in locked.items():
        if key in wrong:
            continue
        folder = AssetFolder(asset.kind, asset.name, root / KINDS[asset.kind] / asset.name)
        try:
            found[key] = versions_of(folder, asset.files, library)
        except InputError as error:
            wrong[key], hints[key] = error.problems, f"correct these, then: {COMMAND} {asset.name}"
    return found, [
        Unsound(
            kind=kind, name=name, library=library, problems=problems, hint=OWNER if only_read else hints[kind, name]
        )
        for (kind, name), problems in wrong.items()
    ]


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
        "library": definition.library,
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
    line = [v for v in lineage(written, version) if isinstance(v, WrittenCharacterVersion)]
    rig = next((v.rig for v in line if v.rig), None)
    state, since = _state(line)
    shown = identity(written, version)
    return Character(
        **common,
        state=state,
        from_episode=since,
        notes=written.notes,
        primary=digests[shown.picture] if shown else None,
        voice=_voice(written.voice, digests) if written.voice else None,
        rig=digests[rig] if rig else None,
        merge=tuple(Share(digest=digests[file], weight=weight) for file, weight in (shown.merge if shown else ())),
        loras=tuple(Lora(**x.model_dump(exclude={"file"}), digest=digests[x.file]) for x in written.loras),
        prompts=tuple(PromptNote(**note.model_dump()) for note in written.prompts),
    )


def _state(line: list[WrittenCharacterVersion]) -> tuple[str, str | None]:
    """Return a version's state and from which episode it holds; what goes on in one state holds from its start."""
    state, since = "default", None
    for version in reversed(line):
        if "state" in version.model_fields_set and version.state != state:
            state, since = version.state, None
        since = version.from_episode or since
    return state, since


def _look(definition: Definition, written: WrittenLook, version: WrittenLookVersion, digests: Digests) -> Look:
    line = [v for v in lineage(written, version) if isinstance(v, WrittenLookVersion)]
    lut = next((v.lut for v in line if v.lut), None)
    return Look(
        **_common(definition, version, digests),
        lut=digests[lut] if lut else None,
        palette=next((v.palette for v in line if v.palette), ()),
        # A version that writes 0 takes the grain of the one before away.
        grain=next((v.grain for v in line if "grain" in v.model_fields_set), 0.0),
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
        of=written.of,
    )
