"""A calibration is made from a pairs file, written down, and used by the project that names it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from charforge import imaging
from charforge.backends.protocols import Detection
from charforge.errors import InputError
from charforge.qa.calibration import Bar, Calibration, calibrated, written
from charforge.qa.fitting import fitted
from charforge.studio import calibrating
from charforge.studio.calibrating import Gallery, Pair, gathered, rows
from charforge.studio.project import find

if TYPE_CHECKING:
    from numpy.typing import NDArray

POINTS = np.array([[40, 40], [80, 40], [60, 60], [45, 80], [75, 80]], np.float32)


class Grey:
    """A judge of flat pictures: their brightness is who they are; black pictures have no face."""

    name = "grey"
    bar = 0.95
    revision = "1"

    def detect(self, pixels: NDArray[np.uint8]) -> tuple[Detection, ...]:
        """Return a frontal face 40 pixels between the eyes, unless the picture is black."""
        return (Detection((0, 0, 4, 4), POINTS, 1.0),) if pixels.mean() > 0 else ()

    def embed(self, pixels: NDArray[np.uint8], face: Detection) -> NDArray[np.float32]:
        """Return the brightness, 0 to 1."""
        return np.array([pixels.mean() / 255], np.float32)

    def similarity(self, one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
        """Return 1 minus the difference in brightness."""
        return 1 - float(abs(one[0] - other[0]))


def painted(folder: Path, name: str, level: int) -> Path:
    """Write a flat picture."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(imaging.encode_png(np.full((4, 4, 3), level, np.uint8)))
    return folder / name


def quiet(*_: object) -> None:
    """Tell nobody."""


def gallery() -> Gallery:
    """Return a gallery of what Grey sees."""
    return Gallery(Grey(), Grey())  # type: ignore[arg-type]


def table(folder: Path, *lines: str, columns: str = "a,b,label,identity_a,identity_b,kind") -> Path:
    """Write a pairs file."""
    file = folder / "pairs.csv"
    file.write_text("\n".join((columns, *lines)) + "\n", "utf-8")
    return file


def test_named_people_are_all_compared(tmp_path: Path) -> None:
    """Each person's first picture meets every picture of the others of its kind, and none twice."""
    for name, level in {"a": 50, "a2": 55, "b": 100, "b2": 105, "c": 200, "c2": 205}.items():
        painted(tmp_path, f"{name}.png", level)
    lines = ("a.png,a2.png,same,a,a,real", "b.png,b2.png,same,b,b,real", "c.png,c2.png,same,c,c,drawn")
    listed = tuple(rows(table(tmp_path, *lines, "a.png,b.png,different,a,b,real"), tmp_path))
    found = gathered(gallery(), listed, None, quiet)
    assert found.same.sum() == 3
    # a-b is listed; a-b2 and b-a2 follow from the names; c is of another kind.
    assert (~found.same).sum() == 3
    assert set(found.people()) == {0, 1, 2}
    assert found.value[found.same] == pytest.approx([1 - 5 / 255] * 3)


def test_no_two_pictures_are_compared_twice(tmp_path: Path) -> None:
    """Of ten people with two pictures each, whose pairs are all listed, 45 + 90 pairs of strangers are different."""
    lines = []
    for i in range(10):
        painted(tmp_path, f"{i}.png", 10 + 20 * i), painted(tmp_path, f"{i}b.png", 12 + 20 * i)
        lines.append(f"{i}.png,{i}b.png,same,p{i},p{i},real")
    found = gathered(gallery(), tuple(rows(table(tmp_path, *lines), tmp_path)), None, quiet)
    assert (int(found.same.sum()), int((~found.same).sum())) == (10, 45 + 90)
    turned = ("1.png,0.png,different,p1,p0,real", "0.png,1.png,different,p0,p1,real", "0b.png,0.png,same,p0,p0,real")
    again = gathered(gallery(), tuple(rows(table(tmp_path, *lines, *turned), tmp_path)), None, quiet)
    assert (int(again.same.sum()), int((~again.same).sum())) == (10, 45 + 90)


