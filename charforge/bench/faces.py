"""Measures how well a face judge tells people apart."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends import registry
from charforge.bench import pairs_morphs
from charforge.bench.pairs_morphs import Morphs
from charforge.domain.value import Value
from charforge.qa.calibration import Bar, Calibration, calibrated
from charforge.qa.fitting import POSES, Compared, Held, held_out
from charforge.qa.pose import Pose
from charforge.studio.calibrating import Gallery, gathered, rows
from charforge.weights import LocalHome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB, Detection, FaceBackend, Vector

    Told = Callable[[str, int, int], None]

TOO_SMALL = "n too small"


class PoseBench(Value):
    """A judge's figures on the pairs of one pose and size that it can score."""

    pose: Pose
    same: int
    different: int
    auc: float | None
    rejects_1: int
    """Same pairs under the bar that lets 1 % of these strangers through."""
    shipped: Bar
    """The bars the judge comes with, for large faces."""
    false_accepts: int
    """Strangers at or above the bar for their size."""
    false_rejects: int

    def rows(self) -> tuple[tuple[str, str], ...]:
        """Return its figures as they are printed."""
        at_1 = _counted(self.rejects_1, self.same) if self.different >= 1_000 else TOO_SMALL
        name = self.pose
        return (
            (f"{name}: pairs", f"{self.same} same, {self.different} different"),
            (f"{name}: AUC", TOO_SMALL if self.auc is None else f"{self.auc:.5f}"),
            (f"{name}: false rejects at FAR 1 %", at_1),
            (f"{name}: false accepts at the bars", _counted(self.false_accepts, self.different)),
            (f"{name}: false rejects at the bars", _counted(self.false_rejects, self.same)),
        )


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
    poses: tuple[PoseBench, ...] = ()
    held: tuple[Held, ...] = ()
    """Bars made on half of the people, applied to the other half."""
    morphs: Morphs | None = None

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
            *(row for pose in self.poses for row in pose.rows()),
            *(row for held in self.held for row in _held(held)),
            *(() if self.morphs is None else _morphs(self.morphs)),
        )


def compare(  # noqa: PLR0913 - what is compared, and how far
    pairs: Path, root: Path, impostors: Path | None, judges: tuple[str, ...], *, morphs: int, tell: Told
) -> tuple[FaceBench, ...]:
    """Return the figures of several installed judges on the same pairs, and on so many series of morphs."""
    home = LocalHome()
    drawn = tuple(_drawn(home, morphs, tell)) if morphs else ()
    found = []
    for name in judges:
        backend = registry.create("face", name, home)
        result = faces(pairs, root, backend, impostors, tell)
        found.append(result.changed(morphs=pairs_morphs.ordered(drawn, backend, calibrated(backend))))
    return tuple(found)


def faces(
    pairs: Path, root: Path, backend: FaceBackend, impostors: Path | None = None, tell: Told = lambda *_: None
) -> FaceBench:
    """Return a judge's figures on the pairs of a CSV file (columns a, b, label = same|different, and who is who).

    `impostors` is a folder with one photo each of many people: every two of them are a further different pair.
    The largest face of a picture counts. Raises InputError when the file is not such a table.
    """
    timed = _Timed(backend)
    gallery = Gallery(timed, timed)  # type: ignore[arg-type]
    compared = gathered(gallery, tuple(rows(pairs, root)), impostors, tell)
    return _figures(backend, gallery, timed, compared)


@dataclass(slots=True)
class _Timed:
    """A judge whose calls are timed."""

    backend: FaceBackend
    detecting: list[float] = field(default_factory=list)
    embedding: list[float] = field(default_factory=list)

    def detect(self, pixels: RGB) -> tuple[Detection, ...]:
        start = time.perf_counter()
        found = self.backend.detect(pixels)
        self.detecting.append(time.perf_counter() - start)
        return found

    def embed(self, pixels: RGB, face: Detection) -> Vector:
        start = time.perf_counter()
        vector = self.backend.embed(pixels, face)
        self.embedding.append(time.perf_counter() - start)
        return vector

    def similarity(self, one: Vector, other: Vector) -> float:
        return self.backend.similarity(one, other)


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


