"""Changes a picture as takes and files change it, without changing who is seen: light, lens, files, framing.

Every change is drawn from a random generator, works on (height, width, 3) uint8 RGB and is measured in distances
between the eyes, so that faces of any size are changed alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator

    from charforge.backends.protocols import RGB


def lit(picture: RGB, chance: Generator) -> RGB:
    """Return the picture in other light: brighter or darker, warmer or cooler, and from one side."""
    height, width = picture.shape[:2]
    gamma = np.exp(chance.uniform(-0.5, 0.5))
    warmth = chance.uniform(-0.15, 0.15)
    angle, fall = chance.uniform(0, 2 * np.pi), chance.uniform(0.0, 0.6)
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    side = 1 + fall * np.clip(columns * np.cos(angle) + rows * np.sin(angle), -1, 1)
    light = (picture / 255.0) ** gamma * side[..., None] * np.array([1 + warmth, 1.0, 1 - warmth])
    return np.asarray(np.clip(np.round(light * 255), 0, 255), np.uint8)


def compressed(picture: RGB, chance: Generator, quality: tuple[int, int] = (18, 50)) -> RGB:
    """Return the picture as it comes back from a JPEG file of low quality."""
    import cv2

    wanted = int(chance.integers(*quality))
    _, data = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, wanted])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[:, :, ::-1])


def blurred(picture: RGB, eyes: float, chance: Generator) -> RGB:
    """Return the picture out of focus, by 2 to 6 hundredths of the distance between the eyes."""
    import cv2

    return np.asarray(cv2.GaussianBlur(picture, (0, 0), eyes * chance.uniform(0.02, 0.06)), np.uint8)


def sized(picture: RGB, eyes: float, wanted: float) -> RGB:
    """Return the picture at the size that puts the eyes so many pixels apart."""
    import cv2

    scale = wanted / eyes
    filtering = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=filtering), np.uint8)


def grained(picture: RGB, chance: Generator) -> RGB:
    """Return the picture with a sensor's noise."""
    noise = chance.normal(0, chance.uniform(3, 12), picture.shape)
    return np.asarray(np.clip(np.round(picture + noise), 0, 255), np.uint8)


def leaning(picture: RGB, middle: tuple[float, float], chance: Generator) -> RGB:
    """Return the picture with the head leaning by up to 18 degrees, at another distance and place."""
    import cv2

    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D(middle, chance.uniform(-18, 18), chance.uniform(0.7, 1.2))
    matrix[:, 2] += chance.uniform(-0.08, 0.08, 2) * width
    return np.asarray(
        cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )


def covered(picture: RGB, middle: tuple[float, float], eyes: float, chance: Generator) -> RGB:
    """Return the picture with something before one side of the lower face, such as a hand or a cup."""
    import cv2

    out = picture.copy()
    side = chance.choice([-1.0, 1.0])
    across, down = side * chance.uniform(0.4, 0.8), chance.uniform(0.2, 0.8)
    place = (round(middle[0] + eyes * across), round(middle[1] + eyes * down))
    axes = (max(round(eyes * chance.uniform(0.25, 0.45)), 1), max(round(eyes * chance.uniform(0.4, 0.7)), 1))
    colour = tuple(int(c) for c in chance.integers(20, 236, 3))
    cv2.ellipse(out, place, axes, chance.uniform(0, 180), 0, 360, colour, -1, cv2.LINE_AA)
    return out
