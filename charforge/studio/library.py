"""Locks and verifies the library."""

from __future__ import annotations

from pathlib import Path

from charforge import library as assets
from charforge.domain.assets import Lock
from charforge.errors import InputError, Problem
from charforge.studio.project import find


def lock(near: Path) -> Lock:
    """Record the sha256 of every file of every asset; raise InputError when one of them is wrong."""
    project = find(near)
    wrong = assets.unreadable(project.library)
    if wrong:
        raise InputError(wrong, "nothing was locked; correct these, then run: charforge library lock")
    return assets.lock(project.library, stamps=project.state / "library-stamps.json")


def verify(near: Path) -> tuple[Problem, ...]:
    """Return every file that is not as it was locked, reading every byte."""
    project = find(near)
    return assets.verify(project.library, deep=True, stamps=project.state / "library-stamps.json")
