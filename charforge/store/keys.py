"""Names a take by everything that decides its bytes, before it is made."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from charforge.documents import canonical

if TYPE_CHECKING:
    from charforge.domain.jobs import Job

SCHEME = "charforge-key-1"
"""Changes when the way keys are made changes, which makes every take stale."""


def key(backend: str, revision: str, job: Job) -> str:
    """Return the key of the take that this job gives, in hexadecimal.

    None means "as before" and stays out, so a job can grow a field without making old takes stale.
    Raises ValueError while an input is still symbolic.
    """
    for given in job.inputs:
        given.digest()
    values = job.model_dump(mode="json", exclude_none=True)
    content = canonical({**values, "settings": _without_none(values["settings"])})
    known = hashlib.sha256()
    for part in (SCHEME.encode(), backend.encode(), revision.encode(), content):
        known.update(len(part).to_bytes(8, "big") + part)
    return known.hexdigest()


def _without_none(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_none(v) for name, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_none(v) for v in value]
    return value
