"""Measures how well a face judge tells people apart."""

from __future__ import annotations

import csv
import itertools
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from charforge import imaging
from charforge.backends import registry
from charforge.domain.value import Value
from charforge.errors import InputError, Problem
from charforge.weights import LocalHome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from charforge.backends.protocols import FaceBackend, Vector

TOO_SMALL = "n too small"
PICTURES = {".jpg", ".jpeg", ".png", ".webp"}


class FaceBench(Value):
    """One judge's figures on one set of pairs; a rate is None where too few pairs stand behind it."""

    backend: str
    revision: str
    same: int
    """Pairs of the same person that could be compared."""
    different: int
    """Pairs of different people that could be compared."""
    pictures: int
    undetected: int
    """Pictures in which no face was found."""
    auc: float | None
    eer: float | None
    tar_1: float | None
    """Share of same pairs accepted at the bar that lets 1 % of strangers through."""
    tar_01: float | None
    """The same at 0.1 %."""
    bar: float
    """The backend's default bar, which the two counts below hold for."""
    false_accepts: int
    false_rejects: int
    far: float | None
    frr: float | None
    ms_detect: float
    """Median milliseconds to find the faces of a picture."""
    ms_embed: float
    """Median milliseconds a face to embed it."""

    def rows(self) -> tuple[tuple[str, str], ...]:
        """Return every figure as it is printed."""
        return (
            ("judge", self.backend),
            ("pairs", f"{self.same} same, {self.different} different"),
            ("pictures without a face found", f"{self.undetected} of {self.pictures}"),
            ("AUC", TOO_SMALL if self.auc is None else f"{self.auc:.5f}"),
            ("EER", _percent(self.eer)),
            ("TAR at FAR 1 %", _percent(self.tar_1)),
            ("TAR at FAR 0.1 %", _percent(self.tar_01)),
            (f"false accepts at {self.bar:g}", f"{self.false_accepts} of {self.different} ({_percent(self.far)})"),
            (f"false rejects at {self.bar:g}", f"{self.false_rejects} of {self.same} ({_percent(self.frr)})"),
            ("ms to detect", f"{self.ms_detect:.0f}"),
            ("ms to embed a face", f"{self.ms_embed:.0f}"),
        )


def compare(pairs: Path, root: Path, impostors: Path | None, judges: tuple[str, ...]) -> tuple[FaceBench, ...]:
    """Return the figures of several installed judges on the same pairs."""
    home = LocalHome()
    return tuple(faces(pairs, root, registry.create("face", name, home), impostors) for name in judges)


def faces(pairs: Path, root: Path, backend: FaceBackend, impostors: Path | None = None) -> FaceBench:
    """Return a judge's figures on the pairs of a CSV file (columns a, b, label = same|different).

    `impostors` is a folder with one photo each of many people: every two of them are a further different pair.
    The largest face of a picture counts. Raises InputError when the file is not such a table.
    """
    gallery = _Gallery(backend)
    same: list[float] = []
    different: list[float] = []
    for one, other, alike in _pairs(pairs, root):
        first, second = gallery.embedding(one), gallery.embedding(other)
        if first is not None and second is not None:
            (same if alike else different).append(backend.similarity(first, second))
    if impostors is not None:
        photos = _photos(impostors)
        found = [v for v in map(gallery.embedding, photos) if v is not None]
        different += [backend.similarity(a, b) for a, b in itertools.combinations(found, 2)]
    return _figures(backend, gallery, np.array(same), np.array(different))


@dataclass(slots=True)
class _Gallery:
    """Embeddings of the largest face of each picture, made once, and how long they took."""

    backend: FaceBackend
    known: dict[Path, Vector | None] = field(default_factory=dict)
    detecting: list[float] = field(default_factory=list)
    embedding_times: list[float] = field(default_factory=list)

    def embedding(self, path: Path) -> Vector | None:
        if path not in self.known:
            pixels = imaging.decode(path)
            start = time.perf_counter()
            found = self.backend.detect(pixels)
            seen = time.perf_counter()
            self.known[path] = self.backend.embed(pixels, found[0]) if found else None
            self.detecting.append(seen - start)
            if found:
                self.embedding_times.append(time.perf_counter() - seen)
        return self.known[path]


