"""Finds the garment in a portrait by position and colour.

The garment is what the person wears below the chin: within the matte, outside the face, neither skin nor hair nor
background by colour (GrabCut, from seeds that position gives). Colours are CIE Lab (D65), differences CIE76.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from charforge.imaging.recolour import lab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Mask = NDArray[np.bool_]

WORK = 512
"""Side at which garments are looked for; finer grain than this only misleads the colours."""
LEAST = 0.006
"""Share of the picture that a garment fills at least."""
APART = 11.0
"""Least difference between the garment's and the skin's median colour."""
LEAK = 0.04
"""Largest share of the garment that may be of the skin's colour beside the neck, or of the hair's."""
RAGGED = 0.35
"""Largest share of a garment's pixels that lie at its edge: beyond it the mask is scraps."""
HEIGHTS = (0.3, 0.22, 0.15)
"""How far above the chin a collar may reach, as shares of the face's height, tried one after the other: shoulders are
high on a bowed head, and hair hangs where they are low."""
CUT = 0.12
"""Largest share of a garment's width over which its colour goes on above that."""
SHARE = 0.15
"""Least part of a garment that a colour fills to count as one of its own."""
CHIN, FOREHEAD = 152, 10
OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""Landmarks around the face, in MediaPipe's order."""


class NoCleanGarment(Exception):
    """Says, with the number and its limit, why a garment cannot be told apart."""


@dataclass(frozen=True, slots=True)
class Garment:
    """What somebody wears in a picture."""

    alpha: Floats
    """(height, width), 1 where the garment is."""
    colour: Floats
    """Median Lab."""
    shades: Floats
    """(n, 3), the colours that make it up, each a fair share of it."""
    skin: Mask
    """(height, width), the face and the skin below it."""


def find(pixels: NDArray[np.uint8], matte: Floats, points: Floats) -> Garment:
    """Return the garment of the one person in a picture; `points` are the 478 landmarks, x and y in pixels.

    Raises NoCleanGarment where colour and position do not tell it from skin, hair or background.
    """
    import cv2

    height, width = pixels.shape[:2]
    scale = WORK / max(height, width)
    extent = max(round(width * scale), 1), max(round(height * scale), 1)
    small = np.asarray(cv2.resize(pixels, extent, interpolation=cv2.INTER_AREA), np.uint8)
    fitted = np.asarray(cv2.resize(matte, extent, interpolation=cv2.INTER_AREA), np.float32)
    seen, mask = _first_clean(small, fitted, points[:, :2] * scale)
    face = seen.face(1.0)
    alpha = _fitted(pixels, mask, matte)
    alpha[_large(seen.face(1.04), (width, height))] = 0
    skin = _large(face | seen.neck(), (width, height)) & (alpha < 0.02)
    worn = np.asarray(seen.lab[mask], np.float32)
    return Garment(alpha, np.asarray(np.median(worn, axis=0), np.float32), _shades(worn), skin)


def apart(one: Garment, other: Garment) -> float:
    """Return how far two garments' nearest shades differ; of one cloth in two lights this is little."""
    return float(np.linalg.norm(one.shades[:, None] - other.shades[None], axis=2).min())


def _first_clean(pixels: NDArray[np.uint8], matte: Floats, points: Floats) -> tuple[_Portrait, Mask]:
    """Return the portrait and its garment, looked for up to the first height at which it comes out clean."""
    failed: NoCleanGarment | None = None
    for height in HEIGHTS:
        seen = _Portrait(pixels, matte, points, height)
        try:
            mask = seen.grown(seen.seeds())
            seen.refuse_unclean(mask)
        except NoCleanGarment as error:
            failed = failed or error
        else:
            return seen, mask
    assert failed is not None
    raise failed


