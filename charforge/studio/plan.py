"""Shows what a render would do."""

from __future__ import annotations

from pathlib import Path

from charforge.domain.jobs import Plan
from charforge.planner import Pins, plan_pictures
from charforge.studio.check import load_episode, load_library, means
from charforge.studio.project import find


def plan(file: Path, pins: Pins) -> Plan:
    """Return the plan of an episode, with estimated lengths for shots that wait for their voices."""
    project = find(file)
    library = load_library(project)
    episode = load_episode(file, project, library)
    return plan_pictures(episode, means(project, library, pins))
