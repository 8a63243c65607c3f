"""Lets a person choose a take."""

from __future__ import annotations

import re
from pathlib import Path

from charforge.domain.names import Slate
from charforge.errors import InputError
from charforge.store import Ledger, Store, locked
from charforge.studio.project import find
from charforge.studio.report import CircleReport


def circle(near: Path, shot: str, take: str, kind: str) -> CircleReport:
    """Circle a take of a shot by its number."""
    slate = slate_of(shot)
    number = re.fullmatch(r"t?0*([1-9][0-9]*)", take)
    if number is None:
        raise InputError(f"{take!r} is not a take's number", "write 2 or t02")
    if kind not in ("still", "clip"):
        raise InputError(f"{kind!r} is neither still nor clip")
    project = find(near)
    store = Store(project.state)
    draft = f"{slate.scene}/{slate.shot}/{kind}"
    # Read under the lock, so that a render under way cannot number takes meanwhile.
    with locked(store, slate.episode):
        ledger = Ledger(store, slate.episode)
        takes = ledger.takes(draft)
        if int(number[1]) > len(takes):
            known = ", ".join(f"t{i:02d}" for i in range(1, len(takes) + 1)) or "none: render the shot first"
            raise InputError(f"{slate} has no {kind} take {take}", f"there are: {known}")
        key = takes[int(number[1]) - 1]
        ledger.circle(draft, key, by="person")
    return CircleReport(slate=str(Slate(slate.episode, slate.scene, slate.shot, int(number[1]))), kind=kind, take=key)


def slate_of(text: str) -> Slate:
    """Return the slate that a person typed; raise InputError when it is none."""
    try:
        return Slate.parse(text)
    except ValueError as error:
        raise InputError(str(error), "slates are shown by: charforge plan EPISODE.yaml") from error
