"""Reading frames, sound and facts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from drawings import picture

from charforge.backends.protocols import Frames
from charforge.errors import MediaError
from charforge.media import encode_clip, frames, probe, run, sound
from charforge.media.reading import planes, rgb_of


@pytest.fixture
def long_groups(tmp_path: Path, drawn: Callable[..., Frames]) -> Path:
    """Return an MP4 with B-frames and a keyframe every 12 frames."""
    clip, path = tmp_path / "clip.mkv", tmp_path / "long.mp4"
    encode_clip(drawn(36), clip)
    run(["-i", str(clip), "-c:v", "libx264", "-preset", "medium", "-crf", "10", "-g", "12", "-y", str(path)])
    return path


def bar(pixels: np.ndarray) -> int:
    """Return which frame this is, from its bar."""
    return round((pixels[90, :, 1] > 130).sum() / 8) - 1


def test_named_frames_come_in_order(long_groups: Path) -> None:
    """Frames asked for by number come from across groups of pictures, each with its number."""
    assert [(i, bar(p)) for i, p in frames(long_groups, [35, 0, 13, 12, 11])] == [(i, i) for i in (0, 11, 12, 13, 35)]


def test_a_frame_is_the_same_whatever_else_is_asked_for(long_groups: Path) -> None:
    """Frames that no other needs are not decoded, which changes none of those that are wanted."""
    every = dict(frames(long_groups))
    for wanted in ([1, 7, 20], [2], range(0, 36, 5)):
        assert all((every[index] == pixels).all() for index, pixels in frames(long_groups, wanted))


def test_every_nth_frame(long_groups: Path) -> None:
    """`every` samples evenly from the first frame on."""
    assert [(i, bar(p)) for i, p in frames(long_groups, every=10)] == [(i, i) for i in (0, 10, 20, 30)]


def test_frame_beyond_the_end_is_refused(long_groups: Path) -> None:
    """Asking for a frame that is not there names the last one that is."""
    with pytest.raises(MediaError, match="has 36 frames, there is no frame 36"):
        list(frames(long_groups, [36]))


def test_planes_are_every_frame_and_convert_to_rgb(long_groups: Path) -> None:
    """Planes come frame by frame and turn into the picture that was drawn."""
    seen = [rgb_of(p) for p in planes(long_groups)]
    assert [bar(p) for p in seen] == list(range(36))
    assert np.abs(seen[5][90, 5].astype(int) - picture(5)[90, 5]).max() <= 4


def test_probe_counts_frames_of_an_mp4(long_groups: Path) -> None:
    """The count is of frames, and the duration theirs."""
    found = probe(long_groups)
    assert (found.frames, found.duration, found.audio) == (36, 1.5, ())


@pytest.mark.parametrize("content", [b"", b"not a film at all", bytes(4096)])
def test_file_that_is_no_film(tmp_path: Path, content: bytes) -> None:
    """A damaged file is a MediaError that names it."""
    path = tmp_path / "broken.mkv"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"broken\.mkv"):
        probe(path)
    with pytest.raises(MediaError, match=r"broken\.mkv"):
        list(frames(path))


def test_missing_file_is_named(tmp_path: Path) -> None:
    """A file that is not there is a MediaError too."""
    with pytest.raises(MediaError, match=r"none\.mkv"):
        probe(tmp_path / "none.mkv")


def test_sound_is_resampled_in_place(tmp_path: Path) -> None:
    """A 24 kHz voice read at 48 kHz starts at the same moment, at the same level."""
    voice = np.zeros(24000, np.float32)
    voice[6000:] = 0.5 * np.sin(2 * np.pi * 440 * np.arange(18000) / 24000)
    soundfile.write(tmp_path / "v.flac", voice, 24000)
    heard = sound(tmp_path / "v.flac", 48000)
    assert heard.shape == (48000, 1)
    assert abs(int(np.argmax(np.abs(heard[:, 0]) > 0.1)) - 12000) < 24
    assert heard.max() == pytest.approx(0.5, abs=0.01)


def test_sound_of_a_silent_film_is_refused(long_groups: Path) -> None:
    """A film without a sound track has no sound to read."""
    with pytest.raises(MediaError, match="has no sound"):
        sound(long_groups, 48000)
