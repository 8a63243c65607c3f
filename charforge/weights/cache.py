"""Where model files lie, and whether they are the right ones."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import platformdirs

from charforge.documents import sha256
from charforge.errors import WeightsError
from charforge.weights.files import ModelFile

CHUNK = 1 << 20


def home_folder(folder: Path | None = None) -> Path:
    """Return the cache's folder: the given one, ``$CHARFORGE_WEIGHTS``, or the user's cache."""
    written = os.environ.get("CHARFORGE_WEIGHTS")
    if folder is not None:
        return folder
    return Path(written).expanduser() if written else Path(platformdirs.user_cache_dir("charforge")) / "weights"


def path_of(file: ModelFile, folder: Path | None = None) -> Path:
    """Return where a model file lies once it is here."""
    return home_folder(folder) / file.sha256[:16] / file.file


def state(file: ModelFile, folder: Path | None = None) -> Literal["present", "missing", "corrupt"]:
    """Return whether a model file is here; its sha256 is computed once for each size and time of change."""
    path = path_of(file, folder)
    try:
        facts = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    if facts.st_size != file.bytes:
        return "corrupt"
    written = f"{facts.st_size} {facts.st_mtime_ns}"
    if _stamp(path).is_file() and _stamp(path).read_text("ascii") == written:
        return "present"
    if sha256(path) != file.sha256:
        return "corrupt"
    vouch(path)
    return "present"


def vouch(path: Path) -> None:
    """Note that a file was found to be the registered one."""
    facts = path.stat()
    # A cache that others own and that may only be read works too; it is hashed in every process.
    with suppress(OSError):
        _stamp(path).write_text(f"{facts.st_size} {facts.st_mtime_ns}", "ascii")


def forget(path: Path) -> None:
    """Make the next look at a file compute its sha256."""
    with suppress(OSError):
        _stamp(path).unlink(missing_ok=True)


@contextmanager
def locked(folder: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the cache for writing; calls `waiting` once when another process holds it, then waits for its end."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / ".lock").open("a")
    except OSError as error:
        raise unwritable(folder, error) from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def unwritable(folder: Path, error: OSError) -> WeightsError:
    """Return the failure that says why the cache cannot be written, and what to do."""
    message = f"model files cannot be written to {folder}: {error.strerror or error}"
    return WeightsError(message, "free disk space there, or set CHARFORGE_WEIGHTS to another folder")


def _stamp(path: Path) -> Path:
    return path.with_name(f".{path.name}.verified")