def _figures(backend: FaceBackend, gallery: Gallery, timed: _Timed, pairs: Compared) -> FaceBench:
    same, different = pairs.value[pairs.same], pairs.value[~pairs.same]
    both = len(same) > 0 and len(different) > 0
    accepts, rejects = int((different >= backend.bar).sum()), int((same < backend.bar).sum())
    base = calibrated(backend)
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
        ms_detect=float(np.median(timed.detecting or [0.0])) * 1000,
        ms_embed=float(np.median(timed.embedding or [0.0])) * 1000,
        poses=tuple(p for pose in POSES if (p := _posed(pairs, pose, base)) is not None),
        held=held_out(pairs, base),
    )


def _posed(pairs: Compared, pose: Pose, base: Calibration) -> PoseBench | None:
    """Return the figures of the pairs of a pose that can be scored, or None where there is none of the same person."""
    scorable = pairs.of((pairs.turn <= base.widest_turn) & (pairs.eyes >= base.smallest_eyes)).posed(pose)
    same, different = scorable.value[scorable.same], scorable.value[~scorable.same]
    if not len(same) or not len(different):
        return None
    lines = zip(scorable.turn, scorable.eyes, strict=True)
    passed = scorable.value >= np.array([base.bar(float(turn), float(eyes)) for turn, eyes in lines])
    return PoseBench(
        pose=pose,
        same=len(same),
        different=len(different),
        auc=auc(same, different),
        rejects_1=round((1 - tar(same, different, 0.01)) * len(same)),
        shipped=base.bars[pose],
        false_accepts=int((passed & ~scorable.same).sum()),
        false_rejects=int((~passed & scorable.same).sum()),
    )


def _drawn(home: LocalHome, series: int, tell: Told) -> Iterator[tuple[int, int, RGB]]:
    portrait = registry.create("generator", "portrait", home)
    for number, share, pixels in pairs_morphs.drawn(portrait, series):
        tell("morphs", number, series)
        yield number, share, pixels


def _held(held: Held) -> tuple[tuple[str, str], ...]:
    """Return what bars made on half of the people come to on the others, as it is printed."""
    found = []
    sides = (
        ("accepts", held.promised_far, held.found_far, held.far_ratio),
        ("rejects", held.promised_frr, held.found_frr, held.frr_ratio),
    )
    for what, promised, seen, ratio in sides:
        text = TOO_SMALL
        if ratio is not None:
            text = f"{promised:.2%} -> {seen:.2%}, x {ratio[1]:.2f} ({ratio[0]:.2f} to {ratio[2]:.2f})"
        found.append((f"{held.pose}: false {what}, promised -> found on other people", text))
    return tuple(found)


def _morphs(morphs: Morphs) -> tuple[tuple[str, str], ...]:
    bars = [f"{s:.0f} %" if s is not None else "-" for s in (morphs.under_bar, morphs.under_likeness)]
    return (
        ("order of morphs (Spearman)", f"{morphs.spearman:.3f}, least {morphs.least:.3f}"),
        ("morph series of at least 0.98", f"{morphs.reached} of {morphs.series}"),
        ("morphs under the bar, likeness bar from", " and ".join(bars)),
    )


def _counted(count: int, total: int) -> str:
    return f"{count} of {total} ({_percent(_supported(count / max(total, 1), total))})"


def _supported(rate: float, behind: int) -> float | None:
    """Return a rate only when at least 10 / rate pairs stand behind it."""
    return rate if rate * behind >= 10 else None


def _percent(rate: float | None) -> str:
    return TOO_SMALL if rate is None else f"{rate:.2%}"
