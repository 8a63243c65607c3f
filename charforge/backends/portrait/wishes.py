"""What a search is asked for: a turn, an expression, a mouth, closed lids; and what has to stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.portrait.measures import GRID, PARTS, SHAPES
from charforge.backends.portrait.search import Wish, no_weight, weigh

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.portrait.measures import Measured
    from charforge.backends.portrait.search import Floats
    from charforge.backends.protocols import Vector

POSE, GAPS, PLACE = (PARTS[n].start for n in ("pose", "gaps", "place"))
TURN, PITCH, ROLL = POSE, POSE + 1, POSE + 2
OPENING, BREADTH, LIDS = GAPS, GAPS + 1, GAPS + 2

Strengths = dict[str, float]

EXPRESSIONS: dict[str, tuple[Strengths, float]] = {
    "happy": ({"mouthSmile*": 0.85, "eyeSquint*": 0.55, "mouthFrown*": 0.0, "browDown*": 0.0}, 0.02),
    "surprised": (
        {"browInnerUp": 0.85, "browOuterUp*": 0.75, "eyeWide*": 0.45, "browDown*": 0.0, "jawOpen": 0.2},
        0.08,
    ),
    "sad": (
        {"mouthFrown*": 0.25, "browInnerUp": 0.35, "mouthShrugLower": 0.3, "mouthSmile*": 0.0, "browDown*": 0.0},
        0.0,
    ),
    "focused": ({"browDown*": 0.6, "eyeSquint*": 0.6, "mouthPress*": 0.3, "mouthSmile*": 0.0, "browInnerUp": 0.0}, 0.0),
}
"""Expression strengths and the mouth's opening over the eye span."""

MOUTHS: dict[str, tuple[float, float, Strengths]] = {
    "open": (0.17, 1.0, {"jawOpen": 0.45, "mouthUpperUp*": 0.06, "mouthSmile*": 0.05}),
    "wide": (0.06, 1.12, {"mouthStretch*": 0.2, "mouthUpperUp*": 0.1}),
    "round": (0.07, 0.8, {"mouthPucker": 0.5, "mouthFunnel": 0.25}),
}
"""Opening over the eye span, width over the closed mouth's, and strengths."""


def neutral(base: Measured, apart: Vector | None = None) -> Wish:
    """Return the wish for the same person frontal, calm, lips closed; `apart` is a face they must not resemble."""
    wish = _same(base, pose=2.0, face=1.4, place=0.8, hair=0.6, skin=0.6)
    wish.target[[TURN, ROLL]] = 0
    wish.target[OPENING], wish.weight[OPENING] = 0.05, 3.0
    calm = {"mouthSmile*": 0.14, "jawOpen": 0.0, "mouthUpperUp*": 0.0, "eyeSquint*": 0.28}
    _ask(wish, calm, 1.5)
    _hold_picture(wish, 0.05, ~_ellipse(base, (33, 263, 61, 291), 0.27, 0.33, 0.03))
    weigh(wish.weight, rim=0.25)
    if apart is not None:
        face = PARTS["face"]
        away = base.face - float(np.dot(base.face, apart)) * apart
        wish.target[face] = away / np.linalg.norm(away)
        wish.weight[face] = 2.2
    return wish


def turned(base: Measured, turn: float, pitch: float | None = None) -> Wish:
    """Return the wish for the same person, calm, facing `turn` degrees, and with the chin up by `pitch` if given."""
    wish = _same(base, pose=2.0, face=2.4, place=0.4, hair=1.6, skin=0.7, shapes=0.2, rim=0.8)
    rows, columns = (np.mgrid[:GRID, :GRID] + 0.5) / GRID
    before = columns > 0.8 if turn > 0 else columns < 0.2
    _hold_picture(wish, 0.08, ((columns < 0.1) | (columns > 0.9) | before) & (rows < 0.9))
    wish.target[TURN], wish.weight[TURN] = turn / 10, 3.0
    if pitch is not None:
        wish.target[PITCH], wish.weight[PITCH] = pitch / 10, 3.0
    wish.weight[PLACE] = 0.1
    wish.weight[[OPENING, BREADTH, LIDS]] = 2.5, 0.0, 1.0
    return wish


