"""The generated projects that figures are measured on can be filmed."""

from __future__ import annotations

from pathlib import Path

from charforge.bench import fakefilm
from charforge.studio.check import check


def test_a_long_episode_has_as_many_shots_as_asked_and_no_mistake(tmp_path: Path) -> None:
    """The episode for measuring doing nothing passes its own check."""
    report = check(fakefilm.make_long(tmp_path, 30))
    assert (report.shots, report.errors) == (30, ())
