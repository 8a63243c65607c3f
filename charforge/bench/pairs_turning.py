"""Turns the head of a portrait a little, so that one photograph shows the same person from other sides.

The face's 478 points are turned in space and the picture's triangles are carried along; what lies around the face
follows less and less. The points' depth is a model's guess, and what a photograph does not show is stretched, not made
up: up to about 35 degrees from the front.
Source: the idea is face profiling (Zhu et al. 2016, 300W-LP).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Landmarks

    Floats = NDArray[np.float64]

# fmt: off
OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
        150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
"""The face's outline in MediaPipe's order of points."""
# fmt: on
EARS = (234, 454)
RINGS = ((1.25, 0.85), (1.6, 0.45), (2.0, 0.15))
"""Around the face, its outline enlarged so much follows the outline by such a share, so that nothing folds over."""
BEHIND = 1e4
"""Pixels by which what lies around a face counts as further away, so that the face is drawn over it."""


def turned(picture: RGB, face: Landmarks, turn: float, pitch: float = 0.0) -> RGB:
    """Return the picture with the head turned by degrees: positive to the right edge, and up."""
    import cv2
    from scipy.spatial import Delaunay

    here, there = _places(picture, face, turn, pitch)
    corners = Delaunay(here[:, :2]).simplices
    owner = np.full(picture.shape[:2], -1, np.int32)
    for number in np.argsort(-there[corners][:, :, 2].mean(1)):
        cv2.fillConvexPoly(owner, np.round(there[corners[number], :2] * 16).astype(np.int32), int(number), shift=4)
    rows, columns = np.nonzero(owner >= 0)
    across, down = np.meshgrid(*(np.arange(s, dtype=np.float32) for s in picture.shape[1::-1]))
    source = _carried(here[corners][:, :, :2], there[corners][:, :, :2], owner[rows, columns], columns, rows)
    across[rows, columns], down[rows, columns] = source.T
    return np.asarray(cv2.remap(picture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _places(picture: RGB, face: Landmarks, turn: float, pitch: float) -> tuple[Floats, Floats]:
    """Return where points of the face and around it lie and where they are to lie, each (n, 3)."""
    points = face.points[:468].astype(np.float64)
    middle = points[list(EARS)].mean(0)
    moved = _rotated(points - middle, turn, pitch) + middle
    outline, followed = points[list(OVAL)], moved[list(OVAL)]
    centre = (outline.min(0) + outline.max(0)) / 2
    here, there = [points], [moved]
    for scale, share in RINGS:
        ring = centre + (outline - centre) * [scale, scale, 1.0] + [0.0, 0.0, BEHIND * scale]
        here.append(ring)
        there.append(ring + share * (followed - outline))
    height, width = picture.shape[:2]
    edge = np.array([(x, y, middle[2] + 4 * BEHIND) for x in (0, width / 2, width) for y in (0, height / 2, height)])
    edge = np.delete(edge, 4, 0)
    return np.concatenate([*here, edge]), np.concatenate([*there, edge])


def _rotated(points: Floats, turn: float, pitch: float) -> Floats:
    """Return points turned around the origin; their third coordinate grows away from the camera."""
    yaw, tilt = np.radians(turn), np.radians(pitch)
    x, y, z = points.T
    x, z = x * np.cos(yaw) - z * np.sin(yaw), x * np.sin(yaw) + z * np.cos(yaw)
    y, z = y * np.cos(tilt) + z * np.sin(tilt), z * np.cos(tilt) - y * np.sin(tilt)
    return np.stack([x, y, z], 1)


def _carried(
    here: Floats, there: Floats, owner: NDArray[np.int32], columns: NDArray[np.int64], rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return where in the picture each pixel comes from, given the triangle that covers it."""
    flat = np.concatenate([there, np.ones((*there.shape[:2], 1))], 2)
    solid = np.abs(np.linalg.det(flat)) > 1e-3
    back = np.zeros((len(here), 3, 2))
    back[solid] = np.linalg.solve(flat[solid], here[solid])
    found = np.einsum("ni,nij->nj", np.c_[columns, rows, np.ones(len(rows))], back[owner])
    return np.asarray(found, np.float32)
