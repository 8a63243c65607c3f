"""Whisper, where its library or its model files are not here."""

from __future__ import annotations

import importlib.metadata
import sys

import numpy as np
import pytest
from contract_samples import BareHome

from charforge.backends.protocols import Sound
from charforge.backends.whisper import Whisper
from charforge.errors import BackendMissing
from charforge.studio import machine

NOISE = Sound(np.linspace(-1, 1, 16_000, dtype=np.float32), 16_000)


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named, not an ImportError."""
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(BackendMissing) as caught:
        Whisper(BareHome()).words(NOISE)
    assert "charforge[transcript]" in caught.value.hint


def test_without_the_files_it_says_so() -> None:
    """Nothing is fetched while a line is judged."""
    pytest.importorskip("faster_whisper")
    with pytest.raises(BackendMissing, match="model file"):
        Whisper(BareHome()).words(NOISE)


def test_doctor_says_what_to_type_and_a_render_can_do_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is not installed, its row names it, and the machine is ready all the same."""
    known = importlib.metadata.version

    def version(name: str) -> str:
        if name == "faster-whisper":
            raise importlib.metadata.PackageNotFoundError(name)
        return known(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    (row,) = [row for row in machine.doctor().rows if row.what == "transcript whisper"]
    assert (row.state, row.hint, row.ok) == ("not installed", "pip install 'charforge[transcript]'", True)
