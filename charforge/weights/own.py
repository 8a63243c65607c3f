"""Models of the user's own: where they lie, and the digest that names their content.

locate: a path from the project's folder -> the hub's cache on this machine; no network.
digest: the files that a loader reads, each hashed once for each size and time of change.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from charforge.checkpoints.reading import INDEX, parts_of, read_by_loaders
from charforge.documents.files import write_atomic
from charforge.documents.schema import did_you_mean
from charforge.errors import BackendMissing, StoreError, WeightsError
from charforge.events import Progressed, Reporter, StageEnded, StageStarted, silent
from charforge.weights.cache import CHUNK, home_folder, locked

STAGE = "fingerprint"
RECORD = "own.json"
MOST = 2000
"""Files that a model's folder may hold."""
SETTLED = 2_000_000_000
"""Nanoseconds after which a file's time of change surely tells a further change."""
OFTEN = 1 << 28
"""Bytes hashed after which the record is written, so that an interruption loses little."""

HUB_ID = re.compile(r"(?P<repo>[\w][\w.-]{0,95}/[\w][\w.-]{0,95})(@(?P<revision>[\w][\w./-]*))?", re.ASCII)
COMMIT = re.compile(r"[0-9a-f]{40}")


def locate(weights: str, root: Path, name: str) -> Path:
    """Return the folder or file that `weights` of the model `name` in charforge.yaml means; never uses the network.

    Raises BackendMissing, with what to type or what is wrong with the path.
    """
    if not weights:
        message = f"the model {name!r} in charforge.yaml has no weights"
        raise BackendMissing(message, "write a folder, a file, or a hub id: owner/name")
    try:
        path = root / Path(weights).expanduser()
        if path.exists():
            return path
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"{weights} of the model {name!r} in charforge.yaml cannot be looked for: {reason}"
        raise BackendMissing(message, "write a folder, a file, or a hub id: owner/name") from error
    repo, revision = hub_id(weights, root)
    if not repo:
        hint = _nearest(path)
        if hub_id(weights)[0]:
            hint += f" (the project has a folder {weights.partition('/')[0]}, so this is a path and no hub id)"
        raise BackendMissing(f"{weights} of the model {name!r} in charforge.yaml {_fault(path)}", hint)
    snapshot = snapshot_of(repo, revision)
    if snapshot is None:
        at = f" at {revision!r}" if revision else ""
        message = f"{repo}{at} is neither a folder in {root} nor in the hub's cache {hub_cache()}"
        near = _nearest(path, quiet=True)
        pull = f"charforge weights pull {name}"
        raise BackendMissing(message, f"{pull}; or, for a folder, {near}" if near else pull)
    return snapshot


def hub_id(weights: str, root: Path | None = None) -> tuple[str, str]:
    """Return the repository and revision of a hub id; both empty when it is none, the revision when it has none.

    Within the project in `root` what begins with one of its folders is a path, whether it is there or not.
    """
    found = HUB_ID.fullmatch(weights)
    # Source: huggingface_hub.utils.validate_repo_id.
    if (
        not found
        or ".." in weights
        or "--" in found["repo"]
        or any(part[-1] in ".-" for part in found["repo"].split("/"))
        or (root is not None and (root / found["repo"].partition("/")[0]).is_dir())
    ):
        return "", ""
    return found["repo"], found["revision"] or ""


def hub_cache() -> Path:
    """Return the folder of the hub's cache, as huggingface_hub's own variables say it."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or f"{base}/huggingface"
    named = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or f"{home}/hub"
    return Path(os.path.expandvars(named)).expanduser()


def snapshot_of(repo: str, revision: str = "") -> Path | None:
    """Return the folder that holds a repository in the hub's cache, or None when it is not there."""
    storage = hub_cache() / f"models--{repo.replace('/', '--')}"
    commit = revision
    if not COMMIT.fullmatch(revision):
        try:
            commit = (storage / "refs" / (revision or "main")).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
    folder = storage / "snapshots" / commit
    return folder if COMMIT.fullmatch(commit) and folder.is_dir() else None


def _fault(path: Path) -> str:
    for folder in reversed(path.parents):
        if not folder.is_dir():
            return (
                f"does not exist: there is no folder {folder}"
                if not folder.exists()
                else f"cannot be: {folder} is a file"
            )
    return "is a link to something that is gone" if path.is_symlink() else "does not exist"


def _nearest(path: Path, *, quiet: bool = False) -> str:
    """Return a suggestion from what lies where the path breaks off."""
    folder, missing = path.parent, path.name
    while not folder.is_dir() and folder != folder.parent:
        folder, missing = folder.parent, folder.name
    with suppress(OSError):
        there = [entry.name for entry in folder.iterdir() if not entry.name.startswith(".")]
        return did_you_mean(missing, there) or ("" if quiet else "write the model's folder, or a hub id: owner/name")
    return "" if quiet else f"check that {folder} may be read"


