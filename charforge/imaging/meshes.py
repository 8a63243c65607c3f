"""Moves pictures along with the points of a face: over triangles, or softly around the points.

Points are (n, 3) in pixels of their picture, the third growing away from the camera.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from charforge.imaging.frames import RGB

    Places = NDArray[np.float64]

FACING = ((0.05, 0.35), (0.15, 0.5))
"""Cosines to the camera between which a triangle fades in: where it goes, and in the picture it comes from."""
DRAWN_OUT = (1.8, 3.2)
"""How much wider a triangle may become on its way, and where it fades out."""
GRID = 128
"""Cells along each side that soft moves and light are worked out on."""


def turned(points: Places, like: Places, firm: tuple[int, ...] | None = None) -> Places:
    """Return points turned, scaled and shifted to lie as near to others as they can, judged by the `firm` ones alone.

    Source: Umeyama 1991.
    """
    matrix, shift = turn(points if firm is None else points[list(firm)], like if firm is None else like[list(firm)])
    return np.asarray(points @ matrix + shift)


def turn(points: Places, like: Places) -> tuple[Places, Places]:
    """Return the (3, 3) turn with scale, and the shift, that lay points nearest to others: points @ turn + shift."""
    middle, other = points.mean(0), like.mean(0)
    one, two, three = np.linalg.svd((points - middle).T @ (like - other))
    signs = np.diag([1.0, 1.0, np.sign(np.linalg.det(one @ three))])
    scale = np.trace(np.diag(two) @ signs) / ((points - middle) ** 2).sum()
    matrix = scale * one @ signs @ three
    return np.asarray(matrix), np.asarray(other - middle @ matrix)


def bent(picture: RGB, places: Places, wanted: Places, reach: float, window: NDArray[np.float32] | None = None) -> RGB:
    """Return the picture with places moved to where they are wanted, and what is around them less and less.

    `reach` is how far around a point the picture is bent with it, as a share of the picture's longer side; a `window`
    says for each pixel how much of its move it makes, 0 to 1, and then pixels are mixed finely (cubic).
    """
    import cv2

    height, width = picture.shape[:2]
    shift = np.zeros((GRID, GRID, 3), np.float32)
    inside = np.clip(np.round(wanted[:, :2] * (GRID / np.array([width, height]))), 0, GRID - 1).astype(int)
    np.add.at(shift, (inside[:, 1], inside[:, 0]), np.c_[(places - wanted)[:, :2], np.ones(len(places))])
    spread = reach * GRID * max(width, height) / np.array([width, height])
    soft = cv2.GaussianBlur(shift, (0, 0), float(spread[0]), sigmaY=float(spread[1]))
    moved = cv2.resize(soft[..., :2] / (soft[..., 2:] + 0.05 * soft[..., 2].max()), (width, height))
    how = cv2.INTER_LINEAR
    if window is not None:
        moved, how = moved * window[..., None], cv2.INTER_CUBIC
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    across, down = columns + moved[..., 0], rows + moved[..., 1]
    return np.asarray(cv2.remap(picture, across, down, how, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def faced(there: Places, here: Places) -> Places:
    """Return how well triangles are seen, 0 to 1, by their cosines where they go and where they come from."""
    return np.asarray(fade(there, *FACING[0]) * fade(here, *FACING[1]))


def unstretched(there: Places, here: Places) -> Places:
    """Return how well triangles are seen, 0 to 1, counting as unseen what would have to be drawn out much."""
    drawn_out = np.maximum(there, 0) / np.maximum(here, 1e-3)
    return np.asarray(fade(there, 0.02, 0.2) * fade(here, 0.0, 0.12) * (1 - fade(drawn_out, *DRAWN_OUT)))


def carried(
    picture: RGB,
    seen: Places,
    points: Places,
    size: tuple[int, int],
    weigh: Callable[[Places, Places], Places] = faced,
) -> tuple[RGB, NDArray[np.float32]]:
    """Return the picture warped from its points to others, and how well each pixel is seen in both, 0 to 1.

    `size` is the height and width of what is returned, `weigh` one of `faced` and `unstretched`.
    """
    import cv2

    corners = triangles(tuple(map(tuple, np.round(seen[:, :2], 2).tolist())))
    there, here = points[corners], seen[corners]
    weights = weigh(facing(there, here), facing(here, here))
    owner = np.full(size, -1, np.int32)
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
    across, down, weight = (np.zeros(size, np.float32) for _ in range(3))
    across[rows, columns], down[rows, columns] = source.T
    weight[rows, columns] = (weights * solid)[number]
    how = cv2.INTER_LINEAR if weigh is faced else cv2.INTER_CUBIC
    warped = cv2.remap(picture, across, down, how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8), weight


def facing(corners: Places, front: Places) -> Places:
    """Return the cosine between each triangle and the camera, given the same triangles seen from the front."""
    normal, before = (np.cross(c[:, 1] - c[:, 0], c[:, 2] - c[:, 0]) for c in (corners, front))
    length = np.maximum(np.linalg.norm(normal, axis=1), 1e-9)
    return np.asarray(normal[:, 2] * np.sign(before[:, 2]) / length)


def fade(value: Places | NDArray[np.float32], start: float, end: float) -> Places:
    """Return 0 up to the start, 1 from the end on, and a smooth way between."""
    part = np.clip((value - start) / (end - start), 0, 1)
    return np.asarray(part * part * (3 - 2 * part))


def nearby(picture: NDArray[np.float32], known: NDArray[np.float32], spread: float) -> NDArray[np.float32]:
    """Return the picture's mean nearby, of what is inside a mask alone; `spread` is a share of the longer side."""
    import cv2

    height, width = known.shape
    small = (GRID, GRID)
    inside = np.asarray(cv2.resize(known, small, interpolation=cv2.INTER_AREA))
    shown = np.asarray(cv2.resize(picture * known[..., None], small, interpolation=cv2.INTER_AREA))
    across, down = (spread * GRID * max(width, height) / side for side in (width, height))
    soft = [cv2.GaussianBlur(p, (0, 0), across, sigmaY=down) for p in (shown, inside)]
    mean = soft[0] / np.maximum(soft[1], 1e-3)[..., None]
    return np.asarray(cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


@cache
def triangles(points: tuple[tuple[float, float], ...]) -> NDArray[np.int64]:
    """Return the corners of the Delaunay triangles between points, (n, 3) indices."""
    import cv2

    places = np.array(points, np.float32)
    low, high = places.min(0) - 8, places.max(0) + 8
    plane = cv2.Subdiv2D((int(low[0]), int(low[1]), int(high[0] - low[0]) + 1, int(high[1] - low[1]) + 1))
    plane.insert([(float(x), float(y)) for x, y in places])
    found = np.asarray(plane.getTriangleList()).reshape(-1, 3, 2)
    inside = ((found > low) & (found < high)).all((1, 2))
    return np.asarray(np.argmin(((found[inside][:, :, None] - places) ** 2).sum(-1), axis=-1))
