"""Drafts in, takes out.

while drafts are left:
    those whose needs are met      -> jobs, keys
    those whose key is in the store-> takes, nothing is loaded
    the others, one backend's at a time and of those the ones that need the same weights, so that models load once
                                   -> rendered, stored, takes
"""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charforge.backends.protocols import Kit, Resident
from charforge.domain.takes import Take
from charforge.errors import BadOutput, CharforgeError, OutOfMemory, PlanError, RenderFailed, StoreError
from charforge.events import Noted, Progressed, Reporter, TakeReady, silent
from charforge.runners.binding import bind, parents
from charforge.runners.crew import Crew, in_turn
from charforge.runners.making import Made, make
from charforge.runners.tools import Toolbox, WorkKit
from charforge.store import key
from charforge.store.ledger import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from charforge.domain.jobs import Draft, Job
    from charforge.store import Ledger, Store


@dataclass(frozen=True, slots=True)
class _Bound:
    draft: Draft
    job: Job
    key: str
    parents: tuple[str, ...]

    @property
    def backend(self) -> tuple[str, str]:
        """Role and name; takes of one backend are made together."""
        return self.job.kind, self.job.backend


class Runner:
    """Makes the takes of an episode's drafts, or finds them in the store."""

    def __init__(  # noqa: PLR0913 - the rooms a run touches
        self,
        store: Store,
        ledger: Ledger,
        toolbox: Toolbox,
        files: Callable[[str], Path],
        reporter: Reporter = silent,
        *,
        stage: str = "",
        workers: int = 1,
    ) -> None:
        """Take the memory, the tools, a lookup of library files by digest, and whom to tell.

        With several `workers`, takes of a backend that says it is `concurrent` are made side by side.
        """
        self._store = store
        self._ledger = ledger
        self._toolbox = toolbox
        self._files = files
        self._report = in_turn(reporter)
        self._stage = stage
        self._workers = workers
        self._loaded: tuple[str, ...] = ()

    def run(
        self, drafts: Sequence[Draft], given: Mapping[str, Take] | None = None, *, origin: str = "plan"
    ) -> dict[str, Take]:
        """Return the take of every draft by its id; `given` are takes that drafts may use besides.

        Every finished take is stored at once, so an interrupted run is taken up where it stopped. Raises PlanError
        when a needed take is neither given nor among the drafts, and what a backend raises.
        """
        takes = dict(given or {})
        left = {d.id: d for d in drafts}
        made: dict[str, Take] = {}
        waiting: dict[str, _Bound] = {}
        while left or waiting:
            ready = [d for d in left.values() if not any(n in left or n in waiting for n in d.needs())]
            if not ready and not waiting:
                message = f"these drafts wait for each other: {', '.join(left)}"
                raise PlanError(message, "this is an error in the plan; please report it")
            for draft in ready:
                del left[draft.id]
                bound = self.bound(draft, takes)
                take = self._store.find(bound.key)
                if take is None:
                    waiting[draft.id] = bound
                else:
                    made[draft.id] = takes[draft.id] = self._ready(bound, take, reused=True)
            if waiting and not ready:
                for bound, take in self._made(self._together(tuple(waiting.values())), origin):
                    made[bound.draft.id] = takes[bound.draft.id] = take
                    del waiting[bound.draft.id]
        return {d.id: made[d.id] for d in drafts}

    def _together(self, waiting: tuple[_Bound, ...]) -> list[_Bound]:
        """Return the takes to make next: one backend's, and where loading is dear, those that need the same weights.

        Of several such groups the one comes first that shares most with what was loaded last.
        """
        mine = [b for b in waiting if b.backend == waiting[0].backend]
        backend = self._toolbox.get(*waiting[0].backend)
        if not isinstance(backend, Resident):
            return mine
        groups: dict[tuple[str, ...], list[_Bound]] = {}
        for bound in mine:
            with _named(bound.draft.id):
                wanted = backend.resident(bound.job)
            groups.setdefault(wanted, []).append(bound)
        last = self._loaded
        self._loaded = min(groups, key=lambda k: (k != last, k[:1] != last[:1], k))
        return groups[self._loaded]

    def _made(self, group: Sequence[_Bound], origin: str) -> list[tuple[_Bound, Take]]:
        """Make the takes of one backend's drafts; drafts with equal jobs share one."""
        first = {b.key: b for b in reversed(group)}
        shared = getattr(self._toolbox.get(*group[0].backend), "concurrent", False)
        takes = {}
        with Crew(self._workers if shared else 1) as crew:
            for bound, take in crew.each(
                lambda b: self._render(b, origin, crew.asked_to_stop), list(first.values())[::-1]
            ):
                takes[bound.key] = self._ready(bound, take, reused=False)
        for bound in group:
            if first[bound.key] is not bound:
                self._ready(bound, takes[bound.key], reused=True)
        return [(bound, takes[bound.key]) for bound in group]

    def bound(self, draft: Draft, takes: Mapping[str, Take]) -> _Bound:
        """Return the draft's job and its key."""
        job = bind(draft, takes)
        name = key(job.backend, self._toolbox.revision(job), job)
        return _Bound(draft, job, name, parents(draft, takes))

    def file(self, digest: str) -> Path:
        """Return a read-only file with this content, from the takes or the library; raise StoreError without one."""
        if self._store.has(digest):
            return self._store.blob(digest)
        try:
            return self._files(digest)
        except KeyError:
            message = f"neither the store nor the library has the file {digest[:12]}"
            raise StoreError(message, "check the library: charforge library verify") from None

    def _ready(self, bound: _Bound, take: Take, *, reused: bool) -> Take:
        self._ledger.note_take(bound.draft.id, take.key)
        self._report(TakeReady(self._stage or bound.draft.stage, bound.draft.id, take, reused))
        return take

    def _render(self, bound: _Bound, origin: str, stopped: Callable[[], bool]) -> Take:
        job, toolbox = bound.job, self._toolbox
        backend = toolbox.get(job.kind, job.backend)
        began = time.perf_counter()
        with self._scratch(bound.key) as scratch, _named(bound.draft.id):
            kit = WorkKit(scratch, self.file, toolbox, tuple(backend.needs), self._steps(bound.draft, stopped))
            made = self._tried(bound.draft, job, backend, kit)
            seconds = time.perf_counter() - began
            blobs = self._store.blobs
            size = made.payload.stat().st_size if isinstance(made.payload, Path) else len(made.payload)
            take = Take(
                key=bound.key,
                job=job,
                blob=blobs.adopt(made.payload) if isinstance(made.payload, Path) else blobs.put(made.payload),
                media=made.media,
                size=size,
                backend=job.backend,
                revision=toolbox.revision(job),
                attachments={name: blobs.put(data) for name, data in sorted(made.attachments.items())},
                notes=made.notes,
                seconds=round(seconds, 3),
                made=datetime.now(UTC).isoformat(timespec="seconds"),
                device=toolbox.device,
                parents=bound.parents,
                origin=origin,
                **made.facts,
            )
        self._store.add(take)
        return take

    def _tried(self, draft: Draft, job: Job, backend: Any, kit: Kit) -> Made:  # noqa: ANN401 - of any role
        """Return what the backend makes; what is black or no numbers is tried once more, with the next seed."""
        try:
            return make(job, backend, kit)
        except BadOutput as error:
            again = job.changed(seed=job.seed + 1)
            self._report(Noted(f"{draft.id}: {error.message}; tried once more, with the seed {again.seed}"))
        try:
            made = make(again, backend, kit)
        except BadOutput as error:
            error.message = f"{error.message}, with the seed {job.seed} and again with {again.seed}"
            raise
        return replace(made, notes={**made.notes, "seed": again.seed})

    def _steps(self, draft: Draft, stopped: Callable[[], bool]) -> Callable[[int, int], None]:
        def step(done: int, total: int) -> None:
            if stopped():
                raise KeyboardInterrupt
            self._report(Progressed(self._stage or draft.stage, draft.id, done, total))

        return step

    @contextmanager
    def _scratch(self, name: str) -> Iterator[Path]:
        """Give the path of a folder for one take, made when it is used; nothing is left in it before or after."""
        folder = self._store.scratch / safe(self._ledger.episode) / name[:16]
        _cleared(folder)
        try:
            yield folder
        finally:
            _cleared(folder)


def _cleared(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _named(draft: str) -> Iterator[None]:
    """Say which draft failed; what a backend did not foresee becomes RenderFailed."""
    try:
        yield
    except CharforgeError as error:
        error.message = f"{draft}: {error.message}"
        raise
    except MemoryError as error:
        message = f"{draft} could not be made: too little memory"
        raise OutOfMemory(message, "close other programs, or render at a smaller size") from error
    except Exception as error:
        message = f"{draft} could not be made: {type(error).__name__}: {error}"
        raise RenderFailed(message, "the backend is at fault; choose another or report it") from error
