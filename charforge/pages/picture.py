"""Pictures that lie within a page."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def inline(pixels: NDArray[np.uint8], width: int = 360) -> str:
    """Return a picture (height, width, 3) RGB uint8 as a data address, fitted to `width` pixels where it is wider."""
    picture = Image.fromarray(pixels)
    if picture.width > width:
        height = max(1, round(width * picture.height / picture.width))
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=86)
    return f"data:image/webp;base64,{base64.b64encode(out.getvalue()).decode()}"
