"""Finds the take that a person names by its slate, and its picture."""

from __future__ import annotations

from dataclasses import dataclass

from charforge import imaging, media
from charforge.backends.protocols import RGB
from charforge.domain.names import Slate
from charforge.domain.takes import Take
from charforge.errors import InputError, MediaError
from charforge.store import Ledger, Store
from charforge.studio.circle import slate_of
from charforge.studio.project import Project


@dataclass(frozen=True, slots=True)
class Which:
    """A take as a person names it."""

    slate: str
    """With the take's number, or without for the circled one, else the newest."""
    who: str
    """Whose head, where the kind is `head`."""
    kind: str = "still"
    """`still`, `head` or `clip`."""
    frame: int | None = None
    """Of a clip, counted from 0."""


def taken(project: Project, which: Which, mine: frozenset[str]) -> tuple[Slate, Take, bool]:
    """Return the slate with its number, the take, and whether it is circled; `mine` are digests of the person's files.

    Raises InputError, with the takes that there are, where it is none.
    """
    slate = slate_of(which.slate)
    if which.frame is not None and which.kind != "clip":
        raise InputError("only a clip has frames", "add --of clip, or leave --frame out")
    if which.frame is None and which.kind == "clip":
        raise InputError("which frame of the clip?", "add --frame N, counted from 0")
    store = Store(project.state)
    ledger = Ledger(store, slate.episode)
    start = f"{slate.scene}/{slate.shot}/{which.kind}"
    drafts = [d for d in ledger.drafts() if d == start or d.startswith(f"{start}/")]
    for draft in drafts:
        keys = ledger.takes(draft)
        number = slate.take or _number(keys, ledger.circled(draft))
        take = store.find(keys[number - 1]) if 0 < number <= len(keys) else None
        if take is None or (which.kind == "head" and not mine & {i.digest() for i in take.job.inputs}):
            continue
        return Slate(slate.episode, slate.scene, slate.shot, number), take, ledger.circled(draft) == take.key
    known = [f"t{i:02d}" for d in drafts for i, _ in enumerate(ledger.takes(d), 1)]
    of = f" of {which.who}" if which.kind == "head" else ""
    there = f"there are: {', '.join(dict.fromkeys(known))}" if known else "render the shot first"
    raise InputError(f"{slate} has no {which.kind} take{of}", f"{there}; --of still, head or clip says which")


def pictured(project: Project, take: Take, frame: int | None) -> RGB:
    """Return a still take's picture, or a frame of a clip; raise InputError for a frame that it does not have."""
    blob = Store(project.state).blob(take.blob)
    if frame is None:
        return imaging.decode(blob)
    try:
        return next(pixels for _, pixels in media.frames(blob, [frame]))
    except MediaError as error:
        last = (take.frames or 1) - 1
        raise InputError(f"the clip has no frame {frame}", f"its frames are 0 to {last}") from error


def _number(keys: tuple[str, ...], circled: str | None) -> int:
    return keys.index(circled) + 1 if circled in keys else len(keys)
