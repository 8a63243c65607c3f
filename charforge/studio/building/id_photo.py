"""The ID photo: front, left, right and smiling on one sheet, for models that look at a single picture."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from charforge import imaging
from charforge.domain.assets import Origin
from charforge.errors import InputError
from charforge.studio.building.shot import Shot

if TYPE_CHECKING:
    from charforge.backends.protocols import RGB
    from charforge.library.written import WrittenReference
    from charforge.studio.building.work import Work

SIDE = 1024
ASIDE = 45.0
LEAST = 18.0
"""Degrees from which a head counts as turned; the nearest to ASIDE is taken."""


def id_photo(work: Work) -> None:
    """Lay the four pictures that exist on one sheet and keep it; raise InputError with what is missing."""
    heads = {
        "front": _front(work),
        "left 45": _turned(work, -1),
        "right 45": _turned(work, 1),
        "smiling": _smiling(work),
    }
    missing = [what for what, reference in heads.items() if reference is None]
    if missing:
        steps = {"left 45": "angles", "right 45": "angles", "smiling": "expressions"}
        first = f"charforge build {work.bench.name} --step {steps.get(missing[0], 'angles')}"
        message = f"{work.bench.name}'s ID photo lacks: {', '.join(missing)}"
        raise InputError(message, f"first: {first}; or your own: {first} --from FOLDER")
    used = [reference for reference in heads.values() if reference is not None]
    squares = [_square(imaging.decode(work.bench.folder / reference.file)) for reference in used]
    sheet = np.vstack([np.hstack(squares[:2]), np.hstack(squares[2:])])
    parts = {what: r.file for what, r in heads.items() if r is not None}
    turns = ", ".join(f"{what}: {r.turn or 0:+.0f}" for what, r in heads.items() if r is not None)
    work.note(f"ID photo of {', '.join(PurePosixPath(r.file).stem for r in used)} (turns {turns})")
    origin = Origin(derived="id-photo", settings=parts)
    work.keep(Shot("id-photo", "id-photo", sheet, origin, work.present.primary))


def _front(work: Work) -> WrittenReference | None:
    return next((r for r in work.present.references if r.file == work.present.primary), None)


def _turned(work: Work, side: int) -> WrittenReference | None:
    """Return the level head turned to a side that is nearest to ASIDE."""
    found = [
        r
        for r in work.present.references
        if r.step == "angle" and (r.turn or 0.0) * side >= LEAST and abs(r.pitch or 0.0) < 10
    ]
    return min(found, key=lambda r: abs(abs(r.turn or 0.0) - ASIDE), default=None)


def _smiling(work: Work) -> WrittenReference | None:
    return next((r for r in work.present.references if r.step == "expression" and r.expression == "happy"), None)


def _square(pixels: RGB) -> RGB:
    """Return the middle of a picture as a square of SIDE pixels; heads stand in the upper part of a tall one."""
    import cv2

    height, width = pixels.shape[:2]
    side = min(height, width)
    left, top = (width - side) // 2, (height - side) // 4
    cut = pixels[top : top + side, left : left + side]
    way = cv2.INTER_AREA if side >= SIDE else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(cut, (SIDE, SIDE), interpolation=way), np.uint8)
