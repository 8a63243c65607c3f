"""Turns picture files of every usual kind into arrays, and says what is wrong with the others.

Colour profiles are not applied: pixels are taken as sRGB. Of an animation the first picture is taken.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from charforge.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from PIL import Image

MAX_PIXELS = 64_000_000
"""The largest picture that is decoded; a larger one is refused by its header."""

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "PPM")
GREY = 128
"""What shows through transparent pixels."""

_ORIENTATION = 0x0112
_TURNED = frozenset({5, 6, 7, 8})
_ADVICE = "give a PNG, JPEG or WebP file"


def decode(source: Path | str | bytes, name: str = "") -> NDArray[np.uint8]:
    """Return the picture upright, (height, width, 3) uint8 RGB, transparent pixels laid over mid-grey.

    `name` stands for the file in messages when `source` is its bytes. Raises InputError when it is missing,
    truncated, not a picture or larger than MAX_PIXELS.
    """
    with opened(source, name) as picture:
        turned = upright(picture)
        if turned.mode == "RGB":
            return np.array(turned)
        if not transparent(turned):
            return np.array(eight_bit(turned).convert("RGB"))
        straight = np.array(turned.convert("RGBA"))
    alpha = straight[..., 3:].astype(np.uint16)
    laid = straight[..., :3] * alpha + GREY * (255 - alpha)
    return ((laid + 127) // 255).astype(np.uint8)


def decode_rgba(source: Path | str | bytes, name: str = "") -> NDArray[np.uint8]:
    """Return the picture upright, (height, width, 4) uint8 RGB and straight alpha; raises as `decode` does."""
    with opened(source, name) as picture:
        turned = upright(picture)
        return np.array((turned if transparent(turned) else eight_bit(turned)).convert("RGBA"))


def size(source: Path | str | bytes, name: str = "") -> tuple[int, int]:
    """Return width and height of the upright picture without decoding it; raises as `decode` does."""
    with opened(source, name) as picture:
        width, height = picture.size
        return (height, width) if _orientation(picture) in _TURNED else (width, height)


@contextmanager
def opened(source: Path | str | bytes, name: str) -> Iterator[Image.Image]:
    """Give the picture as Pillow opened it; whatever goes wrong with it inside is raised as `decode` says."""
    from PIL import Image, UnidentifiedImageError

    place = name or (str(source) if isinstance(source, (Path, str)) else "picture")
    data = source if isinstance(source, bytes) else _read(Path(source), place)
    if not data:
        raise refusal(place, "the file is empty", _ADVICE)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            _refuse_large(picture.size, place)
            yield picture
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(place, "far too many pixels") from error
    except UnidentifiedImageError as error:
        raise refusal(place, "not a picture that can be read", _ADVICE) from error
    except (InputError, MemoryError):
        raise
    except Exception as error:  # Pillow's decoders raise almost anything on broken bytes
        message = f"the picture is truncated or damaged: {error}"
        raise refusal(place, message, "copy or export the file again") from error


def _read(path: Path, place: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise refusal(place, "there is no such file", "check the path") from error
    except OSError as error:
        raise refusal(place, f"cannot be read: {error.strerror}", "check the path and its permissions") from error


def refusal(place: str, message: str, hint: str) -> InputError:
    """Return the error that refuses one picture."""
    return InputError([Problem(message, file=place)], hint)


def _refuse_large(extent: tuple[int, int], place: str) -> None:
    if extent[0] * extent[1] > MAX_PIXELS:
        raise _too_large(place, f"{extent[0]} x {extent[1]} pixels")


def _too_large(place: str, found: str) -> InputError:
    message = f"the picture has {found}; the limit is {MAX_PIXELS // 1_000_000} million"
    return refusal(place, message, "scale the picture down, 4096 pixels a side is plenty")


def _orientation(picture: Image.Image) -> int | None:
    """Return the EXIF orientation; Pillow decodes a whole PNG to look for it, so first see whether there is any."""
    if picture.format == "PNG" and "exif" not in picture.info:
        stream = getattr(picture, "fp", None)
        if not isinstance(stream, io.BytesIO) or b"eXIf" not in stream.getvalue():
            return None
    return picture.getexif().get(_ORIENTATION)


def upright(picture: Image.Image) -> Image.Image:
    """Return the decoded picture turned as its EXIF orientation says."""
    from PIL import ImageOps

    picture.load()
    return ImageOps.exif_transpose(picture)


def transparent(picture: Image.Image) -> bool:
    """Return whether a picture has an alpha channel or a transparent colour."""
    return picture.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in picture.info


def eight_bit(picture: Image.Image) -> Image.Image:
    """Return 16-bit grey as 8-bit grey; every other kind as it is."""
    if picture.mode != "I" and not picture.mode.startswith("I;16"):
        return picture
    from PIL import Image

    deep = np.asarray(picture).astype(np.int64).clip(0, 65535)
    return Image.fromarray(((deep + 128) // 257).astype(np.uint8))
