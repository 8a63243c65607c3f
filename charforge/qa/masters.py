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
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from charforge.backends.protocols import Detection, FaceBackend, Vector
    from charforge.domain.assets import Share
    from charforge.domain.jobs import ExpectedFace


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
        self._merged: dict[tuple[Share, ...], Vector] = {}

    def embedding(self, digest: str) -> Vector:
        """Return the embedding of the one face in the master with this digest; raise InputError without one."""
        if digest not in self._known:
            kept = self._kept(digest)
            found = self._load(kept)
            self._known[digest] = self._made(digest, kept) if found is None else found
        return self._known[digest]

    def face(self, expected: ExpectedFace) -> Vector:
        """Return what somebody's face is compared with: the master's embedding, or the weighted one of a merge.

        Raises InputError when a picture does not show one face.
        """
        if not expected.merge:
            return self.embedding(expected.master)
        if expected.merge not in self._merged:
            parts = [(self.embedding(share.digest), share.weight) for share in expected.merge]
            self._merged[expected.merge] = merged(parts)
        return self._merged[expected.merge]

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


def merged(parts: Sequence[tuple[Vector, float]]) -> Vector:
    """Return the weighted mean of embeddings, each (n,) float32, as long as they are on average.

    Each counts by its direction and weight alone; where a model's embeddings all have length 1, so has the mean.
    """
    lengths = np.array([np.linalg.norm(vector) for vector, _ in parts])
    weights = np.array([weight for _, weight in parts], np.float64)
    mean = np.sum([w * v / length for (v, w), length in zip(parts, lengths, strict=True)], axis=0)
    return np.asarray(mean * (np.average(lengths, weights=weights) / np.linalg.norm(mean)), np.float32)


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
