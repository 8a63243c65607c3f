"""Solves where the camera stands, so that scale, parallax and blur agree.

Every layer is a card parallel to the frame at a depth in metres. Positions on a plate are in plate heights from its
centre; positions in the frame are in frame heights from its centre; y points down. A camera that stands on the
plate's own viewpoint with zoom 1 sees the plate as it is. A card point `p` at depth `z` is seen at
``zoom * (z * p - truck) / (z - dolly) - shift``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from charforge.domain.blocking import Blocking, Person

DOLLY_SHARE = 0.5
"""How much of a magnification the camera walks; the rest is a longer lens (both as exponents)."""
TRUCK_SHARE = 0.5
"""How far the camera steps sideways towards its subject, as a share of the whole way."""
MARGIN = 0.006
"""Plate kept outside the frame for the drift of a held camera, in frame heights."""
NEAREST = 0.12
"""A card closer to the lens than this has passed it, in metres."""


@dataclass(frozen=True, slots=True)
class Pose:
    """One position of the camera."""

    dolly: float = 0.0
    """Metres walked towards the scene."""
    zoom: float = 1.0
    truck: tuple[float, float] = (0.0, 0.0)
    """Steps right and down, in plate heights at one metre's depth."""
    shift: tuple[float, float] = (0.0, 0.0)
    """Where the frame's centre lies in the picture, in frame heights."""
    roll: float = 0.0
    """Degrees clockwise."""

    def scale(self, depth: float) -> float:
        """Return how much larger than on its plate a card at this depth is seen."""
        return self.zoom * depth / max(depth - self.dolly, NEAREST)

    def place(self, x: float, y: float, depth: float) -> tuple[float, float]:
        """Return where in the frame a card point is seen, before the roll."""
        near = self.zoom / max(depth - self.dolly, NEAREST)
        return (
            near * (depth * x - self.truck[0]) - self.shift[0],
            near * (depth * y - self.truck[1]) - self.shift[1],
        )


@dataclass(frozen=True, slots=True)
class Path:
    """A camera move: poses from the first frame to the last."""

    blocking: Blocking
    aspect: float
    size: float
    """Magnification of the subject in the planned framing."""
    depth: float
    """Metres to the subject, which is also the focus."""
    boost: float = 1.0
    """Extra zoom that keeps the plate's edges out of the frame."""

    def at(self, progress: float) -> Pose:
        """Return the pose at a share of the move, 0 to 1, eased in and out."""
        return _pose(self, smoothstep(progress))

    def head(self) -> float:
        """Return the subject's head height in the first frame, as a fraction of the frame's height."""
        heads = [self.at(0).scale(p.mark.depth) * p.mark.head for p in subjects(self.blocking)]
        return sum(heads) / len(heads) if heads else 0.0


def smoothstep(t: float) -> float:
    """Return t eased in and out, both 0 to 1."""
    t = min(1.0, max(0.0, t))
    return t * t * (3 - 2 * t)


def subjects(blocking: Blocking) -> tuple[Person, ...]:
    """Return whom the camera is on."""
    return tuple(p for p in blocking.people if blocking.focus in (None, p.who)) or blocking.people


def solve(blocking: Blocking, aspect: float) -> Path:
    """Return the move that shows the subject at the wanted size with everyone it is on inside the frame."""
    people = subjects(blocking)
    depth = sum(p.mark.depth for p in people) / len(people) if people else blocking.view.background_depth
    size = 1.0
    if people and blocking.head is not None:
        size = max(1.0, blocking.head * len(people) / sum(p.mark.head for p in people))
    path = _covered(Path(blocking, aspect, size, depth))
    while not inside(path) and path.size > 1.0:
        path = _covered(replace(path, size=max(1.0, path.size * 0.98), boost=1.0))
    return path


def inside(path: Path) -> bool:
    """Return whether everyone the camera is on is in the frame through the whole move."""
    return all(_inside(path, path.at(t / 4)) for t in range(5))


def _inside(path: Path, pose: Pose) -> bool:
    room = path.aspect / 2
    several = len(subjects(path.blocking)) > 1
    for person in subjects(path.blocking):
        x, y = at_mark(person, path.aspect)
        head = pose.scale(person.mark.depth) * person.mark.head
        right, down = pose.place(x, y, person.mark.depth)
        side = head * (1.15 if several else 0.3)
        if abs(right) + side > room or abs(down) > 0.5:
            return False
    return True


def at_mark(person: Person, aspect: float) -> tuple[float, float]:
    """Return the centre of a person's face on the plate, in plate heights from its centre."""
    return (person.mark.x - 0.5) * aspect, person.mark.y - 0.5


def _covered(path: Path) -> Path:
    while path.boost < 2 and not all(_spare(path, t / 8) for t in range(9)):
        path = replace(path, boost=path.boost * 1.004)
    return path


def _spare(path: Path, progress: float) -> bool:
    pose, reach = _unshifted(path, smoothstep(progress))
    (low_x, high_x), (low_y, high_y) = _range(path, pose)
    (slide_x, slide_y) = reach
    return high_x - low_x >= 2 * abs(slide_x) and high_y - low_y >= 2 * abs(slide_y)


