"""Carries locked assets in one file each: packs, unpacks, looks into packs and checks them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from charforge import library as assets
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Kind, LockedAsset
from charforge.domain.value import Value
from charforge.errors import InputError, LockMismatch, Problem
from charforge.events import Progressed, Reporter, StageEnded, StageStarted, silent
from charforge.library import packs
from charforge.library.definitions import Definition, define
from charforge.library.folders import KINDS, AssetFolder
from charforge.studio.embedding import faces
from charforge.studio.project import Project, find

SUFFIX = ".charpack"
LOCK = "type: charforge library lock"


class PackReport(Value):
    """A pack that was written, looked into or checked."""

    file: str
    bytes: int
    manifest: packs.Manifest
    signed: packs.Signed | None = None
    warnings: tuple[str, ...] = ()


class UnpackReport(Value):
    """An asset that was unpacked."""

    folder: str
    name: str
    files: int
    bytes: int
    already: bool
    """True when the same files were there, and nothing was written."""
    signed: packs.Signed | None = None
    warnings: tuple[str, ...] = ()


def pack(  # noqa: PLR0913 - one option each
    near: Path,
    name: str,
    tell: Reporter,
    *,
    to: Path | None = None,
    kind: Kind | None = None,
    episode: str | None = None,
    key: Path | None = None,
) -> PackReport:
    """Write one locked asset into a pack; the same asset gives the same bytes."""
    project = find(near)
    signer = packs.Signer(key) if key is not None else None
    root, locked = _wanted(project, name, kind)
    target = _target(project, to, locked.name)
    return _packed(project, root, locked, target, tell, episode=episode, signer=signer)


def pack_all(
    near: Path, tell: Reporter, *, to: Path | None = None, episode: str | None = None, key: Path | None = None
) -> tuple[PackReport, ...]:
    """Write every locked asset of every library into a pack of its own, within one folder."""
    project = find(near)
    signer = packs.Signer(key) if key is not None else None
    everything = _locked(project)
    folder = _outside(project, to or project.build / "packs")
    names = [locked.name for _, locked in everything]
    if not names:
        raise InputError([Problem("the library holds nothing to pack", project.library)], LOCK)
    reports = []
    for root, locked in everything:
        file = f"{locked.name}{'' if names.count(locked.name) == 1 else f'-{locked.kind}'}{SUFFIX}"
        reports.append(_packed(project, root, locked, folder / file, tell, episode=episode, signer=signer))
    return tuple(reports)


def unpack(  # noqa: PLR0913 - one option each
    near: Path,
    file: Path,
    tell: Reporter,
    *,
    name: str | None = None,
    library: Path | None = None,
    force: bool = False,
    trusted: Path | None = None,
) -> UnpackReport:
    """Check a pack and put its asset into the project's library, or another one."""
    root = library or find(near).library
    with _opened(file, trusted) as (stream, opened), _stage(tell, "unpacking", opened.bytes) as step:
        done = packs.unpack(stream, opened, root, step, name=name, force=force)
    return UnpackReport(
        folder=str(done.folder),
        name=done.folder.name,
        files=len(opened.manifest.files),
        bytes=sum(f.bytes for f in opened.manifest.files),
        already=done.already,
        signed=opened.signed,
        warnings=_warnings(opened),
    )


def inspect(file: Path, *, trusted: Path | None = None) -> PackReport:
    """Return what a pack says of itself, reading its directory and manifest and nothing else."""
    with _opened(file, trusted) as (_, opened):
        return _report(file, opened)


def verify(file: Path, tell: Reporter = silent, *, trusted: Path | None = None) -> PackReport:
    """Check every byte of a pack; raise InputError with everything that is wrong."""
    with _opened(file, trusted) as (stream, opened):
        with _stage(tell, "verifying", opened.bytes) as step:
            packs.check(stream, opened, step)
        return _report(file, opened)


def _packed(  # noqa: PLR0913 - what goes in, and how
    project: Project,
    root: Path,
    locked: LockedAsset,
    target: Path,
    tell: Reporter,
    *,
    episode: str | None = None,
    signer: packs.Signer | None = None,
) -> PackReport:
    definition = _defined(root, locked)
    seen = faces(project, definition, tell)
    with _stage(tell, f"packing {locked.name}", _size(definition, locked)) as step:
        packs.pack(definition, locked, target, episode=episode, faces=seen, signer=signer, step=step)
    return inspect(target)


def _defined(root: Path, locked: LockedAsset) -> Definition:
    differences = assets.differences(root, locked.kind, locked.name)
    if differences:
        raise LockMismatch(differences, "restore the files, or accept them as they are: charforge library lock")
    definition, problems = define(AssetFolder(locked.kind, locked.name, root / KINDS[locked.kind] / locked.name))
    if definition is None or problems:
        raise InputError(problems)
    return definition


