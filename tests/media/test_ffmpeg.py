"""Finding and running ffmpeg."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from charforge.errors import MediaError
from charforge.media import ffmpeg, loudness, run
from charforge.media.loudness import parse
from charforge.media.run import failure


def test_environment_names_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """$CHARFORGE_FFMPEG wins."""
    own = tmp_path / "my ffmpeg"
    own.write_text("#!/bin/sh\n")
    own.chmod(own.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CHARFORGE_FFMPEG", str(own))
    assert ffmpeg() == str(own)


def test_wrong_environment_is_an_error_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that is not there is never replaced by another."""
    monkeypatch.setenv("CHARFORGE_FFMPEG", "/nowhere/ffmpeg")
    with pytest.raises(MediaError, match="hint: correct it, or unset it") as caught:
        ffmpeg()
    assert "/nowhere/ffmpeg" in caught.value.message


def test_missing_ffmpeg_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the package and without a program on the PATH there is a hint."""
    from charforge.media.run import _find

    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    _find.cache_clear()
    with pytest.raises(MediaError, match="pip install imageio-ffmpeg"):
        ffmpeg()
    _find.cache_clear()


def test_failure_shows_the_last_lines(tmp_path: Path) -> None:
    """What ffmpeg said last is in the error, and the command with it."""
    with pytest.raises(MediaError, match="No such filter: 'nonsense'") as caught:
        run(["-f", "lavfi", "-i", "color=size=64x36", "-vf", "nonsense", "-frames:v", "1", "-f", "null", "-"])
    assert caught.value.command[-1] == "-"
    assert len(caught.value.tail.splitlines()) <= 12


def test_full_disk_says_so() -> None:
    """Writing to a device that is always full gives a hint about space."""
    with pytest.raises(MediaError, match="hint: free some space"):
        run(["-f", "lavfi", "-i", "color=size=64x36:duration=1", "-f", "rawvideo", "-y", "/dev/full"])


def test_read_only_file_system_says_so() -> None:
    """The reason decides the hint."""
    error = failure(["ffmpeg"], "out.mp4: Read-only file system", 1)
    assert error.hint == "choose a folder that can be written to"


def test_progress_counts_frames() -> None:
    """Progress ends at the number of frames."""
    seen: list[int] = []
    run(["-f", "lavfi", "-i", "color=size=64x36:rate=24", "-frames:v", "48", "-f", "null", "-"], progress=seen.append)
    assert seen[-1] == 48


def test_time_limit_is_a_media_error() -> None:
    """An ffmpeg that hangs is stopped."""
    with pytest.raises(MediaError, match="time limit"):
        run(["-re", "-f", "lavfi", "-i", "anullsrc", "-f", "null", "-"], timeout=0.5)


def test_loudness_of_a_known_tone(tmp_path: Path) -> None:
    """A stereo 997 Hz sine at -20 dBFS measures -20 LUFS. Source: EBU Tech 3341, case 1, moved by 3 dB."""
    path = tmp_path / "tone.flac"
    tone = "aevalsrc='0.1*sin(2*PI*997*t)|0.1*sin(2*PI*997*t)':s=48000:d=4"
    run(["-f", "lavfi", "-i", tone, "-y", str(path)])
    found = loudness(path)
    assert found.integrated == pytest.approx(-20.0, abs=0.1)
    assert found.true_peak == pytest.approx(-20.0, abs=0.1)


def test_log_without_a_measurement_is_an_error() -> None:
    """A log in which loudnorm said nothing is not taken for silence."""
    with pytest.raises(MediaError, match="measured no loudness"):
        parse("nothing here")
