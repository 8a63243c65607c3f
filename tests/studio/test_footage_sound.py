"""The sound of finished clips, whatever made them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from charforge import media
from charforge.domain.takes import Finding, Verdict
from charforge.qa.severity import with_more
from charforge.studio.footage import mouthing, sounding

RATE = 48_000
TAKE = "a" * 64


def clip(folder: Path, samples: np.ndarray | None) -> Path:
    """Write one second of grey with this sound."""
    file = folder / "clip.mkv"
    picture = ["-f", "lavfi", "-i", "color=gray:size=320x180:rate=24:duration=1"]
    if samples is None:
        media.run([*picture, "-c:v", "libx264", "-y", str(file)])
        return file
    soundfile.write(folder / "sound.wav", samples.astype(np.float32), RATE, subtype="FLOAT")
    media.run([*picture, "-i", str(folder / "sound.wav"), "-c:v", "libx264", "-c:a", "flac", "-y", str(file)])
    return file


def tone(size: float) -> np.ndarray:
    """Return one second of one pitch."""
    return size * np.sin(2 * np.pi * 220 * np.arange(RATE) / RATE)


@pytest.mark.parametrize(
    ("samples", "codes"),
    [(None, []), (tone(0.5), []), (np.clip(tone(3), -1, 1), ["clipping"]), (np.zeros(RATE), ["silence"])],
)
def test_a_clips_sound_is_judged_where_it_has_one(tmp_path: Path, samples: np.ndarray | None, codes: list[str]) -> None:
    """Clipped and wholly silent tracks are found; a clip without a track is no fault."""
    assert [f.code for f in sounding(clip(tmp_path, samples))] == codes


def test_a_broken_sound_fails_a_clip_whose_pictures_pass() -> None:
    """What is only told leaves the outcome as it was."""
    verdict = Verdict(take=TAKE, outcome="pass")
    assert with_more(verdict, (Finding(code="clipping", message="clipped"),)).outcome == "fail"
    assert with_more(verdict, (Finding(code="lips", message="still"),)).outcome == "pass"
    assert with_more(verdict, ()) == verdict


def test_lips_need_a_sound_and_a_face(tmp_path: Path) -> None:
    """A grey picture has no mouth; nothing is looked at without sound."""

    class Nobody:
        def detect(self, pixels: np.ndarray) -> tuple[()]:
            return ()

    assert mouthing(clip(tmp_path, tone(0.5)), Nobody(), Nobody()) == ()
    assert mouthing(clip(tmp_path, None), Nobody(), Nobody()) == ()
