"""A head picture made ready to sit on a body: matted, measured, and rid of its old garment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from charforge.backends.animatic.matting import foreground, fringed, tightened
from charforge.backends.protocols import FaceBackend, LandmarkBackend, MatteBackend
from charforge.errors import RenderFailed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Kit, Landmarks

    Plane = NDArray[np.floating[Any]]
    Point = NDArray[np.float32]

GRID = 256
"""Kinds of pixels are told apart on a picture of this size."""
CROWN = 1.27
"""Head height over the mesh's forehead-to-chin length; the mesh ends at the hairline. Measured on 40 cast heads."""
BEHIND = 0.3
"""How far a turned head's neck lies behind its ears, over how far its chin lies before them."""
NECK = 0.35
"""Half the neck's width over the ear-to-ear width."""
AHEAD = 0.08
"""How far a turned head's neck shows beyond its chin, over the ear-to-ear width."""
FLARE = 0.1
"""How much wider a neck is on each side where it meets the shoulders."""
TURNED = 0.1
"""From here on a face counts as turned: how far its chin lies beside the middle of its ears."""
STRAND = 0.025
"""Hair below the lips that is thinner than this is taken for something else."""


@dataclass(frozen=True, slots=True)
class Head:
    """A measured cut-out; every number is in pixels of the head picture."""

    pixels: RGB
    colour: Plane
    """RGB 0 to 1 without background."""
    skin: Plane
    """Coverage of head and neck, 0 to 1."""
    hair: Plane
    """Coverage of hair that hangs below the lips; it falls over the garment."""
    marks: Landmarks
    width: float
    """Ear to ear as on a frontal face."""
    height: float
    """Crown to chin."""
    chin: Point
    centre: Point
    """Of the head."""
    neck: float
    """Column of the neck's middle."""


def measured(pixels: RGB, who: str, kit: Kit) -> Landmarks:
    """Return the landmarks of the largest face; raise RenderFailed when no face can be measured."""
    faces = kit.tool(FaceBackend).detect(pixels)  # type: ignore[type-abstract]
    marks = kit.tool(LandmarkBackend).landmarks(pixels, faces[0]) if faces else None  # type: ignore[type-abstract]
    if marks is None:
        message = f"no face can be measured in the head picture of {who}"
        raise RenderFailed(message, "render its head again with another seed")
    return marks


def slimness(marks: Landmarks) -> float:
    """Return a head's height over its ear-to-ear width; it is the same person's in every picture."""
    points = marks.points
    return float(CROWN * np.linalg.norm(points[10] - points[152]) / np.linalg.norm(points[234] - points[454]))


def head(pixels: RGB, who: str, kit: Kit, shape: float | None = None) -> Head:
    """Return the head picture cut out; raise RenderFailed when no face can be measured in it.

    `shape` is the person's slimness, read from their frontal master; a turned head's height holds, while the width
    between its ears is off by up to a tenth.
    """
    marks = measured(pixels, who, kit)
    matte = kit.tool(MatteBackend).matte(pixels)  # type: ignore[type-abstract]
    alpha = tightened(matte, pixels.shape[1] / 640) * _faced(marks, pixels.shape[1])
    points = marks.points
    colour = fringed(foreground(pixels.astype(np.float32) / 255, matte), matte, int(points[[234, 454], 1].mean()))
    height = CROWN * float(np.linalg.norm(points[10] - points[152]))
    width = height / (shape or slimness(marks))
    chin = points[152, :2]
    ears = points[[234, 454], :2].mean(0)
    neck = float(ears[0] - BEHIND * (chin[0] - ears[0]))
    hairy, skinny = _likeness(colour, alpha, points, width)
    neck, half = _neck(alpha * skinny, points, neck, width)
    skin, hair, colour = _parted(colour, alpha, (hairy, skinny), points, (neck, half, width))
    centre = np.array([ears[0], chin[1] - height / 2], np.float32)
    return Head(pixels, colour, skin, hair, marks, width, height, chin, centre, neck)


def _faced(marks: Landmarks, side: int) -> Plane:
    """Return 0 by column beyond a turned face on the side that it faces: what is there is no part of the head."""
    x = np.arange(side, dtype=np.float32)
    if abs(marks.turn) < 12:
        return np.ones_like(x)
    columns = marks.points[:468, 0]
    spare = 0.1 * float(np.ptp(columns))
    beyond = x - columns.max() if marks.turn > 0 else columns.min() - x
    return np.asarray(np.clip((spare - beyond) / (0.5 * spare), 0, 1))


