"""What each framing shows: how large the head, how much of the body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charforge.domain.assets import REACHES, Mark, Reach, View
from charforge.errors import PlanError

if TYPE_CHECKING:
    from charforge.domain.script import CharacterInShot, Framing, Shot

HEAD: dict[Framing, float | None] = {
    "extreme-wide": None,
    "wide": None,
    "medium-wide": 0.17,
    "medium": 0.26,
    "two-shot": 0.27,
    "medium-close": 0.37,
    "close": 0.52,
    "extreme-close": 0.85,
    "insert": None,
}
"""Crown-to-chin height as a fraction of the frame's; None keeps the plate's own framing.
Source: measured on the usual definitions (a close-up cuts at the collar bones, a medium at the waist), with a
head of one seventh and a half of the body's height."""

SHOWS: dict[Framing, Reach] = {
    "extreme-wide": "full",
    "wide": "full",
    "medium-wide": "full",
    "medium": "waist",
    "two-shot": "waist",
    "medium-close": "bust",
    "close": "bust",
    "extreme-close": "face",
    "insert": "face",
}
"""How much of a body each framing shows."""

ORDER = {"far-left": 0, "left": 1, "centre": 2, "right": 3, "far-right": 4}


def needed_reach(framing: Framing, view: View) -> Reach:
    """Return how much body the shot really shows: the framing's share, or less where the foreground hides it."""
    return min(SHOWS[framing], view.shows, key=REACHES.index)


def marks(shot: Shot, view: View) -> tuple[Mark, ...]:
    """Return a mark of the view for each character, by position; raise PlanError when they do not fit."""
    people = shot.characters
    if len(people) > len(view.marks):
        known = ", ".join(view.marks)
        message = (
            f"shot {shot.id} has {len(people)} people, the view {view.name!r} has marks for {len(view.marks)} ({known})"
        )
        raise PlanError(message, "choose another view, or add marks to location.yaml")
    named: dict[str, Mark] = {}
    for person in people:
        if person.position is not None and person.position in view.marks:
            named[person.who] = view.marks[person.position]
    taken = list(named.values())
    free = iter(m for m in sorted(view.marks.values(), key=lambda m: abs(m.x - 0.5)) if m not in taken)
    return tuple(named.get(p.who) or next(free) for p in people)


def subject(people: tuple[CharacterInShot, ...]) -> str | None:
    """Return whom the camera is on: the only person, or None for everybody."""
    return people[0].who if len(people) == 1 else None
