"""Plays the pilot's music: a felt piano and a soft pad, written out below, synthesised here.

Run `python library/music/compose.py` to write the-cup.flac beside this file; equal runs give equal bytes.
Ours, given away under CC0 1.0.
"""

from pathlib import Path

import numpy as np
import soundfile

RATE = 48_000
BPM = 64
BARS = 12
LENGTH = RATE * 60 * 4 * BARS // BPM
"""45 s: twelve bars of four beats; every note and its echo wrap round, so the piece is a loop."""
BEAT = RATE * 60 / BPM
SEED = 20260
WRITTEN = 24_000
"""Samples per second of the file: nothing sounds above 8 kHz, and the file is half as large."""

NAMES = {name: i for i, name in enumerate(("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"))}

CHORDS = [
    ["D2", "A2", "D3", "F#3", "A3", "C#4"],
    ["B1", "F#2", "B2", "D3", "F#3", "A3"],
    ["G1", "D2", "G2", "B2", "D3", "F#3"],
    ["A1", "E2", "A2", "D3", "E3", "B3"],
    ["F#1", "C#2", "F#2", "A2", "C#3", "E3"],
    ["B1", "F#2", "B2", "D3", "F#3", "C#4"],
    ["G1", "D2", "G2", "B2", "D3", "A3"],
    ["A1", "E2", "A2", "C#3", "E3", "F#3"],
    ["E2", "B2", "E3", "G3", "B3", "F#4"],
    ["A1", "G2", "B2", "D3", "G3", "E4"],
    ["D2", "A2", "D3", "E3", "F#3", "A3"],
    ["D2", "A2", "C#3", "E3", "F#3", "A3"],
]
"""One chord a bar, from the bass up: D, b, G, A; f sharp, b, G, A; e, A, D, D."""

MELODY = [
    (1, 0.0, "F#4"), (1, 1.5, "E4"), (1, 2.0, "A4"), (2, 1.0, "F#4"), (3, 0.5, "D4"), (3, 2.0, "B4"), (3, 3.0, "A4"),
    (4, 1.0, "E4"), (5, 0.5, "C#5"), (5, 2.0, "B4"), (5, 3.0, "A4"), (6, 1.0, "F#4"), (6, 3.0, "D4"), (7, 0.5, "E4"),
    (7, 2.0, "B4"), (8, 1.5, "C#5"), (8, 3.0, "A4"), (9, 0.5, "G4"), (9, 2.0, "F#4"), (9, 3.5, "B4"), (10, 1.0, "E4"),
    (10, 2.5, "C#4"), (11, 0.0, "D4"), (11, 2.0, "A4"), (12, 1.0, "F#4"),
]  # fmt: skip
"""Bar, beat in the bar, note."""

PATTERN = [(0.0, 0), (0.5, 2), (1.0, 3), (1.75, 4), (2.5, 3), (3.25, 5)]
"""The left hand: beat in the bar, tone of the chord."""


def frequency(note):
    """Return a note's pitch in Hz, A4 at 440."""
    return 440.0 * 2 ** ((NAMES[note[:-1]] + 12 * int(note[-1]) - 57) / 12)


