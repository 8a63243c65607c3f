"""Intermediate clips."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from drawings import picture

from charforge.backends.protocols import Frames
from charforge.errors import MediaError, RenderFailed
from charforge.media import encode_clip, frames, probe
from charforge.media.clips import intermediate_arguments
from charforge.media.reading import planes


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(24000, 1001), Fraction(25)])
def test_clip_keeps_rate_size_and_every_frame(tmp_path: Path, drawn: Callable[..., Frames], rate: Fraction) -> None:
    """A clip has exactly the frames that were drawn, at their exact rate."""
    path = tmp_path / "clip.mkv"
    encode_clip(drawn(24, rate), path)
    found = probe(path)
    assert (found.frames, found.rate, found.width, found.height) == (24, rate, 320, 180)
    assert (found.codec, found.pixel_format) == ("h264", "yuv420p")


def test_clip_is_visually_lossless(tmp_path: Path) -> None:
    """A grainy moving plate comes back at 44 dB or better."""
    chance = np.random.default_rng(1)
    ramp = np.linspace(40, 200, 320)[None, :] + np.linspace(-20, 20, 270)[:, None]
    drawn = [np.clip(np.roll(ramp, i, 1) + chance.normal(0, 3, ramp.shape), 16, 235).astype(np.uint8) for i in range(6)]
    path = tmp_path / "clip.mkv"
    encode_clip(Frames(Fraction(24), 320, 180, "yuv420p", iter([p.tobytes() for p in drawn]), 6), path)
    for made, seen in zip(drawn, planes(path), strict=True):
        error = np.mean((made[:180].astype(float) - seen[:180]) ** 2)
        assert 10 * np.log10(255**2 / error) > 44


def test_colours_are_tagged_and_read_back_in_bt709(tmp_path: Path, drawn: Callable[..., Frames]) -> None:
    """Saturated red and green keep their values through the clip: the matrix is the one in the tags."""
    path = tmp_path / "clip.mkv"
    encode_clip(drawn(4), path)
    assert probe(path).colour == ("tv", "bt709", "bt709", "bt709")
    ((_, seen),) = frames(path, [3])
    assert np.abs(seen[90, 300].astype(int) - (180, 60, 40)).max() <= 3
    assert np.abs(seen[90, 10].astype(int) - (20, 200, 90)).max() <= 3


def test_equal_frames_give_equal_bytes(tmp_path: Path, drawn: Callable[..., Frames]) -> None:
    """Two encodes of the same frames are the same file, so that a take's digest tells content."""
    one, other = tmp_path / "one.mkv", tmp_path / "two.mkv"
    encode_clip(drawn(12), one)
    encode_clip(drawn(12), other)
    assert one.read_bytes() == other.read_bytes()


def test_yuv_planes_are_taken_as_they_are(tmp_path: Path) -> None:
    """Planes that a backend made in process pass through without conversion."""
    plane = np.full((270, 320), 128, np.uint8)
    plane[:180] = 120
    path = tmp_path / "grey.mkv"
    encode_clip(Frames(Fraction(24), 320, 180, "yuv420p", iter([memoryview(plane).cast("B")] * 3), 3), path)
    ((_, seen),) = frames(path, [1])
    assert np.abs(seen.astype(int) - round((120 - 16) * 255 / 219)).max() <= 2


@pytest.mark.parametrize(("count", "promised"), [(5, 6), (7, 6), (0, 3)])
def test_wrong_number_of_frames_is_refused(
    tmp_path: Path, drawn: Callable[..., Frames], count: int, promised: int
) -> None:
    """A backend that draws too few or too many frames is told so, and no file is left."""
    with pytest.raises(RenderFailed, match=f"where {promised} were promised"):
        encode_clip(drawn(count, promised=promised), tmp_path / "clip.mkv")
    assert list(tmp_path.iterdir()) == []


def test_wrong_frame_size_is_refused(tmp_path: Path) -> None:
    """A frame of the wrong size is named with both sizes."""
    with pytest.raises(RenderFailed, match="frame 0 has 10 bytes, 320x180 rgb24 has 172800"):
        encode_clip(Frames(Fraction(24), 320, 180, "rgb24", iter([b"0123456789"]), 1), tmp_path / "clip.mkv")


def test_unknown_pixel_format_is_refused(tmp_path: Path) -> None:
    """Only the two agreed pixel formats pass."""
    with pytest.raises(RenderFailed, match="bgr24"):
        encode_clip(Frames(Fraction(24), 320, 180, "bgr24", iter([]), 1), tmp_path / "clip.mkv")


def test_failure_of_the_backend_comes_through_and_leaves_nothing(tmp_path: Path) -> None:
    """What a backend raises while drawing is what the caller sees."""

    def broken() -> Iterator[bytes]:
        yield picture(0).tobytes()
        raise RenderFailed("the model broke")

    with pytest.raises(RenderFailed, match="the model broke"):
        encode_clip(Frames(Fraction(24), 320, 180, "rgb24", broken(), 2), tmp_path / "clip.mkv")
    assert list(tmp_path.iterdir()) == []


def test_old_clip_stays_when_a_new_one_fails(tmp_path: Path, drawn: Callable[..., Frames]) -> None:
    """A failed encode does not touch the file that was there."""
    path = tmp_path / "clip.mkv"
    path.write_bytes(b"old")
    with pytest.raises(RenderFailed):
        encode_clip(drawn(1, promised=2), path)
    assert path.read_bytes() == b"old"


def test_missing_folder_is_a_clear_error(tmp_path: Path, drawn: Callable[..., Frames]) -> None:
    """A folder that is not there is named in ffmpeg's last lines."""
    with pytest.raises(MediaError, match="No such file or directory"):
        encode_clip(drawn(2), tmp_path / "gone" / "clip.mkv")


def test_arguments_of_an_rgb_clip() -> None:
    """The arguments of an intermediate clip are these."""
    made = intermediate_arguments(Frames(Fraction(24000, 1001), 64, 36, "rgb24", iter([]), 1), Path("out.mkv"))
    assert " ".join(made) == (
        "-f rawvideo -pixel_format rgb24 -video_size 64x36 -framerate 24000/1001 -i pipe:0 "
        "-vf scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd+full_chroma_int,"
        "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709 "
        "-c:v libx264 -preset ultrafast -crf 13 -g 1 -threads 4 -pix_fmt yuv420p "
        "-fflags +bitexact -flags +bitexact -y out.mkv"
    )
