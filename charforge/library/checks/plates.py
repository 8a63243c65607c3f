"""Measures plates and pictures of things, in which nobody may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charforge.library.checks import framing, grain

if TYPE_CHECKING:
    from charforge.library.checks.sitting import Sitting


def faces(sitting: Sitting) -> float:
    """Return how many faces there are for sure."""
    return float(sum(1 for face in sitting.faces if face.confidence >= framing.SURE))


def people(sitting: Sitting) -> float:
    """Return how much of the picture the matte takes for a person, in per cent."""
    return 100 * float((sitting.matte > 0.5).mean())


def sharpness(sitting: Sitting) -> float:
    """Return how fine the detail of the sharpest parts is."""
    return grain.overall(sitting.pixels)


def black(sitting: Sitting) -> float:
    """Return how much of the picture is black without detail, in per cent."""
    return 100 * float((sitting.pixels.max(-1) <= 4).mean())


def white(sitting: Sitting) -> float:
    """Return how much of the picture is burnt out, in per cent."""
    return 100 * float((sitting.pixels.min(-1) >= 251).mean())


def brightness(sitting: Sitting) -> float:
    """Return the mean brightness of the picture, 0 to 255 as displayed."""
    return float(sitting.pixels.mean())
