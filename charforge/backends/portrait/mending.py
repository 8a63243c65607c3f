"""Gives a turned head the master's face: its proportions, by turning the master's 478 points, and its skin over them.

The head is bent part of the way to where the master's points lie when turned like it. Triangles between the points
carry the master's picture there; what the master does not show (the far side of the nose, cheeks seen edge on) stays
the generator's. Light stays the head's: only detail is exchanged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.imaging import meshes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB

    Points = NDArray[np.float32]

MESH = 468
"""Points of the face; the others are the irises."""
LIGHT = 0.06
"""Blur that counts as light, as a share of the picture's side."""
INSIDE = 0.92
"""Share of the face's outline that is exchanged."""
EDGE = 0.02
FEATHER = 0.015
BENT = 0.6
"""Share of the way to the master's proportions; the points' depth is coarse, and hair and ears have to follow."""
REACH = 0.04
"""How far around a point the head is bent with it, as a share of the picture's side."""
BROWS = (105, 334)
FOREHEAD = 0.03
"""Height over the brows where hair may lie, as a share of the face's."""
HAIR = (15.0, 40.0)
"""Difference of colour, 0 to 255, between which forehead and fringe are told apart."""


def mended(master: RGB, seen: Points, head: RGB, points: Points) -> RGB:
    """Return the head with the master's face; both square and of one size, with their (478, 3) points in pixels."""
    import cv2

    side = head.shape[0]
    source, own_points = seen[:MESH].astype(np.float64), points[:MESH].astype(np.float64)
    places = own_points + BENT * (meshes.turned(source, own_points) - own_points)
    head = meshes.bent(head, own_points, places, REACH)
    moved, weight = meshes.carried(master, source, places, (side, side))
    outline = np.zeros((side, side), np.float32)
    hull = cv2.convexHull(places[:, :2].astype(np.float32))
    cv2.fillConvexPoly(outline, np.round(hull.mean(0) + (hull - hull.mean(0)) * INSIDE).astype(np.int32), 1.0)
    weight = weight * outline * (1 - _fringe(moved, head, places))
    size = max(3, int(side * EDGE))
    weight = cv2.erode(weight, np.ones((size, size), np.uint8))
    known = (weight > 0.02).astype(np.float32)
    weight = np.asarray(cv2.GaussianBlur(weight, (0, 0), side * FEATHER), np.float32)[..., None]
    given, own = moved.astype(np.float32), head.astype(np.float32)
    changed = given - meshes.nearby(given, known, LIGHT) + meshes.nearby(own, known, LIGHT)
    return np.asarray(np.clip(np.round(own * (1 - weight) + changed * weight), 0, 255), np.uint8)


def _fringe(given: RGB, own: RGB, places: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return where the forehead of one shows hair and of the other does not, 0 to 1: there no hair may be carried."""
    import cv2

    side = own.shape[0]
    up = places[10, :2] - places[152, :2]
    rows, columns = np.mgrid[:side, :side]
    high = (np.stack([columns, rows], -1) - places[list(BROWS), :2].mean(0)) @ up / (up @ up) > FOREHEAD
    soft = [cv2.GaussianBlur(p.astype(np.float32), (0, 0), side * FEATHER / 2) for p in (given, own)]
    apart = np.abs(soft[0] - soft[1]).mean(-1)
    return np.asarray(high * meshes.fade(apart, *HAIR), np.float32)
