"""Makes the face in a picture the master's: its proportions, then its skin over them, in the take's light and grain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.transfer import build, cover, gaze, glasses, seen, surface
from charforge.backends.transfer.seen import MESH
from charforge.imaging import meshes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, LandmarkBackend
    from charforge.backends.transfer.seen import Seen

    Float = NDArray[np.float32]

REACH = 0.14
"""How far around a point the picture is bent with it, in eye spans."""
INSIDE = 0.94
"""Share of the face's outline that is exchanged."""
EDGE, FEATHER = 0.06, 0.05
"""What is left out at the edge of what is exchanged, and how softly it ends, in eye spans."""


PASSES = 2
"""What is left of a drift after one exchange, a second one takes most of: over 17 drifted heads the likeness to a third
model rose from 0.67 to 0.72, and hardly by a wider or farther single one."""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A take's neighbourhood with the master's face."""

    pixels: RGB
    covered: float
    """Share of the face that something lies before, 0 to 1."""
    blur: float
    """Pixels that the master's detail was softened by."""
    grain: float
    """Values, 0 to 255, of grain added."""
    weight: Float
    """Share of the master in each pixel."""


def made(take: Seen, master: Seen, shape: Seen, how: tuple[float, int], points: LandmarkBackend) -> Exchanged:
    """Return the take with the master's face after every pass; `how` is the strength, 0 to 1, and the grain's seed.

    Moving pixels about costs them grain, which the whole face gets back in the end.
    """
    seed = how[1]
    each = 1 - (1 - how[0]) ** (1 / PASSES), seed
    # Asked once: what the first pass left of a pair of glasses may not look like one any more.
    spectacled = glasses.differ(take, master)
    done = first = exchanged(take, master, shape, each, spectacled=spectacled)
    for _ in range(PASSES - 1):
        again = seen.again(take, done.pixels, points)
        if again is None:
            break
        done = exchanged(again, master, shape, each, spectacled=spectacled)
    pixels, grain = surface.grained(
        done.pixels, take.pixels, _window(done.pixels.shape[:2], 0.3 * take.span, take), seed
    )
    return replace(first, pixels=pixels, grain=max(first.grain, grain), weight=np.maximum(first.weight, done.weight))


def exchanged(
    take: Seen, master: Seen, shape: Seen, how: tuple[float, int], *, spectacled: bool
) -> Exchanged:  # fmt: skip
    """Return the take with the master's face; `shape` is who it is to be, `master` the picture that skin comes from."""
    strength, seed = how
    size = take.pixels.shape[:2]
    source = master.scaled(take.span / master.span)
    own_points = take.points
    places = own_points + strength * (build.placed(take, shape) - own_points)
    side = max(size)
    window = _window(size, 0.5 * take.span, take)
    head = meshes.bent(take.pixels, own_points, places, REACH * take.span / side, window)
    lent = gaze.turned(source, places)
    moved, weight = meshes.carried(lent, source.points[:MESH], places[:MESH], size, meshes.unstretched)
    own, given = head.astype(np.float32), moved.astype(np.float32)
    mesh = (weight > 0.02).astype(np.float32) * cover.outline(places[:MESH], size, INSIDE)
    before = cover.before(surface.lit(given, own, mesh, take.span), own, places, mesh, take.span)
    covered = float((before * mesh).sum() / max(float(mesh.sum()), 1.0))
    known = mesh * (before < 0.5)
    skin, blur, grain = surface.matched(surface.lit(given, own, known, take.span), own, known, seed)
    weight = (
        _softened(weight * mesh * (1 - before), take.span)
        * (1 - cover.kept(take, master, places, size, spectacled=spectacled))
        * strength
    )
    mixed = own * (1 - weight[..., None]) + skin * weight[..., None]
    pixels = np.asarray(np.clip(np.round(mixed), 0, 255), np.uint8)
    return Exchanged(pixels, covered, blur, grain, weight)


def _softened(weight: Float, span: float) -> Float:
    """Return a mask drawn in and softened, so that it ends within itself."""
    import cv2

    reach = max(3, int(EDGE * span)) | 1
    drawn = cv2.erode(weight, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    return np.asarray(cv2.GaussianBlur(drawn, (0, 0), max(0.8, FEATHER * span)), np.float32)


def _window(size: tuple[int, int], reach: float, take: Seen) -> Float:
    """Return 1 on the face and near it, and 0 from a little farther on, so that what is beyond stays as it was."""
    import cv2

    mask = cover.outline(take.points[:MESH], size, 1.0).astype(np.uint8)
    away = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    return np.asarray(1 - meshes.fade(away, 0.35 * reach, reach), np.float32)