def eer(same: NDArray[np.float64], different: NDArray[np.float64]) -> float:
    """Return the error rate at the bar where strangers pass as often as the right person fails, 0 to 1."""
    bars = np.unique(np.concatenate([same, different]))
    far = 1 - np.searchsorted(np.sort(different), bars, side="left") / len(different)
    frr = np.searchsorted(np.sort(same), bars, side="left") / len(same)
    at = int(np.argmin(np.abs(far - frr)))
    return float((far[at] + frr[at]) / 2)


def auc(same: NDArray[np.float64], different: NDArray[np.float64]) -> float:
    """Return how often a same pair scores above a different pair, ties counting half."""
    ordered = np.sort(different)
    below = np.searchsorted(ordered, same, side="left") + np.searchsorted(ordered, same, side="right")
    return float(below.sum() / 2 / len(same) / len(different))


def tar(same: NDArray[np.float64], different: NDArray[np.float64], far: float) -> float:
    """Return the share of same pairs at or above the lowest bar that lets at most `far` of the strangers pass."""
    ordered = np.sort(different)[::-1]
    allowed = int(far * len(ordered))
    return float(np.mean(same > ordered[allowed]))


def _figures(
    backend: FaceBackend, gallery: _Gallery, same: NDArray[np.float64], different: NDArray[np.float64]
) -> FaceBench:
    both = len(same) > 0 and len(different) > 0
    accepts, rejects = int((different >= backend.bar).sum()), int((same < backend.bar).sum())
    return FaceBench(
        backend=backend.name,
        revision=backend.revision,
        same=len(same),
        different=len(different),
        pictures=len(gallery.known),
        undetected=sum(v is None for v in gallery.known.values()),
        auc=auc(same, different) if both else None,
        eer=_supported(eer(same, different), min(len(same), len(different))) if both else None,
        tar_1=tar(same, different, 0.01) if both and len(different) >= 1_000 else None,
        tar_01=tar(same, different, 0.001) if both and len(different) >= 10_000 else None,
        bar=backend.bar,
        false_accepts=accepts,
        false_rejects=rejects,
        far=_supported(accepts / max(len(different), 1), len(different)),
        frr=_supported(rejects / max(len(same), 1), len(same)),
        ms_detect=float(np.median(gallery.detecting or [0.0])) * 1000,
        ms_embed=float(np.median(gallery.embedding_times or [0.0])) * 1000,
    )


def _supported(rate: float, behind: int) -> float | None:
    """Return a rate only when at least 10 / rate pairs stand behind it."""
    return rate if rate * behind >= 10 else None


def _percent(rate: float | None) -> str:
    return TOO_SMALL if rate is None else f"{rate:.2%}"


def _photos(folder: Path) -> list[Path]:
    """Return the pictures in a folder; raise InputError when there is no such folder."""
    try:
        return sorted(p for p in folder.iterdir() if p.suffix.lower() in PICTURES)
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}", "name a folder of photos") from error


def _pairs(table: Path, root: Path) -> Iterator[tuple[Path, Path, bool]]:
    try:
        text = table.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(f"the pairs cannot be read: {reason}", file=table)], "check the path") from error
    rows = csv.DictReader(text.splitlines())
    missing = {"a", "b", "label"} - set(rows.fieldnames or ())
    if missing:
        problem = Problem(f"there is no column {', '.join(sorted(missing))}", file=table, line=1)
        raise InputError([problem], "the columns are a, b and label")
    for number, row in enumerate(rows, 2):
        if row["label"] not in {"same", "different"}:
            problem = Problem(f"the label {row['label']!r} is neither same nor different", file=table, line=number)
            raise InputError([problem])
        if not row["a"] or not row["b"]:
            raise InputError([Problem("a pair needs two pictures", file=table, line=number)])
        yield root / row["a"], root / row["b"], row["label"] == "same"
