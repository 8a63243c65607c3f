"""Puts an ear together from what is installed, and says what it cannot judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from charforge import media
from charforge.backends.protocols import Sound
from charforge.errors import BackendMissing
from charforge.qa.hearing.ear import Ear
from charforge.runners import Toolbox

QUESTIONS = {"speaker": "voices are not judged", "transcript": "words are not judged"}
"""Role -> what is left out without it."""


@dataclass
class Listening:
    """The ear of one run."""

    toolbox: Toolbox
    files: Callable[[str], Path]
    """Finds a locked sample by its digest."""

    @cached_property
    def ear(self) -> Ear:
        """The ear, with the backends that are ready."""
        return Ear(self._tools["speaker"][0], self._tools["transcript"][0], self._sample)

    def unjudged(self) -> Iterator[str]:
        """Yield what is not judged by ear and why, in words."""
        for role, (_, why) in self._tools.items():
            if why:
                yield f"{QUESTIONS[role]}: {why}"

    @cached_property
    def _tools(self) -> dict[str, tuple[Any, str]]:
        return {role: self._ready(role) for role in QUESTIONS}

    def _ready(self, role: str) -> tuple[Any, str]:
        """Return a role's backend, or None with the reason."""
        try:
            backend = self.toolbox.tool(role)
            _ = backend.revision
            self.toolbox.fetched(backend)
        except (BackendMissing, ImportError) as error:
            hint = getattr(error, "hint", "")
            return None, f"{error}" if not hint or hint in str(error) else f"{error}; {hint}"
        return backend, ""

    def _sample(self, digest: str) -> Sound:
        return heard(self.files(digest))


def heard(file: Path, rate: int = 0) -> Sound:
    """Return a file's first sound track as mono, at its own rate where none is given; raise MediaError."""
    own = rate or next((track.rate for track in media.probe(file).audio), 48_000)
    return Sound(media.sound(file, own)[:, 0], own)
