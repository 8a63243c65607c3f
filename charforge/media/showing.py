"""Turns decoded frames into pictures as a screen shows them: upright, square pixels, SDR."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from charforge.media import hdr

if TYPE_CHECKING:
    from fractions import Fraction

    from charforge.imaging.frames import RGB

BT601, BT709, BT2020 = 5, 1, 9
"""Matrices, in swscale's numbers."""
_MATRICES = {5: BT601, 6: BT601, 9: BT2020, 10: BT2020}
"""swscale's matrix by ITU-T H.273's number."""


def rgb(frame: Any, squeezed: Fraction | None = None, largest: int = 0) -> RGB:  # noqa: ANN401 - untyped
    """Return a decoded frame as upright RGB, taking an untagged matrix for BT.709.

    `squeezed` is how wide its pixels are for their height; a picture whose longer side is more than `largest` is scaled
    down to it, where that is not 0. PQ and HLG are shown as SDR.
    """
    width, height = _extent(frame.width, frame.height, squeezed, largest)
    bright = hdr.curve(int(frame.color_trc))
    made = frame.reformat(
        width=width,
        height=height,
        format="rgb48le" if bright else "rgb24",
        src_colorspace=matrix(frame),
        interpolation="BILINEAR",
    )
    pixels = np.asarray(made.to_ndarray())
    shown = hdr.shown(pixels, bright) if bright else np.asarray(pixels, np.uint8)
    quarters = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(shown, quarters)) if quarters else shown


def matrix(frame: Any) -> int:  # noqa: ANN401 - untyped
    """Return the matrix of a frame's colours, BT.709 where it is not tagged."""
    return _MATRICES.get(int(frame.colorspace), BT709)


def _extent(width: int, height: int, squeezed: Fraction | None, largest: int) -> tuple[int, int]:
    wide, tall = float(width), float(height)
    if squeezed is not None and squeezed > 0:
        wide *= float(squeezed)
    scale = min(1.0, largest / max(wide, tall)) if largest else 1.0
    return max(round(wide * scale), 1), max(round(tall * scale), 1)