def _neck(skin: Plane, points: Point, column: float, width: float) -> tuple[float, float]:
    """Return the column of the neck's middle and half its width, read from bare skin below the chin.

    `points` are the face's landmarks. On the side that a face turns to, its chin hides the neck's edge.
    """
    chin, lean = points[152], float(points[152, 0]) - column
    top, bottom = int(chin[1] + 0.02 * width), int(chin[1] + 0.14 * width)
    reach = int(0.5 * width)
    start = max(0, int(column) - reach)
    strip = skin[top:bottom, start : int(column) + reach] > 0.5
    rows = [np.nonzero(row)[0] for row in strip if row.sum() > 0.3 * width]
    left, right = column - NECK * width, column + NECK * width
    if len(rows) >= 6:
        left, right = (start + float(np.median([row[end] for row in rows])) for end in (0, -1))
    if abs(lean) > TURNED * width:
        ahead = float(chin[0]) + np.sign(lean) * AHEAD * width
        left, right = (left, min(right, ahead)) if lean > 0 else (max(left, ahead), right)
    half = min(0.48 * width, max(0.29 * width, (right - left) / 2))
    return float(np.clip((left + right) / 2, column - 0.08 * width, column + 0.08 * width)), half


def _parted(
    colour: Plane, alpha: Plane, likeness: tuple[Plane, Plane], points: Point, neck: tuple[float, float, float]
) -> tuple[Plane, Plane, Plane]:
    """Return head with neck, and hair below the lips, as coverage, and the colour with skin where a garment was.

    `neck` is its column, half its width, and the face's width.
    """
    rows, columns = alpha.shape
    (hairy, skinny), (column, half, width) = likeness, neck
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    chin = float(points[152, 1])
    wider = np.maximum(
        FLARE * np.clip((y - chin) / (0.25 * width), 0, 1) ** 2, np.clip(0.2 * (chin - y) / width, 0, 0.04)
    )
    away = np.abs(x - column) / (half + wider * width)
    outside = _outside(points, alpha.shape, width)
    low = outside * _lower(points, alpha.shape, width)
    cut = low * np.clip((away - 1) * half / (0.03 * width) + 0.5, 0, 1)
    end = np.clip((rows - 2 - y) / (0.10 * width), 0, 1)
    thin = np.ones((int(STRAND * width), int(STRAND * width)), np.uint8)
    hair = cv2.morphologyEx(alpha * hairy * low, cv2.MORPH_OPEN, thin)
    cut = np.maximum(cut, hair)
    hair *= end * end * (3 - 2 * end)
    skin, hair = _joined(alpha * (1 - cut), hair, points)
    return skin, hair, _bared(colour, (skin, skinny, hairy), points, away, outside)


def _joined(skin: Plane, hair: Plane, points: Point) -> tuple[Plane, Plane]:
    """Return both coverages without what hangs together with the face in no place."""
    _, parts = cv2.connectedComponents((skin + hair > 0.3).astype(np.uint8))
    middle = points[4, :2].astype(int)
    mine = cv2.dilate((parts == parts[middle[1], middle[0]]).astype(np.uint8), np.ones((7, 7), np.uint8))
    mine_ = cv2.GaussianBlur(mine.astype(np.float32), (0, 0), 1.5)
    return skin * mine_, hair * mine_


