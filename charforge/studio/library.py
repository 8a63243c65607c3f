"""Locks and verifies the library."""

from __future__ import annotations

from pathlib import Path

from charforge import library as assets
from charforge.errors import Problem
from charforge.studio.project import find


def lock(near: Path) -> str:
    """Record the sha256 of every file of every asset; return what was locked, in words."""
    project = find(near)
    locked = assets.lock(project.library, stamps=project.state / "library-stamps.json")
    count = sum(len(a.files) for a in locked.assets)
    names = ", ".join(f"{a.name}@{a.version}" for a in locked.assets)
    return f"locked {len(locked.assets)} assets, {count} files: {names}"


def verify(near: Path) -> tuple[Problem, ...]:
    """Return every file that is not as it was locked, reading every byte."""
    project = find(near)
    return assets.verify(project.library, deep=True, stamps=project.state / "library-stamps.json")
