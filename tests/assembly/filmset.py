"""A small stage: clips and voices drawn in the test, and the cut they stand in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from charforge.backends.protocols import Frames
from charforge.domain.cut import Card, Chapter, Cut, LineEvent, PictureEvent, ToneEvent
from charforge.domain.script import Transition
from charforge.domain.timing import FrameRate
from charforge.media import encode_clip

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, HEIGHT = 320, 180
RED, GREEN, BLUE = (200, 40, 40), (40, 180, 60), (50, 60, 210)


@dataclass
class Stage:
    """Files by digest, as the store would hold them."""

    folder: Path
    rate: str = "24"
    files: dict[str, Path] = field(default_factory=dict)

    def blob(self, digest: str) -> Path:
        """Return the file with this content."""
        return self.files[digest]

    def keep(self, path: Path) -> str:
        """Take a file in and return its digest."""
        digest = hashlib.sha256(path.read_bytes() + path.name.encode()).hexdigest()
        self.files[digest] = path
        return digest

    def clip(self, colour: tuple[int, int, int], count: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> str:
        """Return a clip of one colour."""
        width, height = size
        rate = FrameRate.parse(self.rate).fps
        path = self.folder / f"{'-'.join(map(str, (*colour, count, *size, rate.denominator)))}.mkv"
        if not path.exists():
            pixels = np.full((height, width, 3), colour, np.uint8).tobytes()
            encode_clip(Frames(rate, width, height, "rgb24", iter([pixels] * count), count), path)
        return self.keep(path)

    def voice(self, seconds: float, pitch: float = 220.0, strength: float = 0.1) -> str:
        """Return a voice that starts at full strength in its first sample and beats four times a second."""
        time = np.arange(int(seconds * 24000)) / 24000
        wave = strength * np.sin(2 * np.pi * pitch * time + 1) * (0.6 + 0.4 * np.cos(2 * np.pi * 4 * time))
        path = self.folder / f"{seconds}-{pitch}-{strength}.flac"
        soundfile.write(path, wave.astype(np.float32), 24000)
        return self.keep(path)


def short_cut(stage: Stage, **changes: Any) -> Cut:
    """Return card, fade-in, cut, dissolve, fade-out: three shots in two scenes, two lines, 144 frames."""
    rate = FrameRate.parse(stage.rate)
    long = rate.frames_covering(Fraction(3, 2))
    pictures = (
        PictureEvent(
            slate="e01_s01_0010",
            scene="s01",
            blob=stage.clip(RED, 48),
            start=24,
            length=48,
            transition=Transition(kind="fade-in", frames=12),
        ),
        PictureEvent(slate="e01_s01_0020", scene="s01", blob=stage.clip(GREEN, 44), start=72, length=36, tail=8),
        PictureEvent(
            slate="e01_s02_0010",
            scene="s02",
            blob=stage.clip(BLUE, 36),
            start=108,
            length=36,
            transition=Transition(kind="dissolve", frames=7),
        ),
    )
    cut = Cut(
        episode="e01",
        title="The Cup",
        language="eng",
        rate=stage.rate,
        width=WIDTH,
        height=HEIGHT,
        card=Card(text="The Cup", subtitle="a pilot", length=24),
        pictures=pictures,
        lines=(
            LineEvent(who="mia", text="You're late.", blob=stage.voice(1.5), start=32, length=long),
            LineEvent(who="theo", text="Only eleven years.", blob=stage.voice(1.5, 140, 0.02), start=90, length=long),
        ),
        chapters=(
            Chapter(title="One", start=0, length=108),
            Chapter(title="Two", start=108, length=36),
        ),
        tones=(ToneEvent(start=24, length=120),),
        poster=80,
    )
    return cut.changed(**changes)