def _size(definition: Definition, locked: LockedAsset) -> int:
    return sum((definition.folder.path / name).stat().st_size for name in locked.files)


def _locked(project: Project) -> tuple[tuple[Path, LockedAsset], ...]:
    """Return every locked asset with its library; of two with one kind and name, the first library's."""
    found: dict[tuple[str, str], tuple[Path, LockedAsset]] = {}
    for root in project.libraries.values():
        for locked in assets.read_lock(root).assets:
            found.setdefault((locked.kind, locked.name), (root, locked))
    return tuple(found.values())


def _wanted(project: Project, name: str, kind: Kind | None) -> tuple[Path, LockedAsset]:
    """Return the one locked asset of this name; raise InputError where there is none, or several."""
    everything = _locked(project)
    found = [(root, a) for root, a in everything if a.name == name and kind in (None, a.kind)]
    if len(found) == 1:
        return found[0]
    if found:
        kinds = ", ".join(a.kind for _, a in found)
        raise InputError(f"{name!r} is more than one thing: {kinds}", f"say which: --kind {found[0][1].kind}")
    known = [a.name for _, a in everything]
    bare, at, _ = name.partition("@")
    if at and bare in known:
        raise InputError(f"a pack holds every version of {bare}", f"write it without the version: {bare}")
    if any((root / folder / name).is_dir() for root in project.libraries.values() for folder in KINDS.values()):
        raise InputError(f"{name} is not locked", f"look it over, then {LOCK}")
    hint = did_you_mean(name, known) or f"there are: {', '.join(sorted(known)) or 'none'}"
    raise InputError(f"the library has no {kind or 'asset'} {name!r}", hint)


def _target(project: Project, to: Path | None, name: str) -> Path:
    """Return the file to write; raise InputError where it would replace what is no pack, or lie in a library."""
    target = to or project.build / "packs" / f"{name}{SUFFIX}"
    if target.is_dir():
        target /= f"{name}{SUFFIX}"
    if target.exists() and not zipfile.is_zipfile(target):
        raise InputError([Problem("is there already, and is no pack", target)], f"choose another: -o {name}{SUFFIX}")
    _outside(project, target)
    return target


def _outside(project: Project, target: Path) -> Path:
    inside = [root for root in project.libraries.values() if target.resolve().is_relative_to(root.resolve())]
    if inside:
        raise InputError([Problem("lies in a library, whose files are locked", target)], "choose a folder outside it")
    return target


@contextmanager
def _opened(file: Path, trusted: Path | None) -> Iterator[tuple[BinaryIO, packs.Pack]]:
    key = packs.trusted_key(trusted) if trusted is not None else None
    try:
        stream = file.open("rb")
    except OSError as error:
        hint = "check the path" if not isinstance(error, IsADirectoryError) else "give the file, not a folder"
        raise InputError([Problem(f"cannot be read: {error.strerror}", file)], hint) from error
    with stream:
        opened = packs.open_pack(stream, str(file))
        if key is not None and (opened.signed is None or opened.signed.key != key):
            by = f"by {opened.signed.key[:16]}" if opened.signed else "by nobody"
            message = f"is signed {by}, not by the trusted key {key[:16]}"
            raise InputError([Problem(message, file)], "ask its maker for a pack signed with that key")
        yield stream, opened


@contextmanager
def _stage(tell: Reporter, stage: str, total: int) -> Iterator[Callable[[str, int, int], None]]:
    """Tell of reading or writing a pack of so many bytes, and give a listener for its files."""
    began = monotonic()
    tell(StageStarted(stage, 1, f"pack of {total / 1e6:.1f} MB"))
    yield lambda item, done, of: tell(Progressed(stage, item, done, of))
    tell(StageEnded(stage, monotonic() - began))


def _report(file: Path, opened: packs.Pack) -> PackReport:
    return PackReport(
        file=str(file),
        bytes=opened.bytes,
        manifest=opened.manifest,
        signed=opened.signed,
        warnings=_warnings(opened),
    )


def _warnings(opened: packs.Pack) -> tuple[str, ...]:
    """Return what a person should know before using a pack."""
    manifest = opened.manifest
    found = []
    if manifest.about.rights.release == "none":
        found.append(f"{manifest.name}: there is no likeness release (rights: release: none); ask before publishing")
    running = packs.scripts(opened)
    if running:
        found.append(f"holds files that run when they are opened or rendered; read them first: {', '.join(running)}")
    if opened.signed is not None and not opened.signed.checked:
        found.append("its signature was not checked: pip install 'charforge[sign]'")
    return tuple(found)
