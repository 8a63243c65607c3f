"""Chooses the locked files that a shot is made from: pose, body, plate, foreground, light."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from charforge.domain.assets import REACHES, Character, Location, Prop, Reach, Reference
from charforge.errors import PlanError

if TYPE_CHECKING:
    from charforge.domain.script import CharacterInShot

POSE_TOLERANCE = 8.0
"""Degrees by which a locked angle may miss the wanted turn and still stand for it: less than half the step
between neighbouring angles of the build order (25 degrees)."""


@dataclass(frozen=True, slots=True)
class Pose:
    """A locked head picture."""

    name: str
    turn: float
    expression: str
    reference: Reference


def poses(character: Character) -> tuple[Pose, ...]:
    """Return the locked level head pictures; a pose is named by its file, as the rig names its style."""
    return tuple(
        Pose(PurePosixPath(r.file).stem, r.turn or 0.0, r.expression or "neutral", r)
        for r in character.references
        if r.step in ("headshot", "angle", "expression") and abs(r.pitch or 0.0) <= POSE_TOLERANCE
    )


def drawn_poses(character: Character) -> tuple[Pose, ...]:
    """Return the locked heads that the rig can draw again: no photographs, no promoted takes."""
    return tuple(p for p in poses(character) if _drawn(p.reference))


def _drawn(reference: Reference) -> bool:
    made = reference.origin
    return made is None or reference.step == "headshot" or (made.take is None and made.backend == "portrait")


def locked_pose(character: Character, turn: float, expression: str | None) -> Pose | None:
    """Return the locked head that already shows this turn and expression and that the rig can draw, or None."""
    wanted = expression or "neutral"
    near = [p for p in drawn_poses(character) if p.expression == wanted and abs(p.turn - turn) <= POSE_TOLERANCE]
    return min(near, key=lambda p: abs(p.turn - turn), default=None)


def nearest_pose(character: Character, turn: float, expression: str | None, *, drawn: bool = False) -> Pose | None:
    """Return the locked head closest in turn, preferring the same expression; `drawn` asks for one of the rig's."""
    wanted = expression or "neutral"
    known = drawn_poses(character) if drawn else poses(character)
    return min(known, key=lambda p: (abs(p.turn - turn), p.expression != wanted), default=None)


def body(character: Character, person: CharacterInShot, place: Location, light: str, reach: Reach) -> Reference | None:
    """Return the body picture for a wardrobe, nearest in turn, lit by the place where one is; None without bodies.

    Raises PlanError when bodies exist but none has the wardrobe, or none shows as much as the framing does.
    """
    bodies = [r for r in character.references if r.step == "body"]
    if not bodies:
        return None
    wardrobes = sorted({r.wardrobe or "" for r in bodies})
    wardrobe = person.wardrobe or first_worn(character) or ""
    fitting = [r for r in bodies if (r.wardrobe or "") == wardrobe]
    if not fitting:
        message = f"{character.id} has no body in the wardrobe {wardrobe!r}; there are: {', '.join(wardrobes)}"
        dye = f"charforge build {character.name} --wardrobe {wardrobe} --colour '#…' --again"
        raise PlanError(message, f"use one of these; or dye a body: {dye}; or list one: docs/library.md, Bodies")
    enough = [r for r in fitting if REACHES.index(r.reach or "bust") >= REACHES.index(reach)]
    if not enough:
        widest = max((r.reach or "bust" for r in fitting), key=REACHES.index)
        message = (
            f"the framing shows {character.id} to the {reach}, but its {wardrobe!r} body reaches only the {widest}"
        )
        raise PlanError(message, f"use a closer framing, or add a body reference with reach: {reach}")
    return min(enough, key=lambda r: (_light_miss(r, place.name, light), abs((r.turn or 0.0) - person.turn)))


def first_worn(character: Character) -> str | None:
    """Return the wardrobe of a body that is worn where none is asked for: the first that was not dyed."""
    bodies = [r for r in character.references if r.step == "body"]
    own = [r for r in bodies if not (r.origin and r.origin.derived == "recoloured")]
    return min((r.wardrobe or "" for r in own or bodies), default=None)


def plate(location: Location, view: str, light: str, layer: str) -> Reference | None:
    """Return the plate of a view in a light."""
    return next(
        (r for r in location.references if (r.step, r.view, r.light, r.layer) == ("plate", view, light, layer)), None
    )


def probe(location: Location, view: str, light: str) -> Reference | None:
    """Return the picture of the grey ball that says how the place is lit."""
    return next((r for r in location.references if (r.step, r.view, r.light) == ("probe", view, light)), None)


def insert(props: tuple[Prop, ...], place: str, light: str) -> tuple[Prop, Reference] | None:
    """Return the close picture of a prop in a place and light, from the first prop that has one."""
    for prop in props:
        pictures = [r for r in prop.references if r.step == "insert"]
        exact = [r for r in pictures if (r.place, r.light) == (place, light)]
        if exact:
            return prop, exact[0]
    return None


def _light_miss(reference: Reference, place: str, light: str) -> int:
    """Return 0 for a body lit by this place and light, 1 for neutral light, 2 for another place's."""
    if (reference.place, reference.light) == (place, light):
        return 0
    return 1 if reference.place is None else 2
