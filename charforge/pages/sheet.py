"""Lays pictures out on one sheet, each with its label."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

PAPER = (24, 24, 26)
INK = (232, 230, 225)
GAP = 12
LABEL = 30


def contact_sheet(
    pictures: Sequence[tuple[str, NDArray[np.uint8]]], *, columns: int = 6, width: int = 256
) -> NDArray[np.uint8]:
    """Return labelled pictures in rows, (height, width, 3) uint8 RGB; each picture is fitted to `width`, uncropped.

    Raises ValueError without any picture.
    """
    if not pictures:
        message = "a contact sheet needs a picture"
        raise ValueError(message)
    columns = min(columns, len(pictures))
    tall = max(round(width * p.shape[0] / p.shape[1]) for _, p in pictures)
    rows = math.ceil(len(pictures) / columns)
    sheet = Image.new("RGB", (columns * (width + GAP) + GAP, rows * (tall + LABEL + GAP) + GAP), PAPER)
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=18)
    for number, (label, pixels) in enumerate(pictures):
        x = GAP + number % columns * (width + GAP)
        y = GAP + number // columns * (tall + LABEL + GAP)
        fitted = Image.fromarray(pixels).resize(
            (width, round(width * pixels.shape[0] / pixels.shape[1])), Image.Resampling.LANCZOS
        )
        sheet.paste(fitted, (x, y))
        pen.text((x, y + fitted.height + 5), label, fill=INK, font=font)
    return np.asarray(sheet)
