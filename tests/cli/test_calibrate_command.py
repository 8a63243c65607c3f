"""The command that calibrates shows what is used, and refuses what it cannot do."""

from __future__ import annotations

import json
from pathlib import Path

from typed import command, program


def test_without_pairs_the_bars_in_use_are_shown(tmp_path: Path) -> None:
    """Both judges with their versions, and what scores mean as percentages; one of them as JSON."""
    shown = program(tmp_path, "calibrate")
    assert shown.returncode == 0
    assert "sface-" in shown.stdout
    assert "dlib-" in shown.stdout
    assert "50 %: this person at all (verification bar)" in shown.stdout
    (only,) = json.loads(command(tmp_path, "calibrate", "--judge", "dlib", "--json").stdout)
    assert only["judge"] == "dlib"
    assert only["bars"]["frontal"]["different"] > 100_000


def test_nothing_is_written_without_pairs(tmp_path: Path) -> None:
    """An output without pairs is a mistake in the command."""
    refused = command(tmp_path, "calibrate", "-o", "x.yaml")
    assert refused.returncode == 2
    assert "--pairs" in refused.stderr
    assert not list(tmp_path.iterdir())
