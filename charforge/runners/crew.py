"""Several hands for independent pieces of work; one hand works without threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from charforge.events import Event, Reporter

Piece = TypeVar("Piece")
Result = TypeVar("Result")


class Crew:
    """A number of threads; libraries that compute outside Python's lock run side by side in them."""

    def __init__(self, hands: int) -> None:
        self._pool = ThreadPoolExecutor(hands, thread_name_prefix="take") if hands > 1 else None
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for those at work; after an error they are asked to stop, and nothing new is begun."""
        if kind is not None:
            self._stop.set()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=kind is not None)

    def asked_to_stop(self) -> bool:
        """Return whether work under way shall end early."""
        return self._stop.is_set()

    def each(self, work: Callable[[Piece], Result], pieces: Sequence[Piece]) -> Iterator[tuple[Piece, Result]]:
        """Yield each piece with what came of it, as they get ready; raise what the first to fail raises."""
        if self._pool is None:
            for piece in pieces:
                yield piece, work(piece)
            return
        begun = {self._pool.submit(work, piece): piece for piece in pieces}
        for done in as_completed(begun):
            yield begun[done], done.result()


def in_turn(reporter: Reporter) -> Reporter:
    """Return a reporter that is told one thing at a time."""
    lock = threading.RLock()

    def report(event: Event) -> None:
        with lock:
            reporter(event)

    return report
