"""What each framing shows: how large the head, how much of the body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charforge.domain.assets import REACHES, Character, Mark, Reach, View
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

BARE_HEAD = 1.0
"""Crown-to-chin height of an extreme close-up of somebody without a body: just large enough that the drawn head's
picture runs out of the frame below."""
BELOW = 0.66
"""From the middle of a drawn head to the foot of its picture, over the head's height, at most. Measured on the
generator's 13 locked heads of the pilot: 0.58 to 0.61."""
LIFTED = {"high": 0.2, "overhead": 0.34}
"""How much lower in the frame somebody may stand, seen from so high, in frame heights."""

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


def head_of(shot: Shot, bare: bool) -> float | None:
    """Return the wanted head height of a shot; somebody without a body fills an extreme close-up."""
    return BARE_HEAD if bare and shot.framing == "extreme-close" else HEAD[shot.framing]


def refuse_headless(
    shot: Shot, character: Character, mark: Mark, everybody: tuple[Mark, ...], lenders: tuple[str, ...]
) -> None:
    """Raise PlanError where a person without a body would surely be shown ending below the head.

    What cannot be told before the camera stands is let through. `lenders` are the names of those who have bodies.
    """
    grown = head_of(shot, bare=True)
    size = 1.0 if grown is None else max(1.0, grown * len(everybody) / sum(m.head for m in everybody))
    if shot.move.kind not in ("static", "push-in", "pull-out"):
        size *= 1 + shot.move.amount
    head = mark.head * size
    if head >= 0.9:
        return
    middle = max((mark.y - 0.5) * size, 0.16 - 0.15 * head - 0.5 + 0.5 * head) + LIFTED.get(shot.angle, 0.0)
    if middle + BELOW * head < 0.5:
        message = f"{character.id} has no body, and shot {shot.id} ({shot.framing}) shows where the head ends"
        raise PlanError(message, f"{_lent(character, lenders)}; or frame one person extreme-close")


def _lent(character: Character, lenders: tuple[str, ...]) -> str:
    """Return how a character comes to a body."""
    if not lenders:
        return "list a body: docs/library.md, Bodies"
    command = f"charforge build {character.name} --body-from"
    return f"{command} {lenders[0]}" if len(lenders) == 1 else f"{command} NAME (bodies have: {', '.join(lenders)})"
