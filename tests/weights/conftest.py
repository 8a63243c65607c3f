"""A package index and an empty cache for every test of this room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from package_index import Index

from charforge.weights import transfer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """Serve a package index, and point pip's and npm's settings at it."""
    served = Index()
    monkeypatch.setenv("PIP_INDEX_URL", f"{served.url}/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "file:///nowhere")
    monkeypatch.setenv("npm_config_registry", f"{served.url}/npm")
    monkeypatch.setattr(transfer, "PAUSE", 0.01)
    yield served
    served.close()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the cache an empty folder."""
    monkeypatch.setenv("CHARFORGE_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path / "weights"
