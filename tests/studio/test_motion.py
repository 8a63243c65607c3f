"""The motion clip of a character."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from charforge import media
from charforge.backends.protocols import RGB
from charforge.domain.checks import Rule
from charforge.studio.motion import check_motion


def clip(folder: Path, seconds: float) -> Path:
    """Write a clip that goes from black to white."""
    file = folder / "turn.mp4"
    fade = f"color=white:size=64x48:rate=24:duration={seconds},fade=in:st=0:d={seconds}"
    media.run(["-f", "lavfi", "-i", fade, "-pix_fmt", "yuv420p", "-y", str(file)])
    return file


def brightness(pixels: RGB) -> Iterator[Rule]:
    """Stand for a judge who knows the person the better the brighter the picture, and sees no face in the dark."""
    bright = float(np.mean(pixels)) / 255
    if bright > 0.05:
        yield Rule(name="identity", outcome="ok" if bright > 0.5 else "fail", number=bright, limit="at least 0.5")


def test_the_least_alike_frame_counts(tmp_path: Path) -> None:
    """One frame in which she is somebody else fails the clip; frames without a face are told."""
    found = check_motion(clip(tmp_path, 3), "motion/turn.mp4", brightness)
    rules = {rule.name: rule for rule in found.rules}
    assert rules["length"].outcome == "ok"
    assert rules["length"].number == pytest.approx(3, abs=0.05)
    assert rules["face-in-frames"].outcome == "warn"
    assert rules["identity"].outcome == "fail"
    assert rules["identity"].number == pytest.approx(1 / 6, abs=0.05)
    assert not found.ok


def test_a_long_clip_is_warned_of(tmp_path: Path) -> None:
    """Three seconds are what is wanted, and a longer clip is still taken."""
    rule = check_motion(clip(tmp_path, 8), "turn.mp4", lambda _: iter(())).rule("length")
    assert rule is not None
    assert rule.outcome == "warn"


def test_what_is_no_clip_fails(tmp_path: Path) -> None:
    """The words say so, and nothing is raised."""
    (tmp_path / "turn.mp4").write_text("not a film")
    found = check_motion(tmp_path / "turn.mp4", "turn.mp4", brightness)
    assert [rule.name for rule in found.failed()] == ["readable"]
