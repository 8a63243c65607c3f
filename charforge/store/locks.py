"""Lets one process at a time work on an episode."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from charforge.documents.files import unwritable
from charforge.errors import Busy
from charforge.store.ledger import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from charforge.store.takes import Store


@contextmanager
def locked(store: Store, episode: str) -> Iterator[None]:
    """Hold an episode for this process, and clear what a killed one left unfinished.

    Raises Busy, naming the other process, when the episode is held; the lock goes with its holder, however it ends.
    """
    path = store.state / f"{safe(episode)}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        _take(descriptor, episode)
        shutil.rmtree(store.scratch / safe(episode), ignore_errors=True)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, episode: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        message = f"{episode} is being worked on by another charforge, process {holder}"
        raise Busy(message, f"wait until it is done, or stop it: kill {holder}") from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
