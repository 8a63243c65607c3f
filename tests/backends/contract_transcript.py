"""What every transcript backend promises."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from contract_samples import Case

from charforge.backends.protocols import Sound, Word
from charforge.errors import InputError

LIBRARY = Path(__file__).parents[2] / "library" / "characters"
SAID = "i saved you the window seat you said you'd be here at five"


def sample() -> Sound:
    """Return Mia's locked voice sample."""
    samples, rate = soundfile.read(LIBRARY / "mia" / "voice" / "sample.flac", dtype="float32")
    return Sound(samples, rate)


def said(words: tuple[Word, ...]) -> str:
    """Return words without signs, in small letters."""
    return " ".join(re.sub(r"[^\w']", "", w.text.replace("5", "five")).lower() for w in words)


def test_writes_down_what_is_said(case: Case) -> None:
    """Every word of a clean line is heard, in order, with a confidence, at times within the sound."""
    sound = sample()
    words = case.backend.words(sound)
    assert said(words) == SAID
    assert all(0 <= w.confidence <= 1 for w in words)
    assert all(0 <= w.start <= w.end <= len(sound.samples) / sound.rate + 0.1 for w in words)
    assert [w.start for w in words] == sorted(w.start for w in words)


def test_same_sound_gives_the_same_words(case: Case) -> None:
    """Words, times and confidences follow from the sound alone."""
    sound = sample()
    assert case.backend.words(sound) == case.backend.words(Sound(sound.samples.copy(), sound.rate))


def test_silence_says_nothing(case: Case) -> None:
    """In silence, and in hardly any sound, no word is heard."""
    assert case.backend.words(Sound(np.zeros(24_000, np.float32), 24_000)) == ()
    assert case.backend.words(Sound(np.zeros(3, np.float32), 24_000)) == ()


def test_unknown_language_is_refused(case: Case) -> None:
    """A language is never guessed instead."""
    with pytest.raises(InputError):
        case.backend.words(sample(), "tlh")


def test_what_is_said_is_likelier_than_what_is_not(case: Case) -> None:
    """The very words fit better than with one fewer, with one twice, and than another line, quickly and closely."""
    texts = (
        "I saved you the window seat. You said you'd be here at five.",
        "I saved you the seat. You said you'd be here at five.",
        "I saved you the window window seat. You said you'd be here at five.",
        "Nobody has lived here since the war, and the garden is a wilderness.",
    )
    for quick in (True, False):
        said, *others = case.backend.likelihoods(sample(), texts, quick=quick)
        assert said > max(others)


def test_a_long_sound_is_not_weighed(case: Case) -> None:
    """What does not fit the model's window is refused, not cut."""
    long = Sound(np.tile(sample().samples, 20), sample().rate)
    with pytest.raises(InputError):
        case.backend.likelihoods(long, ("anything",))


CHECKS = (
    test_what_is_said_is_likelier_than_what_is_not,
    test_a_long_sound_is_not_weighed,
    test_writes_down_what_is_said,
    test_same_sound_gives_the_same_words,
    test_silence_says_nothing,
    test_unknown_language_is_refused,
)
