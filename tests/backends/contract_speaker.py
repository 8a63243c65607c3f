"""What every speaker backend promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from contract_samples import Case, same

from charforge.backends.protocols import Sound
from charforge.errors import InputError

LIBRARY = Path(__file__).parents[2] / "library" / "characters"


def sample(name: str) -> Sound:
    """Return a character's locked voice sample."""
    samples, rate = soundfile.read(LIBRARY / name / "voice" / "sample.flac", dtype="float32")
    return Sound(samples, rate)


def test_tells_two_voices_apart(case: Case) -> None:
    """Two halves of one sample are more alike than samples of two people, and the bar lies between."""
    mia, theo = sample("mia"), sample("theo")
    half = len(mia.samples) // 2
    one, other = (case.backend.embed(Sound(part, mia.rate)) for part in (mia.samples[:half], mia.samples[half:]))
    same_person = case.backend.similarity(one, other)
    strangers = case.backend.similarity(case.backend.embed(mia), case.backend.embed(theo))
    assert strangers < case.backend.bar
    assert strangers < same_person


def test_same_sound_gives_the_same_voice(case: Case) -> None:
    """The embedding follows from the sound alone, has length 1, and is wholly like itself."""
    mia = sample("mia")
    one, other = case.backend.embed(mia), case.backend.embed(Sound(mia.samples.copy(), mia.rate))
    assert same(one, other)
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-4)
    assert case.backend.similarity(one, other) == pytest.approx(1, abs=1e-4)


def test_loudness_does_not_matter(case: Case) -> None:
    """The same speech four times as quiet is the same voice."""
    mia = sample("mia")
    quiet = case.backend.embed(Sound(mia.samples * np.float32(0.25), mia.rate))
    assert case.backend.similarity(case.backend.embed(mia), quiet) > 0.98


def test_too_little_speech_is_refused(case: Case) -> None:
    """Silence, and a moment of speech, are nobody's voice."""
    mia = sample("mia")
    for samples in (np.zeros(3 * mia.rate, np.float32), mia.samples[: mia.rate // 5]):
        with pytest.raises(InputError):
            case.backend.embed(Sound(samples, mia.rate))


CHECKS = (
    test_tells_two_voices_apart,
    test_same_sound_gives_the_same_voice,
    test_loudness_does_not_matter,
    test_too_little_speech_is_refused,
)