def _bared(colour: Plane, kinds: tuple[Plane, Plane, Plane], points: Point, away: Plane, outside: Plane) -> Plane:
    """Return the colour with skin where a garment was, and the neck's sides in soft skin too.

    `kinds` are the coverage, and how much is skin and hair; `away` is 1 at the neck's edge, `outside` 1 off the face.
    """
    rows, columns = away.shape
    coverage, skinny, hairy = kinds
    y = np.arange(rows, dtype=np.float32)[:, None]
    chin, lips = float(points[152, 1]), float(points[17, 1])
    width = float(np.linalg.norm(points[10] - points[152]))
    near = np.clip(2 * cv2.GaussianBlur((1 - skinny) * (1 - hairy), (0, 0), 0.02 * width), 0, 1)
    low = np.clip((y - lips) / (0.06 * width), 0, 1) * (1 - hairy) * outside * near
    edge = np.clip((away - 0.62) / 0.25, 0, 1) * np.clip((y - chin) / (0.05 * width), 0, 1)
    worn = np.maximum(low, 0.85 * edge * (away < 1.1) * (1 - hairy))
    below = np.clip((y - (chin - 0.10 * width)) / (0.05 * width), 0, 1)
    known = (coverage * below * skinny * (1 - near * outside) * (away < 1))[..., None]
    laid = np.asarray(cv2.resize(np.dstack([colour * known, known]), (GRID, GRID), interpolation=cv2.INTER_AREA))
    laid = cv2.GaussianBlur(laid, (0, 0), 0.06 * width * GRID / rows)
    soft = cv2.resize(laid[..., :3] / (laid[..., 3:] + 1e-3), (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(colour + worn[..., None] * (soft - colour), np.float32)


def _outside(points: Point, shape: tuple[int, ...], width: float) -> Plane:
    """Return 1 outside the face, with a soft edge that runs closer where a turned face's jaw ends its picture."""
    face = np.zeros(shape, np.float32)
    cv2.fillConvexPoly(face, cv2.convexHull(points[:468, :2].astype(np.int32)), 1.0)
    reach = int(0.025 * width) * 2 + 1
    grown = cv2.dilate(face, np.ones((reach, reach), np.uint8))
    ahead, rows = _ahead(points, width), np.arange(shape[0], dtype=np.float32)[:, None]
    closer = np.clip((rows - points[1, 1]) / (points[17, 1] - points[1, 1]), 0, 1)
    grown[:, ahead] += closer * (face[:, ahead] - grown[:, ahead])
    return np.asarray(1 - cv2.GaussianBlur(grown, (0, 0), 4))


def _lower(points: Point, shape: tuple[int, ...], width: float) -> Plane:
    """Return 1 below the lips, growing from the nose on where a turned face looks to."""
    y = np.arange(shape[0], dtype=np.float32)[:, None]
    lower = np.repeat(np.clip((y - points[17, 1]) / (0.06 * width), 0, 1), shape[1], axis=1)
    lower[:, _ahead(points, width)] = np.clip((y - points[1, 1]) / (points[17, 1] - points[1, 1]), 0, 1)
    return lower


def _ahead(points: Point, width: float) -> slice:
    """Return the columns that a turned face looks to, beyond its chin; none for a frontal one."""
    lean, chin = float(points[152, 0] - points[[234, 454], 0].mean()), max(0, int(points[152, 0]))
    if abs(lean) < TURNED * width:
        return slice(0, 0)
    return slice(chin, None) if lean > 0 else slice(0, chin)


def _likeness(colour: Plane, alpha: Plane, points: Point, width: float) -> tuple[Plane, Plane]:
    """Return how much each pixel is hair that grows from the head, and how much it is skin, 0 to 1."""
    scale = GRID / colour.shape[0]
    points, width = points[:468, :2] * scale, width * scale
    small = cv2.resize(colour, (GRID, GRID), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32), cv2.COLOR_RGB2LAB)
    mask = cv2.resize(alpha, (GRID, GRID), interpolation=cv2.INTER_AREA)
    face = np.zeros((GRID, GRID), np.uint8)
    cv2.fillConvexPoly(face, cv2.convexHull(points.astype(np.int32)), 1)
    outside = cv2.dilate(face, np.ones((9, 9), np.uint8)) == 0
    rows = np.arange(GRID)[:, None]
    crown = (mask > 0.97) & outside & (rows < points[152, 1] - 0.5 * width)
    cheeks = (cv2.erode(face, np.ones((15, 15), np.uint8)) > 0) & (rows > points[1, 1])
    hairy = _like(lab, crown, 5.0, (60, 12)) * mask
    _, parts = cv2.connectedComponents(((hairy > 0.3) & outside).astype(np.uint8))
    rooted = np.isin(parts, np.setdiff1d(np.unique(parts[crown]), [0]))
    hairy = cv2.GaussianBlur((hairy * rooted).astype(np.float32), (0, 0), 1.5)
    size = alpha.shape[::-1]
    return tuple(
        np.asarray(cv2.resize(p, size, interpolation=cv2.INTER_LINEAR))
        for p in (np.clip((hairy - 0.25) / 0.4, 0, 1), np.clip((_like(lab, cheeks, 9.0, (150, 14)) - 0.3) / 0.3, 0, 1))
    )  # type: ignore[return-value]


def _like(lab: Plane, seed: NDArray[np.bool_], width: float, slack: tuple[float, float]) -> Plane:
    """Return how near each colour is to the usual ones of the seed, 0 to 1.

    `slack` is variance added in lightness and in hue, which shadow changes.
    """
    if seed.sum() < 30:
        return np.zeros(lab.shape[:2], np.float32)
    middle = np.median(lab[seed], axis=0)
    far = np.abs((lab[seed] - middle) / (lab[seed].std(0) + 1)).sum(1)
    usual = lab[seed][far <= np.percentile(far, 70)]
    spread = np.cov(usual.T) + np.diag([slack[0], slack[1], slack[1]])
    away = lab - middle
    distance = np.einsum("hwi,ij,hwj->hw", away, np.linalg.inv(spread), away)
    return np.asarray(cv2.GaussianBlur(np.exp(-distance / width).astype(np.float32), (0, 0), 1.5))