def digest(path: Path, reporter: Reporter = silent, *, folder: Path | None = None) -> str:
    """Return the sha256 that names a model: of a file, or of the list of a folder's files and their sha256.

    What was hashed before and has the same size and time of change is not read again. Raises WeightsError when a
    file cannot be read or changes meanwhile, BackendMissing when there is nothing.
    """
    parts = files(path)
    if not parts:
        raise BackendMissing(f"{path} holds no files of a model", "fetch or copy the model again")
    found = hashes(parts, reporter, folder=folder)
    if path.is_file():
        return found[path.name]
    lines = "".join(f"{found[name]}  {name}\n" for name in parts)
    return hashlib.sha256(lines.encode()).hexdigest()


def hashes(parts: Mapping[str, Path], reporter: Reporter = silent, *, folder: Path | None = None) -> dict[str, str]:
    """Return the sha256 of each file, read once for each size and time of change; raise WeightsError as `digest`."""
    return _Hashes(home_folder(folder), reporter).of(parts)


def files(path: Path) -> Mapping[str, Path]:
    """Return the files of a model that a loader reads, by their path from its folder."""
    if path.is_file():
        return {path.name: path}
    try:
        found = {file.relative_to(path).as_posix(): file for file in _walked(path)}
    except OSError as error:
        message = f"{error.filename or path} cannot be read: {error.strerror}"
        raise WeightsError(message, "check its permissions") from error
    return {name: found[name] for name in sorted(read_by_loaders(found, parts_of(path / INDEX)))}


def _walked(path: Path) -> Iterator[Path]:
    seen: set[str] = set()
    count = 0
    for place, folders, names in os.walk(path, onerror=_unreadable, followlinks=True):
        real = os.path.realpath(place)
        # Links may lead in a circle.
        folders[:] = [] if real in seen else [folder for folder in folders if not folder.startswith(".")]
        count += len(names)
        if count > MOST:
            raise WeightsError(f"{path} holds more than {MOST} files", "write the model's own folder, not one above it")
        yield from () if real in seen else (Path(place, name) for name in names)
        seen.add(real)


def _unreadable(error: OSError) -> None:
    raise error


class _Hashes:
    """The sha256 of files, remembered in the user's cache by size and time of change."""

    def __init__(self, home: Path, reporter: Reporter) -> None:
        self._home = home
        self._reporter = reporter
        self._known = _recorded(home / RECORD)
        self._new: dict[str, tuple[int, int, str]] = {}
        self._unwritten = 0

    def of(self, parts: Mapping[str, Path]) -> dict[str, str]:
        """Return the sha256 of each file."""
        began = time.monotonic()
        facts = {name: _facts(path) for name, path in parts.items()}
        wanted = {name: fact for name, fact in facts.items() if self._remembered(fact) is None}
        total, done = sum(size for _, size, _ in wanted.values()), 0
        if wanted:
            self._reporter(StageStarted(STAGE, total, "bytes"))
        try:
            for name, fact in wanted.items():
                self._hash(name, parts[name], fact, done, total)
                done += fact[1]
        finally:
            self._write()
        if wanted:
            self._reporter(StageEnded(STAGE, time.monotonic() - began))
        return {name: self._remembered(fact) or "" for name, fact in facts.items()}

    def _remembered(self, fact: tuple[str, int, int]) -> str | None:
        real, size, changed = fact
        known = self._new.get(real) or self._known.get(real)
        return known[2] if known and known[:2] == (size, changed) else None

    def _hash(self, name: str, path: Path, fact: tuple[str, int, int], done: int, total: int) -> None:
        summed = hashlib.sha256()
        try:
            with path.open("rb") as stream:
                while chunk := stream.read(16 * CHUNK):
                    summed.update(chunk)
                    done += len(chunk)
                    self._reporter(Progressed(STAGE, name, min(done, total), total))
        except OSError as error:
            raise WeightsError(f"{path} cannot be read: {error.strerror or error}", "check its permissions") from error
        real, size, changed = fact
        if _facts(path) != fact:
            raise WeightsError(f"{path} is being written", "wait until the model is copied, then run it again")
        self._new[real] = (size, changed, summed.hexdigest())
        self._unwritten += size
        if self._unwritten > OFTEN:
            self._write()

    def _write(self) -> None:
        # A file that changed just now may change once more within the same tick of the clock.
        settled = {real: known for real, known in self._new.items() if time.time_ns() - known[1] > SETTLED}
        self._unwritten = 0
        if not settled:
            return
        # A cache that may not be written works too; files are hashed in every process.
        with suppress(WeightsError, StoreError), locked(self._home, lambda: None):
            kept = {real: known for real, known in _recorded(self._home / RECORD).items() if Path(real).exists()}
            write_atomic(self._home / RECORD, json.dumps(kept | settled, indent=0).encode())


def _facts(path: Path) -> tuple[str, int, int]:
    try:
        facts = path.stat()
    except OSError as error:
        message = f"{path} is a link to a file that is gone" if path.is_symlink() else f"{path} cannot be read"
        raise WeightsError(message, "fetch or copy the model again") from error
    return os.path.realpath(path), facts.st_size, facts.st_mtime_ns


def _recorded(record: Path) -> dict[str, tuple[int, int, str]]:
    try:
        content = json.loads(record.read_bytes())
        return {real: (int(size), int(changed), str(known)) for real, (size, changed, known) in content.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}
