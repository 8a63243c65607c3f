"""The sound of finished clips, whatever made them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from charforge import media
from charforge.backends.protocols import Detection, Landmarks
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


class Shut:
    """A face with a shut mouth in every picture."""

    def detect(self, pixels: np.ndarray) -> tuple[Detection, ...]:
        """Return it."""
        return (
            Detection((100, 40, 100, 100), np.float32([[120, 80], [180, 80], [150, 100], [130, 120], [170, 120]]), 1),
        )

    def landmarks(self, pixels: np.ndarray, face: Detection) -> Landmarks:
        """Return its eyes and its lips."""
        points = np.zeros((478, 3), np.float32)
        points[33, :2], points[263, :2] = (120, 80), (180, 80)
        points[[13, 14], :2] = (150, 120)
        return Landmarks(points, {}, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(("pictures", "frame"), [("null", 36), ("select='lt(n,24)+not(mod(n,2))'", 30)])
def test_the_frame_of_a_finding_is_the_one_shown_then(tmp_path: Path, pictures: str, frame: int) -> None:
    """Also in a clip whose second half has half as many frames a second as its first."""
    soundfile.write(tmp_path / "sound.wav", np.concatenate([np.zeros(RATE * 3 // 2), tone(0.5)[: RATE // 2]]), RATE)
    given = ["-f", "lavfi", "-i", "color=gray:size=320x180:rate=24:duration=2", "-i", str(tmp_path / "sound.wav")]
    coded = ["-vf", pictures, "-fps_mode", "vfr", "-c:v", "libx264", "-c:a", "flac"]
    file = tmp_path / "clip.mp4"
    media.run([*given, *coded, "-y", str(file)])
    (found,) = mouthing(file, Shut(), Shut())
    assert (found.frame, found.message) == (frame, "no mouth moves while this is heard")
    assert found.time == pytest.approx(1.5, abs=0.021)


def test_lips_need_a_sound_and_a_face(tmp_path: Path) -> None:
    """A grey picture has no mouth; nothing is looked at without sound."""

    class Nobody:
        def detect(self, pixels: np.ndarray) -> tuple[()]:
            return ()

    assert mouthing(clip(tmp_path, tone(0.5)), Nobody(), Nobody()) == ()
    assert mouthing(clip(tmp_path, None), Nobody(), Nobody()) == ()
