"""Lines are judged while a film is made: what fails blocks its shot, and what nobody could hear is said."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from charforge.backends import fake
from charforge.backends.fake import FakeVoice
from charforge.backends.protocols import Sound, Word
from charforge.errors import InputError
from charforge.events import Event, Noted
from charforge.studio.hearing import Listening, heard
from charforge.studio.render import Options, render

if TYPE_CHECKING:
    from charforge.studio.report import RenderReport

WHY = "faster-whisper is not installed; pip install 'charforge[transcript]'"


@dataclass
class Listener:
    """A transcript backend that hears these words in every take, and says how often it was asked."""

    said: str = ""
    name: str = "typed"
    revision: str = "1"
    weights: tuple[str, ...] = ()
    asked: list[int] = field(default_factory=list)

    def words(self, sound: Sound, language: str = "eng") -> tuple[Word, ...]:
        """Return the words."""
        self.asked.append(len(sound.samples))
        return tuple(Word(w, n / 2, n / 2 + 0.4, 0.9) for n, w in enumerate(self.said.split()))

    def likelihoods(self, sound: Sound, texts: tuple[str, ...], *_: Any, **__: Any) -> tuple[float, ...]:
        """Leave the answer to the words."""
        raise InputError("too long")


def listening(monkeypatch: pytest.MonkeyPatch, transcript: Listener | None) -> None:
    """Let tones that die away pass for speech, and let this backend be the one that listens."""
    tools = {"speaker": (None, "no speaker"), "transcript": (transcript, "" if transcript else WHY)}
    monkeypatch.setattr(FakeVoice, "speaks", True)
    tone = fake._tone

    def dying(word: str, *how: Any) -> np.ndarray:
        samples = tone(word, *how)
        return (samples * np.linspace(1, 0, len(samples)) ** 2).astype(np.float32)

    monkeypatch.setattr(fake, "_tone", dying)
    monkeypatch.setattr(Listening, "_ready", lambda self, role: tools[role])


def rendered(episode: Path, stage: str = "stills") -> tuple[RenderReport, list[str]]:
    """Return a render's report and what it said."""
    told: list[Event] = []
    report = render(episode, Options(stage=stage), told.append)
    return report, [e.text for e in told if isinstance(e, Noted)]


def test_wrong_words_fail_the_shot_they_are_said_in(episode: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its row names the words; shots without a line are as they were, and a verdict is not asked for twice."""
    listener = Listener("something else altogether")
    listening(monkeypatch, listener)
    report, _ = rendered(episode, "film")
    spoken = [row for row in report.shots if any("altogether" in finding for finding in row.findings)]
    assert spoken
    assert all(row.verdict == "fail" for row in spoken)
    assert any(row.verdict == "pass" for row in report.shots if row not in spoken)
    assert report.master is None
    times = len(listener.asked)
    rendered(episode, "film")
    assert len(listener.asked) == times


def test_what_nobody_could_hear_is_said(episode: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra words are not judged: the render says so, its report too, and nothing fails for it."""
    listening(monkeypatch, None)
    report, notes = rendered(episode)
    assert f"words are not judged: {WHY}" in report.unjudged
    assert set(report.unjudged) <= set(notes)
    assert report.passed()


def test_a_stand_ins_tones_are_not_judged(episode: Path) -> None:
    """The fake voice says nothing that could be heard, so nothing is left out either."""
    report, _ = rendered(episode)
    assert report.unjudged == ()
    assert report.passed()


def test_what_is_not_ready_is_told_with_what_to_type(monkeypatch: pytest.MonkeyPatch, episode: Path) -> None:
    """A missing model file is a reason, with the command that fetches it."""
    from charforge.runners import Toolbox
    from charforge.weights import LocalHome

    pytest.importorskip("faster_whisper")
    toolbox = Toolbox(LocalHome(folder=episode.parent / "empty"))
    reasons = list(Listening(toolbox, Path).unjudged())
    assert [why.partition(":")[0] for why in reasons] == ["voices are not judged", "words are not judged"]
    assert all("charforge weights pull" in why for why in reasons)


def test_a_sound_is_heard_at_its_own_rate(tmp_path: Path) -> None:
    """Clipping is seen in the samples as they were written."""
    import soundfile

    file = tmp_path / "line.flac"
    soundfile.write(file, np.linspace(-1, 1, 22_050, dtype=np.float32), 22_050)
    assert heard(file).rate == 22_050
    assert len(heard(file).samples) == 22_050
    assert heard(file, 16_000).rate == 16_000
