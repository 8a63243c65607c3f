"""Pictures of every usual kind become the same array; everything else is refused with its name."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from charforge import imaging
from charforge.errors import InputError

PATTERN = np.zeros((40, 60, 3), np.uint8)
PATTERN[:20, :30] = (220, 30, 40)
PATTERN[:20, 30:] = (20, 200, 60)
PATTERN[20:, :30] = (30, 60, 210)
PATTERN[20:, 30:] = (240, 240, 40)


def saved(pixels: np.ndarray, kind: str, mode: str | None = None, **options: object) -> bytes:
    """Return the pixels written by Pillow."""
    stream = io.BytesIO()
    picture = Image.fromarray(pixels)
    (picture.convert(mode) if mode else picture).save(stream, kind, **options)
    return stream.getvalue()


def header_of(width: int, height: int) -> bytes:
    """Return a PNG whose header claims a size that its data does not have."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_kinds_keep_every_pixel(kind: str) -> None:
    """A lossless file decodes to what was written."""
    assert np.array_equal(imaging.decode(saved(PATTERN, kind)), PATTERN)


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", None), ("JPEG", "CMYK"), ("TIFF", "CMYK"), ("WEBP", None)])
def test_other_kinds_keep_the_colours(kind: str, mode: str | None) -> None:
    """JPEG, WebP and CMYK files come out in the colours that went in."""
    options = {} if kind == "TIFF" else {"quality": 95}
    seen = imaging.decode(saved(PATTERN, kind, mode, **options))
    for y, x in ((10, 15), (10, 45), (30, 15), (30, 45)):
        assert np.abs(seen[y, x].astype(int) - PATTERN[y, x]).max() < 12


def test_a_palette_is_looked_up() -> None:
    """A palette picture decodes to its colours."""
    picture = Image.fromarray(PATTERN).quantize(8)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    assert np.array_equal(imaging.decode(stream.getvalue()), np.array(picture.convert("RGB")))


def test_sixteen_bit_grey_keeps_its_brightness() -> None:
    """A 16-bit grey picture is scaled to 8 bits, not cut off."""
    ramp = np.linspace(0, 65535, 256, dtype=np.uint16).reshape(16, 16)
    seen = imaging.decode(saved(ramp, "PNG"))
    assert np.array_equal(seen[..., 0].reshape(-1), np.arange(256))


def test_sixteen_bit_colour_keeps_its_brightness() -> None:
    """A 16-bit colour picture decodes to the same colours in 8 bits."""
    deep = PATTERN.astype(np.uint16) * 257
    _, encoded = cv2.imencode(".png", deep[..., ::-1])
    assert np.array_equal(imaging.decode(encoded.tobytes()), PATTERN)


