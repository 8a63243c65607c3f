"""Levels, stems, tones and the mix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
from filmset import Stage, short_cut

from charforge.assembly.levels import RATE, gain, loudness
from charforge.assembly.mix import Level, level_arguments, mix, mix_arguments
from charforge.assembly.stems import DIALOGUE, Stems, lay, levelled, samples_at
from charforge.assembly.tone import TONES, room_tone
from charforge.domain.cut import MusicEvent, ToneEvent
from charforge.domain.timing import FrameRate
from charforge.media import sound

MUSIC = Path(__file__).parents[2] / "library" / "music" / "the-cup.flac"


def talk(seconds: float = 4, level: float = 0.1, seed: int = 1) -> np.ndarray:
    """Return noise in bursts, (samples, 2)."""
    chance = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    wave = chance.normal(0, level, len(time)) * (np.sin(2 * np.pi * 0.7 * time) > -0.2)
    return np.repeat(wave[:, None], 2, 1).astype(np.float32)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_loudness_agrees_with_another_meter(seed: int) -> None:
    """Our meter and pyloudnorm agree within 0.1 LU."""
    wave = talk(seed=seed)
    assert loudness(wave) == pytest.approx(pyloudnorm.Meter(RATE).integrated_loudness(wave), abs=0.1)


def test_loudness_of_silence_and_of_a_click() -> None:
    """Silence is -inf, a sound shorter than a block has a number, nothing at all is -inf."""
    assert loudness(np.zeros((RATE, 2), np.float32)) == -np.inf
    assert loudness(np.zeros((0, 2), np.float32)) == -np.inf
    assert np.isfinite(loudness(talk(0.2)))


def test_levelled_reaches_its_target_but_lifts_no_hiss() -> None:
    """A voice is brought to the level; near-silence is raised by 30 dB at most; silence stays."""
    assert loudness(levelled(talk(level=0.01), DIALOGUE)) == pytest.approx(DIALOGUE, abs=0.1)
    hiss = talk(level=1e-3)
    assert np.abs(levelled(hiss, DIALOGUE)).max() == pytest.approx(np.abs(hiss).max() * gain(30), rel=1e-3)
    assert levelled(np.zeros((RATE, 2), np.float32), DIALOGUE).max() == 0


@pytest.mark.parametrize("name", sorted(TONES))
def test_tones_are_loops(name: str) -> None:
    """A tone is the same every time, has no step at its seam, no offset, and does not clip."""
    tone = room_tone(name)
    assert room_tone(name)[::999].tolist() == tone[::999].tolist()
    steps = np.abs(np.diff(tone, axis=0)).max()
    assert np.abs(tone[0] - tone[-1]).max() <= steps
    assert np.abs(tone.mean(axis=0)).max() < 1e-3
    assert 0.2 < np.abs(tone).max() <= 0.25


def test_frames_meet_samples_exactly_at_ntsc_rates() -> None:
    """An hour of 23.976 frames lies at its exact sample."""
    assert samples_at(86400, FrameRate.parse("23.976")) == 3603.6 * RATE


def test_lines_lie_at_their_sample(stage: Stage, tmp_path: Path) -> None:
    """In the dialogue stem a line's first sound is at the sample of its frame, to 2 ms."""
    cut = short_cut(stage)
    stems = lay(cut, stage.blob, tmp_path, tmp_path)
    track = np.fromfile(stems.dialogue, np.float32).reshape(-1, 2)
    assert len(track) == cut.length() * 2000
    for line in cut.lines:
        onset = line.start * 2000 + int(np.argmax(np.abs(track[line.start * 2000 :, 0]) > 0.01))
        assert onset - line.start * 2000 < 96


