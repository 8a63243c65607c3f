"""Makes takes that drifted by a known share towards a stranger: the bench of fixes' own pictures.

Characters and strangers are heads of the embedded generator; each character drifts to whoever of POOL is least like
them, since a look-alike is no drift. A character is turned as by a model without memory, along the population's
direction of turn, which costs likeness by itself; then it drifts by `style` (the generator draws what lies so far on
the way to the stranger) or by `points` (a morph: both faces' points and pixels mixed). How far, a face model that no
fix calls says (`MIXED`). The head is cut out, laid before a plate at some size in some light, softened, given grain
and compressed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING, Literal

import numpy as np

from charforge.backends.portrait import basis, casting
from charforge.backends.portrait.search import COARSE
from charforge.imaging import meshes

__all__ = ["Drifted", "Kind", "Lot", "Person", "Recipe", "embedded", "lots", "mixed", "morphed", "people", "take"]

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
TURNS = (-35.0, -25.0, -15.0, -6.0, 6.0, 15.0, 25.0, 35.0)
"""Degrees that the characters are turned by, as far as the population's direction does as it is told."""
DRIFTS: tuple[tuple[float, Kind], ...] = (
    (0.3, "style"), (0.45, "points"), (0.6, "style"), (0.3, "points"), (0.45, "style"), (0.6, "points"),
)  # fmt: skip
MESH = 468
STRAIGHT = 10.0
"""Degrees up to which a seed's face is a master's."""
POOL, VARIED = 12, 0.8
"""Strangers to choose among, and their truncation: less average than the characters, so less like each of them."""
MIXED: dict[Kind, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "style": ((0.0, 0.25, 0.47, 0.69, 0.86, 1.0), (0.0, 0.3, 0.45, 0.6, 0.75, 1.0)),
    "points": ((0.0, 0.15, 0.27, 0.39, 0.49, 0.6), (0.0, 0.3, 0.45, 0.6, 0.75, 0.95)),
}
"""Drift as w600k_mbf sees it (how far the embedding went from the undrifted head's to the stranger's at that pose), and
the share mixed in for it. Means of seeds 50000 to 50003, frontal and turned by 18 degrees; a face within its own hair
and outline hardly ever comes nearer to a stranger than 60 %."""


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
    """Drift, 0 to 1, as the independent model sees it."""
    kind: Kind
    serial: int
    """Decides size, light, softness and grain."""


@dataclass(frozen=True, slots=True)
class Drifted:
    """A take."""

    share: float
    """Drift that was asked for, 0 to 1."""
    kind: Kind
    eyes: float
    """Pixels between the eyes."""
    pixels: RGB


@dataclass(frozen=True, slots=True)
class Lot:
    """Takes of one person, all drifting towards the same stranger."""

    name: str
    master: RGB
    stranger: RGB
    takes: Iterator[Drifted]
    """Drawn when they are asked for."""


def lots(studio: Studio, first: int, number: int, tell: Callable[[str], None]) -> Iterator[Lot]:
    """Yield characters from a seed on, one take a turn; kinds and shares of drift go round."""
    for place, pair in enumerate(people(studio, first, number, TURNS, tell)):
        person, stranger = pair
        yield Lot(f"seed {person.seed}", person.pixels, stranger.pixels, _takes(studio, pair, place))


def _takes(studio: Studio, pair: tuple[Person, Person], place: int) -> Iterator[Drifted]:
    for number in range(len(TURNS)):
        # Neighbouring people get other drifts for the same turn.
        share, kind = DRIFTS[(number + place) % len(DRIFTS)]
        yield take(studio, pair, number, Recipe(share, kind, pair[0].seed + number))


def people(studio: Studio, first: int, number: int, turns: tuple[float, ...], tell: Callable[[str], None]) -> Iterator[
    tuple[Person, Person]
]:  # fmt: skip
    """Yield characters with a head for each turn, and the stranger each drifts to; seeds in order, none picked."""
    pool = [(p, embedded(studio, p.pixels)) for _, p in islice(_usable(studio, first + AWAY, VARIED), POOL)]
    for seed, person in islice(_usable(studio, first, casting.TRUNCATION), number):
        tell(f"person {seed}")
        own = embedded(studio, person.pixels)
        stranger, _ = min(pool, key=lambda s: studio.face.similarity(own, s[1]))
        heads = tuple(_turned(person.style, turn - person.marks.turn) for turn in turns)
        yield Person(seed, person.style, person.pixels, person.marks, heads), stranger


def mixed(share: float, kind: Kind) -> float:
    """Return the share of a stranger to mix in for a drift that an independent model sees as so large."""
    return float(np.interp(share, *MIXED[kind]))


def take(studio: Studio, pair: tuple[Person, Person], number: int, recipe: Recipe) -> Drifted:
    """Return the take of a character's head by its number."""
    person, stranger = pair
    head, share = person.heads[number], mixed(recipe.share, recipe.kind)
    if recipe.kind == "style":
        pixels = studio.portrait.generate(head + np.float32(share) * (stranger.style - person.style))
    else:
        other = studio.portrait.generate(stranger.style + head - person.style)
        pixels = morphed(studio, studio.portrait.generate(head), other, share)
    eyes = EYES[recipe.serial % len(EYES)]
    made = _filmed(studio, pixels, eyes, np.random.default_rng([person.seed, recipe.serial]))
    return Drifted(recipe.share, recipe.kind, eyes, made)


def embedded(studio: Studio, pixels: RGB) -> Vector:
    """Return the largest face of a picture as the first judge knows it; raise ValueError where there is none."""
    found = studio.face.detect(pixels)
    if not found:
        message = "there is no face in the picture"
        raise ValueError(message)
    return studio.face.embed(pixels, found[0])


def _usable(studio: Studio, first: int, truncation: float) -> Iterator[tuple[int, Person]]:
    """Yield who looks about straight ahead; hair may leave the picture, which no fix minds."""
    for seed in count(first):
        flat = studio.portrait.style(seed, truncation)
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


def morphed(studio: Studio, one: RGB, other: RGB, share: float) -> RGB:
    """Return one face so far on the way to another: points moved, pixels mixed; as it is where one is not measured."""
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
