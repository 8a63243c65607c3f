"""A voice moved in pitch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from charforge.errors import MediaError
from charforge.media import pitched

RATE = 24_000


def tone(hertz: float) -> NDArray[np.float32]:
    """Return two seconds of a tone with its overtones, which fades in and out."""
    time = np.arange(2 * RATE) / RATE
    wave = sum(np.sin(2 * np.pi * hertz * n * time) / n for n in range(1, 9))
    return np.asarray(0.2 * wave * np.hanning(len(time)), np.float32)


def pitch(samples: NDArray[np.float32]) -> float:
    """Return the frequency whose period repeats best."""
    middle = samples[RATE // 2 : RATE].astype(np.float64)
    alike = np.correlate(middle, middle, "full")[len(middle) - 1 :]
    return RATE / (50 + float(alike[50:400].argmax()))


@pytest.mark.parametrize("semitones", [-5.0, -1.5, 3.0, 12.0])
def test_the_pitch_moves_and_the_length_stays(tmp_path: Path, semitones: float) -> None:
    """A tone comes out as many semitones away, in as many samples."""
    moved = pitched(tone(220), RATE, semitones, tmp_path)
    assert len(moved) == 2 * RATE
    assert pitch(moved) == pytest.approx(220 * 2 ** (semitones / 12), rel=0.01)


def test_the_same_sound_comes_out_the_same(tmp_path: Path) -> None:
    """Two runs give equal samples, and nothing is left behind."""
    assert np.array_equal(pitched(tone(200), RATE, 2, tmp_path), pitched(tone(200), RATE, 2, tmp_path))
    assert not list(tmp_path.iterdir())


def test_an_ffmpeg_without_rubber_band_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another ffmpeg lacks is told with what to type; any other failure of it is told as it is."""
    said = "[AVFilterGraph @ 0x1] No such filter: 'rubberband'"
    for number, (words, told) in enumerate(((said, "built without Rubber Band"), ("Out of paper", "ffmpeg failed"))):
        program = tmp_path / f"ffmpeg-{number}"
        program.write_text(f'#!/bin/sh\ncat >/dev/null\necho "{words}" >&2\nexit 1\n')
        program.chmod(0o755)
        monkeypatch.setenv("CHARFORGE_FFMPEG", str(program))
        with pytest.raises(MediaError, match=told) as caught:
            pitched(tone(200), RATE, 2, tmp_path)
        assert caught.value.hint
    assert "Rubber Band" not in caught.value.message
