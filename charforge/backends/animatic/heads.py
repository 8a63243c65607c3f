"""A head picture made ready to sit on a body: matted, measured, and rid of its old garment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from charforge.backends.animatic.matting import foreground, tightened
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


@dataclass(frozen=True, slots=True)
class Head:
    """A measured cut-out; every number is in pixels of the head picture."""

    pixels: RGB
    colour: Plane
    """RGB 0 to 1 without background."""
    skin: Plane
    """Coverage of head and neck, 0 to 1."""
    hair: Plane
    """Coverage of hair that hangs below the chin; it falls over the garment."""
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
    colour = foreground(pixels.astype(np.float32) / 255, matte)
    points = marks.points
    height = CROWN * float(np.linalg.norm(points[10] - points[152]))
    width = height / (shape or slimness(marks))
    chin = points[152, :2]
    ears = points[[234, 454], :2].mean(0)
    neck = float(ears[0] - BEHIND * (chin[0] - ears[0]))
    hairy, skinny = _likeness(colour, alpha, points, width)
    neck, half = _neck(alpha * skinny, chin, neck, width)
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


def _neck(skin: Plane, chin: Point, column: float, width: float) -> tuple[float, float]:
    """Return the column of the neck's middle and half its width, read from bare skin below the chin."""
    top, bottom = int(chin[1] + 0.02 * width), int(chin[1] + 0.14 * width)
    reach = int(0.5 * width)
    start = max(0, int(column) - reach)
    strip = skin[top:bottom, start : int(column) + reach] > 0.5
    if strip.shape[0] < 8:
        return column, NECK * width
    rows = [np.nonzero(row)[0] for row in strip if row.sum() > 0.3 * width]
    if len(rows) < 6:
        return column, NECK * width
    left, right = (float(np.median([row[end] for row in rows])) for end in (0, -1))
    half = min(0.48 * width, max(0.29 * width, (right - left) / 2))
    middle = start + (left + right) / 2
    return float(np.clip(middle, column - 0.08 * width, column + 0.08 * width)), half


def _parted(
    colour: Plane, alpha: Plane, likeness: tuple[Plane, Plane], points: Point, neck: tuple[float, float, float]
) -> tuple[Plane, Plane, Plane]:
    """Return head with neck, and hair below the chin, as coverage, and the colour with skin where a garment was.

    `neck` is its column, half its width, and the face's width.
    """
    rows, columns = alpha.shape
    (hairy, skinny), (column, half, width) = likeness, neck
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    chin, lips = float(points[152, 1]), float(points[17, 1])
    below = np.clip((y - (chin - 0.10 * width)) / (0.05 * width), 0, 1)
    away = np.abs(x - column)
    near = np.clip((half + 0.3 * width - away) / (0.05 * width), 0, 1)
    aside = np.clip((away - half) / (0.03 * width) + 0.5, 0, 1) * (1 - skinny * near)
    outside = _outside(points, alpha.shape, width)
    end = np.clip((rows - 2 - y) / (0.10 * width), 0, 1)
    hair = alpha * hairy * below * aside * outside * (end * end * (3 - 2 * end))
    low = np.clip((y - lips) / (0.06 * width), 0, 1) * (1 - hairy) * outside
    edge = np.clip((away / half - 0.62) / 0.25, 0, 1) * np.clip((y - chin) / (0.05 * width), 0, 1)
    worn = np.maximum(low * (1 - skinny), 0.85 * edge * (1 - aside))
    known = (alpha * below * skinny * (1 - aside))[..., None]
    laid = np.asarray(cv2.resize(np.dstack([colour * known, known]), (GRID, GRID), interpolation=cv2.INTER_AREA))
    laid = cv2.GaussianBlur(laid, (0, 0), 0.06 * width * GRID / rows)
    soft = cv2.resize(laid[..., :3] / (laid[..., 3:] + 1e-3), (columns, rows), interpolation=cv2.INTER_LINEAR)
    colour = colour + worn[..., None] * (soft - colour)
    return alpha * (1 - below * aside * outside) * (1 - low * aside), hair, colour.astype(np.float32)


def _outside(points: Point, shape: tuple[int, ...], width: float) -> Plane:
    """Return 1 outside the face, with a soft edge."""
    face = np.zeros(shape, np.float32)
    cv2.fillConvexPoly(face, cv2.convexHull(points[:468, :2].astype(np.int32)), 1.0)
    reach = int(0.025 * width) * 2 + 1
    return np.asarray(1 - cv2.GaussianBlur(cv2.dilate(face, np.ones((reach, reach), np.uint8)), (0, 0), 4))


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