def expressing(base: Measured, name: str) -> Wish:
    """Return the wish for the same person with another expression."""
    wish = _same(base, pose=2.0, face=1.4, place=0.8, hair=0.8, skin=0.5, shapes=0.15, rim=0.3)
    ask_expression(wish, name)
    _hold_picture(wish, 0.05, ~_ellipse(base, (33, 263, 61, 291), 0.27, 0.33, 0.03))
    return wish


def ask_expression(wish: Wish, name: str) -> None:
    """Ask for one of EXPRESSIONS as well."""
    strengths, opening = EXPRESSIONS[name]
    wish.target[OPENING], wish.weight[OPENING] = opening * 10, 2.0
    _ask(wish, strengths, 1.6)


def speaking(base: Measured, name: str) -> Wish:
    """Return the wish for a mouth shape while everything else in the picture stays."""
    opening, breadth, strengths = MOUTHS[name]
    wish = _same(base, pose=3.0, face=1.6, place=1.5, hair=0.6, skin=0.4, shapes=0.25)
    wish.target[OPENING], wish.weight[OPENING] = opening * 10, 3.0
    wish.target[BREADTH] *= breadth
    wish.weight[BREADTH], wish.weight[LIDS] = 1.5, 2.0
    _mute(wish, "mouth", "jaw")
    _ask(wish, strengths, 0.8)
    _hold_picture(wish, 0.16, ~_ellipse(base, (61, 291, 0, 17, 152), 0.20, 0.17, 0.0))
    return wish


def blinking(base: Measured) -> Wish:
    """Return the wish for closed lids while everything else in the picture stays."""
    wish = _same(base, pose=3.0, face=1.2, place=1.5, hair=0.6, skin=0.4, shapes=0.15)
    wish.target[LIDS], wish.weight[LIDS] = 0.12, 6.0
    wish.weight[[OPENING, BREADTH]] = 3.0, 1.5
    _mute(wish, "eye", "brow")
    _ask(wish, {"eyeBlink*": 0.75}, 1.2)
    _hold_picture(
        wish, 0.16, ~(_ellipse(base, (33, 133), 0.11, 0.07, 0.0) | _ellipse(base, (362, 263), 0.11, 0.07, 0.0))
    )
    return wish


def _same(base: Measured, **parts: float) -> Wish:
    wish = Wish(base.numbers.copy(), no_weight())
    weigh(wish.weight, **parts)
    return wish


def _ask(wish: Wish, strengths: Strengths, weight: float) -> None:
    """Ask for expression strengths; a star stands for both sides."""
    for name, value in strengths.items():
        for side in ("Left", "Right") if name.endswith("*") else ("",):
            at = PARTS["shapes"].start + SHAPES.index(name.rstrip("*") + side)
            wish.target[at], wish.weight[at] = value, weight


def _mute(wish: Wish, *starts: str) -> None:
    """Let the strengths go whose names start so."""
    for number, name in enumerate(SHAPES):
        if name.startswith(starts):
            wish.weight[PARTS["shapes"].start + number] = 0


def _hold_picture(wish: Wish, weight: float, where: NDArray[np.bool_]) -> None:
    """Keep the coarse picture as it is in these cells."""
    cells = np.where(where, np.float32(weight), np.float32(0))
    wish.weight[PARTS["grid"]] = np.repeat(cells.ravel(), 3)


def _ellipse(base: Measured, around: tuple[int, ...], across: float, down: float, lower: float) -> NDArray[np.bool_]:
    """Return the coarse cells in an ellipse around landmarks; sizes are fractions of the picture's side."""
    side = base.pixels.shape[0]
    points: Floats = base.marks.points[list(around), :2] * (2 / side)
    x, y = points.mean(0)
    rows, columns = (np.mgrid[:GRID, :GRID] + 0.5) / GRID
    return np.asarray(((columns - x) / across) ** 2 + ((rows - y - lower) / down) ** 2 < 1)
