"""The command that calibrates shows what is used, and refuses what it cannot do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def typed(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Return what a command says in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "charforge", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_without_pairs_the_bars_in_use_are_shown(tmp_path: Path) -> None:
    """Both judges with their versions, and what scores mean as percentages; one of them as JSON."""
    shown = typed(tmp_path, "calibrate")
    assert shown.returncode == 0
    assert "sface-" in shown.stdout
    assert "dlib-" in shown.stdout
    assert "50 %: this person at all (verification bar)" in shown.stdout
    (only,) = json.loads(typed(tmp_path, "calibrate", "--judge", "dlib", "--json").stdout)
    assert only["judge"] == "dlib"
    assert only["bars"]["frontal"]["different"] > 100_000


def test_nothing_is_written_without_pairs(tmp_path: Path) -> None:
    """An output without pairs is a mistake in the command."""
    refused = typed(tmp_path, "calibrate", "-o", "x.yaml")
    assert refused.returncode == 2
    assert "--pairs" in refused.stderr
    assert not list(tmp_path.iterdir())
