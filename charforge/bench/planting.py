"""Plants faults in good pictures and clips, as a model or a careless step would make them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.imaging.grading import GRADES, encoded, toned
from charforge.imaging.lighting import linear
from charforge.imaging.recolour import lab, rgb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charforge.backends.protocols import RGB, Detection

SHORTEST = 9
"""Judged frames that a clip needs to have faults planted in its middle."""
LIGHTS = (None, *GRADES)
DYE = (40.0, 60.0)
"""How far a dyed garment's colour is moved, in Lab: red to orange is about 40."""


def boxed(pixels: RGB, rng: np.random.Generator) -> RGB:
    """Return a picture with black bars above and below or at its sides, compressed."""
    out = pixels.copy()
    turned = out if rng.random() < 0.5 else out.swapaxes(0, 1)
    thick = round(rng.uniform(0.015, 0.14) * len(turned))
    turned[:thick] = turned[len(turned) - thick :] = 0
    return compressed(out, rng)


def blurred(pixels: RGB, rng: np.random.Generator) -> RGB:
    """Return a picture out of focus by 5 to 9 pixels of 1080 lines."""
    import cv2

    sigma = rng.uniform(5, 9) * pixels.shape[0] / 1080
    return compressed(np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8), rng)


def blackened(pixels: RGB, rng: np.random.Generator) -> RGB:
    """Return a black picture with a trace of noise."""
    return np.asarray(rng.integers(0, 8, pixels.shape), np.uint8)


def copied(pixels: RGB, rng: np.random.Generator) -> RGB:
    """Return the same picture at another size, slightly turned, in another colour and light, noisy and compressed."""
    import cv2

    height, width = pixels.shape[:2]
    scale = float(rng.uniform(0.5, 1.1))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(-6, 6)), scale)
    soft = cv2.GaussianBlur(pixels, (0, 0), max(0.45 / scale, 0.3))
    out = cv2.warpAffine(soft, matrix, (width, height), borderMode=cv2.BORDER_REFLECT) / 255
    out = np.clip(out * rng.uniform(0.75, 1.2, 3), 0, 1) ** rng.uniform(0.75, 1.35)
    noise = rng.normal(0, rng.uniform(0, 4), out.shape)
    return compressed(np.clip(out * 255 + noise, 0, 255).astype(np.uint8), rng)


def dyed(pixels: RGB, face: Detection, rng: np.random.Generator) -> RGB:
    """Return a portrait in which everything below the chin has another colour."""
    low = int(face.box[1] + 1.03 * face.box[3])
    out = pixels.copy()
    if low >= len(out):
        return out
    colours, amount, angle = lab(out[low:]), rng.uniform(*DYE), rng.uniform(0, 2 * np.pi)
    colours[..., 1:] += amount * np.array([np.cos(angle), np.sin(angle)], np.float32)
    out[low:] = rgb(colours).astype(np.uint8)
    return out


def relit(pixels: RGB, rng: np.random.Generator) -> RGB:
    """Return a picture in another light, such as evening or night, compressed."""
    light = LIGHTS[int(rng.integers(len(LIGHTS)))]
    if light is not None:
        pixels = np.clip(encoded(toned(linear(pixels), GRADES[light].room)) * 255 + 0.5, 0, 255).astype(np.uint8)
    return compressed(pixels, rng)


def frozen(frames: Sequence[RGB], rng: np.random.Generator) -> list[RGB]:
    """Return a clip that stands still for four judged frames, with the noise of compression."""
    start = int(rng.integers(1, len(frames) - 5))
    held = [compressed(frames[start], rng, least=88) for _ in range(4)]
    return [*frames[: start + 1], *held, *frames[start + 5 :]]


def flickering(frames: Sequence[RGB], rng: np.random.Generator) -> list[RGB]:
    """Return a clip in which one judged frame is 8 to 20 per cent brighter or darker, or off in one colour."""
    out, at = list(frames), int(rng.integers(1, len(frames) - 2))
    gain = np.ones(3)
    gain[slice(None) if rng.random() < 0.5 else int(rng.integers(3))] += rng.choice((-1, 1)) * rng.uniform(0.08, 0.2)
    out[at] = np.clip(out[at] * gain, 0, 255).astype(np.uint8)
    return out


def blacked_out(frames: Sequence[RGB], rng: np.random.Generator) -> list[RGB]:
    """Return a clip with one black frame."""
    out = list(frames)
    at = int(rng.integers(1, len(frames) - 1))
    out[at] = blackened(out[at], rng)
    return out


def compressed(pixels: RGB, rng: np.random.Generator, least: int = 65) -> RGB:
    """Return a picture after JPEG of a quality up to 95."""
    import cv2

    quality = int(rng.integers(least, 96))
    _, packed = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.cvtColor(cv2.imdecode(packed, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), np.uint8)
