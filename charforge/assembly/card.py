"""Draws the title card: letter-spaced words, a thin rule, on near black."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.assembly.lettering import Lettering, draw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from charforge.domain.cut import Card
    from charforge.media.reading import Planes

    Mask = NDArray[np.float32]

PAPER = (18, 128, 127)
INK = (214, 122, 134)
"""Y, Cb, Cr of the ground and of the words: near black, warm white."""
IN, OUT = 0.25, 0.2
"""Share of the card over which the words come and go."""


def card_frames(card: Card, width: int, height: int) -> Iterator[Planes]:
    """Yield the card's frames as yuv420p planes; the words come one after the other and leave for black together."""
    title, rule, subtitle = _layers(card, width, height)
    for frame in range(card.length):
        at = frame / max(1, card.length - 1)
        leave = _ease((1 - at) / OUT)
        ink = title * _ease(at / IN) + subtitle * _ease((at - IN / 2) / IN)
        ink += rule * (np.abs(np.linspace(-1, 1, width)) <= _ease(at / (IN * 1.6)))[None, :]
        yield _planes(np.asarray(np.clip(ink, 0, 1) * leave, np.float32), leave)


def _layers(card: Card, width: int, height: int) -> tuple[Mask, Mask, Mask]:
    """Return the ink of title, rule and subtitle, each (height, width) float32 from 0 to 1."""
    title = draw(card.text, Lettering("title", size=height * 0.088, spacing=0.24, width=width * 0.84))
    subtitle = draw(card.subtitle, Lettering("text", size=height * 0.03, spacing=0.3, width=width * 0.84))
    has_words = bool(card.subtitle.strip())
    middle = height // 2
    blank = np.zeros((height, width), np.float32)
    above = _placed(
        blank, title, middle - (title.shape[0] // 2 if not has_words else int(height * 0.03) + title.shape[0])
    )
    below = _placed(blank, subtitle, middle + int(height * 0.055))
    rule = blank.copy()
    if has_words:
        thick, reach = max(1, height // 540), int(width * 0.06)
        rule[middle : middle + thick, width // 2 - reach : width // 2 + reach] = 0.6
    return above, rule, below


def _placed(blank: Mask, ink: Mask, top: int) -> Mask:
    """Return a layer with the ink centred across, its top at this row."""
    layer = blank.copy()
    rows = min(ink.shape[0], layer.shape[0] - max(0, top))
    left = (layer.shape[1] - ink.shape[1]) // 2
    layer[max(0, top) : max(0, top) + rows, left : left + ink.shape[1]] = ink[:rows]
    return layer


def _planes(ink: Mask, ground: float) -> Planes:
    """Return ink on the ground, which itself fades to black by `ground`."""
    height, width = ink.shape
    frame = np.empty((height * 3 // 2, width), np.uint8)
    paper = [16 + (PAPER[0] - 16) * ground, 128 + (PAPER[1] - 128) * ground, 128 + (PAPER[2] - 128) * ground]
    frame[:height] = np.round(paper[0] + (INK[0] - paper[0]) * ink)
    coarse = ink.reshape(height // 2, 2, width // 2, 2).mean((1, 3))
    for plane in (1, 2):
        rows = frame.reshape(-1)[height * width :].reshape(2, height // 2, width // 2)
        rows[plane - 1] = np.round(paper[plane] + (INK[plane] - paper[plane]) * coarse)
    return frame


def _ease(at: float) -> float:
    """Return a soft step from 0 to 1."""
    at = min(1.0, max(0.0, at))
    return at * at * (3 - 2 * at)
