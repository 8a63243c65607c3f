"""Turns a draft into a job: symbolic inputs become the content of takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charforge.domain.jobs import Input, TakeOf
from charforge.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from charforge.domain.jobs import Draft, Job
    from charforge.domain.takes import Take

BLOB_PARTS = frozenset({"picture", "sound"})
"""Parts of a take that mean its own bytes; any other part names an attachment."""


def bind(draft: Draft, takes: Mapping[str, Take]) -> Job:
    """Return the draft's job with every input given by content; raise PlanError when a take is missing."""
    if not draft.needs():
        return draft.job
    return draft.job.changed(inputs=tuple(_bound(given, draft, takes) for given in draft.job.inputs))


def parents(draft: Draft, takes: Mapping[str, Take]) -> tuple[str, ...]:
    """Return the keys of the takes that the draft uses, each once."""
    return tuple(dict.fromkeys(takes[name].key for name in draft.needs()))


def _bound(given: Input, draft: Draft, takes: Mapping[str, Take]) -> Input:
    source = given.source
    if not isinstance(source, TakeOf):
        return given
    take = takes.get(source.draft)
    if take is None:
        message = f"{draft.id} waits for a take of {source.draft}, which there is none of"
        raise PlanError(message, "render the episode from its beginning, or circle a take: charforge circle")
    digest = take.blob if source.part in BLOB_PARTS else take.attachments.get(source.part)
    if digest is None:
        known = ", ".join(sorted(take.attachments)) or "none"
        message = f"{draft.id} needs {source.part!r} of {source.draft}; {take.backend} attached: {known}"
        raise PlanError(message, "choose a backend that makes it")
    return Input(role=given.role, name=given.name, source=digest)
