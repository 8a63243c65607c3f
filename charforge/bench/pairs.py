"""Makes controlled pairs: many people, of each the same face as takes and files show it, with who is who known.

A folder gets the pictures and `pairs.csv` (a, b, label, identity_a, identity_b, kind, how). What counts as the same
person is one face under changes that cannot change who it is: other light, blur, grain, compression, size, lean,
something before a cheek, and a turn of the head in space (`pairs_turning`). No picture is drawn anew, since a generator
that moves a face makes it somebody else by an unknown amount. Strangers are different portraits, or different seeds.
"""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from charforge import imaging
from charforge.backends import registry
from charforge.bench import pairs_changes as changes
from charforge.bench.pairs_turning import turned
from charforge.documents.files import write_atomic
from charforge.domain.value import Value
from charforge.qa.pose import eye_distance
from charforge.studio.calibrating import photos
from charforge.weights import LocalHome

if TYPE_CHECKING:
    from numpy.random import Generator

    from charforge.backends.portrait import Portrait
    from charforge.backends.protocols import RGB, FaceBackend, LandmarkBackend, Landmarks

    Told = Callable[[str, int, int], None]

SIDE = 512
"""Longer side of a made picture before it is changed, in pixels."""
TRUNCATION = 1.0
"""How far a seed's face may be from the average one: as far as the generator knows."""
SIDEWAYS = 15.0
"""Degrees beyond which a portrait is nobody's master: it is shown as it is, as a stranger to the others."""
STRAIGHT = 3.0
"""Degrees up to which a portrait may be turned to either side; beyond, only to the one that it faces already."""
STRANGERS = 3
"""Listed different pairs a person; whoever knows the identities can take every two."""
COLUMNS = ("a", "b", "label", "identity_a", "identity_b", "kind", "how")
TABLE = "pairs.csv"


class MadePairs(Value):
    """What was made."""

    table: str
    people: int
    pictures: int
    same: int
    different: int
    left_out: tuple[str, ...] = ()
    """Portraits in which no face is found."""


@dataclass(frozen=True, slots=True)
class Source:
    """A person's own picture, with what changes need to know of it."""

    who: str
    kind: str
    pixels: RGB
    face: Landmarks
    eyes: float

    @property
    def middle(self) -> tuple[float, float]:
        """The nose's tip, in pixels."""
        x, y = self.face.points[1, :2]
        return float(x), float(y)


def pairs(folder: Path, people: int, portraits: Path | None, tell: Told, *, first_seed: int = 100_000) -> MadePairs:
    """Write controlled pairs of so many generated people, and of every portrait in a folder, into another folder.

    Raises InputError when the portraits cannot be read, StoreError when the folder cannot be written.
    """
    home = LocalHome(threads=1)
    look = _looker(home)
    found = photos(portraits) if portraits is not None else []
    total, left_out = people + len(found), []
    rows: list[tuple[str, ...]] = []
    shown: list[tuple[str, str, str]] = []
    for number, (who, kind, pixels) in enumerate(_portraits(home, people, found, first_seed)):
        tell(who, number, total)
        source = look(who, kind, pixels)
        if source is None:
            left_out.append(who)
            continue
        names = {how: f"{kind}/{who}/{how}.jpg" for how, _ in _written(folder, source)}
        plain = names.pop("plain")
        shown.append((who, kind, plain))
        rows += [(plain, name, "same", who, who, kind, how) for how, name in names.items()]
    same = len(rows)
    rows += _strangers(shown)
    write_atomic(folder / TABLE, _table(rows))
    counted = {"people": len(shown), "pictures": same + len(shown), "same": same, "different": len(rows) - same}
    return MadePairs(table=str(folder / TABLE), **counted, left_out=tuple(left_out))


