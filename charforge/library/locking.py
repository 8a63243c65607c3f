"""Records the sha256 of every file of every asset, and finds what has changed since."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from charforge.documents import write_atomic
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Kind, Lock, LockedAsset
from charforge.errors import InputError, Problem
from charforge.library.definitions import Definition, define
from charforge.library.folders import KINDS, AssetFolder, assets, bad_name, walk
from charforge.library.holding import held
from charforge.library.stamps import Stamps

LOCK_FILE = "library.lock"
COMMAND = "charforge lock"
OWNER = "this library is shared: its owner restores the file or locks it anew"


def lock(root: Path, *, only: Collection[str] = (), stamps: Path | None = None) -> Lock:
    """Write ``library.lock`` for everything that is in the library now, and return it.

    With `only`, the entries of other assets stay as they are. Two processes that lock at once wait for each other.
    Raises InputError with every problem of every asset that is to be locked; nothing is written then.
    """
    everything = assets(root)
    with held(root):
        chosen = _chosen(everything, only)
        kept = [a for a in locked_assets(root) if a.name not in only] if only else []
        memory = Stamps(stamps)
        locked, problems = _all_locked(chosen, memory)
        if problems:
            raise InputError(problems, f"correct these, then run {' '.join((COMMAND, *only))} again")
        order = list(KINDS)
        result = Lock(assets=tuple(sorted([*kept, *locked], key=lambda a: (order.index(a.kind), a.name))))
        # Sorted and one file a line, so that a change reads well in a diff.
        text = json.dumps(result.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False)
        write_atomic(root / LOCK_FILE, f"{text}\n".encode())
    memory.save(*(folder.path for folder in chosen) if only else (root,))
    return result


def read_lock(root: Path) -> Lock:
    """Return what ``library.lock`` says; raise InputError when there is none or it cannot be read."""
    file = root / LOCK_FILE
    there = f"bring it back from version control, or type {COMMAND}"
    try:
        found = Lock.model_validate(json.loads(file.read_bytes(), object_pairs_hook=_each_once))
    except FileNotFoundError as error:
        assets(root)  # says so where the library itself is not there
        raise InputError([Problem("the library is not locked", root)], f"look it over, then type {COMMAND}") from error
    except OSError as error:
        assets(root)
        raise InputError([Problem(str(error.strerror), file)], there) from error
    except (ValueError, RecursionError) as error:
        raise InputError([Problem("is damaged, or was merged wrongly", file)], there) from error
    twice = [a.name for number, a in enumerate(found.assets) if (a.kind, a.name) in _keys(found.assets[:number])]
    if twice:
        raise InputError([Problem(f"was merged wrongly: {twice[0]} is in it twice", file)], there)
    return found


def verify(
    root: Path, *, only: Collection[str] = (), deep: bool = False, shared: bool = False, stamps: Path | None = None
) -> tuple[Problem, ...]:
    """Return every file that is changed, missing or extra since the library was locked; of some assets with `only`.

    `stamps` is a file outside the library that remembers digests by size, times and inode; with `deep` every byte is
    read. In a `shared` library, what its owner has not locked yet is not there. Raises InputError when the library is
    not locked.
    """
    return tuple(p for told in unlike(root, only=only, deep=deep, shared=shared, stamps=stamps).values() for p in told)


def unlike(
    root: Path, *, only: Collection[str] = (), deep: bool = False, shared: bool = False, stamps: Path | None = None
) -> dict[tuple[Kind, str], tuple[Problem, ...]]:
    """Return what `verify` does for each asset that is not as it was locked, by kind and name."""
    expected = {(a.kind, a.name): a for a in read_lock(root).assets if not only or a.name in only}
    memory = Stamps(stamps)
    problems: dict[tuple[Kind, str], tuple[Problem, ...]] = {}
    folders = [f for f in assets(root) if (f.kind, f.name) in expected or not (shared or (only and f.name not in only))]
    hashed = _hashed(folders, memory, deep=deep)
    for folder in folders:
        asset = expected.pop((folder.kind, folder.name), None)
        problems[folder.kind, folder.name] = tuple(_differences(folder, asset, *hashed[folder]))
    for key, asset in expected.items():
        missing, hint = (
            root / KINDS[asset.kind] / asset.name,
            f"restore it; to give it up, look over the rest, then: {COMMAND}",
        )
        problems[key] = (Problem(f"{asset.name}: the whole {asset.kind} is missing", missing, hint=hint),)
    memory.save(*(folder.path for folder in folders) if only else (root,))
    told = {key: tuple(replace(p, hint=OWNER) for p in found) if shared else found for key, found in problems.items()}
    return {key: found for key, found in told.items() if found}


def files(root: Path, lock: Lock) -> dict[str, Path]:
    """Return where the bytes of each digest lie."""
    return {
        digest: root / KINDS[asset.kind] / asset.name / name
        for asset in lock.assets
        for name, digest in asset.files.items()
    }


def differences(root: Path, kind: Kind, name: str, *, stamps: Path | None = None) -> tuple[Problem, ...]:
    """Return how one asset differs from what was locked of it; that it is not locked yet is one difference.

    Raises InputError when the lock cannot be read.
    """
    folder = AssetFolder(kind, name, root / KINDS[kind] / name)
    if not folder.path.is_dir():
        return (Problem(f"{name}: there is no such {kind} in the library", folder.path),)
    asset = locked_asset(root, kind, name)
    memory = Stamps(stamps)
    found = tuple(_differences(folder, asset, *_hashed([folder], memory)[folder]))
    memory.save(folder.path)
    return found


def locked_files(root: Path, kind: Kind, name: str) -> dict[str, str]:
    """Return the sha256 of each file of an asset as it was locked, by name; empty when it is not locked."""
    asset = locked_asset(root, kind, name)
    return asset.files if asset else {}


def locked_asset(root: Path, kind: Kind, name: str) -> LockedAsset | None:
    """Return an asset as it was locked; None when it is not."""
    return next((a for a in locked_assets(root) if (a.kind, a.name) == (kind, name)), None)


def digests(folder: AssetFolder, *, stamps: Path | None = None) -> dict[str, str]:
    """Return the sha256 of each file of an asset as it lies there, by name; raise InputError for what is unreadable."""
    memory = Stamps(stamps)
    found, trouble = _hashed([folder], memory)[folder]
    memory.save(folder.path)
    if trouble:
        raise InputError(trouble)
    return found


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON; raise ValueError for a key that stands twice, as after a merge that kept both."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _keys(locked: Sequence[LockedAsset]) -> set[tuple[Kind, str]]:
    return {(asset.kind, asset.name) for asset in locked}


def locked_assets(root: Path) -> tuple[LockedAsset, ...]:
    """Return what is locked; nothing where there is no lock yet. Raises InputError when the lock cannot be read."""
    return read_lock(root).assets if (root / LOCK_FILE).exists() else ()


def _chosen(everything: Sequence[AssetFolder], only: Collection[str]) -> list[AssetFolder]:
    """Return the folders of the named assets, or all; raise InputError for a name that is not there."""
    known = {folder.name for folder in everything}
    strange = [name for name in only if name not in known]
    if strange:
        there = f"there are: {', '.join(sorted(known)) or 'none'}"
        raise InputError(
            [Problem(f"the library has no asset {n!r}", hint=did_you_mean(n, known) or there) for n in strange]
        )
    return [folder for folder in everything if not only or folder.name in only]


def _all_locked(folders: Sequence[AssetFolder], memory: Stamps) -> tuple[list[LockedAsset], list[Problem]]:
    locked: list[LockedAsset] = []
    problems: list[Problem] = []
    hashed = _hashed(folders, memory, deep=True)
    for folder in folders:
        definition, wrong = define(folder)
        files, trouble = hashed[folder]
        problems += [*wrong, *trouble]
        if definition is not None and not problems:
            locked.append(_locked(definition, files))
    return locked, problems


def _differences(
    folder: AssetFolder, asset: LockedAsset | None, found: dict[str, str], trouble: Sequence[Problem]
) -> Iterator[Problem]:
    if asset is None:
        misnamed = bad_name(folder)
        hint = misnamed.hint if misnamed else f"look at {folder.name}, then: {COMMAND} {folder.name}"
        yield Problem(f"{folder.name}: the {folder.kind} is not locked yet", folder.path, hint=hint)
        return
    accept = f"look at it, then: {COMMAND} {folder.name}"
    yield from trouble
    for name, digest in sorted(asset.files.items()):
        path = folder.path / name
        if name not in found:
            yield Problem(
                f"{folder.name}: {name} is missing", path, hint=f"restore it, or do without: {COMMAND} {folder.name}"
            )
        elif found[name] != digest:
            yield Problem(
                f"{folder.name}: {name} has changed since it was locked", path, hint=f"restore it, or {accept}"
            )
    for name in sorted(found.keys() - asset.files.keys()):
        message = f"{folder.name}: {name} is extra, it was not there when it was locked"
        yield Problem(message, folder.path / name, hint=f"remove it, or {accept}")


def _hashed(
    folders: Sequence[AssetFolder], memory: Stamps, *, deep: bool = False
) -> dict[AssetFolder, tuple[dict[str, str], list[Problem]]]:
    """Return for each asset the sha256 of its files by name, and what could not be read or may not be there."""
    walked = {folder: walk(folder) for folder in folders}
    digests = memory.digests([file for found, _ in walked.values() for file in found], deep=deep)
    result: dict[AssetFolder, tuple[dict[str, str], list[Problem]]] = {}
    for folder, (found, trouble) in walked.items():
        files: dict[str, str] = {}
        problems = list(trouble)
        for file in found:
            digest = digests[file.path]
            if isinstance(digest, OSError):
                problems.append(Problem(f"{folder.name}: cannot be read: {digest.strerror}", file.path))
            else:
                files[file.name] = digest
        result[folder] = files, problems
    return result


def _locked(definition: Definition, digests: dict[str, str]) -> LockedAsset:
    folder = definition.folder
    newest = max(version.id for version in definition.written.versions)
    return LockedAsset(kind=folder.kind, name=folder.name, version=newest, files=digests)
