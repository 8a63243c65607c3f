"""The lips in clips from other tools are judged where somebody says that what is heard is said on screen."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile

from charforge import imaging, media
from charforge.backends.protocols import Frames
from charforge.studio.judge import Wanted, judged

pytestmark = pytest.mark.models

SHELF = Path(__file__).parents[2] / "library"
SIDE, RATE = 320, 48_000


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory, home: object) -> Path:
    """Return two seconds of mia, whose head wanders with a shut mouth, while a second of syllables is heard."""
    folder = tmp_path_factory.mktemp("dailies")
    head = cv2.resize(imaging.decode(SHELF / "characters/mia/headshot/front.png"), (220, 220))
    frames = []
    for number in range(48):
        pixels = np.full((SIDE, SIDE, 3), 118, np.uint8)
        pixels[50:270, 40 + number // 2 : 260 + number // 2] = head
        frames.append(pixels.tobytes())
    media.encode_clip(Frames(Fraction(24), SIDE, SIDE, "rgb24", iter(frames), 48), folder / "silent.mkv")
    t = np.arange(RATE) / RATE
    line = 0.4 * np.abs(np.sin(np.pi * 4 * t**1.3)) * np.sin(1130 * t)
    quiet = np.zeros(RATE // 2)
    soundfile.write(folder / "line.wav", np.concatenate([quiet, line, quiet]), RATE)
    said = ["-i", str(folder / "silent.mkv"), "-i", str(folder / "line.wav"), "-c:v", "copy", "-c:a", "flac"]
    media.run([*said, "-y", str(folder / "said.mkv")])
    return folder / "said.mkv"


def test_a_shut_mouth_is_found_where_lips_are_asked_for(clip: Path) -> None:
    """At its time; that is told, and nothing else follows. Unasked, lips are not looked at."""
    (row,) = judged(clip.parent, [clip], Wanted(("mia",), library=SHELF, lips=True)).rows
    (found,) = row.verdict.findings
    assert (row.verdict.outcome, found.code, found.message) == ("pass", "lips", "no mouth moves while this is heard")
    assert found.time == pytest.approx(0.5, abs=0.2)
    (row,) = judged(clip.parent, [clip], Wanted(("mia",), library=SHELF)).rows
    assert row.verdict.findings == ()
