"""A project of one small episode that plays in the pilot's library."""

from __future__ import annotations

from pathlib import Path

from charforge.events import silent
from charforge.studio.check import load_episode, load_library
from charforge.studio.desk import Desk
from charforge.studio.project import find

LIBRARY = Path(__file__).parents[2] / "library"


def desk_of(root: Path, episode: str) -> Desk:
    """Return the desk of a shot list, written into this folder."""
    (root / "charforge.yaml").write_text(f"library: {LIBRARY}\nthreads: 1\n", "utf-8")
    file = root / "small.yaml"
    file.write_text(episode, "utf-8")
    project = find(file)
    library = load_library(project)
    return Desk(project, library, load_episode(file, project, library), silent)
