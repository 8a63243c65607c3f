"""Mixes the stems: music ducked under the dialogue, one loudness, peaks held, AAC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ffmpeg

from charforge.assembly.levels import RATE
from charforge.media.loudness import Loudness, loudness
from charforge.media.run import run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from charforge.assembly.stems import Stems

OVERSAMPLED = 192_000
"""Rate at which the limiter sees the peaks between samples. Source: ITU-R BS.1770-4, annex 2 (four times)."""
HEADROOM = 1.0
"""dB that the limiter stays under the wanted peak at first, since AAC raises peaks."""
CLOSE = 0.15
"""LU within which the finished sound is close enough."""
ROUNDS = 4
"""How often the finished sound is measured and corrected at most."""
LIFT = 12.0
"""dB that a whole mix is raised at most: a silent film's room tone stays quiet."""


@dataclass(frozen=True, slots=True)
class Level:
    """What is done to the mix on its way to AAC."""

    gain: float
    """dB."""
    ceiling: float
    """dBFS that no peak passes."""


def mix(stems: Stems, path: Path, *, target: float, peak: float) -> Loudness:
    """Write the mixed sound as AAC at `target` LUFS, true peak at most `peak` dBTP; return what was measured on it.

    First the mix is measured, then set; the AAC is measured again and corrected where it is off.
    """
    whole = path.with_suffix(".wav")
    run(mix_arguments(stems, whole))
    measured = loudness(whole)
    level = Level(min(target - measured.integrated, LIFT), peak - HEADROOM)
    for _ in range(ROUNDS):
        run(level_arguments(whole, level, path))
        result = loudness(path)
        off = target - result.integrated
        over = max(0.0, result.true_peak - peak)
        if (abs(off) <= CLOSE or level.gain >= LIFT) and not over:
            break
        level = Level(min(level.gain + off, LIFT), level.ceiling - (over + 0.1 if over else 0.0))
    whole.unlink()
    return result


def mix_arguments(stems: Stems, path: Path) -> list[str]:
    """Return ffmpeg's arguments that mix the stems to a stereo float WAV."""
    layers = [_input(stems.tone)]
    if stems.dialogue is not None:
        dialogue = _input(stems.dialogue)
        if stems.music is not None:
            heard = dialogue.filter_multi_output("asplit", 2)
            dialogue = heard.stream(0)
            layers.append(
                ffmpeg.filter(
                    [_input(stems.music), heard.stream(1)],
                    "sidechaincompress",
                    threshold=0.02,
                    ratio=8,
                    attack=15,
                    release=350,
                )
            )
        layers.append(dialogue)
    elif stems.music is not None:
        layers.append(_input(stems.music))
    mixed = ffmpeg.filter(layers, "amix", inputs=len(layers), normalize=0) if len(layers) > 1 else layers[0]
    return _compiled(mixed.output(path.name, acodec="pcm_f32le", ar=RATE), (*stems, path))


def level_arguments(source: Path, level: Level, path: Path) -> list[str]:
    """Return ffmpeg's arguments that set the level and write AAC."""
    limited = (
        ffmpeg.input(source.name)
        .filter("volume", f"{level.gain:.3f}dB")
        .filter("aresample", OVERSAMPLED)
        .filter("alimiter", limit=round(10 ** (level.ceiling / 20), 6), attack=2, release=80, level=0, latency=1)
        .filter("aresample", RATE)
    )
    return _compiled(limited.output(path.name, acodec="aac", audio_bitrate="192k", ar=RATE), (source, path))


def _input(stem: Path) -> ffmpeg.nodes.FilterableStream:
    return ffmpeg.input(stem.name, format="f32le", ar=RATE, ac=2)


def _compiled(stream: ffmpeg.nodes.OutputStream, files: Iterable[Path]) -> list[str]:
    """Return the graph's arguments, its file names replaced by whole paths, which may hold bytes that are no text."""
    paths = {file.name: str(file) for file in files}
    return [paths.get(word, word) for word in map(str, ffmpeg.get_args(stream.overwrite_output()))]
