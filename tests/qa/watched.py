"""Pictures and faces that the tests of watchers share."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import cv2
import numpy as np

from charforge import imaging
from charforge.backends.protocols import Detection
from charforge.qa.watchers import Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from charforge.domain.takes import Finding
    from charforge.qa.watching import Watcher

LIBRARY = Path(__file__).parents[2] / "library"
MIA = "characters/mia/headshot/front.png"
LEFT = "characters/mia/angles/left25.webp"
FACES = {
    MIA: ((243, 191, 542, 742), ((390, 480), (645, 483), (513, 621), (397, 734), (630, 735))),
    LEFT: ((309, 179, 578, 776), ((396, 470), (644, 480), (458, 627), (405, 744), (621, 757))),
}
"""What YuNet finds in these pictures."""


@cache
def picture(name: str) -> NDArray[np.uint8]:
    """Return a picture of the library."""
    return imaging.decode(LIBRARY / name)


def plate(place: str, view: str = "table", light: str = "afternoon") -> NDArray[np.uint8]:
    """Return a plate of the library."""
    return picture(f"locations/{place}/plates/{view}-{light}.webp")


def face(name: str, scale: float = 1.0) -> Detection:
    """Return the face of a portrait that was resized."""
    box, points = FACES[name]
    x, y, w, h = (v * scale for v in box)
    return Detection((x, y, w, h), np.array(points, np.float32) * scale, 0.95)


def reference(pixels: NDArray[np.uint8]) -> Reference:
    """Return a picture as a reference."""
    import hashlib

    return Reference(hashlib.sha256(pixels.tobytes()).hexdigest(), lambda: pixels)


def smaller(pixels: NDArray[np.uint8], width: int = 640) -> NDArray[np.uint8]:
    """Return a picture at a smaller size."""
    height = round(pixels.shape[0] * width / pixels.shape[1])
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def seen(watcher: Watcher, frames: Iterable[NDArray[np.uint8]], faces: Sequence[Detection] = ()) -> tuple[Finding, ...]:
    """Return what a watcher finds in frames judged six apart, as four a second of 24."""
    for number, pixels in enumerate(frames):
        watcher.look(6 * number, pixels, faces)
    return watcher.findings()


class Finder:
    """Finds the faces it was told of, by the size of the picture."""

    name: ClassVar[str] = "finder"
    revision = "test"

    def __init__(self, faces: dict[tuple[int, ...], Detection]) -> None:
        self.faces = faces

    def detect(self, pixels: NDArray[np.uint8]) -> tuple[Detection, ...]:
        """Return the one face of a picture of a known size."""
        found = self.faces.get(pixels.shape[:2])
        return () if found is None else (found,)


def finder(faces: dict[tuple[int, ...], Detection]) -> Any:
    """Return a face backend that knows where the faces are."""
    return Finder(faces)
