"""Gives a turned head the master's face: its proportions, by turning the master's 478 points, and its skin over them.

The head is bent part of the way to where the master's points lie when turned like it. Triangles between the points
carry the master's picture there; what the master does not show (the far side of the nose, cheeks seen edge on) stays
the generator's. Light stays the head's: only detail is exchanged.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

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
FACING = ((0.05, 0.35), (0.15, 0.5))
"""Cosines to the camera between which a triangle fades in: in the head, and in the master."""


def mended(master: RGB, seen: Points, head: RGB, points: Points) -> RGB:
    """Return the head with the master's face; both square and of one size, with their (478, 3) points in pixels."""
    import cv2

    side = head.shape[0]
    source, own_points = seen[:MESH].astype(np.float64), points[:MESH].astype(np.float64)
    places = own_points + BENT * (_turned(source, own_points) - own_points)
    head = _bent(head, own_points, places)
    moved, weight = _carried(master, source, places, side)
    outline = np.zeros((side, side), np.float32)
    hull = cv2.convexHull(places[:, :2].astype(np.float32))
    cv2.fillConvexPoly(outline, np.round(hull.mean(0) + (hull - hull.mean(0)) * INSIDE).astype(np.int32), 1.0)
    weight = weight * outline * (1 - _fringe(moved, head, places))
    size = max(3, int(side * EDGE))
    weight = cv2.erode(weight, np.ones((size, size), np.uint8))
    known = (weight > 0.02).astype(np.float32)
    weight = np.asarray(cv2.GaussianBlur(weight, (0, 0), side * FEATHER), np.float32)[..., None]
    given, own = moved.astype(np.float32), head.astype(np.float32)
    changed = given - _light(given, known) + _light(own, known)
    return np.asarray(np.clip(np.round(own * (1 - weight) + changed * weight), 0, 255), np.uint8)


def _turned(points: NDArray[np.float64], like: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points turned, scaled and shifted to lie as near to others as they can. Source: Umeyama 1991."""
    middle, other = points.mean(0), like.mean(0)
    one, two, three = np.linalg.svd((points - middle).T @ (like - other))
    signs = np.diag([1.0, 1.0, np.sign(np.linalg.det(one @ three))])
    scale = np.trace(np.diag(two) @ signs) / ((points - middle) ** 2).sum()
    return np.asarray((points - middle) @ (scale * one @ signs @ three) + other)


def _bent(picture: RGB, places: NDArray[np.float64], wanted: NDArray[np.float64]) -> RGB:
    """Return the picture with places moved to where they are wanted, and what is around them less and less."""
    import cv2

    side, small = picture.shape[0], 128
    shift, there = np.zeros((small, small, 3), np.float32), wanted[:, :2] * (small / side)
    inside = np.clip(np.round(there), 0, small - 1).astype(int)
    np.add.at(shift, (inside[:, 1], inside[:, 0]), np.c_[(places - wanted)[:, :2], np.ones(len(places))])
    soft = cv2.GaussianBlur(shift, (0, 0), REACH * small)
    moved = cv2.resize(soft[..., :2] / (soft[..., 2:] + 0.05 * soft[..., 2].max()), (side, side))
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    return np.asarray(
        cv2.remap(
            picture, columns + moved[..., 0], rows + moved[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ),
        np.uint8,
    )


def _fringe(given: RGB, own: RGB, places: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return where the forehead of one shows hair and of the other does not, 0 to 1: there no hair may be carried."""
    import cv2

    side = own.shape[0]
    up = places[10, :2] - places[152, :2]
    rows, columns = np.mgrid[:side, :side]
    high = (np.stack([columns, rows], -1) - places[list(BROWS), :2].mean(0)) @ up / (up @ up) > FOREHEAD
    soft = [cv2.GaussianBlur(p.astype(np.float32), (0, 0), side * FEATHER / 2) for p in (given, own)]
    apart = np.abs(soft[0] - soft[1]).mean(-1)
    return np.asarray(high * _fade(apart, *HAIR), np.float32)


def _light(picture: NDArray[np.float32], known: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the picture's light within a mask: its mean nearby, of what is inside alone."""
    import cv2

    small = (128, 128)
    inside = np.asarray(cv2.resize(known, small, interpolation=cv2.INTER_AREA))
    shown = np.asarray(cv2.resize(picture * known[..., None], small, interpolation=cv2.INTER_AREA))
    spread = LIGHT * small[0]
    mean = (
        cv2.GaussianBlur(shown, (0, 0), spread) / np.maximum(cv2.GaussianBlur(inside, (0, 0), spread), 1e-3)[..., None]
    )
    return np.asarray(cv2.resize(mean, known.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _carried(
    picture: RGB, seen: NDArray[np.float64], points: NDArray[np.float64], side: int
) -> tuple[RGB, NDArray[np.float32]]:
    """Return the picture warped from its points to others, and how well each pixel is seen in both."""
    import cv2

    corners = _triangles(tuple(map(tuple, np.round(seen[:, :2], 2).tolist())))
    there, here = points[corners], seen[corners]
    facing = [_facing(t, here) for t in (there, here)]
    weights = np.prod([_fade(f, *limits) for f, limits in zip(facing, FACING, strict=True)], axis=0)
    owner = np.full((side, side), -1, np.int32)
    for number in np.argsort(-there[:, :, 2].mean(1)):
        shape = np.round(there[number, :, :2] * 16).astype(np.int32)
        cv2.fillConvexPoly(owner, shape, int(number), shift=4)
    flat = np.concatenate([there[:, :, :2], np.ones((*there.shape[:2], 1))], 2)
    solid = np.abs(np.linalg.det(flat)) > 1e-2
    back = np.zeros((len(corners), 3, 2))
    back[solid] = np.linalg.solve(flat[solid], here[solid][:, :, :2])
    rows, columns = np.nonzero(owner >= 0)
    number = owner[rows, columns]
    source = np.einsum("ni,nij->nj", np.c_[columns, rows, np.ones(len(rows))], back[number]).astype(np.float32)
    across, down, weight = (np.zeros((side, side), np.float32) for _ in range(3))
    across[rows, columns], down[rows, columns] = source.T
    weight[rows, columns] = (weights * solid)[number]
    warped = cv2.remap(picture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8), weight


def _facing(corners: NDArray[np.float64], front: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cosine between each triangle and the camera, given the same triangles seen from the front."""
    normal, before = (np.cross(c[:, 1] - c[:, 0], c[:, 2] - c[:, 0]) for c in (corners, front))
    length = np.maximum(np.linalg.norm(normal, axis=1), 1e-9)
    return np.asarray(normal[:, 2] * np.sign(before[:, 2]) / length)


def _fade(value: NDArray[np.float64], start: float, end: float) -> NDArray[np.float64]:
    part = np.clip((value - start) / (end - start), 0, 1)
    return np.asarray(part * part * (3 - 2 * part))


@cache
def _triangles(points: tuple[tuple[float, float], ...]) -> NDArray[np.int64]:
    """Return the corners of the Delaunay triangles between points, (n, 3) indices."""
    import cv2

    places = np.array(points, np.float32)
    low, high = places.min(0) - 8, places.max(0) + 8
    plane = cv2.Subdiv2D((int(low[0]), int(low[1]), int(high[0] - low[0]) + 1, int(high[1] - low[1]) + 1))
    plane.insert([(float(x), float(y)) for x, y in places])
    found = np.asarray(plane.getTriangleList()).reshape(-1, 3, 2)
    inside = ((found > low) & (found < high)).all((1, 2))
    return np.asarray(np.argmin(((found[inside][:, :, None] - places) ** 2).sum(-1), axis=-1))
