"""The figures of a face judge are right, and none is printed that too few pairs support."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from headshots import canvas
from hypothesis import given
from hypothesis import strategies as st

from charforge import imaging
from charforge.backends.protocols import Detection
from charforge.backends.sface import SFace
from charforge.bench.faces import TOO_SMALL, auc, eer, faces, tar
from charforge.errors import InputError
from charforge.weights import LocalHome

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARED = Path(os.environ.get("CHARFORGE_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
SCORES = st.lists(st.integers(-20, 20).map(float), min_size=1, max_size=30).map(np.array)


class Grey:
    """A judge of flat pictures: their brightness is who they are; black pictures have no face."""

    name = "grey"
    licence = "none"
    weights = ()
    needs = ()
    bar = 0.95
    revision = "1"

    def detect(self, pixels: NDArray[np.uint8]) -> tuple[Detection, ...]:
        """Return the whole picture as a face, unless it is black."""
        whole = Detection((0, 0, 4, 4), np.zeros((5, 2), np.float32), 1.0)
        return (whole,) if pixels.mean() > 0 else ()

    def embed(self, pixels: NDArray[np.uint8], face: Detection) -> NDArray[np.float32]:
        """Return the brightness, 0 to 1."""
        return np.array([pixels.mean() / 255], np.float32)

    def similarity(self, one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
        """Return 1 minus the difference in brightness."""
        return 1 - float(abs(one[0] - other[0]))


def painted(folder: Path, name: str, level: int) -> str:
    """Write a flat picture and return its name."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(imaging.encode_png(np.full((4, 4, 3), level, np.uint8)))
    return name


@given(SCORES, SCORES)
def test_auc_counts_ordered_pairs(same: NDArray[np.float64], different: NDArray[np.float64]) -> None:
    """AUC is the share of (same, different) pairs in the right order, ties counting half."""
    wins = [(s > d) + 0.5 * (s == d) for s in same for d in different]
    assert auc(same, different) == pytest.approx(np.mean(wins))


@given(SCORES, SCORES, st.sampled_from([0.0, 0.01, 0.1, 0.5]))
def test_tar_never_lets_more_strangers_through_than_asked(
    same: NDArray[np.float64], different: NDArray[np.float64], far: float
) -> None:
    """There is a bar that accepts that share of same pairs and at most that share of strangers, and none better."""
    got = tar(same, different, far)
    bars = [b for b in np.unique(np.concatenate([same, different, [99.0]])) if np.mean(different >= b) <= far]
    assert got == pytest.approx(max(np.mean(same >= b) for b in bars))


def test_eer_is_where_both_errors_meet() -> None:
    """Separable scores have no error, identical ones have half."""
    assert eer(np.array([5.0, 6.0]), np.array([1.0, 2.0])) == 0.0
    same = np.array([1.0, 2.0, 3.0, 4.0])
    assert eer(same, same) == pytest.approx(0.5)
    assert eer(np.array([0.0, 3.0, 4.0, 5.0]), np.array([0.0, 1.0, 2.0, 3.5])) == pytest.approx(0.25)


def test_pairs_are_compared_and_counted(tmp_path: Path) -> None:
    """Accepts, rejects and undetected pictures are counted at the default bar; small sets print no rates."""
    names = {
        n: painted(tmp_path, f"{n}.png", v) for n, v in {"a": 100, "a2": 104, "b": 108, "c": 200, "none": 0}.items()
    }
    rows = [
        ("a", "a2", "same"),
        ("a", "c", "same"),
        ("a", "b", "different"),
        ("b", "c", "different"),
        ("a", "none", "same"),
    ]
    table = tmp_path / "pairs.csv"
    lines = [f"{names[x]},{names[y]},{label},note" for x, y, label in rows]
    table.write_text("a,b,label,set\n" + "\n".join(lines) + "\n", "utf-8")
    found = faces(table, tmp_path, Grey())
    assert (found.same, found.different, found.pictures, found.undetected) == (2, 2, 5, 1)
    assert (found.false_accepts, found.false_rejects) == (1, 1)
    assert found.auc == pytest.approx(0.5)
    assert (found.eer, found.tar_1, found.tar_01, found.far, found.frr) == (None,) * 5
    printed = dict(found.rows())
    assert printed["TAR at FAR 1 %"] == printed["EER"] == TOO_SMALL
    assert printed["false accepts at 0.95"] == f"1 of 2 ({TOO_SMALL})"


def test_every_two_impostors_are_a_different_pair(tmp_path: Path) -> None:
    """Fifty photos give 1,225 different pairs, enough for a rate of 1 % and not for 0.1 %."""
    table = tmp_path / "pairs.csv"
    for name in ("x.png", "y.png"):
        painted(tmp_path, name, 100)
    table.write_text("a,b,label\nx.png,y.png,same\n", "utf-8")
    bank = tmp_path / "bank"
    for i in range(50):
        painted(bank, f"{i}.png", 5 + i * 5)
    (bank / "README.md").write_text("not a picture", "utf-8")
    found = faces(table, tmp_path, Grey(), bank)
    assert found.different == 1_225
    assert found.tar_1 is not None
    assert found.tar_01 is None
    assert found.far == pytest.approx(np.mean([abs(i - j) * 5 <= 0.05 * 255 for i in range(50) for j in range(i)]))


@pytest.mark.parametrize(
    ("text", "message"),
    [("x,y\n1,2\n", "no column a, b, label"), ("a,b,label\nx.png,y.png,sam\n", r"pairs\.csv:2: the label 'sam'")],
)
def test_a_table_that_is_no_table_of_pairs_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """A missing column or an unknown label is named with its place."""
    table = tmp_path / "pairs.csv"
    table.write_text(text, "utf-8")
    with pytest.raises(InputError, match=message):
        faces(table, tmp_path, Grey())


@pytest.mark.models
def test_the_real_judge_tells_the_cast_apart(tmp_path: Path) -> None:
    """Same pairs of the pilot's two characters are over the bar, different ones under it."""
    for name in ("mia", "theo"):
        for side in (150, 300):
            picture = canvas((name, 10, 10, side), width=330, height=320)
            (tmp_path / f"{name}{side}.png").write_bytes(imaging.encode_png(picture))
    table = tmp_path / "pairs.csv"
    table.write_text(
        "a,b,label\nmia150.png,mia300.png,same\ntheo150.png,theo300.png,same\nmia300.png,theo300.png,different\n",
        "utf-8",
    )
    found = faces(table, tmp_path, SFace(LocalHome()))
    assert (found.auc, found.false_accepts, found.false_rejects, found.undetected) == (1.0, 0, 0, 0)
    assert found.ms_embed > 0


@pytest.mark.models
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared photographs")
def test_no_pair_of_real_people_is_mistaken() -> None:
    """On 62 pairs of real portraits the default bar makes no mistake, and every face is found."""
    found = faces(SHARED / "pairs.csv", SHARED, SFace(LocalHome()))
    assert (found.same, found.different) == (31, 31)
    assert (found.auc, found.false_accepts, found.false_rejects, found.undetected) == (1.0, 0, 0, 0)
