"""How well spoken lines are judged by ear: good lines, and lines with one planted fault each."""

from __future__ import annotations

import random
import re
import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from charforge.backends.kokoro import Kokoro
from charforge.backends.kokoro_voice import blend, spoken
from charforge.backends.protocols import Sound
from charforge.backends.resemblyzer import Resemblyzer
from charforge.backends.whisper import Whisper
from charforge.bench.figures import Figure
from charforge.domain.jobs import ExpectedVoice
from charforge.qa.hearing.ear import Ear
from charforge.qa.hearing.wording import compared
from charforge.weights import LocalHome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from charforge.domain.takes import Verdict

VOICES = ("af_heart", "am_michael")
"""Kokoro's voices that speak the lines in turn; each is everybody else's impostor."""
SAMPLE = "This is how I sound. Every line that I say in the film is spoken with this voice."
TUNED = 20
"""Lines, from the first, that the shipped limits were set on; the others are held out."""
ENDS = (0.5, 0.85)
"""Shares of a line between which it is cut off."""
FAULTS = ("a word left out", "a word said twice", "the end cut off", "another line spoken", "another voice")


@dataclass(frozen=True, slots=True)
class Said:
    """One take and what is heard in it."""

    kind: str
    """`good`, or one of FAULTS."""
    verdict: Verdict
    wanted: str
    """The finding's code that names its fault."""
    errors: float = 0.0
    """Words that are transcribed otherwise, of a good line."""
    words: int = 0

    @property
    def found(self) -> bool:
        """Whether its fault is among the findings; of a good line, whether anything is."""
        codes = {f.code for f in self.verdict.findings} - {"not-scorable"}
        return self.wanted in codes if self.wanted else bool(codes)


@dataclass
class _Booth:
    """Where lines are spoken and heard."""

    folder: Path

    def __post_init__(self) -> None:
        home = LocalHome()
        self.kokoro, self.transcript = Kokoro(home), Whisper(home)
        for name in VOICES:
            self._style(name).write_bytes(blend({name: 1.0}, home).tobytes())
        samples = {str(n) * 64: self.say(name, SAMPLE) for n, name in enumerate(VOICES)}
        self.ear = Ear(Resemblyzer(home), self.transcript, lambda digest: samples[digest])

    def _style(self, voice: str) -> Path:
        return self.folder / f"{voice}.f32"

    def say(self, voice: str, text: str) -> Sound:
        """Return a line as a voice says it."""
        return spoken(self.kokoro, self._style(voice), text)

    def judged(self, kind: str, sound: Sound, voice: int, script: str, wanted: str = "") -> Said:
        """Return a take with its verdict."""
        expected = ExpectedVoice(who=VOICES[voice], asset=VOICES[voice], sample=str(voice) * 64, words=script)
        verdict = self.ear.line(sound, expected, take="0" * 64)
        if wanted:
            return Said(kind, verdict, wanted)
        wording = compared(script, self.transcript.words(sound))
        return Said(kind, verdict, wanted, wording.errors * len(wording.script), len(wording.script))


def lines() -> tuple[str, ...]:
    """Return the lines that are spoken: short and long, with numbers, names and contractions."""
    return tuple((resources.files("charforge.bench") / "lines.txt").read_text("utf-8").splitlines())


def hearing(count: int, tell: Callable[[str, int, int], None], *, first: int = TUNED) -> tuple[Figure, ...]:
    """Return how many good lines are raised and how many faults are found, over `count` lines from `first` on."""
    chosen = list(range(first, min(first + count, len(lines()))))
    said: list[Said] = []
    with tempfile.TemporaryDirectory(prefix="charforge-") as folder:
        booth = _Booth(Path(folder))
        for number, line in enumerate(chosen):
            tell(lines()[line], number, len(chosen))
            said += _takes(booth, line)
    return tuple(_figures(said))


def _takes(booth: _Booth, line: int) -> Iterator[Said]:
    """Yield a line's good take and its faulty ones; the same line always gets the same faults."""
    text, voice, chance = lines()[line], line % 2, random.Random(line)  # noqa: S311 - chooses test faults
    other = lines()[(line + 7) % len(lines())]
    good = booth.say(VOICES[voice], text)
    yield booth.judged("good", good, voice, text)
    words = text.split()
    at = chance.randrange(len(words))
    if len(words) > 1:
        left = booth.say(VOICES[voice], " ".join(words[:at] + words[at + 1 :]))
        yield booth.judged(FAULTS[0], left, voice, text, "words")
    bare = re.sub(r"[^\w'$£:-]", "", words[at])
    twice = booth.say(VOICES[voice], " ".join([*words[:at], bare, *words[at:]]))
    yield booth.judged(FAULTS[1], twice, voice, text, "words")
    cut = Sound(good.samples[: int(len(good.samples) * chance.uniform(*ENDS))].copy(), good.rate)
    yield booth.judged(FAULTS[2], cut, voice, text, "words")
    yield booth.judged(FAULTS[3], good, voice, other, "words")
    yield booth.judged(FAULTS[4], good, 1 - voice, text, "voice")


def _figures(said: list[Said]) -> Iterator[Figure]:
    good = [s for s in said if s.kind == "good"]
    words = sum(s.words for s in good)
    errors = sum(s.errors for s in good)
    note = f"{errors:.0f} of {words} words, {len(good)} lines"
    yield Figure(what="word error rate of good lines", value=100 * errors / max(words, 1), unit="%", note=note)
    yield _share("good lines raised", good, "<= 1")
    for kind in FAULTS:
        yield _share(f"{kind}: found", [s for s in said if s.kind == kind], ">= 99")


def _share(what: str, said: list[Said], aim: str) -> Figure:
    found = sum(s.found for s in said)
    value = 100 * found / max(len(said), 1)
    return Figure(what=what, value=value, unit="%", aim=aim, note=f"{found} of {len(said)}")
