"""Controlled pairs show the same person in other ways, and say how."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from charforge import imaging
from charforge.backends.landmarks import FaceLandmarks
from charforge.backends.sface import SFace
from charforge.bench import pairs_changes as changes
from charforge.bench.pairs import TABLE, pairs
from charforge.bench.pairs_morphs import SHARES, ordered
from charforge.bench.pairs_turning import turned
from charforge.qa.calibration import Bar, Calibration
from charforge.qa.pose import turn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from charforge.backends.protocols import Detection
    from charforge.weights import LocalHome

CAST = Path(__file__).parents[2] / "library" / "characters"
HOWS = ("plain", "light", "soft", "small", "tiny", "lean", "covered", "turn", "far", "far-small", "all",
        "far-light", "far-tiny", "turn-tiny")  # fmt: skip


def test_changes_keep_the_picture_a_picture() -> None:
    """Each gives other pixels of the same kind; a size is the one that was asked for."""
    picture = np.tile(np.arange(120, dtype=np.uint8)[:, None, None], (1, 100, 3))
    chance = np.random.default_rng(1)
    changed = [
        changes.lit(picture, chance),
        changes.compressed(picture, chance),
        changes.blurred(picture, 30, chance),
        changes.grained(picture, chance),
        changes.leaning(picture, (50, 60), chance),
        changes.covered(picture, (50, 60), 30, chance),
    ]
    for other in changed:
        assert (other.shape, other.dtype) == (picture.shape, np.uint8)
        assert not np.array_equal(other, picture)
    assert changes.sized(picture, 30, 15).shape == (60, 50, 3)


@pytest.mark.models
def test_a_head_turns_to_the_side_asked_for_and_stays_the_same_person(home: LocalHome) -> None:
    """Positive degrees turn to the right edge; the judge still knows the face; no turn changes nothing."""
    face, marks = SFace(home), FaceLandmarks(home)
    picture = imaging.decode(CAST / "mia" / "headshot" / "front.png")
    front = face.detect(picture)[0]
    found = marks.landmarks(picture, front)
    assert found is not None
    for degrees in (-30.0, 30.0):
        other = turned(picture, found, degrees)
        seen = face.detect(other)[0]
        assert np.sign(degrees) * (turn(seen) - turn(front)) > 10
        assert face.similarity(face.embed(other, seen), face.embed(picture, front)) > 0.6
    assert np.abs(turned(picture, found, 0.0).astype(int) - picture).mean() < 2


@pytest.mark.models
def test_a_folder_of_portraits_becomes_pairs_with_names(tmp_path: Path, home: LocalHome) -> None:
    """Fourteen pictures a person, the same every time; a portrait without a face is named."""
    del home
    portraits = tmp_path / "portraits"
    portraits.mkdir()
    for name in ("mia", "theo"):
        shutil.copy(CAST / name / "headshot" / "front.png", portraits / f"{name}.png")
    (portraits / "wall.png").write_bytes(imaging.encode_png(np.full((64, 64, 3), 90, np.uint8)))
    made = [pairs(tmp_path / name, 0, portraits, lambda *_: None) for name in ("one", "two")]
    assert (made[0].people, made[0].pictures, made[0].same, made[0].left_out) == (2, 28, 26, ("wall",))
    with (tmp_path / "one" / TABLE).open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [r["how"] for r in rows if r["identity_a"] == "mia" and r["label"] == "same"] == list(HOWS[1:])
    assert {(r["identity_a"], r["identity_b"]) for r in rows if r["label"] == "different"} == {
        ("mia", "theo"),
        ("theo", "mia"),
    }
    files = [sorted((tmp_path / name).rglob("*.jpg")) for name in ("one", "two")]
    assert [f.read_bytes() for f in files[0]] == [f.read_bytes() for f in files[1]]


class Level:
    """A judge that tells how bright a picture is."""

    def detect(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
        """Return the picture itself as the face, unless it is black."""
        return (pixels,) if pixels.any() else ()

    def embed(self, pixels: NDArray[np.uint8], face: Detection) -> NDArray[np.float32]:
        """Return the brightness."""
        return np.array([pixels.mean()], np.float32)

    def similarity(self, one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
        """Return 1 less the difference over 100."""
        return 1 - float(abs(one[0] - other[0])) / 100


def series(*levels: int) -> Iterator[tuple[int, int, NDArray[np.uint8]]]:
    """Yield one series of flat pictures."""
    for share, level in zip(SHARES, levels, strict=True):
        yield 0, share, np.full((2, 2, 3), level, np.uint8)


def test_the_order_of_morphs_is_that_of_the_scores() -> None:
    """Scores that fall all the way have 1; the bars are crossed where they are."""
    bars = {p: Bar(bar=0.47, likeness=0.75) for p in ("frontal", "three-quarter", "profile")}
    base = Calibration(judge="level", bars=bars, fix_band=0.1, stranger=0.1)
    straight = ordered(series(*range(100, 211, 11)), Level(), base)  # type: ignore[arg-type]
    assert straight is not None
    assert (straight.spearman, straight.reached, straight.series) == (pytest.approx(1.0), 1, 1)
    assert (straight.under_likeness, straight.under_bar) == (30.0, 50.0)
    bent = ordered(series(100, 150, *range(120, 210, 10)), Level(), base)  # type: ignore[arg-type]
    assert bent is not None
    assert bent.spearman < 0.98
    assert bent.reached == 0
