"""Reads a photograph as a camera or a person made it: in sRGB, with what its file says about it.

`decode` reads what charforge itself wrote, pixel for pixel; this reads what comes from outside.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charforge.imaging.decoding import GREY, eight_bit, opened, transparent, upright

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL import Image

    from charforge.imaging.frames import RGB

_IJG_SUM = 3688
"""Sum of the luminance quantisation table at quality 50. Source: ITU-T T.81, table K.1."""


@dataclass(frozen=True, slots=True)
class Photograph:
    """A picture file from outside."""

    pixels: RGB
    """Upright, in sRGB; transparent pixels laid over mid-grey."""
    format: str
    """`JPEG`, `PNG` and so on."""
    pictures: int = 1
    """More than one in an animation; the first is what was read."""
    see_through: float = 0.0
    """Share of the pixels that are not wholly opaque."""
    quality: float | None = None
    """Of a JPEG, 1 to 100, as its tables tell; None for other files."""
    profile: str = ""
    """Name of the colour profile that was applied; `damaged` where one could not be, which is then taken as sRGB."""
    mode: str = "RGB"
    """Pillow's name of how the file holds its colours, such as `L`, `CMYK` or `I;16`."""
    turned: bool = False
    """Whether EXIF said that the camera was held sideways or upside down."""


def photograph(source: Path | str | bytes, name: str = "") -> Photograph:
    """Return a picture file's pixels in sRGB and what the file says; raises as `decode` does."""
    with opened(source, name) as picture:
        kind, mode = str(picture.format), picture.mode
        # A phone's JPEG may hold a depth map or a second lens behind the picture (MPO).
        pictures = 1 if kind == "MPO" else int(getattr(picture, "n_frames", 1))
        tables = getattr(picture, "quantization", None)
        profile = picture.info.get("icc_profile", b"")
        extent = picture.size
        turned = upright(picture)
        share, straight = _opaque(turned)
        coloured, applied = _in_srgb(straight, profile) if profile else (straight, "")
        pixels = np.array(eight_bit(coloured).convert("RGB"))
        if share:
            pixels = _laid(pixels, np.asarray(turned.convert("RGBA"))[..., 3:])
        return Photograph(
            pixels=pixels,
            format=kind,
            pictures=pictures,
            see_through=share,
            quality=_quality(tables[0]) if tables else None,
            profile=applied,
            mode=mode,
            turned=turned.size != extent or turned.info.get("exif") != picture.info.get("exif"),
        )


def _opaque(picture: Image.Image) -> tuple[float, Image.Image]:
    """Return the share of pixels that can be seen through, and the picture without its transparency."""
    if not transparent(picture):
        return 0.0, picture
    straight = picture.convert("RGBA")
    return float(np.mean(np.asarray(straight)[..., 3] < 255)), straight.convert("RGB")


def _laid(pixels: RGB, alpha: NDArray[np.uint8]) -> RGB:
    """Return straight colours laid over mid-grey."""
    weight = alpha.astype(np.uint16)
    laid = pixels * weight + GREY * (255 - weight)
    return ((laid + 127) // 255).astype(np.uint8)


def _in_srgb(picture: Image.Image, profile: bytes) -> tuple[Image.Image, str]:
    """Return the picture in sRGB and its profile's name; one that cannot be applied leaves it as it is."""
    from PIL import ImageCms

    try:
        own = ImageCms.getOpenProfile(io.BytesIO(profile))
        named = ImageCms.getProfileDescription(own).strip()
        if named.startswith("sRGB"):
            return picture, named
        made = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture, "damaged"
    return (picture, "damaged") if made is None else (made, named)


def _quality(table: list[int]) -> float:
    """Return the quality that a JPEG's luminance table was scaled for.

    Source: jpeg_quality_scaling of the Independent JPEG Group's jcparam.c, turned round.
    """
    scale = max(100.0 * sum(table) / _IJG_SUM, 1e-6)
    return round(min(max((200 - scale) / 2 if scale <= 100 else 5000 / scale, 1), 100), 1)
