"""Writes down what is said: Whisper base, run by faster-whisper on CTranslate2.

The most likely words by beam search at temperature 0, so that the same sound gives the same words; each word's time is
read from the model's attention. What was said before is not carried into the next half minute, since Whisper then tends
to repeat itself.
Source: Radford et al., "Robust speech recognition via large-scale weak supervision", 2022 (code and weights MIT);
faster-whisper (MIT).
"""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from charforge.backends.protocols import Word
from charforge.backends.sounds import resampled
from charforge.errors import BackendMissing, InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import Home, Sound

RATE = 16_000
BEAMS = 5
SHORTEST = 0.1
"""Seconds below which nothing can be said."""
LONGEST = 30
"""Seconds that Whisper hears at once."""
HOP = 320
"""Samples of one step of what the encoder gives."""
AFTER = 100
"""Steps after the sound's end that are attended to quickly."""
SPACE = "\u0120"
"""How the vocabulary writes the space before a word."""
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
        self._vocabulary: dict[str, int] = {}
        self._last: tuple[bytes, NDArray[np.float32]] | None = None

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
        code = _code(language)
        samples = resampled(sound, RATE)
        if len(samples) < SHORTEST * RATE or not np.any(samples):
            return ()
        with self._lock:
            segments, _ = self._loaded().transcribe(
                samples,
                language=code,
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

    def likelihoods(
        self, sound: Sound, texts: tuple[str, ...], language: str = "eng", *, quick: bool = False
    ) -> tuple[float, ...]:
        """Return how well each text fits a sound, as the sum of the logarithms of its pieces' likelihoods.

        The pieces of a text are told one after the other, each with those before it known. `quick` attends to the sound
        and two seconds after it alone, not to the whole half minute that Whisper was trained on. Raises InputError for
        a sound of more than half a minute.
        """
        code = _code(language)
        samples = resampled(sound, RATE)
        if len(samples) > LONGEST * RATE:
            raise InputError(f"{len(samples) / RATE:.0f} s are too long for whisper to weigh words", "split the line")
        with self._lock:
            import ctranslate2
            from faster_whisper.tokenizer import Tokenizer

            model = self._loaded()
            tokenizer = Tokenizer(model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language=code)
            encoded = self._encoded(samples)
            if quick:
                encoded = encoded[:, : len(samples) // HOP + AFTER]
            pieces = [self._pieces(text, tokenizer) for text in texts]
            stacked = ctranslate2.StorageView.from_array(np.repeat(np.ascontiguousarray(encoded), len(texts), 0))
            frames = [min(len(samples) // 160, 2 * encoded.shape[1])] * len(texts)
            found = model.model.align(stacked, tokenizer.sot_sequence, pieces, frames, median_filter_width=7)
        return tuple(float(np.log(np.maximum(one.text_token_probs, 1e-9)).sum()) for one in found)

    def _encoded(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what Whisper's encoder makes of a sound, (1, 1500, 512); that of the last one is kept."""
        from faster_whisper.audio import pad_or_trim

        digest = hashlib.sha256(samples.tobytes()).digest()
        if self._last is None or self._last[0] != digest:
            model = self._loaded()
            self._last = digest, np.array(model.encode(pad_or_trim(model.feature_extractor(samples))))
        return self._last[1]

    def _pieces(self, text: str, tokenizer: Any) -> list[int]:  # noqa: ANN401 - faster-whisper has no types
        """Return a text in the longest pieces that the vocabulary has, as Whisper itself writes.

        The tokenizer cuts words as common as `the` in two, which Whisper never does.
        """
        known = self._vocabulary
        found: list[int] = []
        for word in text.split():
            rest = f"{SPACE}{word}"
            while rest:
                size = next((n for n in range(len(rest), 0, -1) if rest[:n] in known), 0)
                found += [known[rest[:size]]] if size else tokenizer.encode(rest.replace(SPACE, " "))
                rest = rest[size:] if size else ""
        return found

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
            # The tokenizer writes its 50,000 pieces anew at each question.
            self._vocabulary = self._model.hf_tokenizer.get_vocab()
        return self._model


def _code(language: str) -> str:
    """Return Whisper's own code of a language; raise InputError for one it is not asked for."""
    if language not in LANGUAGES:
        hint = f"there are: {', '.join(LANGUAGES)}"
        raise InputError(f"whisper is not asked for the language {language!r}", hint)
    return LANGUAGES[language]