class _Portrait:
    """A portrait at working size, and the regions that position and colour give."""

    def __init__(self, pixels: NDArray[np.uint8], matte: Floats, points: Floats, highest: float) -> None:
        self.pixels, self.points, self.highest = pixels, points, highest
        self.lab = lab(pixels)
        self.person = matte > 0.6
        self.rows, self.columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
        self.tall = float(np.linalg.norm(points[FOREHEAD] - points[CHIN]))
        self.chin = float(points[CHIN, 1])
        oval = points[list(OVAL)]
        self.middle, self.wide = float(oval[:, 0].mean()), float(np.ptp(oval[:, 0]))
        self.skin = np.median(self.lab[self.face(0.8)], axis=0)
        self.spread = float(np.percentile(self._from(self.skin)[self.face(0.8)], 75))
        self.hairs = tuple(self._hairs())

    def _hairs(self) -> Iterator[NDArray[np.float64]]:
        """Yield the colours of the hair: above the forehead, and on both sides of the face, high and low."""
        top, nose = float(self.points[FOREHEAD, 1]), float(self.points[FOREHEAD, 1]) + 0.55 * self.tall
        around = self.person & ~self.face(1.06) & ~self._skinlike(1.0)
        left, low = self.columns < self.middle, self.rows > nose
        beside = (self.rows > top) & (self.rows < self.chin - 0.1 * self.tall)
        places = [self.rows < top - 0.06 * self.tall]
        places += [beside & (left == side) & (low == half) for side in (True, False) for half in (True, False)]
        for place in places:
            found = around & place
            if found.mean() > LEAST / 2:
                yield np.median(self.lab[found], axis=0)

    def hairy(self, limit: float) -> Mask:
        """Return what has a colour of the hair."""
        near = [np.linalg.norm((self.lab - hair) * (0.5, 1, 1), axis=2) < limit for hair in self.hairs]
        return np.asarray(np.logical_or.reduce(near)) if near else np.zeros(self.person.shape, bool)

    def face(self, grown: float) -> Mask:
        """Return the face within its outline, larger or smaller about its middle."""
        import cv2

        oval = self.points[list(OVAL)]
        shape = (oval.mean(0) + grown * (oval - oval.mean(0))).astype(np.int32)
        out = np.zeros(self.person.shape, np.uint8)
        cv2.fillPoly(out, [shape], 1)
        return out.astype(bool)

    def neck(self) -> Mask:
        """Return skin below the chin, as far as it hangs together with the face."""
        import cv2

        alike = self.person & self._skinlike(1.0) & (self.rows > self.chin - 0.35 * self.tall)
        near = alike | self.face(1.0)
        _, labels = cv2.connectedComponents(near.astype(np.uint8), connectivity=4)
        return np.asarray((labels == np.bincount(labels[self.face(0.9)]).argmax()) & alike & ~self.face(1.0))

    def seeds(self) -> tuple[Mask, Mask]:
        """Return what is certainly garment and what certainly is not; raise NoCleanGarment without either."""
        away = self._from(self.skin)
        below = self.person & (self.rows > self.chin - 0.5 * self.highest * self.tall) & ~self.face(1.08)
        body = below & ~self._skinlike(1.3)
        # Hair of the garment's colour is told from it by place alone: well under the chin there is little of it.
        inner = np.abs(self.columns - self.middle) < 0.5 * self.wide
        body &= ~self.hairy(7) | (inner & (self.rows > self.chin + 0.35 * self.tall))
        foot = body & (self.rows > self.rows.max() - max(3, 0.10 * self.tall))
        if foot.mean() < LEAST / 4:
            raise NoCleanGarment(
                f"nothing but skin and hair is seen at the foot of the picture ({100 * foot.mean():.1f} % of it is "
                f"cloth there; {100 * LEAST / 4:.2g} % are needed)"
            )
        colour = np.median(self.lab[foot], axis=0)
        cloth = body & (np.linalg.norm((self.lab - colour) * (0.6, 1, 1), axis=2) < 14)
        not_cloth = ~self.person | self.face(1.02) | (self.person & (self.rows < self.chin - self.highest * self.tall))
        not_cloth |= self.neck() & (away < self.spread * 1.2)
        return cloth & ~not_cloth, not_cloth

    def grown(self, seeds: tuple[Mask, Mask]) -> Mask:
        """Return the garment that grows from its seeds."""
        import cv2

        cloth, not_cloth = seeds
        labels = np.where(self.rows > self.chin - 0.5 * self.highest * self.tall, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(
            np.uint8
        )
        labels[self._skinlike(1.0)] = cv2.GC_PR_BGD
        labels[cloth] = cv2.GC_FGD
        labels[not_cloth] = cv2.GC_BGD
        if not cloth.any():
            raise NoCleanGarment("no cloth of one colour is seen below the chin (0 % of the picture)")
        cv2.setRNGSeed(1)
        back, fore = np.zeros((1, 65)), np.zeros((1, 65))
        bgr = cv2.cvtColor(self.pixels, cv2.COLOR_RGB2BGR)
        cv2.grabCut(bgr, labels, None, back, fore, 4, cv2.GC_INIT_WITH_MASK)
        mask = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
        mask = cv2.morphologyEx(cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel), cv2.MORPH_CLOSE, kernel)
        return _large_parts(mask) & self.person

    def refuse_unclean(self, mask: Mask) -> None:
        """Raise NoCleanGarment where a mask is no garment."""
        share = float(mask.mean())
        if share < LEAST:
            raise NoCleanGarment(
                f"the garment fills {100 * share:.1f} % of the picture; {100 * LEAST:.1f} % are needed"
            )
        colour = np.median(self.lab[mask], axis=0)
        apart = float(np.linalg.norm(colour - self.skin))
        if apart < APART:
            raise NoCleanGarment(f"the garment's colour is {apart:.0f} from the skin's; {APART:.0f} are needed")
        skin = mask & self._skinlike(0.8) & (self._from(colour) > self._from(self.skin))
        if skin.sum() > LEAK * mask.sum():
            leak = 100 * skin.sum() / mask.sum()
            raise NoCleanGarment(
                f"{leak:.0f} % of what looks like garment has the skin's colour; {100 * LEAK:.0f} % may"
            )
        self._refuse_cut(mask)
        edge = float((mask & ~_shrunk(mask)).sum() / mask.sum())
        if edge > RAGGED:
            raise NoCleanGarment(f"{100 * edge:.0f} % of the garment is edge: scraps; {100 * RAGGED:.0f} % may be")

    def _refuse_cut(self, mask: Mask) -> None:
        """Raise NoCleanGarment where a garment ends in mid-air at the chin's height: hair, or a hood, goes on above."""
        top = np.argmax(mask, axis=0)
        held = mask.any(0)
        # No garment's upper edge runs level just where garments are no longer looked for.
        level = (
            held
            & (np.abs(top - (self.chin - self.highest * self.tall)) <= 2)
            & self.person[np.maximum(top - 3, 0), np.arange(len(top))]
        )
        share = float(level.sum() / max(held.sum(), 1))
        if share > CUT:
            raise NoCleanGarment(
                f"hair or a hood of the garment's colour goes on above the chin along {100 * share:.0f} % of its upper "
                f"edge; {100 * CUT:.0f} % may"
            )

    def _from(self, colour: NDArray[Any]) -> Floats:
        return np.asarray(np.linalg.norm((self.lab - colour) * (0.5, 1, 1), axis=2), np.float32)

    def _skinlike(self, times: float) -> Mask:
        return np.asarray(self._from(self.skin) < times * max(2.2 * self.spread, 9.0))


