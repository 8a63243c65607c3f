"""Carries locked assets in one file each: packs, unpacks, looks into packs and checks them."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from charforge import library as assets
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Kind, LockedAsset
from charforge.domain.names import NAME_PATTERN
from charforge.domain.value import Value
from charforge.errors import InputError, LockMismatch, Problem
from charforge.events import Progressed, Reporter, StageEnded, StageStarted, silent
from charforge.library import packs
from charforge.library.definitions import Definition, define
from charforge.library.folders import KINDS, AssetFolder
from charforge.library.locking import COMMAND
from charforge.library.packs.manifest import MANIFEST
from charforge.studio.embedding import Onlookers
from charforge.studio.project import Project, find

SUFFIX = ".charpack"


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


class Packer:
    """Writes locked assets of a project into packs, the face models loaded once."""

    def __init__(
        self, project: Project, tell: Reporter, *, episode: str | None = None, key: Path | None = None
    ) -> None:
        """Raise InputError for an episode's name that is none and a key that cannot sign."""
        if episode is not None and not re.fullmatch(NAME_PATTERN, episode):
            raise InputError(f"{episode!r} is not an episode's name", "write it as the shot list does: --episode e01")
        self.project = project
        self._tell = tell
        self._episode = episode
        self._signer = packs.Signer(key) if key is not None else None
        self._onlookers = Onlookers(project, tell)

    def wanted(self, name: str, kind: Kind | None) -> tuple[Path, LockedAsset]:
        """Return the one locked asset of this name, with its library; raise InputError for none or several."""
        return _wanted(self.project, name, kind)

    def pack(self, root: Path, locked: LockedAsset, target: Path) -> PackReport:
        """Write an asset of a library into a pack; raise LockMismatch when it is not as it was locked."""
        definition = _defined(root, locked)
        seen = self._onlookers.faces(definition)
        with _stage(self._tell, f"packing {locked.name}", _size(definition, locked)) as step:
            packs.pack(definition, locked, target, episode=self._episode, faces=seen, signer=self._signer, step=step)
        return inspect(target)


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
    packer = Packer(find(near), tell, episode=episode, key=key)
    root, locked = packer.wanted(name, kind)
    return packer.pack(root, locked, _target(packer.project, to, locked.name))


def pack_all(
    near: Path, tell: Reporter, *, to: Path | None = None, episode: str | None = None, key: Path | None = None
) -> tuple[PackReport, ...]:
    """Write every locked asset of every library into a pack of its own, within one folder."""
    project = find(near)
    packer = Packer(project, tell, episode=episode, key=key)
    everything = _locked(project)
    if not everything:
        raise InputError([Problem("the library holds nothing to pack", project.library)], f"type: {COMMAND}")
    folder = outside(project, to or project.build / "packs")
    names = file_names([(locked.kind, locked.name) for _, locked in everything])
    return tuple(packer.pack(root, locked, folder / names[locked.kind, locked.name]) for root, locked in everything)


def file_names(assets: Collection[tuple[Kind, str]]) -> dict[tuple[Kind, str], str]:
    """Return the file of each asset's pack in one folder: its name, with its kind where two have the same."""
    names = [name for _, name in assets]
    return {(k, n): f"{n}{SUFFIX}" if names.count(n) == 1 else f"{n}-{k}{SUFFIX}" for k, n in assets}


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
    """Check a pack and put its asset into the project's library, or another one; refuse one that it only shares."""
    root = find(near).library if library is None else _writable(near, library)
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


def _writable(near: Path, library: Path) -> Path:
    """Return a library to write to; raise InputError for one that the project only reads."""
    try:
        shared = list(find(near).libraries.values())[1:]
    except InputError:
        # Outside a project, or in one whose settings are wrong, the library that was named is all there is.
        shared = []
    if library.resolve() in {root.resolve() for root in shared}:
        hint = "unpack it in the project whose own library that is, or leave --library out"
        raise InputError([Problem("is shared with this project, which only reads it", library)], hint)
    return library


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


