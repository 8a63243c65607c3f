"""The look of the whole programme."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from charforge import media
from charforge.assembly.grading import Grade, escaped, grade_filters
from charforge.media.clips import BT709, raw_input

SIZE = (64, 48)
FRAMES = 4


def table(folder: Path, name: str = "swap.cube") -> Path:
    """Write a table that swaps red and blue."""
    rows = "\n".join(f"{b} {g} {r}" for b, g, r in product((0, 1), repeat=3))
    (folder / name).write_text(f"LUT_3D_SIZE 2\n{rows}\n")
    return folder / name


def shown(grade: Grade, folder: Path, first: int = 0) -> list[NDArray[np.uint8]]:
    """Return grey-orange frames after the filters, RGB."""
    width, height = SIZE
    frame = np.empty((height * 3 // 2, width), np.uint8)
    frame[:height] = 120
    chroma = frame.reshape(-1)[height * width :].reshape(2, -1)
    chroma[0], chroma[1] = 90, 160
    out = folder / "out.mkv"
    filters = ",".join([*grade_filters(grade, first), BT709])
    arguments = [*raw_input("yuv420p", *SIZE, "24"), "-vf", filters, "-c:v", "ffv1", "-y", str(out)]
    media.run(arguments, stdin=[frame.tobytes()] * FRAMES)
    return [pixels for _, pixels in media.frames(out, range(FRAMES))]


def test_a_table_changes_every_colour(tmp_path: Path) -> None:
    """What was orange is blue, by the table's own numbers."""
    plain, swapped = shown(Grade(), tmp_path)[0], shown(Grade(table(tmp_path)), tmp_path)[0]
    assert plain[..., 0].mean() > plain[..., 2].mean() + 60
    assert np.abs(swapped[..., ::-1].astype(int) - plain.astype(int)).max() <= 4


def test_the_title_card_is_left_alone(tmp_path: Path) -> None:
    """Grading begins with the frame it is told."""
    plain, graded = shown(Grade(), tmp_path), shown(Grade(table(tmp_path), 0.5), tmp_path, first=2)
    assert np.abs(graded[1].astype(int) - plain[1].astype(int)).max() <= 3
    assert graded[2][..., 2].mean() > graded[2][..., 0].mean() + 60


def test_grain_moves_and_is_the_same_every_time(tmp_path: Path) -> None:
    """Each frame has its own, equal in every run; more of it is coarser."""
    once, again = shown(Grade(grain=0.4), tmp_path), shown(Grade(grain=0.4), tmp_path)
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))
    assert not np.array_equal(once[0], once[1])
    assert shown(Grade(grain=0.9), tmp_path)[0].std() > once[0].std() > 1


@pytest.mark.parametrize("name", ["a film: 100% 'ours'", "x,y;z", "[1] \\ back", "plain"])
def test_any_folder_name_is_found(tmp_path: Path, name: str) -> None:
    """What ffmpeg's filters take for punctuation is escaped."""
    folder = tmp_path / name
    folder.mkdir()
    assert shown(Grade(table(folder)), tmp_path)[0][..., 2].mean() > 100
    assert escaped("plain") == "plain"


def test_a_grade_that_does_nothing_adds_nothing() -> None:
    """No table and no grain are no filters."""
    assert grade_filters(Grade()) == []
