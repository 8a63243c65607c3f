"""Whisper, where its library or its model files are not here."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from contract_samples import BareHome

from charforge.backends.protocols import Sound
from charforge.backends.whisper import Whisper
from charforge.errors import BackendMissing

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