def taken(source: Source, chance: Generator) -> Iterator[tuple[str, RGB]]:
    """Yield a person's picture as takes and files show it, each with its name; the first is the plain one."""
    pixels, eyes = source.pixels, source.eyes
    yield "plain", pixels
    if abs(source.face.turn) > SIDEWAYS:
        return
    yield "light", changes.compressed(changes.lit(pixels, chance), chance)
    yield "soft", changes.grained(changes.blurred(pixels, eyes, chance), chance)
    yield "small", changes.compressed(changes.sized(pixels, eyes, chance.uniform(26, 44)), chance, (40, 80))
    yield "tiny", changes.sized(pixels, eyes, chance.uniform(13, 24))
    yield "lean", changes.leaning(changes.lit(pixels, chance), source.middle, chance)
    yield "covered", changes.covered(changes.lit(pixels, chance), source.middle, eyes, chance)
    yield "turn", changes.lit(_to_a_side(source, chance, 12, 25), chance)
    yield "far", changes.compressed(_to_a_side(source, chance, 28, 45), chance)
    small = changes.sized(_to_a_side(source, chance, 32, 48), eyes, chance.uniform(20, 60))
    yield "far-small", small
    everything = changes.blurred(changes.lit(_to_a_side(source, chance, 0, 30), chance), eyes, chance)
    yield "all", changes.compressed(changes.sized(everything, eyes, chance.uniform(25, 80)), chance, (30, 60))
    yield "far-light", changes.grained(changes.lit(_to_a_side(source, chance, 28, 48), chance), chance)
    far = changes.lit(_to_a_side(source, chance, 25, 48), chance)
    yield "far-tiny", changes.compressed(changes.sized(far, eyes, chance.uniform(14, 24)), chance, (50, 85))
    near = changes.lit(_to_a_side(source, chance, 5, 25), chance)
    yield "turn-tiny", changes.compressed(changes.sized(near, eyes, chance.uniform(14, 26)), chance, (50, 85))


def _to_a_side(source: Source, chance: Generator, least: float, most: float) -> RGB:
    side = np.sign(source.face.turn) if abs(source.face.turn) > STRAIGHT else chance.choice([-1.0, 1.0])
    return turned(source.pixels, source.face, float(side) * chance.uniform(least, most), chance.uniform(-8, 8))


def _portraits(home: LocalHome, people: int, found: list[Path], first_seed: int) -> Iterator[tuple[str, str, RGB]]:
    """Yield who, whether real or generated, and the picture."""
    for path in found:
        yield path.stem, "real", imaging.decode(path)
    if people:
        portrait: Portrait = registry.create("generator", "portrait", home)
        for seed in range(first_seed, first_seed + people):
            yield f"seed-{seed}", "generated", portrait.generate(portrait.style(seed, TRUNCATION))


def _looker(home: LocalHome) -> Callable[[str, str, RGB], Source | None]:
    """Return what puts a person's picture to the size that all are made from; None when no face is found in it."""
    import cv2

    finder: FaceBackend = registry.create("face", "sface", home)
    marks: LandmarkBackend = registry.create("landmark", "landmarks", home)

    def look(who: str, kind: str, pixels: RGB) -> Source | None:
        scale = SIDE / max(pixels.shape[:2])
        filtering = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        even = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=filtering), np.uint8)
        faces = finder.detect(even)
        face = marks.landmarks(even, faces[0]) if faces else None
        return None if face is None else Source(who, kind, even, face, eye_distance(faces[0]))

    return look


def _written(folder: Path, source: Source) -> Iterator[tuple[str, Path]]:
    import cv2

    # Seeded by who it is, so that one person's pictures do not depend on who else is made.
    chance = np.random.default_rng(zlib.crc32(source.who.encode()))
    for how, pixels in taken(source, chance):
        path = folder / source.kind / source.who / f"{how}.jpg"
        _, data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
        write_atomic(path, data.tobytes())
        yield how, path


def _strangers(shown: list[tuple[str, str, str]]) -> list[tuple[str, ...]]:
    """Return a few different pairs for each person, of their kind."""
    rows: list[tuple[str, ...]] = []
    for kind in sorted({kind for _, kind, _ in shown}):
        group = [(who, name) for who, known, name in shown if known == kind]
        for step in range(1, min(STRANGERS, len(group) - 1) + 1):
            rows += [
                (name, group[(i + step) % len(group)][1], "different", who, group[(i + step) % len(group)][0], kind, "")
                for i, (who, name) in enumerate(group)
            ]
    return rows


def _table(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    return text.getvalue().encode()
