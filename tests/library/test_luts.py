"""Look-up tables of a look."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from charforge.library.luts import cube_problem
from charforge.library.pictures import unreadable


def cube(side: int = 2) -> str:
    """Return a table that changes nothing."""
    rows = (f"{r / (side - 1)} {g / (side - 1)} {b / (side - 1)}" for b, g, r in product(range(side), repeat=3))
    return f'TITLE "plain"\n# made by hand\nLUT_3D_SIZE {side}\nDOMAIN_MIN 0 0 0\n' + "\n".join(rows) + "\n"


def test_a_whole_table_is_taken(tmp_path: Path) -> None:
    """Titles, comments and domains are no colours."""
    (tmp_path / "a.cube").write_text(cube(5))
    assert cube_problem(tmp_path / "a.cube") is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no LUT_3D_SIZE"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "is not text"),
        (b"LUT_1D_SIZE 2\n0 0 0\n1 1 1\n", "1-D"),
        (b"LUT_3D_SIZE 900\n", "from 2 to 129"),
        (b"LUT_3D_SIZE two\n", "from 2 to 129"),
        (b"LUT_3D_SIZE 2\n0 0 0\n", "has 1 colours, a table of 2 x 2 x 2 has 8"),
        (b"LUT_3D_SIZE 2\n" + b"0 0 0\n" * 7 + b"0 0\n", "line 9 is not three numbers"),
        (b"LUT_3D_SIZE 2\n" + b"0 0 nan\n" * 8, "line 2 is not three numbers"),
    ],
)
def test_what_is_no_table_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    """The words name the line or the number."""
    (tmp_path / "a.cube").write_bytes(content)
    assert told in (cube_problem(tmp_path / "a.cube") or "")


def test_a_damaged_table_is_not_locked(tmp_path: Path) -> None:
    """Looking a library over before it is locked finds it."""
    folder = tmp_path / "looks/dusk"
    folder.mkdir(parents=True)
    (folder / "dusk.cube").write_text(cube()[:-10])
    text = "name: dusk\nrights: {licence: CC0-1.0}\nversions: [{id: 1, lut: dusk.cube, grain: 0.2}]\n"
    (folder / "look.yaml").write_text(text)
    (problem,) = unreadable(tmp_path)
    assert "look.yaml" not in str(problem.file)
    assert "dusk.cube" in str(problem.file)
