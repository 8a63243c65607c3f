"""Finds what of a face is not exchanged: hair, glasses and hands before it, open mouths, closed or turned eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.imaging import meshes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.transfer.seen import Places, Seen

    Float = NDArray[np.float32]

# fmt: off
LEFT_LIDS = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
RIGHT_LIDS = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
LEFT_BROW = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
RIGHT_BROW = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
INNER_LIPS = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95)
OUTER_LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
NOSTRILS = (98, 97, 2, 326, 327, 278, 48, 64, 294)
# fmt: on
EYES = ((LEFT_LIDS, 468, (33, 133, 159, 145)), (RIGHT_LIDS, 473, (362, 263, 386, 374)))
OTHER = (20.0, 46.0)
"""Difference of colour, 0 to 255, between which skin and something before it are told apart."""
GAZE = (0.07, 0.16)
"""Difference of gaze over the eye's width between which the master's eyeball gives way to the take's."""
LIDS = (0.09, 0.18)
"""The same for the lids' opening."""
BAND = (127, 70, 63, 105, 66, 107, 9, 336, 296, 334, 293, 300, 356, 447, 346, 347, 348, 349, 114, 120, 119, 118, 117,
        227)  # fmt: skip
"""Around both eyes and brows, from temple to temple, as far down as glasses reach."""
BROWS, TIP = 9, 4
RIMS = 0.14
"""Eye spans that the lower rims of large glasses reach below that."""
LENS, SOFT = 0.05, 0.03
"""Eye spans around the lids that glasses leave free, and how softly what stays for them ends."""
LIPS = (0.02, 0.05)
"""Opening of the lips over the eye span from which what is between them stays the take's."""


def outline(places: Places, size: tuple[int, int], inside: float) -> Float:
    """Return 1 within a share of the face's outline, 0 outside."""
    import cv2

    hull = cv2.convexHull(places[:, :2].astype(np.float32))
    mask = np.zeros(size, np.float32)
    cv2.fillConvexPoly(mask, np.round(hull.mean(0) + (hull - hull.mean(0)) * inside).astype(np.int32), 1.0)
    return mask


def features(places: Places, size: tuple[int, int], span: float) -> Float:
    """Return 1 on eyes, brows, nostrils and lips, where people differ as much as skin differs from hair."""
    import cv2

    mask = np.zeros(size, np.uint8)
    for ring in (LEFT_LIDS, RIGHT_LIDS, LEFT_BROW, RIGHT_BROW, OUTER_LIPS, NOSTRILS):
        cv2.fillConvexPoly(mask, cv2.convexHull(np.round(places[list(ring), :2]).astype(np.int32)), 1)
    reach = max(3, int(0.14 * span)) | 1
    grown = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    return np.asarray(grown, np.float32)


def before(given: Float, own: Float, places: Places, mesh: Float, span: float) -> Float:
    """Return where one picture shows skin and the other something before it, 0 to 1; both in the same light."""
    import cv2

    soft = [cv2.GaussianBlur(p, (0, 0), max(0.6, 0.02 * span)) for p in (given, own)]
    apart = np.abs(soft[0] - soft[1]).mean(-1)
    other = meshes.fade(apart, *OTHER).astype(np.float32) * mesh * (1 - features(places, mesh.shape, span))
    # What is small is a spot or a wrinkle, not hair.
    core = max(1, int(0.03 * span))
    other = cv2.morphologyEx(other, cv2.MORPH_OPEN, np.ones((core, core), np.uint8))
    grown = cv2.dilate(other, np.ones((max(3, int(0.1 * span)),) * 2, np.uint8))
    return np.asarray(cv2.GaussianBlur(grown, (0, 0), max(0.6, 0.02 * span)), np.float32)


def kept(take: Seen, master: Seen, places: Places, size: tuple[int, int], *, spectacled: bool) -> Float:
    """Return where the take's eyes and mouth stay because they do something else than the master's, 0 to 1.

    Where only one of the two wears glasses (`spectacled`), all around the eyes stays: half a pair is worse than none.
    """
    import cv2

    mask = np.zeros(size, np.float32)
    if spectacled:
        down = places[TIP] - places[BROWS]
        for part in (0.0, RIMS):
            _fill(mask, places + part * take.span * down / max(float(np.linalg.norm(down)), 1e-6), BAND, 1.0)
    for ring, iris, corners in EYES:
        gaze = float(np.linalg.norm(_gaze(take.points, iris, corners) - _gaze(master.points, iris, corners)))
        lids = abs(_opening(take.points, corners) - _opening(master.points, corners))
        stays = max(float(meshes.fade(np.array(gaze), *GAZE)), float(meshes.fade(np.array(lids), *LIDS)))
        # Between frame and lids there is room, so that what looks through a lens can be the master's.
        _fill(mask, places, ring, stays, LENS * take.span if spectacled else 0.0)
    if spectacled:
        mask = cv2.GaussianBlur(mask, (0, 0), max(0.6, SOFT * take.span))
    lips = max(_lips(take), _lips(master))
    _fill(mask, places, INNER_LIPS, float(meshes.fade(np.array(lips), *LIPS)))
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), max(0.6, 0.012 * take.span)), np.float32)


def _fill(mask: Float, places: Places, ring: tuple[int, ...], value: float, grown: float = 0.0) -> None:
    """Set the mask within a ring of points and so many pixels around it; zero only where something was set before."""
    import cv2

    if value <= 0 and not grown:
        return
    shape = np.zeros(mask.shape, np.uint8)
    cv2.fillPoly(shape, [np.round(places[list(ring), :2]).astype(np.int32)], 1)
    if grown >= 1:
        shape = cv2.dilate(shape, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * int(grown) + 1,) * 2))
    mask[shape > 0] = value


def _gaze(points: Places, iris: int, corners: tuple[int, ...]) -> Places:
    """Return where the iris stands between the eye's corners, in eye widths along and across."""
    one, other = points[corners[0], :2], points[corners[1], :2]
    along = (other - one) / max(float(np.linalg.norm(other - one)), 1e-6)
    away = points[iris, :2] - (one + other) / 2
    width = max(float(np.linalg.norm(other - one)), 1e-6)
    return np.array([away @ along, 0.5 * (away @ [-along[1], along[0]])]) / width


def _opening(points: Places, corners: tuple[int, ...]) -> float:
    width = float(np.linalg.norm(points[corners[0]] - points[corners[1]]))
    return float(np.linalg.norm(points[corners[2], :2] - points[corners[3], :2])) / max(width, 1e-6)


def _lips(seen: Seen) -> float:
    return float(np.linalg.norm(seen.points[13, :2] - seen.points[14, :2])) / max(seen.span, 1e-6)
