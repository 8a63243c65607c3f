"""A project of its own with the pilot's people and places, for pictures without a shot list."""

from __future__ import annotations

import shutil
from pathlib import Path

from charforge import library as assets

PILOT = Path(__file__).parents[2] / "library"


def make(root: Path, *settings: str) -> Path:
    """Write a project whose library is a copy of the pilot's, locked, and return its folder."""
    root.mkdir(parents=True, exist_ok=True)
    for kind in ("characters", "locations"):
        shutil.copytree(PILOT / kind, root / "library" / kind)
    (root / "charforge.yaml").write_text("\n".join(("threads: 1", *settings, "")), "utf-8")
    assets.lock(root / "library")
    return root
