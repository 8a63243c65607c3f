"""What is heard in a voice take: whose voice, which words, how clean."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import numpy as np
import pytest

from charforge.backends.protocols import Sound, Word
from charforge.domain.jobs import ExpectedVoice
from charforge.errors import InputError
from charforge.qa.hearing.ear import Ear
from charforge.qa.hearing.levels import levels

if TYPE_CHECKING:
    from charforge.backends.protocols import Vector

RATE = 16_000
MIA, THEO = "a" * 64, "b" * 64


def tone(seconds: float, pitch: float = 200.0, size: float = 0.4) -> np.ndarray:
    """Return a sound of one pitch that fades in and out as a word does."""
    t = np.arange(round(seconds * RATE)) / RATE
    fade = np.minimum(1, np.minimum(t / 0.03, ((seconds - t) / 0.15) ** 2))
    return (size * fade * np.sin(2 * np.pi * pitch * t)).astype(np.float32)


def quiet(seconds: float) -> np.ndarray:
    """Return nothing."""
    return np.zeros(round(seconds * RATE), np.float32)


def sound(*parts: np.ndarray) -> Sound:
    """Return parts one after the other."""
    return Sound(np.concatenate(parts), RATE)


class Pitches:
    """A speaker backend to which a voice is its pitch."""

    name = "pitches"
    bar = 0.9
    revision = "1"

    def embed(self, sound: Sound) -> Vector:
        """Return the spectrum's peak as a direction."""
        if len(sound.samples) < RATE // 2:
            raise InputError("only 0.2 s of speech are heard")
        peak = np.abs(np.fft.rfft(sound.samples)).argmax() * RATE / len(sound.samples)
        return np.array([np.cos(peak / 100), np.sin(peak / 100)], np.float32)

    def similarity(self, one: Vector, other: Vector) -> float:
        """Return the cosine."""
        return float(one @ other)


@dataclass
class Typed:
    """A transcript backend that hears what it is told."""

    said: str
    name: str = "typed"
    revision: str = "1"
    asked: list[str] = field(default_factory=list)

    def words(self, sound: Sound, language: str = "eng") -> tuple[Word, ...]:
        """Return the words, half a second each."""
        self.asked.append(language)
        return tuple(Word(w, n / 2, n / 2 + 0.4, 0.9) for n, w in enumerate(self.said.split()))

    def likelihoods(
        self, sound: Sound, texts: tuple[str, ...], language: str = "eng", *, quick: bool = False
    ) -> tuple[float, ...]:
        """Return the more, the fewer words differ from what it was told."""
        mine = self.said.lower().split()
        heard = [re.sub(r"[^\w ]", "", text.lower()).split() for text in texts]
        same = [SequenceMatcher(None, mine, words).get_matching_blocks() for words in heard]
        return tuple(
            -20.0 * (len(mine) + len(w) - 2 * sum(b.size for b in s)) for w, s in zip(heard, same, strict=True)
        )


def ear(said: str = "", *, speaker: bool = True) -> Ear:
    """Return an ear that knows Mia at 200 Hz and Theo at 110 Hz."""
    samples = {MIA: sound(tone(2, 200)), THEO: sound(tone(2, 110))}
    return Ear(Pitches() if speaker else None, Typed(said) if said else None, lambda digest: samples[digest])


def mia(words: str = "") -> ExpectedVoice:
    """Return Mia, saying something."""
    return ExpectedVoice(who="mia", asset="mia@1", sample=MIA, words=words)


GOOD = sound(quiet(0.1), tone(0.5), quiet(0.2), tone(0.6), quiet(0.1))


def test_a_line_in_the_locked_voice_with_the_scripts_words_passes() -> None:
    """Voice, words and sound are right: the score stands in the verdict, and nothing else."""
    verdict = ear("You kept it").line(GOOD, mia("You kept it."), take=MIA)
    assert verdict.outcome == "pass"
    assert verdict.findings == ()
    assert [(s.who, s.judge) for s in verdict.scores] == [("mia", "pitches")]
    assert verdict.scores[0].value > verdict.scores[0].bar


def test_another_voice_fails() -> None:
    """Theo's voice in Mia's line is a finding with the similarity and the bar."""
    other = sound(quiet(0.1), tone(1.2, 110), quiet(0.1))
    verdict = ear().line(other, mia(), take=MIA)
    (found,) = verdict.findings
    assert (verdict.outcome, found.code, found.who) == ("fail", "voice", "mia")
    assert found.number is not None
    assert found.limit is not None
    assert found.number < found.limit


def test_too_little_speech_is_not_scorable() -> None:
    """The reason is the speaker backend's, and the words are judged all the same."""

    class Refusing(Pitches):
        def embed(self, sound: Sound) -> Vector:
            if len(sound.samples) != 2 * RATE:
                raise InputError("only 0.2 s of speech are heard")
            return super().embed(sound)

    listener = ear("Stop")
    listener.speaker = Refusing()
    verdict = listener.line(sound(quiet(0.05), tone(0.2), quiet(0.05)), mia("Stop."), take=MIA)
    (found,) = verdict.findings
    assert (verdict.outcome, found.code) == ("not-scorable", "not-scorable")
    assert "0.2 s of speech" in found.message


