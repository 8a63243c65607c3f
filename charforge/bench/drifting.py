"""Makes takes that drifted by a known share towards a stranger: the bench of fixes' own pictures.

Characters and strangers are heads of the embedded generator. A character is turned as by a model without memory, along
the population's direction of turn, which costs likeness by itself; then it drifts by `style` (the generator draws what
lies so far on the way to the stranger) or by `points` (a morph: both faces' points and pixels mixed). The head is cut
out, laid before a plate at some size in some light, softened, given grain and compressed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Literal

import numpy as np

from charforge.backends.portrait import basis, casting
from charforge.backends.portrait.search import COARSE
from charforge.imaging import meshes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.portrait.casting import Studio
    from charforge.backends.protocols import RGB, Landmarks, Vector

Kind = Literal["style", "points"]
STRIDE = 0.8
"""Share of the fitted direction that turns a head by the degrees asked for."""
AWAY = 1000
"""Seeds between characters and their strangers."""
EYES = (60.0, 110.0, 180.0, 250.0)
"""Distances of the eyes in the takes, in pixels."""
MESH = 468
STRAIGHT = 10.0
"""Degrees up to which a seed's face is a master's."""


@dataclass(frozen=True, slots=True)
class Person:
    """A character, or a stranger."""

    seed: int
    style: Vector
    pixels: RGB
    marks: Landmarks
    heads: tuple[Vector, ...] = ()
    """Styles, one a turn."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a take drifts and looks."""

    share: float
    """Of the stranger, 0 to 1."""
    kind: Kind
    serial: int
    """Decides size, light, softness and grain."""


@dataclass(frozen=True, slots=True)
class Drifted:
    """A take."""

    seed: int
    share: float
    """Of the stranger, 0 to 1."""
    kind: Kind
    eyes: float
    """Pixels between the eyes."""
    pixels: RGB


def people(studio: Studio, first: int, number: int, turns: tuple[float, ...], tell: Callable[[str], None]) -> Iterator[
    tuple[Person, Person]
]:  # fmt: skip
    """Yield characters with a head for each turn, and the stranger each drifts to; seeds in order, none picked."""
    strangers = _usable(studio, first + AWAY)
    for seed, person in _usable(studio, first):
        tell(f"person {seed}")
        _, stranger = next(strangers)
        heads = tuple(_turned(person.style, turn - person.marks.turn) for turn in turns)
        yield Person(seed, person.style, person.pixels, person.marks, heads), stranger
        number -= 1
        if number <= 0:
            return


def take(studio: Studio, pair: tuple[Person, Person], number: int, recipe: Recipe) -> Drifted:
    """Return the take of a character's head by its number."""
    person, stranger = pair
    head, share = person.heads[number], recipe.share
    if recipe.kind == "style":
        pixels = studio.portrait.generate(head + np.float32(share) * (stranger.style - person.style))
    else:
        other = studio.portrait.generate(stranger.style + head - person.style)
        pixels = _morphed(studio, studio.portrait.generate(head), other, share)
    eyes = EYES[recipe.serial % len(EYES)]
    made = _filmed(studio, pixels, eyes, np.random.default_rng([person.seed, recipe.serial]))
    return Drifted(person.seed, share, recipe.kind, eyes, made)


def _usable(studio: Studio, first: int) -> Iterator[tuple[int, Person]]:
    """Yield who looks about straight ahead; hair may leave the picture, which no fix minds."""
    for seed in count(first):
        flat = studio.portrait.style(seed, casting.TRUNCATION)
        pixels = studio.portrait.generate(flat)
        marks = _marks(studio, pixels)
        if marks is not None and abs(marks.turn) < STRAIGHT:
            yield seed, Person(seed, np.broadcast_to(flat, (8, 512)).copy(), pixels, marks)


def _turned(style: Vector, degrees: float) -> Vector:
    """Return a style moved along the population's direction of turn, where pose and shape are made."""
    moved = style.copy()
    moved[list(COARSE)] += basis.shipped().directions["turn"] * np.float32(STRIDE * degrees)
    return np.asarray(moved, np.float32)


def _marks(studio: Studio, pixels: RGB) -> Landmarks | None:
    found = studio.face.detect(pixels)
    return studio.landmark.landmarks(pixels, found[0]) if found else None


def _morphed(studio: Studio, one: RGB, other: RGB, share: float) -> RGB:
    """Return one face so far on the way to another: points moved, pixels mixed."""
    import cv2

    here, there = _marks(studio, one), _marks(studio, other)
    if here is None or there is None:
        return one
    own, their = here.points[:MESH].astype(np.float64), there.points[:MESH].astype(np.float64)
    places = own + share * (meshes.turned(their, own) - own)
    size = one.shape[:2]
    head = meshes.bent(one, own, places, 0.04).astype(np.float32)
    moved, weight = meshes.carried(other, their, places, size)
    reach = int(0.03 * size[0])
    soft = cv2.GaussianBlur(cv2.erode(weight, np.ones((reach, reach))), (0, 0), reach / 2)[..., None]
    known = (weight > 0.02).astype(np.float32)
    given = np.asarray(moved, np.float32)
    toned = given - meshes.nearby(given, known, 0.08) + meshes.nearby(head, known, 0.08)
    return np.asarray(np.clip(np.round(head + share * soft * (toned - head)), 0, 255), np.uint8)


def _filmed(studio: Studio, head: RGB, eyes: float, chance: np.random.Generator) -> RGB:
    """Return a head before a plate: at this size, in some light, softened, grained and compressed."""
    import cv2

    marks = _marks(studio, head)
    span = 1.0 if marks is None else float(np.linalg.norm(marks.points[468, :2] - marks.points[473, :2]))
    factor = eyes / max(span, 1.0)
    matte = studio.matte.matte(head)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    person, alpha = (cv2.resize(p, None, fx=factor, fy=factor, interpolation=how) for p in (head, matte))
    high, wide = person.shape[:2]
    height, width = max(360, int(high * 1.12)), max(480, int(wide * 1.25))
    plate = _plate(height, width, chance)
    left = int(chance.uniform(0.2, 0.8) * (width - wide))
    place = np.s_[height - high :, left : left + wide]
    sides = chance.uniform(0.72, 1.2, 2)
    shade = np.linspace(sides[0], sides[1], wide)[None, :, None] * chance.uniform(0.92, 1.08, 3)
    mask = np.clip(alpha, 0, 1)[..., None]
    plate[place] = plate[place] * (1 - mask) + np.clip(person * shade, 0, 255) * mask
    plate = cv2.GaussianBlur(plate, (0, 0), float(chance.uniform(0.4, 0.9)))
    plate += chance.normal(size=plate.shape[:2]).astype(np.float32)[..., None] * chance.uniform(0.0, 4.0)
    done = np.clip(np.round(plate), 0, 255).astype(np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(82, 95))]
    packed = cv2.imencode(".jpg", done[..., ::-1], quality)[1]
    return np.asarray(cv2.cvtColor(cv2.imdecode(packed, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), np.uint8)


def _plate(height: int, width: int, chance: np.random.Generator) -> NDArray[np.float32]:
    """Return a soft background of patches and slopes, float32."""
    import cv2

    size, tint = (width, height), chance.uniform(0.8, 1.2, 3)
    coarse, fine = (chance.uniform(*r).astype(np.float32) for r in ((40, 190, (5, 6)), (-25, 25, (24, 32))))
    grey = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC) + cv2.resize(fine, size)
    plate = grey[..., None] * tint.astype(np.float32)
    return np.asarray(np.clip(plate, 0, 255), np.float32)
