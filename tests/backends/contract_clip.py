"""What every clip backend promises."""

from __future__ import annotations

import hashlib

from contract_samples import Case

from charforge.domain.timing import FrameRate

BYTES_PER_PIXEL = {"yuv420p": 1.5, "rgb24": 3.0}


def _digests(case: Case, seed: int = 1) -> list[str]:
    made = case.backend.clip(case.job(seed), case.desk)
    return [hashlib.sha256(frame).hexdigest() for frame in made.frames]


def test_gives_what_was_asked(case: Case) -> None:
    """Size, rate and number of frames are the job's, and each frame has the bytes of its format."""
    job = case.job()
    made = case.backend.clip(job, case.desk)
    assert (made.width, made.height, made.count) == (job.width, job.height, job.frames)
    assert made.rate == FrameRate.parse(job.rate).fps
    size = made.width * made.height * BYTES_PER_PIXEL[made.pixel_format]
    assert [memoryview(frame).nbytes for frame in made.frames] == [size] * job.frames


def test_same_job_gives_the_same_frames(case: Case) -> None:
    """Frames follow from the job alone."""
    assert _digests(case) == _digests(case)


def test_frames_keep_their_bytes(case: Case) -> None:
    """A frame that is used at once is as it was when the next is drawn before it: none is taken back."""
    made = case.backend.clip(case.job(), case.desk)
    assert [hashlib.sha256(bytes(frame)).hexdigest() for frame in made.frames] == _digests(case)


def test_stops_between_frames(case: Case) -> None:
    """A clip that is not read to its end is given up without an error."""
    frames = iter(case.backend.clip(case.job(), case.desk).frames)
    next(frames)
    close = getattr(frames, "close", None)
    if close is not None:
        close()
    assert len(_digests(case)) == case.job().frames


def test_progress_never_passes_its_end(case: Case) -> None:
    """What is done never exceeds the whole."""
    _digests(case)
    assert all(0 <= done <= total for done, total in case.desk.steps)


CHECKS = (
    test_gives_what_was_asked,
    test_same_job_gives_the_same_frames,
    test_frames_keep_their_bytes,
    test_stops_between_frames,
    test_progress_never_passes_its_end,
)