def _range(path: Path, pose: Pose) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the shifts, across and down, that keep the background over the whole frame."""
    depth = path.blocking.view.background_depth
    scale, near = pose.scale(depth), pose.zoom / max(depth - pose.dolly, NEAREST)
    turn = abs(math.radians(pose.roll))
    half = (
        path.aspect / 2 * math.cos(turn) + 0.5 * math.sin(turn) + MARGIN,
        path.aspect / 2 * math.sin(turn) + 0.5 * math.cos(turn) + MARGIN,
    )
    edges = (scale * path.aspect / 2, scale / 2)
    left, top = ((half[i] - edges[i] - near * pose.truck[i], edges[i] - half[i] - near * pose.truck[i]) for i in (0, 1))
    return left, top


def _unshifted(path: Path, eased: float) -> tuple[Pose, tuple[float, float]]:
    """Return the pose before composing, and how far a pan or tilt moves the frame to either side."""
    move, aspect = path.blocking.move, path.aspect
    planned = math.pow(path.size, 1 - DOLLY_SHARE) * path.boost
    grown = {"push-in": eased, "pull-out": 1 - eased}.get(move.kind, 0.0) * move.amount
    near = math.pow(path.size, DOLLY_SHARE) * (1 + grown)
    dolly = path.depth * (1 - 1 / near)
    sideways = _middle(path)[0] * path.depth * TRUCK_SHARE * (1 - 1 / path.size)
    reach = path.depth - dolly
    slide = {"truck-right": 1, "truck-left": -1}.get(move.kind, 0) * (eased - 0.5) * move.amount * aspect
    height = {"low": 0.16, "high": -0.2, "overhead": -0.34}.get(path.blocking.angle, 0.0)
    pose = Pose(
        dolly=dolly,
        zoom=planned,
        truck=(sideways + slide * reach / planned, height * reach / planned),
        roll=5.0 if path.blocking.angle == "dutch" else 0.0,
    )
    pan = move.amount * aspect / 2 if move.kind in ("pan-left", "pan-right") else 0.0
    tilt = move.amount / 2 if move.kind in ("tilt-up", "tilt-down") else 0.0
    return pose, (pan, tilt)


def _pose(path: Path, eased: float) -> Pose:
    pose, (pan, tilt) = _unshifted(path, eased)
    (low_x, high_x), (low_y, high_y) = _range(path, pose)
    across, down = _composed(path, pose)
    swing = 2 * eased - 1
    side = {"pan-right": 1, "pan-left": -1, "tilt-down": 1, "tilt-up": -1}.get(path.blocking.move.kind, 0)
    return replace(
        pose,
        shift=(
            _clamp(across, low_x + pan, high_x - pan) + side * swing * pan,
            _clamp(down, low_y + tilt, high_y - tilt) + side * swing * tilt,
        ),
    )


def _composed(path: Path, pose: Pose) -> tuple[float, float]:
    """Return the shift that puts the subject where the eye wants it; a wide picture keeps its plate's own order."""
    people = subjects(path.blocking)
    if not people:
        return 0.0, 0.0
    x, y = _middle(path)
    near = path.depth / max(path.depth - pose.dolly, NEAREST) * pose.zoom
    head = sum(p.mark.head for p in people) / len(people) * near
    weight = smoothstep((path.size - 1) / 0.5)
    side = _looking(people[0].turn) if len(people) == 1 else 0.0
    want_x = side * min(0.42, 0.5 * path.aspect - 0.45 * head) if len(people) == 1 else 0.0
    want_y = crown(head) - 0.5 + 0.5 * head
    steady = pose.truck if path.blocking.move.kind not in ("truck-left", "truck-right") else _still(path).truck
    is_x = pose.zoom * (path.depth * x - steady[0]) / max(path.depth - pose.dolly, NEAREST)
    is_y = pose.zoom * (path.depth * y - pose.truck[1]) / max(path.depth - pose.dolly, NEAREST)
    return is_x - (x + weight * (want_x - x)), is_y - (y + weight * (want_y - y))


def _still(path: Path) -> Pose:
    return _unshifted(path, 0.5)[0]


def _middle(path: Path) -> tuple[float, float]:
    """Return the middle between the subjects' faces on the plate."""
    places = [at_mark(p, path.aspect) for p in subjects(path.blocking)] or [(0.0, 0.0)]
    xs, ys = [x for x, _ in places], [y for _, y in places]
    return (min(xs) + max(xs)) / 2, sum(ys) / len(ys)


def _looking(turn: float) -> float:
    """Return where somebody stands who looks that way: -1 left third, 1 right third."""
    return -_clamp(turn / 30, -1, 1) * 0.62


def crown(head: float) -> float:
    """Return the room above a head of this height, both as fractions of the frame's height."""
    return max(0.16 - 0.15 * head, 0.40 - 0.44 * head if head > 0.9 else -1.0) if head < 0.9 else 0.40 - 0.44 * head


def _clamp(value: float, low: float, high: float) -> float:
    return (low + high) / 2 if low > high else min(high, max(low, value))
