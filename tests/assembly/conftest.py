"""What the tests of assembly share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from filmset import Stage, short_cut

from charforge.assembly import Finish, assemble
from charforge.events import silent

if TYPE_CHECKING:
    from pathlib import Path

    from charforge.domain.cut import Master


@pytest.fixture(scope="session")
def drawers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which clips and voices stay for the whole run."""
    return tmp_path_factory.mktemp("blobs")


@pytest.fixture
def stage(drawers: Path) -> Stage:
    """Return an empty stage."""
    return Stage(drawers)


@pytest.fixture(scope="session")
def finished(drawers: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Master, Path]:
    """Return the master of the short cut, for tests that only look at it."""
    stage, out = Stage(drawers), tmp_path_factory.mktemp("out") / "e01.mp4"
    return assemble(short_cut(stage), stage.blob, out, silent, Finish(preset="ultrafast")), out
