"""Moves the pitch of a voice, its length and its vowels' colour unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from charforge.errors import MediaError
from charforge.media.run import run

if TYPE_CHECKING:
    from numpy.typing import NDArray


def pitched(samples: NDArray[np.float32], rate: int, semitones: float, scratch: Path) -> NDArray[np.float32]:
    """Return mono samples moved by semitones, as many as before; formants stay.

    Raises MediaError where ffmpeg was built without Rubber Band.
    """
    out = scratch / "pitched.f32"
    plain = ["-f", "f32le", "-ar", str(rate), "-ac", "1"]
    band = f"rubberband=pitch={2 ** (semitones / 12):.9f}:formant=preserved:pitchq=quality:window=standard"
    try:
        run([*plain, "-i", "pipe:0", "-af", band, *plain, "-y", str(out)], stdin=[samples.astype("<f4").tobytes()])
    except MediaError as error:
        if "rubberband" not in f"{error} {error.tail}":
            raise
        hint = "unset CHARFORGE_FFMPEG to use the packaged ffmpeg, or remove pitch: from the voice"
        raise MediaError("this ffmpeg cannot move a voice's pitch: it was built without Rubber Band", hint) from error
    moved = np.fromfile(out, "<f4")
    out.unlink()
    fitted = np.zeros(len(samples), np.float32)
    fitted[: min(len(moved), len(fitted))] = moved[: len(fitted)]
    return np.clip(fitted, -1, 1)
