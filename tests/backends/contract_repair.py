"""What every repair backend promises."""

from __future__ import annotations

import numpy as np
from contract_samples import Case, same

from charforge import imaging
from charforge.backends.protocols import RGB


def _picture(case: Case) -> RGB:
    job = case.job()
    return imaging.decode(case.desk.file(job.input("picture")))


def test_gives_the_size_that_was_given(case: Case) -> None:
    """The picture is (height, width, 3) uint8 and as large as the one to be repaired."""
    pixels = case.backend.repair(case.job(), case.desk).pixels
    assert pixels.shape == _picture(case).shape
    assert pixels.dtype == np.uint8


def test_changes_the_face(case: Case) -> None:
    """Something within the box is another than before."""
    x, y, width, height = case.job().box
    pixels = case.backend.repair(case.job(), case.desk).pixels
    box = np.s_[y : y + height, x : x + width]
    assert not same(pixels[box], _picture(case)[box])


def test_changes_nothing_else(case: Case) -> None:
    """Outside the box, and the margin that the backend says as a share of its longer side, every byte is as it was."""
    x, y, width, height = case.job().box
    margin = int(np.ceil(case.backend.margin * max(width, height)))
    before, after = _picture(case), case.backend.repair(case.job(), case.desk).pixels
    changed = np.argwhere((before != after).any(-1))
    assert (changed.min(0) >= [y - margin, x - margin]).all()
    assert (changed.max(0) < [y + height + margin, x + width + margin]).all()


def test_same_job_gives_the_same_picture(case: Case) -> None:
    """Bytes, attachments and notes follow from the job alone."""
    one, other = (case.backend.repair(case.job(), case.desk) for _ in range(2))
    assert same(one.pixels, other.pixels)
    assert one.attachments == other.attachments
    assert one.notes == other.notes


def test_another_job_between_changes_nothing(case: Case) -> None:
    """Nothing is carried from one job to the next."""
    one = case.backend.repair(case.job(), case.desk).pixels
    case.backend.repair(case.job(seed=2), case.desk)
    assert same(one, case.backend.repair(case.job(), case.desk).pixels)


def test_leaves_the_given_picture_as_it_was(case: Case) -> None:
    """The file that it repairs is not written to."""
    before = _picture(case)
    case.backend.repair(case.job(), case.desk)
    assert same(before, _picture(case))


def test_notes_are_numbers_or_text(case: Case) -> None:
    """Further results have names and bytes; notes are numbers or text."""
    picture = case.backend.repair(case.job(), case.desk)
    assert all(isinstance(n, str) and isinstance(d, bytes) and d for n, d in picture.attachments.items())
    assert all(isinstance(v, (int, float, str)) for v in picture.notes.values())


def test_progress_never_passes_its_end(case: Case) -> None:
    """What is done never exceeds the whole."""
    case.backend.repair(case.job(), case.desk)
    assert all(0 <= done <= total for done, total in case.desk.steps)


CHECKS = (
    test_gives_the_size_that_was_given,
    test_changes_the_face,
    test_changes_nothing_else,
    test_same_job_gives_the_same_picture,
    test_another_job_between_changes_nothing,
    test_leaves_the_given_picture_as_it_was,
    test_notes_are_numbers_or_text,
    test_progress_never_passes_its_end,
)
