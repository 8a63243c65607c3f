"""Footage from anywhere: turned, squeezed, uneven, HDR, enormous, cut off, or no pictures at all."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from charforge import imaging
from charforge.errors import MediaError
from charforge.media import frames, probe, run
from charforge.media.hdr import shown

STRIPES = (200, 40, 40), (40, 160, 60), (50, 70, 210)
"""Of the picture that is filmed, from left to right."""


def filmed(path: Path, *options: str, size: tuple[int, int] = (192, 108), count: int = 12, rate: str = "24") -> Path:
    """Write a clip of three stripes, above them a white beam, with further options for ffmpeg."""
    width, height = size
    picture = np.repeat(np.array(STRIPES, np.uint8), width // 3, axis=0)[None].repeat(height, axis=0)
    picture[: height // 4] = 235
    source = ["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{width}x{height}", "-framerate", rate]
    plain = ["-vf", "scale=out_color_matrix=bt709:out_range=tv", "-c:v", "libx264", "-crf", "8", "-pix_fmt", "yuv420p"]
    tags = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
    run([*source, "-i", "pipe:0", *plain, *tags, *options, "-y", str(path)], stdin=[picture.tobytes()] * count)
    return path


def first(path: Path, **options: int) -> np.ndarray:
    """Return the first frame of a clip."""
    return next(pixels for _, pixels in frames(path, [0], **options))


def striped(pixels: np.ndarray, tolerance: int = 12) -> bool:
    """Return whether a picture shows the beam above the stripes, in their colours and order."""
    height, width = pixels.shape[:2]
    below = pixels[int(height * 0.6), [width // 6, width // 2, width * 5 // 6]].astype(int)
    return bool(np.abs(below - STRIPES).max() <= tolerance and pixels[height // 8].min() > 235 - 2 * tolerance)


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_what_a_telephone_filmed_stands_upright(tmp_path: Path, turned: int) -> None:
    """A clip whose pictures lie on their side, and whose header says so, is seen as any player shows it."""
    upright = filmed(tmp_path / "upright.mp4")
    lying, tagged = tmp_path / "lying.mp4", tmp_path / "tagged.mp4"
    turns = {90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}
    run(["-i", str(upright), "-vf", turns[turned], "-c:v", "libx264", "-crf", "8", "-y", str(lying)])
    run(["-display_rotation", str(turned), "-i", str(lying), "-c", "copy", "-y", str(tagged)])
    assert not striped(first(lying))
    seen = first(tagged)
    assert seen.shape == (108, 192, 3)
    assert striped(seen)


def test_pixels_that_are_not_square_are_made_so(tmp_path: Path) -> None:
    """An anamorphic clip is as wide as it is shown, so that faces keep their proportions."""
    assert first(filmed(tmp_path / "wide.mp4", "-aspect", "32:9")).shape == (108, 384, 3)


def test_times_of_a_variable_rate_are_the_files_own(tmp_path: Path) -> None:
    """Frames held for long or dropped are timed as they are shown, not by their number."""
    uneven = "select='not(between(n,2,9))',setpts=PTS+if(gte(N\\,3)\\,1/TB\\,0)"
    found = probe(filmed(tmp_path / "uneven.mp4", "-vf", uneven, "-fps_mode", "passthrough"))
    assert found.frames == 4
    assert [round(found.time(i), 3) for i in range(4)] == [0.0, 0.042, 0.417, 1.458]


def test_times_start_with_the_first_frame(tmp_path: Path) -> None:
    """A transport stream, whose clock starts anywhere, begins at 0."""
    found = probe(filmed(tmp_path / "late.ts"))
    assert [round(found.time(i), 3) for i in (0, 11)] == [0.0, 0.458]


def test_frames_without_times_are_counted_as_they_come(tmp_path: Path) -> None:
    """A bare stream has neither times nor an index, and is read all the same."""
    path = filmed(tmp_path / "bare.h264", "-bf", "2")
    assert probe(path).frames == 12
    assert [i for i, _ in frames(path, [0, 5, 11])] == [0, 5, 11]


def test_what_an_edit_list_hides_is_not_counted(tmp_path: Path) -> None:
    """A clip trimmed without encoding keeps frames before its start that no player shows."""
    whole, trimmed = filmed(tmp_path / "whole.mp4", count=36), tmp_path / "trimmed.mp4"
    run(["-ss", "0.5", "-i", str(whole), "-c", "copy", "-y", str(trimmed)])
    assert probe(trimmed).frames == 24
    assert len(list(frames(trimmed))) == 24


def linear() -> np.ndarray:
    """Return the picture that is filmed as light, (108, 192, 3) float32 with diffuse white at 1."""
    pixels = np.repeat(np.array(STRIPES), 64, axis=0)[None].repeat(108, axis=0)
    pixels[:27] = 235
    return ((pixels / 255) ** 2.4).astype(np.float32)


def ten_bits(path: Path, picture: np.ndarray, pixel_format: str, conversion: str, transfer: str) -> Path:
    """Write three frames of HEVC in BT.2020 with ten bits, tagged with this transfer."""
    tags = f"setparams=range=tv:colorspace=bt2020nc:color_primaries=bt2020:color_trc={transfer}"
    run(
        ["-f", "rawvideo", "-pixel_format", pixel_format, "-video_size", "192x108", "-framerate", "24", "-i", "pipe:0",
         "-vf", f"{conversion},format=yuv420p10le,{tags}", "-c:v", "libx265", "-crf", "8",
         "-x265-params", "log-level=error", "-y", str(path)],
        stdin=[np.ascontiguousarray(picture).tobytes()] * 3,
    )  # fmt: skip
    assert probe(path).colour[3] == transfer
    return path


def test_pq_is_shown_as_sdr(tmp_path: Path) -> None:
    """Ten bits of PQ in BT.2020, white at 203 cd/m2, look as the SDR picture that zimg made them from."""
    light = "setparams=range=pc:colorspace=gbr:color_primaries=bt709:color_trc=linear"
    convert = f"{light},zscale=t=smpte2084:p=2020:m=2020_ncl:r=limited:npl=203"
    planes = linear()[..., [1, 2, 0]].transpose(2, 0, 1)
    assert striped(first(ten_bits(tmp_path / "pq.mp4", planes, "gbrpf32le", convert, "smpte2084")))


def test_hlg_is_shown_as_sdr(tmp_path: Path) -> None:
    """Ten bits of HLG for a display of 1000 cd/m2, made by BT.2100's own formulas."""
    wide = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
    light = linear() @ wide.T * 0.203
    scene = light * (light @ [0.2627, 0.6780, 0.0593])[..., None] ** (-0.2 / 1.2)
    curved = np.where(
        scene <= 1 / 12, np.sqrt(3 * scene), 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    )
    codes = (curved * 65535).round().astype("<u2")
    convert = "scale=out_color_matrix=bt2020:out_range=tv:flags=accurate_rnd"
    assert striped(first(ten_bits(tmp_path / "hlg.mp4", codes, "rgb48le", convert, "arib-std-b67")))


