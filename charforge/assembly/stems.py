"""Lays dialogue, music and room tone out on the programme, one stem each."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from charforge.assembly.levels import RATE, gain, loudness
from charforge.assembly.tone import TONES, room_tone
from charforge.domain.timing import FrameRate
from charforge.errors import AssemblyError, InputError, StoreError
from charforge.media.reading import sound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from charforge.domain.cut import Cut, MusicEvent, ToneEvent
    from charforge.media.reading import Samples

DIALOGUE = -20.0
"""LUFS of every line before the mix, so that a quiet voice stands beside a loud one."""
TONE = -32.0
"""dB of the room tone under the dialogue."""
DUCK = 8.0
"""dB that the ducking takes off the music while somebody speaks. Source: measured with the
compressor of mix.mix_arguments: 8.8 dB under a strong voice, 5.1 dB under a quiet one."""
EDGE = RATE // 200
"""Samples over which a line fades at its ends, against clicks: 5 ms."""
SWELL = RATE
"""Samples over which music and tone come and go: 1 s."""
SILENCE = bytes(1 << 20)
LOUDEST_LIFT = 30.0
"""dB that a quiet file is raised at most, so that hiss does not become a voice."""


@dataclass(frozen=True, slots=True)
class Stems:
    """The layers of the mix, each as long as the programme: raw interleaved stereo float32 at 48 kHz.

    None where there is nothing in one.
    """

    dialogue: Path | None
    music: Path | None
    tone: Path

    def __iter__(self) -> Iterator[Path]:
        """Yield the files there are."""
        return (path for path in (self.dialogue, self.music, self.tone) if path is not None)


def samples_at(frame: int, rate: FrameRate) -> int:
    """Return the sample at which a frame starts."""
    return int(rate.seconds(frame) * RATE + Fraction(1, 2))


def lay(cut: Cut, blob: Callable[[str], Path], root: Path, folder: Path) -> Stems:
    """Write the stems of a cut into a folder; music and tone files lie within `root`.

    Raises InputError when a music file cannot be used, StoreError when the disk is full.
    """
    rate = FrameRate.parse(cut.rate)
    return Stems(
        dialogue=_dialogue(cut, blob, rate, folder) if cut.lines else None,
        music=_music(cut, root, rate, folder) if cut.music else None,
        tone=_tone(cut, root, rate, folder),
    )


def _dialogue(cut: Cut, blob: Callable[[str], Path], rate: FrameRate, folder: Path) -> Path:
    stem, track = _track(folder / "dialogue.f32", cut, rate)
    for line in cut.lines:
        heard = levelled(sound(blob(line.blob), RATE, 2), DIALOGUE)
        _edges(heard, EDGE)
        start = samples_at(line.start, rate)
        end = start + len(heard)
        if end > len(track) + RATE // 10:
            message = f"the line {line.text!r} ends after the last frame"
            raise AssemblyError(message, "make the last shot longer")
        track[start:end] += heard[: len(track) - start]
    track.flush()
    return stem


def _music(cut: Cut, root: Path, rate: FrameRate, folder: Path) -> Path:
    stem, track = _track(folder / "music.f32", cut, rate)
    for event in cut.music:
        piece = levelled(_loop(event.file, root), DIALOGUE + event.gain_db + DUCK)
        _repeat(track, piece, event, rate)
    track.flush()
    return stem


def _tone(cut: Cut, root: Path, rate: FrameRate, folder: Path) -> Path:
    stem, track = _track(folder / "tone.f32", cut, rate)
    for event in cut.tones:
        loop = room_tone(event.tone) if event.tone in TONES else _loop(event.tone, root)
        _repeat(track, levelled(loop, DIALOGUE + TONE), event, rate)
    track.flush()
    return stem


def levelled(samples: Samples, target: float) -> Samples:
    """Return the sound at this loudness in LUFS; silence stays silence."""
    measured = loudness(samples)
    if not np.isfinite(measured):
        return samples.copy()
    return np.asarray(samples * gain(min(target - measured, LOUDEST_LIFT)), np.float32)


def _track(path: Path, cut: Cut, rate: FrameRate) -> tuple[Path, np.memmap]:
    """Make an empty track on the disk; its room is taken first, since a mapping kills the process on a full disk."""
    length = samples_at(cut.length(), rate)
    size = length * 8
    try:
        with path.open("wb") as file:
            for start in range(0, size, len(SILENCE)):
                file.write(SILENCE[: size - start])
    except OSError as error:
        message = f"{path.parent} cannot hold {size / 1e6:.0f} MB of sound: {error.strerror}"
        raise StoreError(message, "free some space on that disk, or choose another folder") from error
    return path, np.memmap(path, np.float32, "r+", shape=(length, 2))


def _loop(file: str, root: Path) -> Samples:
    path = root / file
    if not path.is_file():
        message = f"the sound {file} is not there"
        raise InputError(message, f"put the file at {path}, or take the cue out")
    return sound(path, RATE, 2)


def _repeat(track: np.memmap, piece: Samples, event: MusicEvent | ToneEvent, rate: FrameRate) -> None:
    """Add a loop to a track from one frame to another, coming and going softly."""
    start, end = samples_at(event.start, rate), samples_at(event.start + event.length, rate)
    length = min(end, len(track)) - start
    swell = min(SWELL, length // 2)
    for at in range(0, length, len(piece)):
        part = piece[: length - at].copy()
        places = np.arange(at, at + len(part), dtype=np.float32)
        shape = np.clip(np.minimum(places, length - 1 - places) / max(1, swell), 0, 1)
        track[start + at : start + at + len(part)] += part * np.sin(shape * (np.pi / 2))[:, None]


def _edges(samples: Samples, length: int) -> None:
    length = min(length, len(samples) // 2)
    ramp = np.linspace(0, 1, length, endpoint=False, dtype=np.float32)[:, None]
    samples[:length] *= ramp
    samples[len(samples) - length :] *= ramp[::-1]