def _defined(root: Path, locked: LockedAsset) -> Definition:
    differences = assets.differences(root, locked.kind, locked.name)
    if differences:
        raise LockMismatch(differences, packs.restore(locked.name))
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
    asked: Iterable[Kind] = KINDS if kind is None else (kind,)
    if any(assets.folder_of(project.libraries, k, name) for k in asked):
        raise InputError(f"{name} is not locked", f"look at {name}, then: {COMMAND} {name}")
    hint = did_you_mean(name, known) or f"there are: {', '.join(sorted(known)) or 'none'}"
    raise InputError(f"the library has no {kind or 'asset'} {name!r}", hint)


def _target(project: Project, to: Path | None, name: str) -> Path:
    """Return the file to write; raise InputError where it would replace what is no pack, or lie in a library."""
    target = to or project.build / "packs" / f"{name}{SUFFIX}"
    if target.is_dir():
        target /= f"{name}{SUFFIX}"
    if target.exists() and not _is_pack(target):
        raise InputError([Problem("is there already, and is no pack", target)], f"choose another: -o {name}{SUFFIX}")
    outside(project, target)
    return target


def _is_pack(file: Path) -> bool:
    """Return whether a file begins as packs do, damaged or not; any other zip stays as it is."""
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.namelist()[:1] == [MANIFEST]
    except (OSError, zipfile.BadZipFile):
        return file.suffix == SUFFIX and file.is_file()


def outside(project: Project, target: Path) -> Path:
    """Return a place to write to; raise InputError when it lies in a library."""
    inside = [root for root in project.libraries.values() if target.resolve().is_relative_to(root.resolve())]
    if inside:
        raise InputError([Problem("lies in a library, whose files are locked", target)], "choose a folder outside it")
    return target


@contextmanager
def _opened(file: Path, trusted: Path | None) -> Iterator[tuple[BinaryIO, packs.Pack]]:
    key = packs.trusted_key(trusted) if trusted is not None else None
    if file.exists() and not file.is_file():
        # A pipe would be waited for, and a device has no end.
        raise InputError([Problem("is not a file", file)], "give a file that charforge pack has written")
    try:
        stream = file.open("rb")
    except OSError as error:
        raise InputError([Problem(f"cannot be read: {error.strerror}", file)], "check the path") from error
    with stream:
        opened = packs.open_pack(stream, str(file))
        if key is not None and (opened.signed is None or opened.signed.key != key or not opened.signed.checked):
            by = f"by {opened.signed.key[:16]}" if opened.signed else "by nobody"
            message = f"is signed {by}, not by the trusted key {key[:16]}"
            raise InputError([Problem(message, file)], "ask its maker for a pack signed with that key")
        yield stream, opened


@contextmanager
def _stage(tell: Reporter, stage: str, total: int) -> Iterator[Callable[[str, int, int], None]]:
    """Tell of reading or writing a pack of so many bytes, and give a listener for its files."""
    began = monotonic()
    tell(StageStarted(stage, 1, f"pack of {total / 1e6:.1f} MB"))
    # In megabytes: nobody reads nine digits.
    yield lambda item, done, of: tell(Progressed(stage, item, done // 10**6, max(1, of // 10**6)))
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
    if manifest.kind == "character" and manifest.about.rights.release == "none":
        found.append(f"{manifest.name}: there is no likeness release (rights: release: none); ask before publishing")
    running = packs.scripts(opened)
    if running:
        found.append(f"holds files that run when they are opened or rendered; read them first: {', '.join(running)}")
    if manifest.about.shared:
        beside = ", ".join(manifest.about.shared)
        found.append(f"its plates can be used; rendering its set also takes files that lie beside it: {beside}")
    if opened.signed is not None and not opened.signed.checked:
        found.append("its signature was not checked: pip install 'charforge[sign]'")
    return tuple(found)