def test_music_is_ducked_while_somebody_speaks(tmp_path: Path) -> None:
    """Music falls by 5 dB or more under a voice and comes back after it."""
    time = np.arange(6 * RATE) / RATE
    music = np.repeat((0.05 * np.sin(2 * np.pi * 3000 * time))[:, None], 2, 1)
    voice = np.where((time > 2) & (time < 4), np.sin(2 * np.pi * 200 * time) * 0.2, 0)
    paths = [tmp_path / f"{name}.f32" for name in ("dialogue", "music", "tone")]
    for path, wave in zip(paths, (np.repeat(voice[:, None], 2, 1), music, np.zeros_like(music)), strict=True):
        wave.astype(np.float32).tofile(path)
    mix(Stems(*paths), tmp_path / "mix.m4a", target=-16, peak=-1)
    heard = sound(tmp_path / "mix.m4a", RATE)[:, 0]

    def strength(start: float) -> float:
        spectrum = np.abs(np.fft.rfft(heard[int(start * RATE) : int((start + 0.5) * RATE)]))
        return float(20 * np.log10(spectrum[1450:1550].max()))

    assert strength(1) - strength(3) > 5
    assert strength(5.2) == pytest.approx(strength(1), abs=1)


def test_loud_peaks_are_held(tmp_path: Path) -> None:
    """A mix of clicks that must rise by a lot still keeps its true peak under -1 dBTP."""
    clicks = talk(6, 0.01)
    clicks[:: RATE // 3] = 0.9
    path = tmp_path / "tone.f32"
    clicks.tofile(path)
    heard = mix(Stems(None, None, path), tmp_path / "mix.m4a", target=-16, peak=-1)
    assert heard.true_peak <= -1


def test_silence_is_mixed(tmp_path: Path) -> None:
    """A programme of digital silence is no error."""
    path = tmp_path / "tone.f32"
    np.zeros((RATE, 2), np.float32).tofile(path)
    heard = mix(Stems(None, None, path), tmp_path / "mix.m4a", target=-16, peak=-1)
    assert heard.integrated == -np.inf


def test_shipped_music_is_a_quiet_loop() -> None:
    """The pilot's music is 45 s, stereo, under a mebibyte, without a step at its seam, neither clipped nor faint."""
    wave, rate = soundfile.read(MUSIC)
    assert (len(wave) / rate, wave.shape[1]) == (45, 2)
    assert MUSIC.stat().st_size < 1 << 20
    assert np.abs(wave[0] - wave[-1]).max() < np.abs(np.diff(wave, axis=0)).max()
    assert -26 < pyloudnorm.Meter(rate).integrated_loudness(wave) < -18


def test_loops_fill_their_frames(stage: Stage, tmp_path: Path) -> None:
    """Music and tone longer than their file go round; outside their frames there is silence."""
    soundfile.write(tmp_path / "loop.wav", talk(0.5), RATE)
    music = (MusicEvent(file="loop.wav", start=24, length=96),)
    cut = short_cut(stage, music=music, tones=(ToneEvent(tone="loop.wav", start=0, length=24),))
    stems = lay(cut, stage.blob, tmp_path, tmp_path)
    track, tone = (np.abs(np.fromfile(p, np.float32).reshape(-1, 2)[:, 0]) for p in (stems.music, stems.tone))
    assert track[:48000].max() == 0
    assert track[240000:].max() == 0
    assert all(track[i : i + 24000].max() > 0 for i in range(48000, 240000, 24000))
    assert tone[48000:].max() == 0


def test_arguments_of_the_mix() -> None:
    """The graph that ducks and mixes is this one."""
    stems = Stems(Path("d"), Path("m"), Path("t"))
    assert " ".join(mix_arguments(stems, Path("o.wav"))) == (
        "-f f32le -ac 2 -ar 48000 -i t -f f32le -ac 2 -ar 48000 -i m -f f32le -ac 2 -ar 48000 -i d "
        "-filter_complex [2]asplit=2[s0][s1];"
        "[1][s1]sidechaincompress=attack=15:ratio=8:release=350:threshold=0.02[s2];"
        "[0][s2][s0]amix=inputs=3:normalize=0[s3] -map [s3] -acodec pcm_f32le -ar 48000 o.wav -y"
    )


def test_arguments_of_the_level() -> None:
    """The graph that sets the level limits at four times the rate."""
    assert " ".join(level_arguments(Path("i.wav"), Level(3.5, -2), Path("o.m4a"))) == (
        "-i i.wav -filter_complex [0]volume=3.500dB[s0];[s0]aresample=192000[s1];"
        "[s1]alimiter=attack=2:latency=1:level=0:limit=0.794328:release=80[s2];[s2]aresample=48000[s3] "
        "-map [s3] -b:a 192k -acodec aac -ar 48000 o.m4a -y"
    )
