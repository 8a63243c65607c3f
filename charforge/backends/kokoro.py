"""The embedded neural voice: Kokoro-82M under onnxruntime, with hibari's grapheme-to-phoneme rules (no GPL code).

Inputs: `style`, the character's locked voice: (510, 256) float32, one row for each number of phonemes.
Settings: `accent`, `american` (default) or `british`, chooses the pronunciation; `pause`, seconds between two passages
of a text that is too long to be spoken in one go (default 0.3, at most 5); `pronounce`, words to be said otherwise than
the rules have it, in misaki's phonemes: ``crooked = kɹˈʊkɪd; Theo = tˈAO``.
The same job gives the same samples, whatever the number of threads.
Source: Kokoro-82M v1.0 by hexgrad (Apache-2.0), int8 ONNX export by kokoro-onnx (MIT), hibari-tts (Apache-2.0).
"""

# ruff: noqa: RUF001, RUF002 - phonemes and typographic quotes are meant as they stand

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from charforge.backends.kokoro_text import passages, said_as, sayings, unspeakable
from charforge.backends.protocols import Sound
from charforge.errors import BackendMissing, RenderFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from charforge.backends.protocols import Home, Kit, Vector
    from charforge.domain.jobs import VoiceJob

RATE = 24_000
LONGEST = 510
"""Phonemes that the model takes at once."""
STYLE = 256
LEAD = 0.05
"""Seconds of quiet before the first sound."""
TAIL = 0.12
"""Seconds of quiet after the last sound."""
QUIET = 0.01
"""Share of the loudest moment below which a moment is silence (-40 dB)."""
FADE = 0.005
"""Seconds over which a cut is faded, so that it does not click."""
PAUSE = 0.3
MOMENT = 120
"""Samples that make one moment: 5 ms."""


class Kokoro:
    """VoiceBackend `kokoro`; safe to share between threads."""

    name: ClassVar[str] = "kokoro"
    licence: ClassVar[str] = "Apache-2.0"
    weights: ClassVar[tuple[str, ...]] = ("kokoro",)
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = "embedded"
    brings: ClassVar[str] = ""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._session: Any = None
        self._symbols: dict[str, int] = {}
        self._accents: dict[str, Callable[[str], str]] = {}

    @property
    def revision(self) -> str:
        """Names the pronunciation's and the runtime's versions and the model file."""
        from importlib.metadata import version

        runtime = ".".join(version("onnxruntime").split(".")[:2])
        return f"1;hibari-{version('hibari-tts')};onnxruntime-{runtime};{self._home.weight_digest('kokoro')[:12]}"

    def voice(self, job: VoiceJob, kit: Kit) -> Sound:
        """Return the spoken line, 24 kHz mono, between LEAD and TAIL seconds of quiet.

        Raises RenderFailed when the text holds nothing that can be spoken, or words in another script.
        """
        foreign = unspeakable(job.text)
        if foreign:
            message = f"the voice kokoro speaks English and cannot say {foreign!r} in {job.text!r}"
            raise RenderFailed(message, "write these words in Latin letters, as they are said")
        style = _style(job, kit)
        pause = _pause(job)
        with self._lock:
            pronounce = self._loaded(str(job.settings.get("accent", "american")))
            text = said_as(job.text, self._sayings(job))
            spoken = passages(_sentences(text), pronounce, LONGEST)
        if not spoken:
            message = f"there is nothing to speak in {job.text!r}"
            raise RenderFailed(message, "give the line at least one word, or remove it")
        quiet = np.zeros(round(pause * RATE), np.float32)
        pieces: list[NDArray[np.float32]] = []
        for number, phonemes in enumerate(spoken):
            kit.step(number, len(spoken))
            pieces += [_trimmed(self._say(phonemes, style, job.speed)), quiet]
        kit.step(len(spoken), len(spoken))
        edges = np.zeros(round(LEAD * RATE), np.float32), np.zeros(round(TAIL * RATE), np.float32)
        return Sound(np.concatenate([edges[0], *pieces[:-1], edges[1]]), RATE)

    def _say(self, phonemes: str, style: NDArray[np.float32], speed: float) -> NDArray[np.float32]:
        tokens = [self._symbols[symbol] for symbol in phonemes if symbol in self._symbols]
        feeds = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style[min(len(tokens), LONGEST) - 1][None],
            "speed": np.array([speed], np.float32),
        }
        samples = np.asarray(self._session.run(None, feeds)[0], np.float32).reshape(-1)
        if not np.isfinite(samples).all() or float(np.abs(samples).max(initial=0)) < 1e-4:
            message = f"kokoro gave no usable sound for {phonemes!r}"
            raise RenderFailed(message, "check the character's voice style, or change the line")
        return samples

    def _sayings(self, job: VoiceJob) -> dict[str, str]:
        written = str(job.settings.get("pronounce", ""))
        hint = "pronounce: crooked = kɹˈʊkɪd; Theo = θˈiO (misaki's phonemes)"
        try:
            words = sayings(written)
        except ValueError as error:
            raise RenderFailed(f"pronounce: {written!r} is not a list of word = phonemes", hint) from error
        unknown = sorted({symbol for phonemes in words.values() for symbol in phonemes} - self._symbols.keys())
        if unknown:
            raise RenderFailed(f"pronounce: {' '.join(unknown)} is no phoneme of the voice kokoro", hint)
        return words

    def _loaded(self, accent: str) -> Callable[[str], str]:
        if accent not in ("american", "british"):
            raise RenderFailed(f"the voice kokoro has no accent {accent!r}", "accent: american or british")
        if self._session is None:
            self._session = _session(self._home.weight("kokoro"), self._home.threads)
        if accent not in self._accents:
            try:
                from hibari.g2p import G2P
            except ImportError as error:
                raise BackendMissing("hibari-tts is not installed", "pip install 'charforge[embedded]'") from error
            from importlib.resources import files

            self._symbols = json.loads((files("hibari") / "assets" / "vocab.json").read_text("utf-8"))
            self._accents[accent] = G2P(british=accent == "british")
        return self._accents[accent]


