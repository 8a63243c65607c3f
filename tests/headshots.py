"""Pictures with the pilot's faces in known places."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from charforge import imaging

if TYPE_CHECKING:
    from charforge.backends.protocols import RGB

CHARACTERS = Path(__file__).parents[1] / "library" / "characters"
MASTERS = {name: CHARACTERS / name / "headshot" / "front.png" for name in ("mia", "theo")}


def master(name: str) -> RGB:
    """Return a character's master headshot."""
    return imaging.decode(MASTERS[name])


def canvas(*placed: tuple[str, int, int, int], width: int = 1920, height: int = 1080) -> RGB:
    """Return a grey picture with headshots on it, each (name, left, top, side)."""
    made = np.full((height, width, 3), 96, np.uint8)
    for name, left, top, side in placed:
        made[top : top + side, left : left + side] = cv2.resize(
            master(name), (side, side), interpolation=cv2.INTER_AREA
        )
    return made
