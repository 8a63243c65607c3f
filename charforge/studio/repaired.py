"""Knows what a repaired take was before it was repaired."""

from __future__ import annotations

from collections.abc import Iterator

from charforge.domain.jobs import RepairJob
from charforge.domain.takes import Take
from charforge.store import Store


def unrepaired(store: Store, take: Take) -> Take:
    """Return the take whose face was repaired, whose job says what is to be seen; one never repaired as it is."""
    return list(lineage(store, take))[-1]


def lineage(store: Store, take: Take) -> Iterator[Take]:
    """Yield a take, then what it was before each of its repairs, as far as that is still there."""
    yield take
    while isinstance(take.job, RepairJob):
        older = next((t for key in take.parents if (t := store.find(key)) is not None), None)
        if older is None:
            return
        yield (take := older)
