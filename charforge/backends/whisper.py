"""Writes down what is said: Whisper base, run by faster-whisper on CTranslate2.

The most likely words by beam search at temperature 0, so that the same sound gives the same words; each word's time is
read from the model's attention. What was said before is not carried into the next half minute, since Whisper then tends
to repeat itself.
Source: Radford et al., "Robust speech recognition via large-scale weak supervision", 2022 (code and weights MIT);
faster-whisper (MIT).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from charforge.backends.protocols import Word
from charforge.backends.sounds import resampled
from charforge.errors import BackendMissing, InputError

if TYPE_CHECKING:
    from charforge.backends.protocols import Home, Sound

RATE = 16_000
BEAMS = 5
SHORTEST = 0.1
"""Seconds below which nothing can be said."""
FILES = {
    "config.json": "whisper-base-config",
    "model.bin": "whisper-base",
    "tokenizer.json": "whisper-base-tokenizer",
    "vocabulary.txt": "whisper-base-vocabulary",
}
"""As faster-whisper names them -> as the registry does."""
LANGUAGES = {
    "ara": "ar", "ces": "cs", "dan": "da", "deu": "de", "ell": "el", "eng": "en", "fin": "fi", "fra": "fr", "heb": "he",
    "hin": "hi", "hun": "hu", "ita": "it", "jpn": "ja", "kor": "ko", "nld": "nl", "nor": "no", "pol": "pl", "por": "pt",
    "ron": "ro", "rus": "ru", "spa": "es", "swe": "sv", "tur": "tr", "ukr": "uk", "zho": "zh",
}  # fmt: skip
"""ISO 639-2 -> Whisper's own code."""


class Whisper:
    """TranscriptBackend `whisper`; safe to share between threads, which then take turns."""

    name: ClassVar[str] = "whisper"
    licence: ClassVar[str] = "MIT"
    weights: ClassVar[tuple[str, ...]] = tuple(sorted(FILES.values()))
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = "transcript"
    brings: ClassVar[str] = ""
    optional: ClassVar[bool] = True
    """An episode can be rendered without it: then its words are not judged."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._model: Any = None

    @property
    def revision(self) -> str:
        """Names the libraries' versions and the model file."""
        from importlib.metadata import PackageNotFoundError, version

        try:
            library, engine = version("faster-whisper"), ".".join(version("ctranslate2").split(".")[:2])
        except PackageNotFoundError as error:
            raise BackendMissing("faster-whisper is not installed", "pip install 'charforge[transcript]'") from error
        return f"1;faster-whisper-{library};ctranslate2-{engine};{self._home.weight_digest('whisper-base')[:12]}"

    def words(self, sound: Sound, language: str = "eng") -> tuple[Word, ...]:
        """Return the words of a sound, none for silence; raise InputError for a language Whisper is not asked for."""
        if language not in LANGUAGES:
            hint = f"there are: {', '.join(LANGUAGES)}"
            raise InputError(f"whisper is not asked for the language {language!r}", hint)
        samples = resampled(sound, RATE)
        if len(samples) < SHORTEST * RATE or not np.any(samples):
            return ()
        with self._lock:
            segments, _ = self._loaded().transcribe(
                samples,
                language=LANGUAGES[language],
                beam_size=BEAMS,
                temperature=0.0,
                word_timestamps=True,
                condition_on_previous_text=False,
            )
            return tuple(
                Word(word.word.strip(), float(word.start), float(word.end), float(word.probability))
                for segment in segments
                for word in segment.words or ()
            )

    def _loaded(self) -> Any:  # noqa: ANN401 - faster-whisper has no types
        if self._model is None:
            try:
                from faster_whisper import WhisperModel
            except ImportError as error:
                message, hint = "faster-whisper is not installed", "pip install 'charforge[transcript]'"
                raise BackendMissing(message, hint) from error
            contents = {name: self._home.weight(registered).read_bytes() for name, registered in FILES.items()}
            device, _, index = self._home.device.partition(":")
            on_cuda = device == "cuda"
            self._model = WhisperModel(
                "whisper-base",
                device="cuda" if on_cuda else "cpu",
                device_index=int(index or 0) if on_cuda else 0,
                compute_type="int8",
                cpu_threads=self._home.threads,
                files=contents,
            )
        return self._model
