"""What the tests of the voice coqui share: a home with tiny models, a kit with voice styles, and jobs."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from charforge.domain.jobs import Input, VoiceJob
from charforge.errors import CharforgeError, RenderFailed

if TYPE_CHECKING:
    from charforge.backends.coqui import Coqui
    from charforge.backends.protocols import Sound

ONE, MANY, XTTS = "1" * 64, "2" * 64, "3" * 64


@dataclasses.dataclass
class House:
    """A home with models of the user's own."""

    models: dict[str, Path]
    device: str = "cpu"
    threads: int = 1
    offload: str = "none"
    asked: list[str] = dataclasses.field(default_factory=list)

    def model(self, digest: str) -> Path:
        """Return a model's folder."""
        self.asked.append(digest)
        return self.models[digest]


@dataclasses.dataclass
class Table:
    """A kit with voice styles."""

    scratch: Path = Path()
    files: dict[str, Path] = dataclasses.field(default_factory=dict)
    steps: list[tuple[int, int]] = dataclasses.field(default_factory=list)
    stop_at: int | None = None

    def put(self, file: Path, content: bytes | None = None) -> tuple[Input, ...]:
        """Lay a style on the table and return the inputs that name it."""
        if content is not None:
            file.write_bytes(content)
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        self.files[digest] = file
        return (Input(role="style", source=digest),)

    def file(self, digest: str) -> Path:
        """Return a style."""
        return self.files[digest]

    def step(self, done: int, total: int) -> None:
        """Take note, or stop."""
        self.steps.append((done, total))
        if done == self.stop_at:
            raise KeyboardInterrupt


def two_vits(root: Path) -> dict[str, Path]:
    """Save a VITS for one speaker and one for two, and return their folders."""
    from tiny import coqui

    return {
        ONE: coqui.build_vits(root / "one"),
        MANY: coqui.build_vits(root / "many", ("mara", "tom"), seed=1),
    }


def line(text: str = "Let it settle.", weights: str = ONE, **changed: Any) -> VoiceJob:
    """Return the job that says a text."""
    more = changed.pop("settings", {})
    return VoiceJob(**({"backend": "coqui", "text": text, "settings": {"weights": weights} | more} | changed))


def same(one: Sound, other: Sound) -> bool:
    """Return whether two sounds have the same samples."""
    return np.array_equal(one.samples, other.samples)


def refused(voice: Coqui, job: VoiceJob, kit: Table | None = None, kind: type[CharforgeError] = RenderFailed) -> str:
    """Return what is said when a job is refused, hint included."""
    with pytest.raises(kind) as caught:
        voice.voice(job, kit or Table())
    assert caught.value.hint
    return str(caught.value)


class Evil:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(Path(__file__).with_name("evil")),)


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a Python of its own."""
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ | environment
    )
