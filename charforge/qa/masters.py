"""What a judge knows of the cast: one embedding per master picture, made once."""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from charforge import imaging
from charforge.documents import write_atomic
from charforge.errors import InputError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from charforge.backends.protocols import Detection, FaceBackend, Vector


class Masters:
    """Embeddings of master pictures by one judge, kept in memory and, given a folder, on disk."""

    def __init__(
        self, finder: FaceBackend, judge: FaceBackend, files: Callable[[str], Path], folder: Path | None = None
    ) -> None:
        self._finder = finder
        self._judge = judge
        self._files = files
        self._folder = folder
        self._known: dict[str, Vector] = {}

    def embedding(self, digest: str) -> Vector:
        """Return the embedding of the one face in the master with this digest; raise InputError without one."""
        if digest not in self._known:
            kept = self._kept(digest)
            found = self._load(kept)
            self._known[digest] = self._made(digest, kept) if found is None else found
        return self._known[digest]

    def _kept(self, digest: str) -> Path | None:
        if self._folder is None:
            return None
        whole = f"{self._finder.revision}|{self._judge.name}|{self._judge.revision}|{digest}"
        return self._folder / f"{hashlib.sha256(whole.encode()).hexdigest()}.npy"

    def _load(self, kept: Path | None) -> Vector | None:
        if kept is None or not kept.is_file():
            return None
        try:
            return np.asarray(np.load(kept), np.float32)
        except (ValueError, OSError):
            return None

    def _made(self, digest: str, kept: Path | None) -> Vector:
        path = self._files(digest)
        pixels = imaging.decode(path)
        vector = self._judge.embed(pixels, only_face(self._finder.detect(pixels), str(path)))
        if kept is not None:
            _keep(vector, kept)
        return vector


def _keep(vector: Vector, kept: Path) -> None:
    """Write an embedding down; where that cannot be done, it is made again the next time."""
    stream = io.BytesIO()
    np.save(stream, vector)
    with suppress(StoreError):
        write_atomic(kept, stream.getvalue())


def only_face(faces: tuple[Detection, ...], place: str) -> Detection:
    """Return the face a headshot shows; faces less than half as wide count as background. Raises InputError."""
    large = [f for f in faces if f.box[2] * 2 > faces[0].box[2]]
    if not large:
        message = f"{place}: no face is found in the headshot"
        raise InputError(message, "give a sharp picture of one face, seen from the front")
    if len(large) > 1:
        message = f"{place}: {len(large)} faces are found in the headshot"
        raise InputError(message, "crop it to the one person it stands for")
    return large[0]
