"""What every still backend promises."""

from __future__ import annotations

import numpy as np
from contract_samples import Case, same


def test_gives_the_size_that_was_asked(case: Case) -> None:
    """The picture is (height, width, 3) uint8 and not empty of content."""
    job = case.job()
    pixels = case.backend.still(job, case.desk).pixels
    assert pixels.shape == (job.height, job.width, 3)
    assert pixels.dtype == np.uint8
    assert pixels.max() > 16


def test_same_job_gives_the_same_picture(case: Case) -> None:
    """Bytes, attachments and notes follow from the job alone."""
    one, other = (case.backend.still(case.job(), case.desk) for _ in range(2))
    assert same(one.pixels, other.pixels)
    assert one.attachments == other.attachments
    assert one.notes == other.notes


def test_another_job_between_changes_nothing(case: Case) -> None:
    """Nothing is carried from one job to the next."""
    one = case.backend.still(case.job(), case.desk).pixels
    case.backend.still(case.job(seed=2), case.desk)
    assert same(one, case.backend.still(case.job(), case.desk).pixels)


def test_attachments_are_bytes(case: Case) -> None:
    """Further results have names and bytes; notes are numbers or text."""
    picture = case.backend.still(case.job(), case.desk)
    assert all(isinstance(n, str) and isinstance(d, bytes) and d for n, d in picture.attachments.items())
    assert all(isinstance(v, (int, float, str)) for v in picture.notes.values())


def test_progress_never_passes_its_end(case: Case) -> None:
    """What is done never exceeds the whole."""
    case.backend.still(case.job(), case.desk)
    assert all(0 <= done <= total for done, total in case.desk.steps)


CHECKS = (
    test_gives_the_size_that_was_asked,
    test_same_job_gives_the_same_picture,
    test_another_job_between_changes_nothing,
    test_attachments_are_bytes,
    test_progress_never_passes_its_end,
)
