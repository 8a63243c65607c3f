"""Stands the camera of a set for one framing: lens, distance, height and pitch, as a camera department would."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from charforge.domain.value import Value
from charforge.errors import PlanError
from charforge.planner.framing import HEAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charforge.domain.assets import Mark
    from charforge.domain.script import Angle, Framing, Shot

SENSOR = 36.0
"""Millimetres across."""
HEAD_METRES = 0.23
"""Crown to chin. Source: the mean of adults, 0.22 to 0.24 m, as the pilot's sets take it."""
LENSES: dict[Framing, float] = {
    "extreme-wide": 24,
    "wide": 28,
    "medium-wide": 35,
    "two-shot": 40,
    "medium": 40,
    "medium-close": 50,
    "close": 75,
    "extreme-close": 100,
}
"""Focal lengths in millimetres on a full-frame sensor, where the shot names none: the usual practice."""
SIZES: dict[Framing, float] = {
    "extreme-wide": 0.045,
    "wide": 0.09,
    "medium-wide": 0.17,
    "two-shot": 0.27,
    "medium": 0.26,
    "medium-close": 0.37,
    "close": 0.52,
    "extreme-close": 0.85,
}
"""Crown to chin as a share of the frame's height; those that planner.framing has are the same here."""
PITCHES: dict[Angle, float] = {"eye": 0.0, "low": 18.0, "high": -22.0, "overhead": -60.0, "dutch": 0.0}
"""Degrees; positive looks up."""
ROLL = 5.0
"""Degrees of a dutch angle, as the animatic tilts it."""
RISE = (-0.9, 1.4)
"""Metres below and above a face within which a camera finds room between floor and ceiling."""
NEAREST = 0.45
"""Metres that a lens keeps from a face."""
_LENS = re.compile(r"(\d+(?:\.\d+)?)\s*mm")


class SetCamera(Value):
    """A camera in a set, told from the face it looks at."""

    lens_mm: float
    height_m: float
    """Above the centre of the face; negative below it."""
    pitch: float
    """Degrees; positive looks up."""
    distance_m: float
    roll: float = 0.0
    face_y: float
    """Where the face stands in the frame, from its top."""
    marks: tuple[str, ...]
    """Whom it is on; of several, their middle."""


def set_camera(shot: Shot, marks: dict[str, Mark], aspect: float) -> SetCamera | None:
    """Return the camera that shows a shot's people as it frames them, or None where the view's own camera does.

    That is so where nobody is framed, and in a wide shot at eye level: the view is what it shows.

    `marks` are those of the view that the shot names; its own camera says how far there is room to step back. A lens
    that is too short to be needed so far away is exchanged for a longer one.
    """
    on = _on(shot, marks)
    if not on or shot.framing not in SIZES:
        return None
    if HEAD[shot.framing] is None and shot.angle == "eye" and not _written(shot):
        return None
    room = sum(marks[name].depth for name in on) / len(on)
    size = SIZES[shot.framing]
    height = SENSOR / aspect
    lens = lens_of(shot)
    distance = HEAD_METRES * lens / (size * height)
    if len(on) > 1:
        # Both heads, with as much beside each as a compositor keeps.
        spread = _spread([marks[name] for name in on], aspect)
        distance = max(distance, lens * (spread + 2.6 * HEAD_METRES) / SENSOR)
    if distance > room:
        lens, distance = lens * room / distance, room
    distance = max(distance, NEAREST)
    rise = min(RISE[1], max(RISE[0], -distance * math.sin(math.radians(PITCHES[shot.angle]))))
    pitch = -math.degrees(math.asin(rise / distance))
    shown = HEAD_METRES * lens / (distance * height)
    return SetCamera(
        lens_mm=round(lens, 2),
        height_m=round(rise, 3),
        pitch=round(pitch, 2),
        distance_m=round(distance, 3),
        roll=ROLL if shot.angle == "dutch" else 0.0,
        face_y=round(headroom(shown) + 0.5 * shown, 4),
        marks=on,
    )


def view_name(view: str, shot: Shot, camera: SetCamera) -> str:
    """Return what the view of a framing is called, such as ``table-close-low`` or ``table-two-shot-35mm``."""
    words = [view, shot.framing, *([shot.angle] if shot.angle != "eye" else [])]
    words += [f"{lens_of(shot):g}mm".replace(".", "p")] if _written(shot) else []
    words += [camera.marks[0]] if len(camera.marks) == 1 and camera.marks != ("centre",) else []
    return "-".join(words)


def lens_of(shot: Shot) -> float:
    """Return the focal length that a shot asks for, or its framing's usual one where it names none in millimetres.

    Raises PlanError for a focal length that no lens has.
    """
    found = _written(shot)
    if found is None:
        return LENSES.get(shot.framing, 50.0)
    if not 8 <= found <= 400:
        message = f"shot {shot.id}: the lens {shot.lens!r} has no focal length from 8 to 400 mm"
        raise PlanError(message, "write it like lens: 85mm")
    return found


def _written(shot: Shot) -> float | None:
    found = _LENS.search((shot.lens or "").lower())
    return float(found[1]) if found else None


def headroom(size: float) -> float:
    """Return the room above a head, both as shares of the frame's height; a close head may leave the frame."""
    return 0.16 - 0.15 * size if size < 0.9 else 0.40 - 0.44 * size


def settings(camera: SetCamera) -> dict[str, Any]:
    """Return the camera as a job's setting."""
    return camera.model_dump(mode="json")


def _on(shot: Shot, marks: dict[str, Mark]) -> tuple[str, ...]:
    """Return the marks of a shot's people, as the planner gives them out."""
    people = shot.characters
    if not people or len(people) > len(marks):
        return ()
    named = [p.position for p in people if p.position is not None and p.position in marks]
    free = [m for m in sorted(marks, key=lambda m: abs(marks[m].x - 0.5)) if m not in named]
    given = [p.position if p.position in named and p.position else free.pop(0) for p in people]
    return tuple(sorted(given, key=lambda m: marks[m].x))


def _spread(seen: Sequence[Mark], aspect: float) -> float:
    """Return the metres between the outermost of some people, across the picture."""
    places = [(m.x - 0.5) * aspect * HEAD_METRES / m.head for m in seen]
    return max(places) - min(places)