def test_transparent_pixels_lie_over_grey() -> None:
    """Alpha mixes the picture with mid-grey."""
    layered = np.dstack([PATTERN, np.full((40, 60), 0, np.uint8)])
    layered[:20, :, 3] = 255
    layered[20:, :30, 3] = 128
    seen = imaging.decode(saved(layered, "PNG"))
    assert np.array_equal(seen[:20], PATTERN[:20])
    assert np.all(seen[20:, 30:] == imaging.decoding.GREY)
    assert np.abs(seen[30, 15].astype(int) - (PATTERN[30, 15].astype(int) + 128) // 2).max() <= 1


def test_straight_alpha_is_kept_on_request() -> None:
    """decode_rgba returns colours and alpha as they were written, and opaque where there is none."""
    layered = np.dstack([PATTERN, np.arange(2400, dtype=np.uint32).reshape(40, 60).astype(np.uint8)])
    assert np.array_equal(imaging.decode_rgba(saved(layered, "PNG")), layered)
    assert np.all(imaging.decode_rgba(saved(PATTERN, "PNG"))[..., 3] == 255)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(kind: str, orientation: int) -> None:
    """A picture stored turned or mirrored comes out upright, and its size is told so without decoding."""
    undo = {
        1: PATTERN,
        2: PATTERN[:, ::-1],
        3: PATTERN[::-1, ::-1],
        4: PATTERN[::-1],
        5: PATTERN.transpose(1, 0, 2),
        6: np.rot90(PATTERN, 1),
        7: PATTERN[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(PATTERN, 3),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(np.ascontiguousarray(undo[orientation]), kind, exif=exif.tobytes(), quality=95)
    seen = imaging.decode(data)
    assert seen.shape == PATTERN.shape
    assert np.abs(seen.astype(int) - PATTERN).mean() < 6
    assert imaging.size(data) == (60, 40)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
def test_a_truncated_file_is_refused_by_name(kind: str, tmp_path: Path) -> None:
    """Half a picture is no picture."""
    noise = np.random.default_rng(1).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    data = saved(noise, kind)
    file = tmp_path / "half.bin"
    file.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"half\.bin") as caught:
        imaging.decode(file)
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"", b"not a picture at all", b"%PDF-1.4\n", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
def test_what_is_no_picture_is_refused(content: bytes, tmp_path: Path) -> None:
    """Empty files, text and bare signatures are refused by every function, with a hint."""
    file = tmp_path / "thing.png"
    file.write_bytes(content)
    for read in (imaging.decode, imaging.decode_rgba, imaging.size):
        with pytest.raises(InputError, match=r"thing\.png") as caught:
            read(file)
        assert caught.value.hint


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The message names the file that is not there."""
    with pytest.raises(InputError, match=r"gone\.png: there is no such file"):
        imaging.decode(tmp_path / "gone.png")


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    """A folder is refused like any unreadable file."""
    with pytest.raises(InputError, match="cannot be read"):
        imaging.decode(tmp_path)


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (10_000, 9_000), (65_000_000, 1)])
def test_a_huge_picture_is_refused_by_its_header(width: int, height: int) -> None:
    """A picture beyond the limit is refused before its pixels are decoded."""
    with pytest.raises(InputError, match="the limit is 64 million"):
        imaging.decode(header_of(width, height))


def test_a_picture_just_within_the_limit_is_measured() -> None:
    """The limit itself is allowed."""
    assert imaging.size(header_of(8_000, 8_000)) == (8_000, 8_000)


@given(cut=st.integers(0, 1000), flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6))
@settings(max_examples=150, deadline=None)
def test_damage_never_escapes_as_another_error(cut: int, flips: list[tuple[int, int]]) -> None:
    """Whatever happens to a file's bytes, it decodes or raises InputError."""
    for data in (bytearray(GOOD_PNG), bytearray(GOOD_JPEG)):
        for place, value in flips:
            data[place % len(data)] = value
        del data[len(data) - cut % len(data) :]
        with contextlib.suppress(InputError):
            assert imaging.decode(bytes(data)).ndim == 3


def test_png_writing_round_trips() -> None:
    """What encode_png writes, decode reads back, in grey, colour and with alpha."""
    assert np.array_equal(imaging.decode(imaging.encode_png(PATTERN)), PATTERN)
    layered = np.dstack([PATTERN, PATTERN[..., 0]])
    assert np.array_equal(imaging.decode_rgba(imaging.encode_png(layered, 3)), layered)
    assert np.array_equal(imaging.decode(imaging.encode_png(PATTERN[..., 1]))[..., 2], PATTERN[..., 1])


def test_png_writing_refuses_other_arrays() -> None:
    """Floats and two-channel arrays are a mistake of the caller."""
    with pytest.raises(ValueError, match="float32"):
        imaging.encode_png(PATTERN.astype(np.float32))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="shape"):
        imaging.encode_png(PATTERN[..., :2])


GOOD_PNG = saved(PATTERN, "PNG")
GOOD_JPEG = saved(PATTERN, "JPEG")
