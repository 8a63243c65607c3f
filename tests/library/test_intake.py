"""Photographs are taken in upright and in sRGB, and the capture is never lost."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from charforge import imaging
from charforge.errors import InputError
from charforge.library.intake import read, take_in

CORNERS = np.full((60, 90, 3), 90, np.uint8)
CORNERS[:20, :20] = (220, 30, 40)
CORNERS[-20:, -20:] = (30, 60, 210)


def saved(path: Path, pixels: np.ndarray, kind: str = "PNG", mode: str | None = None, **options: object) -> Path:
    """Write pixels with Pillow and return the file."""
    picture = Image.fromarray(pixels)
    (picture.convert(mode) if mode else picture).save(path, kind, **options)
    return path


def everything(folder: Path) -> list[str]:
    """Return every file of a folder."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_the_capture_is_kept_byte_for_byte(tmp_path: Path) -> None:
    """What is used lies under its target, what came lies under originals, untouched."""
    photo = saved(tmp_path / "IMG 1.jpg", CORNERS, "JPEG")
    taken = take_in(tmp_path / "anna", photo, "headshot/front.png")
    assert everything(tmp_path / "anna") == ["headshot/front.png", "originals/headshot/front.jpg"]
    assert (tmp_path / "anna" / taken.original).read_bytes() == photo.read_bytes()
    assert np.array_equal(imaging.decode(tmp_path / "anna" / taken.file), taken.pixels)


def test_a_large_photograph_is_made_smaller_and_a_small_one_is_not_made_larger(tmp_path: Path) -> None:
    """Only the longer side's limit changes a size."""
    photo = saved(tmp_path / "a.png", CORNERS)
    assert take_in(tmp_path / "x", photo, "headshot/a.png", longest=45).pixels.shape == (30, 45, 3)
    assert take_in(tmp_path / "y", photo, "headshot/a.png").pixels.shape == (60, 90, 3)


def test_a_camera_held_sideways_is_set_upright(tmp_path: Path) -> None:
    """EXIF orientation is applied once and for all."""
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = saved(tmp_path / "a.jpg", CORNERS, "JPEG", exif=exif, quality=95)
    pixels = take_in(tmp_path / "x", photo, "headshot/a.png").pixels
    assert pixels.shape == (90, 60, 3)
    assert abs(int(pixels[5, -5, 0]) - 220) < 12
    assert read(photo).turned


def test_a_colour_profile_is_applied(tmp_path: Path) -> None:
    """A photograph with another profile than sRGB is converted; its numbers alone would be other colours."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    flat = np.full((20, 20, 3), 128, np.uint8)
    picture = ImageCms.profileToProfile(Image.fromarray(flat), ImageCms.createProfile("sRGB"), lab, outputMode="LAB")
    picture.save(tmp_path / "a.tif", "TIFF", icc_profile=lab.tobytes())
    found = read(tmp_path / "a.tif")
    assert found.profile.startswith("Lab")
    assert np.abs(found.pixels.astype(int) - 128).max() <= 2


def test_a_damaged_profile_is_told(tmp_path: Path) -> None:
    """Where a profile cannot be applied the colours are taken as sRGB, and that is said."""
    photo = saved(tmp_path / "a.png", CORNERS, icc_profile=b"no profile at all")
    found = read(photo)
    assert found.profile == "damaged"
    assert np.array_equal(found.pixels, CORNERS)


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "P"), ("TIFF", "1")])
def test_other_kinds_of_colour_become_rgb(tmp_path: Path, kind: str, mode: str) -> None:
    """Grey, CMYK, palettes and bilevel pictures are read."""
    photo = saved(tmp_path / "a", CORNERS, kind, mode)
    assert take_in(tmp_path / "x", photo, "headshot/a.png").pixels.shape == (60, 90, 3)
    assert read(photo).mode == mode


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    """A deep grey picture keeps its tones."""
    Image.fromarray(np.full((20, 30), 257 * 100, np.uint16)).save(tmp_path / "a.png")
    assert np.array_equal(read(tmp_path / "a.png").pixels, np.full((20, 30, 3), 100, np.uint8))


def test_the_quality_of_a_jpeg_is_known(tmp_path: Path) -> None:
    """The quantisation tables tell how hard a picture was squeezed."""
    for quality in (20, 50, 75, 95):
        photo = saved(tmp_path / f"{quality}.jpg", CORNERS, "JPEG", quality=quality)
        found = read(photo).quality
        assert found is not None
        assert abs(found - quality) <= 2


def test_an_opaque_alpha_channel_is_no_matter(tmp_path: Path) -> None:
    """Many programs write an alpha channel that says nothing."""
    assert take_in(tmp_path / "x", saved(tmp_path / "a.png", CORNERS, mode="RGBA"), "a.webp").pixels.shape == (
        60,
        90,
        3,
    )


def cut_out(path: Path) -> Path:
    """Write a picture that is half see-through."""
    return saved(path, np.dstack([CORNERS, np.full((60, 90), 255 * (np.arange(90) > 45), np.uint8)]))


def animated(path: Path) -> Path:
    """Write a GIF of two pictures."""
    frames = [Image.fromarray(CORNERS), Image.fromarray(CORNERS[::-1])]
    frames[0].save(path, "GIF", save_all=True, append_images=frames[1:])
    return path


def truncated(path: Path) -> Path:
    """Write half a JPEG."""
    stream = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8)
    Image.fromarray(noise).save(stream, "JPEG")
    path.write_bytes(stream.getvalue()[: len(stream.getvalue()) // 2])
    return path


def heic(path: Path) -> Path:
    """Write what a phone's file begins with."""
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(200))
    return path


