"""Series of faces between two generated people at known shares, to see whether scores keep their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.domain.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from charforge.backends.portrait import Portrait
    from charforge.backends.protocols import RGB, FaceBackend
    from charforge.qa.calibration import Calibration

SHARES = tuple(range(0, 101, 10))
"""Per cent of the other person in each picture of a series."""
SIDE = 512
TRUNCATION = 0.8
FIRST_SEED = 200_000


class Morphs(Value):
    """How a judge's scores follow series of faces between two people."""

    series: int
    pictures: int
    spearman: float
    """Rank correlation of score and share in a series, with its sign turned; the mean over all series."""
    least: float
    """That of the worst series."""
    reached: int
    """Series of 0.98 or more."""
    under_bar: float | None
    """Per cent of the other person from which a face is under the verification bar; median of the series."""
    under_likeness: float | None
    """The same for the likeness bar."""


def drawn(portrait: Portrait, series: int, first_seed: int = FIRST_SEED) -> Iterator[tuple[int, int, RGB]]:
    """Yield the number of a series, the per cent of the second person, and the face, (512, 512, 3)."""
    import cv2

    for number in range(series):
        one, other = (portrait.style(first_seed + 2 * number + i, TRUNCATION) for i in (0, 1))
        for share in SHARES:
            part = np.float32(share / 100)
            large = portrait.generate(one * (1 - part) + other * part)
            yield number, share, np.asarray(cv2.resize(large, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def ordered(faces: Iterable[tuple[int, int, RGB]], judge: FaceBackend, calibration: Calibration) -> Morphs | None:
    """Return how a judge's scores against each series' first face follow its shares; None where no face is found."""
    lines: dict[int, list[tuple[int, float]]] = {}
    masters: dict[int, np.ndarray[tuple[int], np.dtype[np.float32]]] = {}
    for number, share, pixels in faces:
        found = judge.detect(pixels)
        if found:
            vector = judge.embed(pixels, found[0])
            first = masters.setdefault(number, vector)
            lines.setdefault(number, []).append((share, judge.similarity(first, vector)))
    whole = [line for line in lines.values() if len(line) == len(SHARES)]
    return _summed(whole, calibration) if whole else None


def _summed(whole: list[list[tuple[int, float]]], calibration: Calibration) -> Morphs:
    from scipy.stats import spearmanr

    ranks = [-float(spearmanr(*zip(*line, strict=True)).statistic) for line in whole]
    likeness = calibration.likeness(0.0)
    return Morphs(
        series=len(whole),
        pictures=sum(len(line) for line in whole),
        spearman=float(np.mean(ranks)),
        least=min(ranks),
        reached=sum(rank >= 0.98 for rank in ranks),
        under_bar=_median([_under(line, calibration.bar(0.0)) for line in whole]),
        under_likeness=None if likeness is None else _median([_under(line, likeness) for line in whole]),
    )


def _under(line: list[tuple[int, float]], bar: float) -> float:
    """Return from which share on the scores are under a bar; 100 where they never are."""
    return next((float(share) for share, score in line if score < bar), 100.0)


def _median(shares: list[float]) -> float | None:
    return float(np.median(shares)) if shares else None
