"""Lets a person choose a take, and finds what they chose."""

from __future__ import annotations

import re
from pathlib import Path

from charforge.domain.jobs import ClipJob, Draft, Job, StillJob, VoiceJob
from charforge.domain.names import Slate
from charforge.domain.takes import Take
from charforge.errors import InputError
from charforge.events import Noted
from charforge.store import Ledger, Store, locked
from charforge.studio.desk import Desk
from charforge.studio.project import find
from charforge.studio.report import CircleReport


def circle(near: Path, shot: str, take: str, kind: str) -> CircleReport:
    """Circle a take of a shot by its number: of its still, its clip, its only `line`, or one of several as `line/2`."""
    slate = slate_of(shot)
    number = re.fullmatch(r"t?0*([1-9][0-9]*)", take)
    if number is None:
        raise InputError(f"{take!r} is not a take's number", "write 2 or t02")
    if not re.fullmatch(r"still|clip|line(/[1-9][0-9]*)?", kind):
        raise InputError(f"{kind!r} is neither still, clip nor line", "of several lines write which: line/2")
    project = find(near)
    store = Store(project.state)
    # Read under the lock, so that a render under way cannot number takes meanwhile.
    with locked(store, slate.episode):
        ledger = Ledger(store, slate.episode)
        kind = _which(ledger, slate, kind)
        draft = f"{slate.scene}/{slate.shot}/{kind}"
        takes = ledger.takes(draft)
        if int(number[1]) > len(takes):
            known = ", ".join(f"t{i:02d}" for i in range(1, len(takes) + 1)) or "none: render the shot first"
            raise InputError(f"{slate} has no {kind} take {take}", f"there are: {known}")
        key = takes[int(number[1]) - 1]
        ledger.circle(draft, key, by="person")
    return CircleReport(slate=str(Slate(slate.episode, slate.scene, slate.shot, int(number[1]))), kind=kind, take=key)


def _which(ledger: Ledger, slate: Slate, kind: str) -> str:
    """Return a kind with a line's number; raise InputError where a shot has several lines and nobody said which."""
    if kind != "line":
        return kind
    name = f"{slate.scene}/{slate.shot}/line/"
    lines = sorted(int(draft.removeprefix(name)) for draft in ledger.drafts() if draft.startswith(name))
    if len(lines) > 1:
        raise InputError(
            f"{slate} has {len(lines)} lines", f"write which: --of {' or --of '.join(f'line/{n}' for n in lines)}"
        )
    return f"line/{lines[0] if lines else 1}"


def slate_of(text: str) -> Slate:
    """Return the slate that a person typed; raise InputError when it is none."""
    try:
        return Slate.parse(text)
    except ValueError as error:
        raise InputError(str(error), "slates are shown by: charforge plan EPISODE.yaml") from error


def by_hand(desk: Desk, draft: Draft) -> Take | None:
    """Return the take that a person circled, where it is still there and as long as the shot now is."""
    key = desk.ledger.circled(draft.id)
    if key is None or desk.ledger.circled_by(draft.id) != "person":
        return None
    take = desk.store.find(key)
    if take is None:
        desk.reporter(Noted(f"{draft.id}: the take circled by hand is gone; using the newest"))
        return None
    other = _other(draft.job, take)
    if other:
        desk.reporter(Noted(f"{draft.id}: the take circled by hand has {other}; using the newest"))
        return None
    return take


def _other(job: Job, take: Take) -> str:
    """Return what a take has that a job does not ask for: another size, length or line; or nothing."""
    if isinstance(job, VoiceJob):
        return "" if isinstance(take.job, VoiceJob) and take.job.text == job.text else "other words"
    return "" if _fits(job, take) else "another size or length"


def _fits(job: Job, take: Take) -> bool:
    """Return whether a take is as large and as long as a job asks for."""
    if isinstance(job, StillJob | ClipJob) and (take.width, take.height) != (job.width, job.height):
        return False
    if isinstance(job, ClipJob):
        return take.frames == job.frames and (not isinstance(take.job, ClipJob) or take.job.rate == job.rate)
    return True
