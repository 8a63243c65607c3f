"""The least that a backend with models of the user's own needs: a home that knows them, and a kit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from charforge.backends import fake
from charforge.errors import BackendMissing

if TYPE_CHECKING:
    from pathlib import Path

    from charforge.backends.protocols import RGB, Detection, Vector

FACE_MODEL = hashlib.sha256(b"a face model").hexdigest()


class Home:
    """A home on the cpu whose models have digests of a test's choice."""

    def __init__(self, offload: str = "none", device: str = "cpu", **models: Path) -> None:
        self.device, self.threads, self.offload, self.models = device, 1, offload, models

    def model(self, digest: str) -> Path:
        """Return a model by its digest."""
        try:
            return self.models[digest]
        except KeyError:
            raise BackendMissing(digest) from None


class Face:
    """Sees the fake backend's people, and gives each 512 numbers as real face models do."""

    name: ClassVar[str] = "tiny"
    model = FACE_MODEL
    numbers = 512

    def detect(self, pixels: RGB) -> tuple[Detection, ...]:
        """Return the badges, largest first."""
        return fake.badges(pixels)

    def embed(self, pixels: RGB, face: Detection) -> Vector:
        """Return numbers that follow from who it is, not of length 1."""
        who = hashlib.sha256(fake.read(pixels, face.box).tobytes()).digest()
        return np.random.default_rng(list(who)).standard_normal(self.numbers).astype(np.float32)


@dataclass
class Kit:
    """A desk where files are laid down, with one face backend; the work stops after `stop` steps."""

    scratch: Path
    stop: int = 10**6
    seer: Any = field(default_factory=Face)
    steps: list[tuple[int, int]] = field(default_factory=list)
    files: dict[str, Path] = field(default_factory=dict)

    @property
    def desk(self) -> Kit:
        """Serve as a case of the contract suites, too."""
        return self

    def put(self, content: bytes) -> str:
        """Lay a file on the desk and return its digest."""
        digest = hashlib.sha256(content).hexdigest()
        self.files[digest] = self.scratch / digest
        self.files[digest].write_bytes(content)
        return digest

    def file(self, digest: str) -> Path:
        """Return a file that was put on the desk."""
        return self.files[digest]

    def face(self, model: str) -> Any:
        """Return the face backend, or refuse a model that it does not run."""
        if model != self.seer.model:
            message = f"no face backend runs the face model {model[:12]}"
            raise BackendMissing(message, "see: charforge backends")
        return self.seer

    def step(self, done: int, total: int) -> None:
        """Take note of progress."""
        if len(self.steps) >= self.stop:
            raise KeyboardInterrupt
        self.steps.append((done, total))
