"""Turns the master's eyes to where the take's look, before they are carried there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.transfer.cover import EYES
from charforge.imaging import meshes

if TYPE_CHECKING:
    from charforge.backends.protocols import RGB
    from charforge.backends.transfer.seen import Places, Seen

REACH = 0.10
"""How far around the iris the eye is bent with it, in eye spans."""
FARTHEST = 0.07
"""Eye spans that an iris is moved at most."""
IRIS = 5
AROUND = 0.35
"""What is bent around an eye at most, in eye spans to each side."""


def turned(master: Seen, places: Places) -> RGB:
    """Return the master's picture with its irises where `places` have them within the eyes."""
    import cv2

    picture = master.pixels
    for ring, iris, _ in EYES:
        here, there = master.points[list(ring), :2], places[list(ring), :2]
        flat = np.c_[there, np.ones(len(there))]
        back = np.linalg.lstsq(flat, here, rcond=None)[0]
        own = master.points[iris : iris + IRIS]
        wanted = own.copy()
        away = (np.r_[places[iris, :2], 1.0] @ back) - own[0, :2]
        length = float(np.linalg.norm(away))
        wanted[:, :2] += away * min(1.0, FARTHEST * master.span / max(length, 1e-6))
        reach = int(np.ceil(AROUND * master.span))
        left, top = (max(0, int(c) - reach) for c in own[0, :2])
        near = np.ascontiguousarray(picture[top : top + 2 * reach, left : left + 2 * reach])
        if min(near.shape[:2]) < 8:
            continue
        lids = np.zeros(near.shape[:2], np.float32)
        cv2.fillPoly(lids, [np.round(here - [left, top]).astype(np.int32)], 1.0)
        soft = np.asarray(cv2.GaussianBlur(lids, (0, 0), max(0.5, 0.01 * master.span)), np.float32)
        corner = np.array([left, top, 0.0])
        made = meshes.bent(near, own - corner, wanted - corner, REACH * master.span / max(near.shape[:2]), soft)
        picture = picture.copy()
        picture[top : top + near.shape[0], left : left + near.shape[1]] = made
    return picture
