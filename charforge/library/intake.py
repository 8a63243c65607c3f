"""Takes photographs into an asset's folder: upright, in sRGB, of a handy size, the capture kept beside them."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from charforge import imaging
from charforge.documents import sha256, write_atomic
from charforge.errors import InputError, Problem

if TYPE_CHECKING:
    from charforge.backends.protocols import RGB

ORIGINALS = "originals"
"""Folder within an asset's that keeps every capture as it came."""
MAX_BYTES = 200_000_000
"""A larger file is no photograph that anybody meant to give."""
SEE_THROUGH = 0.001
"""Share of transparent pixels beyond which a picture is cut out rather than photographed."""
_PHONE = {".heic": "HEIC", ".heif": "HEIF", ".dng": "raw", ".cr2": "raw", ".cr3": "raw", ".nef": "raw", ".arw": "raw"}


@dataclass(frozen=True, slots=True)
class Taken:
    """A photograph that lies in an asset's folder."""

    file: str
    """Of the picture to be used, within the asset's folder."""
    original: str
    """Of the untouched capture, within the asset's folder; for `Origin.original`."""
    pixels: RGB


def read(photo: Path) -> imaging.Photograph:
    """Return a photograph as it can be used; raise InputError, with what to do, where it cannot."""
    return _used(photo, _bytes(photo))


def take_in(asset_folder: Path, photo: Path, target: str, *, longest: int = 2048) -> Taken:
    """Put a photograph into an asset's folder and keep the capture byte for byte under `originals/`.

    `target` names the picture within the folder and ends in `.png` or `.webp`; one with a longer side than `longest`
    is made smaller, none is made larger. A name that another picture has already gets a number. Raises InputError,
    with nothing written, when the photograph cannot be used.
    """
    wanted = PurePosixPath(target)
    if wanted.is_absolute() or ".." in wanted.parts or wanted.suffix not in {".png", ".webp"}:
        raise ValueError(f"{target!r} is no .png or .webp within the asset's folder")
    capture = _bytes(photo)
    pixels = _smaller(_used(photo, capture).pixels, longest)
    picture = _encoded(pixels, wanted.suffix)
    # The capture first: a picture without its capture would be a loss, the other way round is none.
    original = _kept(asset_folder, PurePosixPath(ORIGINALS) / wanted.parent / f"{wanted.stem}{_suffix(photo)}", capture)
    return Taken(_kept(asset_folder, wanted, picture), original, pixels)


def _used(photo: Path, capture: bytes) -> imaging.Photograph:
    try:
        found = imaging.photograph(capture, str(photo))
    except InputError as error:
        kind = _PHONE.get(photo.suffix.lower())
        if kind is None:
            raise
        hint = "export it as JPEG or PNG, in full size, and give that file"
        raise InputError([Problem(f"is a {kind} file, which is not read here", photo)], hint) from error
    if found.pictures > 1:
        message = f"holds {found.pictures} pictures: an animation or a stack of pages"
        raise InputError([Problem(message, photo)], "export the one picture that is meant")
    if found.see_through > SEE_THROUGH:
        message = f"{found.see_through:.0%} of it is see-through: it was cut out of its picture"
        raise InputError([Problem(message, photo)], "give the photograph itself, or lay it on a plain grey background")
    return found


def _bytes(photo: Path) -> bytes:
    try:
        size = photo.stat().st_size
        if size > MAX_BYTES:
            message = f"is {size / 1e6:.0f} MB; a photograph may have {MAX_BYTES // 1_000_000} MB"
            raise InputError([Problem(message, photo)], "export it as JPEG or PNG")
        return photo.read_bytes()
    except FileNotFoundError as error:
        raise InputError([Problem("there is no such file", photo)], "check the path") from error
    except IsADirectoryError as error:
        raise InputError([Problem("is a folder", photo)], "give the pictures in it") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(f"cannot be read: {reason}", photo)], "check the path and its permissions") from error


def _smaller(pixels: RGB, longest: int) -> RGB:
    import cv2
    import numpy as np

    scale = longest / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    extent = max(round(pixels.shape[1] * scale), 1), max(round(pixels.shape[0] * scale), 1)
    return np.asarray(cv2.resize(pixels, extent, interpolation=cv2.INTER_AREA), np.uint8)


def _encoded(pixels: RGB, suffix: str) -> bytes:
    """Return the picture as PNG or lossless WebP."""
    if suffix == ".png":
        return imaging.encode_png(pixels, 6)
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "WEBP", lossless=True, method=4)
    return stream.getvalue()


def _suffix(photo: Path) -> str:
    """Return a file's ending as it may stand in any library."""
    plain = photo.suffix.lower()
    return plain if plain[1:].isalnum() and plain.isascii() else ".bin"


def _kept(folder: Path, wanted: PurePosixPath, data: bytes) -> str:
    """Write a file under the first of its names that is free or holds these very bytes; return that name."""
    number = 1
    while True:
        name = wanted if number == 1 else wanted.with_stem(f"{wanted.stem}-{number}")
        path = folder / name
        if not path.exists():
            write_atomic(path, data)
            return str(name)
        if path.is_file() and sha256(path) == hashlib.sha256(data).hexdigest():
            return str(name)
        number += 1
