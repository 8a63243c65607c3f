"""What every voice backend promises."""

from __future__ import annotations

import numpy as np
import pytest
from contract_samples import Case, same

from charforge.errors import RenderFailed


def test_speaks(case: Case) -> None:
    """The sound is mono float32 between -1 and 1, not silent, at a rate that fits speech."""
    sound = case.backend.voice(case.job(), case.desk)
    assert sound.samples.ndim == 1
    assert sound.samples.dtype == np.float32
    assert np.isfinite(sound.samples).all()
    assert 0.01 < np.abs(sound.samples).max() <= 1
    assert 8000 <= sound.rate <= 96000
    assert 0.3 < len(sound.samples) / sound.rate < 10


def test_same_job_gives_the_same_sound(case: Case) -> None:
    """Samples follow from the job alone."""
    one, other = (case.backend.voice(case.job(), case.desk) for _ in range(2))
    assert one.rate == other.rate
    assert same(one.samples, other.samples)


def test_longer_text_takes_longer(case: Case) -> None:
    """More words last longer, and so does slower speech."""
    job = case.job()
    short = len(case.backend.voice(job, case.desk).samples)
    assert (
        len(case.backend.voice(job.changed(text=f"{job.text} {job.text} {job.text}"), case.desk).samples) > 1.5 * short
    )
    assert len(case.backend.voice(job.changed(speed=0.6), case.desk).samples) > 1.1 * short


def test_a_text_without_words_is_refused(case: Case) -> None:
    """A line in which nothing can be spoken is an error with a hint."""
    for text in ("…", "!?", "—", " "):
        with pytest.raises(RenderFailed) as caught:
            case.backend.voice(case.job().changed(text=text), case.desk)
        assert caught.value.hint


def test_marks_and_quotes_are_spoken_over(case: Case) -> None:
    """Quotes, colons, percent signs and emoji within a line stop nothing."""
    for text in ('She said: "wait" — 100%!', "It's 16:9 🎬 okay?"):
        assert len(case.backend.voice(case.job().changed(text=text), case.desk).samples) > 0


CHECKS = (
    test_speaks,
    test_same_job_gives_the_same_sound,
    test_longer_text_takes_longer,
    test_a_text_without_words_is_refused,
    test_marks_and_quotes_are_spoken_over,
)
