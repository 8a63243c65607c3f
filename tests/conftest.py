"""What every test may use."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from charforge.weights import LocalHome

os.environ.setdefault("OMP_NUM_THREADS", "1")

# A busy machine is no reason to fail a property, and one film is made from the same examples every time.
settings.register_profile("charforge", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("charforge")


@pytest.fixture(scope="session")
def home() -> LocalHome:
    """Return the house with the embedded model files in the shared cache, fetched on first use.

    A test that uses it carries the mark `models`.
    """
    from charforge.weights import LocalHome, pull

    pull()
    return LocalHome(threads=1)