def test_without_a_locked_sample_nobodys_voice_is_compared() -> None:
    """A stand-in engine's voice is not taken for a fault."""
    expected = mia().changed(sample=None)
    assert ear().line(sound(tone(1, 110)), expected, take=MIA).scores == ()


@pytest.mark.parametrize(
    ("said", "message", "time"),
    [
        ("You it", "not heard: 'kept'", 0.4),
        ("You kept kept it", "heard besides the script: 'kept'", 1.0),
        ("You sold it", "heard 'sold', where the script has 'kept'", 0.5),
        ("You kept", "not heard: 'it'", 0.9),
    ],
)
def test_wrong_words_are_named_with_their_time(said: str, message: str, time: float) -> None:
    """What is missing, said twice, or other than in the script."""
    verdict = ear(said).line(GOOD, mia("You kept it."), take=MIA)
    (found,) = verdict.findings
    assert (verdict.outcome, found.code, found.message) == ("fail", "words", message)
    assert found.time == pytest.approx(time, abs=0.5)
    assert found.number == pytest.approx(1 / 3)


def test_silence_fails_before_anything_else_is_asked() -> None:
    """A take without a sound has no voice and no words to judge."""
    listener = ear("You kept it")
    verdict = listener.line(sound(quiet(2)), mia("You kept it."), take=MIA)
    assert [(f.code, f.message) for f in verdict.findings] == [("silence", "nothing is heard")]
    assert verdict.outcome == "fail"
    assert isinstance(listener.transcript, Typed)
    assert listener.transcript.asked == []


@pytest.mark.parametrize(
    ("parts", "where", "at"),
    [
        ((quiet(2.5), tone(1.5), quiet(0.1)), "before the first word", 0.0),
        ((quiet(0.1), tone(0.7), quiet(2.5), tone(0.7), quiet(0.1)), "between two words", 0.8),
        ((quiet(0.1), tone(1.5), quiet(2.5)), "after the last word", 1.6),
    ],
)
def test_long_silences_are_found_where_they_are(parts: tuple[np.ndarray, ...], where: str, at: float) -> None:
    """Before, between and after the words."""
    verdict = ear().line(sound(*parts), mia(), take=MIA)
    (found,) = verdict.findings
    assert found.code == "silence"
    assert found.message == f"2.5 s of silence {where}"
    assert found.time == pytest.approx(at, abs=0.05)


def test_clipped_peaks_are_counted() -> None:
    """A voice driven 12 dB over full scale is clipped; the same voice at full scale is not."""
    whole = sound(quiet(0.1), tone(1, size=1.0), quiet(0.1))
    over = Sound(np.clip(whole.samples * 4, -1, 1), RATE)
    assert [f.code for f in ear().line(over, mia(), take=MIA).findings] == ["clipping"]
    assert ear().line(whole, mia(), take=MIA).findings == ()
    assert levels(over).clipped > 0.3


@pytest.mark.parametrize("after", [0.0, 0.12, 0.5])
def test_a_take_that_breaks_off_is_found_without_a_transcript(after: float) -> None:
    """The last moment is as loud as the rest; a word that ends fades."""
    cut = sound(GOOD.samples[: round(0.5 * RATE)], quiet(after))
    (found,) = [f for f in ear().line(cut, mia(), take=MIA).findings if f.code == "words"]
    assert found.message == "the sound breaks off while something is heard"
    assert found.time == pytest.approx(0.5)


def test_kept_verdicts_follow_what_they_rest_on() -> None:
    """Another sound, script, sample, language or listener is another key."""
    keys = {
        ear("hello").cache_key(MIA, mia("a")),
        ear("hello").cache_key(THEO, mia("a")),
        ear("hello").cache_key(MIA, mia("b")),
        ear("hello").cache_key(MIA, mia("a").changed(sample=THEO)),
        ear("hello").cache_key(MIA, mia("a").changed(language="deu")),
        ear().cache_key(MIA, mia("a")),
        ear("hello", speaker=False).cache_key(MIA, mia("a")),
    }
    assert len(keys) == 7
    assert ear("hello").cache_key(MIA, mia("a")) in keys


@pytest.mark.parametrize("said", ["You it", "You kept kept it", "You slept it"])
def test_a_transcript_is_overruled_by_what_the_sound_fits(said: str) -> None:
    """Where the very script is likelier than what was written down, nothing is found."""

    class Sure(Typed):
        def likelihoods(self, sound: Sound, texts: tuple[str, ...], *_: object, **__: object) -> tuple[float, ...]:
            return (0.0, *[-20.0] * (len(texts) - 1))

    listener = ear()
    listener.transcript = Sure(said)
    assert listener.line(GOOD, mia("You kept it."), take=MIA).findings == ()


def test_another_line_is_never_overruled() -> None:
    """When half the words are others, nothing is weighed any more."""

    class Sure(Typed):
        def likelihoods(self, sound: Sound, texts: tuple[str, ...], *_: object, **__: object) -> tuple[float, ...]:
            return (0.0, *[-20.0] * (len(texts) - 1))

    listener = ear()
    listener.transcript = Sure("Where has the boat gone")
    assert listener.line(GOOD, mia("You kept it."), take=MIA).outcome == "fail"
