"""From what a model gives to a finished picture, and the noise that it begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from charforge.errors import BadOutput
from charforge.imaging.frames import BLACK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB

_HINT = "write dtype: float32 (or bfloat16) for this model in charforge.yaml"


def seeded(seed: int) -> Any:  # noqa: ANN401 - a torch.Generator
    """Return a source of noise that is the same on every device."""
    import torch

    return torch.Generator("cpu").manual_seed(seed)


def pixels(values: NDArray[np.floating[Any]]) -> RGB:
    """Return pictures of 0..1 as uint8, of the same shape; raise BadOutput for what is black or no numbers."""
    found = samples(values)
    refuse_black(found)
    return found


def samples(values: NDArray[np.floating[Any]]) -> RGB:
    """Return pictures of 0..1 as uint8, of the same shape; raise BadOutput for what is no numbers."""
    if not np.isfinite(values).all():
        message = "the model gave values that are no numbers"
        raise BadOutput(message, _HINT)
    return np.asarray((values.clip(0, 1) * 255).round(), np.uint8)


def refuse_black(*pictures: RGB) -> None:
    """Raise BadOutput where none of the pictures shows anything; one of a clip may well be dark."""
    if all(int(picture.max(initial=0)) <= BLACK for picture in pictures):
        message = "the model gave a picture that is black all over"
        raise BadOutput(message, _HINT)


def fitted(picture: RGB, width: int, height: int) -> RGB:
    """Return a picture scaled until it covers a size, its overhang cut off on both sides equally."""
    import cv2

    tall, wide = picture.shape[:2]
    if (wide, tall) == (width, height):
        return picture
    scale = max(width / wide, height / tall)
    crop = min(round(width / scale), wide), min(round(height / scale), tall)
    left, top = (wide - crop[0]) // 2, (tall - crop[1]) // 2
    cut = np.ascontiguousarray(picture[top : top + crop[1], left : left + crop[0]])
    filtering = cv2.INTER_AREA if scale < 1 else cv2.INTER_LANCZOS4
    return np.asarray(cv2.resize(cut, (width, height), interpolation=filtering), np.uint8)
