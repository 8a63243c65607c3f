"""Lets one process at a time work on an episode, and nobody while the store is cleared."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from charforge.documents.files import unwritable
from charforge.errors import Busy
from charforge.store.ledger import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from charforge.store.takes import Store

STORE_LOCK = ".store.lock"
"""Shared by every process that works on an episode."""


@contextmanager
def locked(store: Store, episode: str) -> Iterator[None]:
    """Hold an episode for this process, and clear what a killed one left unfinished.

    Raises Busy, naming the other process, when the episode is held or the store is being cleared; the lock goes with
    its holder, however it ends.
    """
    with _opened(store, f"{safe(episode)}.lock") as own, _opened(store, STORE_LOCK) as whole:
        _take(own, episode, fcntl.LOCK_EX)
        _take(whole, "the store", fcntl.LOCK_SH)
        shutil.rmtree(store.scratch / safe(episode), ignore_errors=True)
        yield


@contextmanager
def alone(store: Store) -> Iterator[None]:
    """Hold the whole store, so that nothing is deleted under a render; raise Busy while an episode is held."""
    with _opened(store, STORE_LOCK) as whole:
        _take(whole, "the store", fcntl.LOCK_EX)
        yield


@contextmanager
def _opened(store: Store, name: str) -> Iterator[int]:
    path = store.state / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _take(descriptor: int, what: str, how: int) -> None:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        message = f"{what} is being worked on by another charforge, process {holder}"
        raise Busy(message, f"wait until it is done, or stop it: kill {holder}") from None
    # Who holds it is only told to others; on a full disk the lock holds all the same.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
