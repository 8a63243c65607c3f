"""Holds Ctrl-C back until what must not be torn is done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def untorn() -> Iterator[None]:
    """Hold the first Ctrl-C back until the block is left; a second one breaks it off at once.

    Raises KeyboardInterrupt when the block is left. An interrupted write is otherwise lost, or written twice.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed = False

    def note(*_: object) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed:
            raise KeyboardInterrupt