def test_pictures_called_the_same_belong_together(tmp_path: Path) -> None:
    """Without names, people are what same pairs link; strangers are only those that are listed."""
    for name, level in {"a": 50, "a2": 55, "a3": 60, "b": 100}.items():
        painted(tmp_path, f"{name}.png", level)
    lines = ("a.png,a2.png,same", "a2.png,a3.png,same", "a3.png,b.png,different")
    found = gathered(gallery(), tuple(rows(table(tmp_path, *lines, columns="a,b,label"), tmp_path)), None, quiet)
    assert list(found.same) == [True, True, False]
    assert len(found.people()) == 2
    assert found.one[0] == found.other[1] == found.one[2]


def test_faces_that_cannot_be_scored_take_no_part(tmp_path: Path) -> None:
    """A picture without a face is counted and left out."""
    painted(tmp_path, "a.png", 50), painted(tmp_path, "none.png", 0)
    seen = gallery()
    found = gathered(seen, tuple(rows(table(tmp_path, "a.png,none.png,same,a,a,"), tmp_path)), None, quiet)
    assert len(found.value) == 0
    assert sum(face is None for face in seen.known.values()) == 1


def test_a_contradiction_is_named(tmp_path: Path) -> None:
    """The same person cannot be labelled different."""
    with pytest.raises(InputError, match=r"pairs\.csv:2: a and a are labelled different"):
        list(rows(table(tmp_path, "x.png,y.png,different,a,a,"), tmp_path))


def test_a_bank_of_strangers_makes_a_calibration(tmp_path: Path) -> None:
    """Fifty of them and one person's pictures are enough for a bar, which is written and read back."""
    listed = [Pair(painted(tmp_path, "a.png", 100), painted(tmp_path, "b.png", 101), same=True)]
    for i in range(50):
        painted(tmp_path / "bank", f"{i}.png", 5 + 5 * i)
    compared = gathered(gallery(), listed, tmp_path / "bank", quiet)
    assert (~compared.same).sum() == 1_225
    base = Calibration(judge="grey", bars={p: Bar(bar=0.5) for p in ("frontal", "three-quarter", "profile")},
                       fix_band=0.1, stranger=0.2)  # fmt: skip
    made = fitted(compared, base, "grey pictures")
    assert made.bar(0) == pytest.approx(0.99, abs=0.011)
    assert made.likeness(0) is None


def test_a_project_names_its_own_calibration(tmp_path: Path) -> None:
    """charforge.yaml lists files; one that is missing is refused with what makes it."""
    mine = Calibration(judge="grey", bars={p: Bar(bar=0.7) for p in ("frontal", "three-quarter", "profile")},
                       fix_band=0.1, stranger=0.2).stamped()  # fmt: skip
    (tmp_path / "grey.yaml").write_bytes(written(mine))
    (tmp_path / "charforge.yaml").write_text("calibrations: [grey.yaml]\n", "utf-8")
    assert calibrating.of(find(tmp_path), Grey()) == mine  # type: ignore[arg-type]
    assert calibrated(Grey()).version == "uncalibrated-grey"  # type: ignore[arg-type]
    (tmp_path / "grey.yaml").unlink()
    with pytest.raises(InputError, match="the calibration cannot be read"):
        calibrating.of(find(tmp_path), Grey())  # type: ignore[arg-type]


@pytest.mark.models
def test_too_few_strangers_are_refused(tmp_path: Path, home: object) -> None:
    """With two pictures there is no calibration, and the message says how many there were."""
    library = Path(__file__).parents[2] / "library" / "characters"
    (tmp_path / "charforge.yaml").write_text("", "utf-8")
    file = table(tmp_path, "mia/headshot/front.png,mia/angles/left25.webp,same", columns="a,b,label")
    with pytest.raises(InputError, match="1 pairs of the same person and 0 of strangers"):
        calibrating.calibrate(tmp_path, file, library, None, "sface", None, quiet)


def test_what_the_judges_go_by_is_shown(tmp_path: Path) -> None:
    """Both of a project, its own calibration first; one by name."""
    mine = calibrating.used(tmp_path)[0].changed(made_on="here", fix_band=0.2).stamped()
    (tmp_path / "own.yaml").write_bytes(written(mine))
    (tmp_path / "charforge.yaml").write_text("calibrations: [own.yaml]\n", "utf-8")
    assert [c.judge for c in calibrating.used(tmp_path)] == ["sface", "dlib"]
    assert calibrating.used(tmp_path, "sface") == (mine,)
