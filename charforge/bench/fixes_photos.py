"""Takes of real people for the bench of fixes: photographs of them, morphed towards other people's.

A folder holds one folder for each person, with two pictures or more; by name the first is the master, the others drift.
Nothing is shipped: where there is no such folder, nothing is measured on real people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charforge import imaging
from charforge.bench.drifting import Drifted, Lot, embedded, mixed, morphed
from charforge.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from charforge.backends.portrait.casting import Studio
    from charforge.backends.protocols import RGB, Vector

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp"}
LONGEST = 900
"""Pixels that photographs are made smaller to."""
SHARES = (0.3, 0.45, 0.6)


@dataclass(frozen=True, slots=True)
class _Known:
    name: str
    pictures: tuple[Path, ...]
    master: RGB
    vector: Vector


def lots(studio: Studio, folder: Path) -> Iterator[Lot]:
    """Yield everybody with two pictures or more, each drifting to whoever is least like them; shares go round.

    Raises InputError where fewer than two people can be used.
    """
    known = [k for k in (_known(studio, f) for f in sorted(folder.iterdir()) if f.is_dir()) if k is not None]
    if len(known) < 2:
        hint = "give a folder with a folder for each person, two pictures or more in each"
        raise InputError(f"{folder} has no pictures of two people", hint)
    for place, one in enumerate(known):
        others = (k for k in known if k is not one)
        stranger = min(others, key=lambda k: studio.face.similarity(one.vector, k.vector))
        yield Lot(one.name, one.master, stranger.master, _takes(studio, one, stranger, place))


def _known(studio: Studio, folder: Path) -> _Known | None:
    files = tuple(f for f in sorted(folder.iterdir()) if f.suffix.lower() in SUFFIXES)
    if len(files) < 2:
        return None
    master = _picture(files[0])
    if len(studio.face.detect(master)) != 1:
        return None
    return _Known(folder.name, files[1:], master, embedded(studio, master))


def _takes(studio: Studio, one: _Known, stranger: _Known, place: int) -> Iterator[Drifted]:
    for number, file in enumerate(one.pictures):
        pixels = _picture(file)
        found = studio.face.detect(pixels)
        if len(found) != 1:
            continue
        share = SHARES[(number + place) % len(SHARES)]
        made = morphed(studio, pixels, stranger.master, mixed(share, "points"))
        eyes = float(np.linalg.norm(np.subtract(found[0].points[0], found[0].points[1])))
        yield Drifted(share, "points", eyes, made)


def _picture(file: Path) -> RGB:
    import cv2

    pixels = imaging.decode(file)
    factor = LONGEST / max(pixels.shape[:2])
    if factor >= 1:
        return pixels
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