def test_what_is_brighter_than_white_keeps_its_colour() -> None:
    """A lamp of 4000 cd/m2 is rolled off towards white, and never turns around."""
    codes = np.repeat(np.arange(30000, 62000, 100, np.uint16)[None, :, None], 3, axis=2)
    grey = shown(codes, "pq")[0].astype(int)
    assert (np.diff(grey[:, 0]) >= 0).all()
    assert grey[-1].tolist() == [255, 255, 255]
    assert np.ptp(grey, axis=1).max() <= 1


def test_an_enormous_clip_is_read_small(tmp_path: Path) -> None:
    """Frames of 8K are scaled down as they are decoded: what Python holds of one is less than its own 100 MB."""
    path = filmed(tmp_path / "8k.mp4", "-vf", "scale=7680:4320,format=yuv420p", "-preset", "ultrafast", count=2)
    tracemalloc.start()
    seen = first(path, largest=1920)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seen.shape == (1080, 1920, 3)
    assert most < 40e6


def test_sound_with_a_cover_has_no_pictures(tmp_path: Path) -> None:
    """The picture on a song is no clip; neither is sound alone."""
    cover = tmp_path / "cover.png"
    cover.write_bytes(imaging.encode_png(np.full((64, 64, 3), 90, np.uint8)))
    song, speech = tmp_path / "song.mp3", tmp_path / "speech.wav"
    tone = ["-f", "lavfi", "-i", "sine=d=1"]
    run([*tone, "-i", str(cover), "-map", "0", "-map", "1", "-c:v", "mjpeg", "-disposition:v", "attached_pic",
         "-y", str(song)])  # fmt: skip
    run([*tone, "-y", str(speech)])
    for path in (song, speech):
        assert probe(path).frames == 0
        with pytest.raises(MediaError, match="no pictures, only sound") as told:
            list(frames(path))
        assert "video stream" in told.value.hint


def test_a_clip_that_breaks_off_before_its_index_says_so(tmp_path: Path) -> None:
    """An MP4 that was never finished has no moov box."""
    whole, cut = filmed(tmp_path / "whole.mp4"), tmp_path / "cut.mp4"
    data = whole.read_bytes()
    cut.write_bytes(data[: data.rindex(b"moov") - 4])
    with pytest.raises(MediaError, match=r"cut\.mp4 cannot be read: it breaks off before its index"):
        probe(cut)


@pytest.mark.parametrize(("name", "options"), [("a.mp4", ("-movflags", "+faststart")), ("a.mkv", ())])
def test_a_clip_that_lacks_its_end_is_known(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    """The index at the front promises more than there is; what is there can be read."""
    noisy = ("-vf", "noise=alls=40:allf=t", *options)
    whole, cut = filmed(tmp_path / name, *noisy, count=96), tmp_path / f"cut-{name}"
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    assert probe(whole).whole
    assert not probe(cut).whole
    assert 1 < probe(cut).reach < 3
    assert 24 < len(list(frames(cut))) < 72


def test_a_clip_of_rubble_is_damaged(tmp_path: Path) -> None:
    """A sound index over bytes that no decoder takes."""
    path = filmed(tmp_path / "rubble.mp4", "-vf", "noise=alls=40:allf=t")
    data = bytearray(path.read_bytes())
    start, end = data.index(b"mdat") + 4, data.rindex(b"moov") - 4
    data[start:end] = np.random.default_rng(1).integers(0, 256, end - start, np.uint8).tobytes()
    path.write_bytes(data)
    with pytest.raises(MediaError, match=r"rubble\.mp4 is damaged"):
        list(frames(path))


def test_a_clip_of_one_frame(tmp_path: Path) -> None:
    """One frame is a clip."""
    path = filmed(tmp_path / "one.mp4", count=1)
    assert probe(path).frames == 1
    assert striped(first(path))