def words(path: Path) -> Path:
    """Write text under a picture's name."""
    path.write_text("not a picture")
    return path


@pytest.mark.parametrize(
    ("make", "name", "message"),
    [
        (cut_out, "a.png", "see-through"),
        (animated, "a.gif", "holds 2 pictures"),
        (truncated, "a.jpg", "truncated"),
        (heic, "IMG_1.HEIC", "HEIC"),
        (words, "a.png", "not a picture"),
        (lambda path: path, "a.png", "no such file"),
        (lambda path: path.parent, "", "a folder"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_written(
    tmp_path: Path, make: object, name: str, message: str
) -> None:
    """The message says what it is and the hint what to do; nothing is written."""
    photo = make(tmp_path / name)
    with pytest.raises(InputError, match=message) as refused:
        take_in(tmp_path / "anna", photo, "headshot/front.png")
    assert refused.value.hint
    assert not (tmp_path / "anna").exists()


def test_a_huge_picture_is_refused_by_its_header(tmp_path: Path) -> None:
    """A file of a few bytes that unfolds to gigabytes is never decoded."""
    photo = tmp_path / "a.png"
    Image.new("1", (20_000, 20_000)).save(photo)
    with pytest.raises(InputError, match="far too many pixels"):
        take_in(tmp_path / "x", photo, "headshot/a.png")


def test_two_photographs_of_one_name_are_both_kept(tmp_path: Path) -> None:
    """The second gets a number, its capture too; the first is untouched, and taken in twice it is there once."""
    one = saved(tmp_path / "a.png", CORNERS)
    other = saved(tmp_path / "b.png", CORNERS[::-1])
    folder = tmp_path / "anna"
    first, second, again = (take_in(folder, photo, "angles/left.png") for photo in (one, other, one))
    assert (first.file, second.file) == ("angles/left.png", "angles/left-2.png")
    assert (folder / second.original).read_bytes() == other.read_bytes()
    assert (again.file, again.original) == (first.file, first.original)
    assert len(everything(folder)) == 4


@pytest.mark.parametrize("target", ["../out.png", "/etc/out.png", "headshot/front.jpg"])
def test_a_target_outside_the_folder_is_a_fault_of_the_caller(tmp_path: Path, target: str) -> None:
    """No name that a program makes up leads out of the folder or to a lossy file."""
    with pytest.raises(ValueError, match="within the asset's folder"):
        take_in(tmp_path / "x", saved(tmp_path / "a.png", CORNERS), target)


def test_a_picture_that_a_phone_stores_with_a_second_one_is_read(tmp_path: Path) -> None:
    """An MPO is a JPEG with a further view behind it; the first is the photograph."""
    frames = [Image.fromarray(CORNERS), Image.fromarray(CORNERS[::-1])]
    frames[0].save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=frames[1:])
    assert take_in(tmp_path / "x", tmp_path / "a.jpg", "headshot/a.png").pixels.shape == (60, 90, 3)
