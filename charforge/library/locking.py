"""Records the sha256 of every file of every asset, and finds what has changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from charforge.documents import write_atomic
from charforge.domain.assets import Lock, LockedAsset
from charforge.errors import InputError, Problem
from charforge.library.definitions import Definition, define
from charforge.library.folders import KINDS, AssetFolder, assets, walk
from charforge.library.stamps import Stamps

LOCK_FILE = "library.lock"
COMMAND = "charforge library lock"
RESTORE = f"restore it, or accept it as it is: {COMMAND}"


def lock(root: Path, *, stamps: Path | None = None) -> Lock:
    """Write ``library.lock`` for everything that is in the library now, and return it.

    Raises InputError with every problem of every asset; nothing is written then.
    """
    memory = Stamps(stamps)
    locked: list[LockedAsset] = []
    problems: list[Problem] = []
    for folder in assets(root):
        definition, wrong = define(folder)
        files, trouble = _hashed(folder, memory, deep=True)
        problems += [*wrong, *trouble]
        if definition is not None and not problems:
            locked.append(_locked(definition, files))
    if problems:
        raise InputError(problems, f"correct these, then run {COMMAND} again")
    result = Lock(assets=tuple(locked))
    # Sorted and one file a line, so that a change reads well in a diff.
    text = json.dumps(result.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False)
    write_atomic(root / LOCK_FILE, f"{text}\n".encode())
    memory.save()
    return result


def read_lock(root: Path) -> Lock:
    """Return what ``library.lock`` says; raise InputError when there is none or it cannot be read."""
    file = root / LOCK_FILE
    try:
        return Lock.model_validate_json(file.read_bytes())
    except FileNotFoundError as error:
        raise InputError([Problem("the library is not locked", root)], f"look it over, then type {COMMAND}") from error
    except (OSError, ValidationError) as error:
        message = "is damaged, or was merged wrongly" if isinstance(error, ValidationError) else str(error.strerror)
        raise InputError([Problem(message, file)], f"bring it back from version control, or type {COMMAND}") from error


def verify(root: Path, *, deep: bool = False, stamps: Path | None = None) -> tuple[Problem, ...]:
    """Return every file that is changed, missing or extra since the library was locked.

    `stamps` is a file outside the library that remembers digests by size and time; with `deep` every byte is read.
    Raises InputError when the library is not locked.
    """
    expected = {(a.kind, a.name): a for a in read_lock(root).assets}
    memory = Stamps(stamps)
    problems: list[Problem] = []
    for folder in assets(root):
        asset = expected.pop((folder.kind, folder.name), None)
        problems += _differences(folder, asset, memory, deep=deep)
    for asset in expected.values():
        missing = root / KINDS[asset.kind] / asset.name
        problems.append(Problem(f"{asset.name}: the whole {asset.kind} is missing", missing, hint=RESTORE))
    memory.save()
    return tuple(problems)


def files(root: Path, lock: Lock) -> dict[str, Path]:
    """Return where the bytes of each digest lie."""
    return {
        digest: root / KINDS[asset.kind] / asset.name / name
        for asset in lock.assets
        for name, digest in asset.files.items()
    }


def _differences(folder: AssetFolder, asset: LockedAsset | None, memory: Stamps, *, deep: bool) -> Iterator[Problem]:
    if asset is None:
        yield Problem(f"{folder.name}: the {folder.kind} is not locked", folder.path, hint=f"type {COMMAND}")
        return
    found, trouble = _hashed(folder, memory, deep=deep)
    yield from trouble
    for name, digest in sorted(asset.files.items()):
        path = folder.path / name
        if name not in found:
            yield Problem(f"{folder.name}: {name} is missing", path, hint=RESTORE)
        elif found[name] != digest:
            yield Problem(f"{folder.name}: {name} has changed since it was locked", path, hint=RESTORE)
    for name in sorted(found.keys() - asset.files.keys()):
        hint = f"remove it, or accept it: {COMMAND}"
        yield Problem(
            f"{folder.name}: {name} is extra, it was not there when it was locked", folder.path / name, hint=hint
        )


def _hashed(folder: AssetFolder, memory: Stamps, *, deep: bool) -> tuple[dict[str, str], list[Problem]]:
    """Return the sha256 of every file of an asset by name, and what could not be read or may not be there."""
    found, trouble = walk(folder)
    problems = list(trouble)
    digests: dict[str, str] = {}
    for file in found:
        try:
            digests[file.name] = memory.digest(file, deep=deep)
        except OSError as error:
            problems.append(Problem(f"{folder.name}: cannot be read: {error.strerror}", file.path))
    return digests, problems


def _locked(definition: Definition, digests: dict[str, str]) -> LockedAsset:
    folder = definition.folder
    newest = max(version.id for version in definition.written.versions)
    return LockedAsset(kind=folder.kind, name=folder.name, version=newest, files=digests)
