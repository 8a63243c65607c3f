"""Lets one process at a time write into a library."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from charforge.documents.files import unwritable
from charforge.errors import Busy

PATIENCE = 60.0
"""Seconds to wait for another process to finish."""
_PAUSE = 0.05


@contextmanager
def held(root: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold a library's folder, waiting for whoever holds it; raise Busy when that takes longer than `patience`.

    The folder itself is held, so nothing is left behind in it; the hold goes with its holder, however it ends.
    """
    try:
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise unwritable(root, error) from error
    try:
        _wait(descriptor, root, time.monotonic() + patience)
        yield
    finally:
        os.close(descriptor)


def _wait(descriptor: int, root: Path, end: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                message = f"{root} is being written by another charforge"
                raise Busy(message, "wait until it is done, then run it again") from None
            time.sleep(_PAUSE)
        else:
            return
