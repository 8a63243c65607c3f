"""Judges a voice take: is it the character's locked voice, does it say the script's words, is the sound whole."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.protocols import Sound
from charforge.domain.takes import Finding, Score, Verdict
from charforge.errors import InputError
from charforge.qa.hearing.levels import Levels, levels
from charforge.qa.hearing.limits import Limits, limits
from charforge.qa.hearing.weighing import Doubt, doubts
from charforge.qa.hearing.wording import Edit, Wording, compared
from charforge.qa.severity import severities

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from charforge.backends.protocols import SpeakerBackend, TranscriptBackend, Vector, Word
    from charforge.domain.jobs import ExpectedVoice
    from charforge.domain.takes import Outcome
    from charforge.qa.hearing.weighing import Weigh

RULES = 1
"""Counts the changes of rules, so that kept verdicts of older ones are not used."""
TOLD = 6
"""Differing stretches of a line that are told one by one."""
HEARD = 0.5
"""Word error rate from which on a line is plainly another one."""


@dataclass
class Ear:
    """Hears takes; what it has no backend for it leaves out, and a kept verdict's key says so."""

    speaker: SpeakerBackend | None
    transcript: TranscriptBackend | None
    samples: Callable[[str], Sound]
    """Returns a locked sample by its digest."""
    limits: Limits = field(default_factory=limits)
    _known: dict[str, Vector] = field(default_factory=dict)

    def cache_key(self, blob: str, expected: ExpectedVoice) -> str:
        """Return the key under which verdicts on these bytes may be kept."""
        parts = {
            "blob": blob,
            "listeners": self._listeners,
            "limits": self.limits.version,
            "expected": expected.model_dump(mode="json"),
            "rules": RULES,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    @cached_property
    def _listeners(self) -> list[str]:
        return [b.revision if b is not None else "" for b in (self.speaker, self.transcript)]

    def line(self, sound: Sound, expected: ExpectedVoice, *, take: str) -> Verdict:
        """Return the verdict on one spoken line; raise what the backends raise where they cannot work."""
        measured = levels(sound)
        found = list(_sounding(measured, self.limits))
        scores: tuple[Score, ...] = ()
        if not measured.silent:
            scores, more = self._voice(sound, measured, expected)
            found += [*more, *self._words(sound, expected)]
        told = tuple(f if f.who else f.changed(who=expected.who) for f in found)
        return Verdict(take=take, outcome=_outcome(told), scores=scores, findings=told, calibration=self.limits.version)

    def _voice(
        self, sound: Sound, measured: Levels, expected: ExpectedVoice
    ) -> tuple[tuple[Score, ...], tuple[Finding, ...]]:
        """Return how alike a line is to the locked sample."""
        if self.speaker is None or expected.sample is None:
            return (), ()
        bar = self.limits.bar(self.speaker, measured.speech)
        try:
            own = self._sample(expected.sample)
            heard = None if bar is None else self.speaker.embed(_repeated(sound, self.limits.repeated))
        except InputError as error:
            return (), (_unscorable(error.message, measured),)
        if heard is None or bar is None:
            return (), (_unscorable(f"only {measured.speech:.1f} s of speech are heard", measured),)
        value = self.speaker.similarity(own, heard)
        score = Score(who=expected.who, judge=self.speaker.name, value=value, bar=bar)
        if value >= bar:
            return (score,), ()
        message = f"this does not sound like {expected.who}"
        return (score,), (Finding(code="voice", message=message, who=expected.who, number=value, limit=bar),)

    def _sample(self, digest: str) -> Vector:
        if digest not in self._known:
            assert self.speaker is not None
            self._known[digest] = self.speaker.embed(self.samples(digest))
        return self._known[digest]

    def _words(self, sound: Sound, expected: ExpectedVoice) -> Iterator[Finding]:
        """Yield what is said otherwise than written: as transcribed, and as each word of the script is weighed."""
        if self.transcript is None or not expected.words:
            return
        language, transcript = expected.language, self.transcript
        heard = transcript.words(sound, language)
        wording = compared(expected.words, heard, language)

        def weigh(texts: tuple[str, ...], *, quick: bool = False) -> Sequence[float]:
            return transcript.likelihoods(sound, texts, language, quick=quick)

        try:
            found = list(doubts(expected.words, partial(weigh, quick=True), weigh, self.limits.words))
            faults = wording.faults()
            if faults and wording.errors < HEARD and not found:
                # A word that is missing from the transcript alone has been weighed already, and more surely.
                kept = any(f.kind != "missing" for f in faults) and self._other(expected.words, heard, weigh)
                wording = wording if kept else wording.agreed()
        except InputError:
            # Too long to be weighed at once: the transcript alone decides.
            found = []
        yield from worded(wording, found)

    def _other(self, script: str, heard: Sequence[Word], weigh: Weigh) -> bool:
        """Return whether the sound fits the transcript better than the script."""
        wanted, other = weigh((script, " ".join(w.text for w in heard)))
        return other - wanted > self.limits.words.other


def worded(wording: Wording, found: Sequence[Doubt] = ()) -> Iterator[Finding]:
    """Yield where a take's words differ from its script, at most TOLD of them; the number is the word error rate."""
    rate = {"number": wording.errors, "limit": 0.0}
    told = [(edit.time, _said(edit)) for edit in wording.faults()]
    known = wording.places()
    for doubt in found:
        message = f"not heard: {doubt.word!r}" if doubt.kind == "dropped" else f"heard twice: {doubt.word!r}"
        if doubt.at not in known:
            told.append((wording.time(doubt.at), message))
    for time, message in sorted(told)[:TOLD]:
        yield Finding(code="words", message=message, time=time, **rate)


def _said(edit: Edit) -> str:
    script, heard = " ".join(edit.script), " ".join(h.text for h in edit.heard)
    if not heard:
        return f"not heard: {script!r}"
    return f"heard {heard!r}, where the script has {script!r}" if script else f"heard besides the script: {heard!r}"


def whole(measured: Levels, limit: Limits) -> Iterator[Finding]:
    """Yield that a sound is wholly silent, or clipped."""
    if measured.silent:
        yield Finding(code="silence", message="nothing is heard", number=measured.seconds, limit=0.0, time=0.0)
    elif measured.clipped > limit.clipped:
        message = f"{100 * measured.clipped:.2f} % of the sound is clipped"
        yield Finding(
            code="clipping", message=message, number=measured.clipped, limit=limit.clipped, time=measured.clipped_at
        )


def _sounding(measured: Levels, limit: Limits) -> Iterator[Finding]:
    """Yield what is wrong with a line's sound, whoever speaks and whatever they say."""
    yield from whole(measured, limit)
    if measured.silent:
        return
    for where, number, most, time in (
        ("before the first word", measured.leading, limit.leading, 0.0),
        ("between two words", measured.inner, limit.inner, measured.inner_at),
        ("after the last word", measured.trailing, limit.trailing, measured.seconds - measured.trailing),
    ):
        if number > most:
            message = f"{number:.1f} s of silence {where}"
            yield Finding(code="silence", message=message, number=number, limit=most, time=time)
    ended = measured.seconds - measured.trailing
    if measured.ending > limit.ending:
        message = "the sound breaks off while something is heard"
        yield Finding(code="words", message=message, number=measured.ending, limit=limit.ending, time=ended)


def _unscorable(reason: str, measured: Levels) -> Finding:
    return Finding(code="not-scorable", message=f"whose voice it is cannot be told: {reason}", number=measured.speech)


def _repeated(sound: Sound, seconds: float) -> Sound:
    """Return a sound repeated until it lasts so long; a voice is told more steadily from what fills a passage."""
    times = int(np.ceil(seconds * sound.rate / max(len(sound.samples), 1)))
    return sound if times <= 1 else Sound(np.tile(sound.samples, times), sound.rate)


def _outcome(findings: tuple[Finding, ...]) -> Outcome:
    """Return the worst that findings amount to."""
    levels_ = {severities()[f.code] for f in findings}
    if "fail" in levels_:
        return "fail"
    return "not-scorable" if "ask" in levels_ else "pass"
