"""Knows what a repaired take was before it was repaired."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from charforge.domain.jobs import Job, RepairJob
from charforge.domain.takes import Take
from charforge.store import Store


def unrepaired(store: Store, take: Take) -> Take:
    """Return the take whose face was repaired, whose job says what is to be seen; one never repaired as it is."""
    return recorded(store, take)[-1]


def as_repaired(store: Store, take: Take) -> Job:
    """Return the job of a take, with all that its repairs were shown beside what it was made of."""
    *repairs, made = (each.job for each in recorded(store, take))
    shown = tuple(given for job in repairs for given in job.inputs if given.role not in {"picture", "clip"})
    return made.changed(inputs=(*made.inputs, *shown))


def recorded(store: Store, take: Take) -> tuple[Take, ...]:
    """Return a take, then what it was before each of its repairs, as far as that is written down: bytes may be gone."""
    return tuple(_line(store.record, take))


def lineage(store: Store, take: Take) -> Iterator[Take]:
    """Yield a take, then what it was before each of its repairs, as far as that is still there."""
    return _line(store.find, take)


def _line(find: Callable[[str], Take | None], take: Take) -> Iterator[Take]:
    yield take
    while isinstance(take.job, RepairJob):
        older = next((t for key in take.parents if (t := find(key)) is not None), None)
        if older is None:
            return
        yield (take := older)
