"""The world of the runners' tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakeworld import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a fresh project."""
    return World(tmp_path)