def piano(pitch, strength, generator):
    """Return one felt-damped note: partials of a stiff string on two strings, and the hammer's thump.

    Source of the partials' places: Fletcher, stiff string, f_n = n f sqrt(1 + B n^2).
    """
    seconds = 5.5 if pitch < 200 else 4.0
    time = np.arange(int(seconds * RATE)) / RATE
    tone = np.zeros_like(time)
    for partial in range(1, 15):
        place = partial * pitch * np.sqrt(1 + 0.00035 * partial**2)
        if place > 7000:
            break
        weight = strength * partial**-1.3 * np.exp(-place / (1300 + 1700 * strength))
        decay = np.exp(-time * (0.55 + pitch / 700 + 0.32 * partial))
        for cents in (-0.55, 0.65):
            angle = 2 * np.pi * place * 2 ** (cents / 1200) * time + generator.uniform(0, 2 * np.pi)
            tone += weight * decay * np.sin(angle)
    thump = generator.normal(0, 1, len(time)) * np.exp(-time * 90)
    thump = np.convolve(thump[: RATE // 8], np.hanning(160) / 80, "same")
    tone[: len(thump)] += 0.05 * strength * thump
    tone *= np.minimum(1, time / 0.009) ** 1.5
    return tone * np.minimum(1, (seconds - time) / 0.4)


def pad(chord):
    """Return a bar and a half of soft sines on the chord's middle tones, swelling and leaving."""
    length = int(BEAT * 6)
    time = np.arange(length) / RATE
    swell = np.sin(np.pi * np.arange(length) / length) ** 2
    sides = []
    for side in (-1, 1):
        tone = np.zeros(length)
        for voice, note in enumerate(chord[1:5]):
            pitch = frequency(note) * 2 ** (side * (2.0 + voice) / 1200)
            for partial, weight in ((1, 1.0), (2, 0.22), (3, 0.06)):
                tone += weight * np.sin(2 * np.pi * pitch * partial * time + voice + side)
        sides.append(tone * swell)
    return np.stack(sides, 1)


def add(track, sound, start, left, right):
    """Add a sound to the loop, wrapping at its end."""
    places = (np.arange(len(sound)) + int(start)) % LENGTH
    stereo = sound if sound.ndim == 2 else sound[:, None]
    np.add.at(track, places, stereo * (left, right))


def room(track, generator):
    """Return the loop in a warm room of 2.4 s, convolved round so that it stays a loop."""
    length = int(2.6 * RATE)
    time = np.arange(length) / RATE
    tail = (
        generator.normal(0, 1, (length, 2)) * np.exp(-time * 6.9 / 2.4)[:, None] * np.minimum(1, time / 0.02)[:, None]
    )
    padded = np.zeros((LENGTH, 2))
    padded[:length] = tail
    bins = np.fft.rfftfreq(LENGTH, 1 / RATE)
    dark = 1 / (1 + (bins / 1800) ** 2) * (bins / 120) / np.sqrt(1 + (bins / 120) ** 2)
    wet = np.fft.rfft(track, axis=0) * np.fft.rfft(padded, axis=0) * dark[:, None]
    echo = np.fft.irfft(wet, LENGTH, axis=0)
    return track + echo * (0.38 * np.sqrt(np.mean(track**2) / np.mean(echo**2)))


def play():
    """Return the whole piece, (samples, 2)."""
    generator = np.random.default_rng(SEED)
    track = np.zeros((LENGTH, 2))
    for bar, chord in enumerate(CHORDS):
        first = bar * 4 * BEAT
        for beat, tone in PATTERN:
            late = generator.normal(0, 0.010) * RATE
            touch = 0.30 + 0.10 * (beat == 0) + generator.uniform(-0.04, 0.04)
            add(track, piano(frequency(chord[tone]), touch, generator), first + beat * BEAT + late, 0.95, 0.75)
        add(track, pad(chord) * 0.016, first - BEAT, 1, 1)
    for bar, beat, note in MELODY:
        late = generator.normal(0.012, 0.012) * RATE
        touch = 0.55 + generator.uniform(-0.07, 0.07)
        add(track, piano(frequency(note), touch, generator), ((bar - 1) * 4 + beat) * BEAT + late, 0.78, 0.92)
    return room(track, generator)


def main():
    """Write the piece at a peak of -9 dBFS, in 15 bits: the last one only made the file larger."""
    track = play()
    bins = np.fft.rfft(track, axis=0)[: LENGTH * WRITTEN // RATE // 2 + 1]
    track = np.fft.irfft(bins, LENGTH * WRITTEN // RATE, axis=0)
    track *= 10 ** (-9 / 20) / np.abs(track).max()
    path = Path(__file__).with_name("the-cup.flac")
    whole = np.round(track * 16384).astype(np.int16) * 2
    soundfile.write(path, whole, WRITTEN, subtype="PCM_16", compression_level=1.0)
    print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