def _sentences(text: str) -> list[str]:
    from hibari import Hibari

    sentences: list[str] = Hibari.split_sentences(text)
    return sentences


def _session(file: Path, threads: int) -> Any:  # noqa: ANN401 - onnxruntime has no types
    try:
        import onnxruntime
    except ImportError as error:
        raise BackendMissing("onnxruntime is not installed", "pip install 'charforge[embedded]'") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def _style(job: VoiceJob, kit: Kit) -> NDArray[np.float32]:
    digest = job.input("style")
    if digest is None:
        hint = "add to the character: voice: {engine: kokoro, style: voice/NAME.f32}"
        raise RenderFailed("the voice kokoro needs the character's `style`", hint)
    raw = kit.file(digest).read_bytes()
    if len(raw) != LONGEST * STYLE * 4:
        message = f"the voice style has {len(raw)} bytes, not the {LONGEST * STYLE * 4} of ({LONGEST}, {STYLE}) float32"
        raise RenderFailed(message, "make it anew: python library/voices.py")
    style = np.frombuffer(raw, "<f4").reshape(LONGEST, STYLE)
    if not np.isfinite(style).all():
        hint = "make it anew: python library/voices.py"
        raise RenderFailed("the voice style holds values that are not numbers", hint)
    return style


def _pause(job: VoiceJob) -> float:
    written = job.settings.get("pause", PAUSE)
    try:
        pause = float(written)
    except ValueError as error:
        raise RenderFailed(f"pause: {written!r} is not a number of seconds", "pause: 0.3") from error
    if not 0 <= pause <= 5:
        raise RenderFailed(f"pause: {pause} is not between 0 and 5 seconds", "pause: 0.3")
    return pause


def _trimmed(samples: Vector) -> NDArray[np.float32]:
    """Return the sound from its first to its last loud moment, both ends faded."""
    count = -(-len(samples) // MOMENT)
    padded = np.zeros(count * MOMENT, np.float32)
    padded[: len(samples)] = samples
    loudness = np.sqrt((padded.reshape(count, MOMENT) ** 2).mean(1))
    loud = np.flatnonzero(loudness > QUIET * loudness.max())
    # One moment more on each side holds the breath of a consonant.
    first, last = max(loud[0] - 1, 0) * MOMENT, min(loud[-1] + 2, count) * MOMENT
    sound = padded[first:last]
    length = min(round(FADE * RATE), len(sound) // 2)
    ramp = np.linspace(0, 1, length, dtype=np.float32)
    sound[:length] *= ramp
    sound[len(sound) - length :] *= ramp[::-1]
    return sound
