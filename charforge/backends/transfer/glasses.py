"""Tells whether somebody wears glasses, by the bridge that runs across the root of the nose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from charforge.backends.transfer.seen import Seen

ROOT, TIP, BROWS = 168, 4, 9
ACROSS, DOWN = 16, 48
WIDE = 0.055
"""Half the width of what is looked at, in eye spans: between the inner corners of the eyes."""
BARE, WORN = 4.0, 5.0
"""Per cent of its surroundings' brightness by which what lies across a nose stands out: less without glasses (3.2 at
most on 40 heads turned by up to 20 degrees), more with them (12 of 15 heads; of the others two were fading away, and
one was turned by 28 degrees)."""


def bridge(seen: Seen) -> float:
    """Return how much a line across the root of the nose stands out, in per cent of the skin's brightness."""
    import cv2

    points = seen.points[:, :2]
    top, bottom = points[BROWS], points[BROWS] + 0.75 * (points[TIP] - points[BROWS])
    down = bottom - top
    side = points[263] - points[33]
    side = side / max(float(np.linalg.norm(side)), 1e-6) * WIDE * seen.span
    corners = np.array([top - side, top + side, bottom - side], np.float32)
    onto = np.array([[0, 0], [ACROSS, 0], [0, DOWN]], np.float32)
    if abs(float(side[0] * down[1] - side[1] * down[0])) < 1.0:
        return 0.0
    patch = cv2.warpAffine(seen.pixels, cv2.getAffineTransform(corners, onto), (ACROSS, DOWN), flags=cv2.INTER_AREA)
    rows = patch.astype(np.float32).mean(-1)
    smooth = cv2.GaussianBlur(rows, (1, 1), 0)
    ground = cv2.blur(smooth, (1, 15), borderType=cv2.BORDER_REPLICATE)
    # A bridge stands out in every column alike; a wrinkle or a spot does not.
    apart = np.percentile(np.abs(smooth - ground), 25, axis=1) * np.sign((smooth - ground).mean(1))
    return float(np.abs(apart[6:-6]).max() / max(float(ground.mean()), 1.0) * 100)


def differ(one: Seen, other: Seen) -> bool:
    """Return whether one of two faces wears glasses, surely, and the other does not."""
    low, high = sorted((bridge(one), bridge(other)))
    return low < BARE and high > WORN