def _shades(colours: Floats) -> Floats:
    """Return the main colours of (n, 3) Lab colours: of three groups those that hold a fair share."""
    import cv2

    cv2.setRNGSeed(1)
    stop = cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5
    _, labels, centres = cv2.kmeans(colours, min(3, len(colours)), None, stop, 1, cv2.KMEANS_PP_CENTERS)
    shares = np.bincount(labels.ravel(), minlength=len(centres)) / len(colours)
    return np.asarray(centres[shares >= SHARE], np.float32)


def _fitted(pixels: NDArray[np.uint8], mask: Mask, matte: Floats) -> Floats:
    """Return a mask at the picture's size whose edges follow the picture's (guided filter, He et al. 2010)."""
    import cv2

    size = pixels.shape[1], pixels.shape[0]
    rough = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    guide = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    reach = max(2, round(0.006 * max(size)))

    def mean(values: NDArray[Any]) -> Floats:
        return np.asarray(cv2.blur(values, (2 * reach + 1, 2 * reach + 1)), np.float32)

    light, soft = mean(guide), mean(rough)
    slope = (mean(guide * rough) - light * soft) / (mean(guide * guide) - light * light + 1e-3)
    alpha = np.clip(mean(slope) * guide + mean(soft - slope * light), 0, 1)
    alpha = np.clip((alpha - 0.15) / 0.7, 0, 1)
    return np.asarray(np.minimum(alpha, np.clip(matte, 0, 1)), np.float32)


def _large(mask: Mask, size: tuple[int, int]) -> Mask:
    import cv2

    return np.asarray(cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST), bool)


def _large_parts(mask: NDArray[np.uint8]) -> Mask:
    """Return the parts of a mask that are no crumbs."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    whole = max(int(stats[1:, cv2.CC_STAT_AREA].max(initial=0)), 1)
    keep = [n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] > 0.06 * whole]
    return np.isin(labels, keep)


def _shrunk(mask: Mask) -> Mask:
    import cv2

    return np.asarray(cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)), bool)
