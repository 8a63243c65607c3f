"""Voices of the user's own through coqui-tts: VITS for one or many speakers, and XTTS that speaks as it was shown.

Settings: `weights`, the digest of the model's folder (config.json, its .pth file and what lies beside it); `speaker`,
one of the model's own speakers, needed by a VITS that has several; `language`, needed by a model that has several.
Inputs: `style` tells an XTTS whose voice to take: a WAV or FLAC of that person, or a voice saved by `lock`. With
`speaker`, an XTTS takes the voice of that name that came with it, and a VITS has no other voices than its speakers: the
style is then not looked at.
Texts: letters that the model lacks lose their accents, signs are left out, English figures are written in words; words
that would be swallowed are refused. A text is spoken sentence by sentence, with PAUSE seconds between them.
The same job gives the same samples on the same device, whatever ran before.
Source: coqui-tts by idiap (MPL-2.0), a fork of TTS by Coqui.
"""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from charforge.backends.coqui import files, styles, wording
from charforge.backends.coqui.shim import prepare, release
from charforge.backends.coqui.torch_state import failures, settled
from charforge.backends.protocols import Sound
from charforge.backends.torch_device import require_device
from charforge.documents.schema import did_you_mean
from charforge.errors import BadOutput, RenderFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from charforge.backends.coqui.files import Loaded
    from charforge.backends.protocols import Home, Kit
    from charforge.domain.jobs import VoiceJob

SETTINGS = ("weights", "speaker", "language")
PAUSE = 0.3
"""Seconds between two sentences."""
SILENT = 1e-4
"""Loudest sample under which a sound is none."""
SHOWN = 12
"""Names listed in a hint."""


class Coqui:
    """VoiceBackend `coqui`; safe to share between threads; keeps one model loaded."""

    name: ClassVar[str] = "coqui"
    licence: ClassVar[str] = "that of the model; coqui-tts is MPL-2.0"
    weights: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = "tts"
    brings: ClassVar[str] = "a folder with config.json and model.pth of a VITS or XTTS, or a model's name in coqui-tts"

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._held: tuple[str, Loaded] | None = None
        self._voices: dict[tuple[str, str], tuple[Any, Any]] = {}

    @property
    def revision(self) -> str:
        """Names the versions of coqui-tts and torch; raise BackendMissing when they are not installed."""
        return f"1;{release()}"

    def resident(self, job: VoiceJob) -> tuple[str, ...]:
        """Return the digest of the weights that a job needs."""
        return (str(job.settings.get("weights", "")),)

    def voice(self, job: VoiceJob, kit: Kit) -> Sound:
        """Return the spoken line; raise RenderFailed for what cannot be said, WeightsError for unusable weights."""
        weights = _weights(job)
        if not wording.speakable(job.text):
            message = f"there is nothing to speak in {job.text!r}"
            raise RenderFailed(message, "give the line at least one word, or remove it")
        with self._lock:
            loaded = self._loaded(weights)
            language = _language(job, loaded)
            speaker = _speaker(job, loaded)
            with settled(self._home, job.seed), failures():
                if loaded.family == "xtts":
                    say = self._xtts(job, kit, loaded, language, speaker)
                else:
                    say = _vits(loaded, language, speaker, job.speed)
                return Sound(_spoken(_sentences(job.text, loaded, language), say, loaded.rate, kit), loaded.rate)

    def lock(self, weights: str, recording: Path) -> bytes:
        """Return a saved voice, made with an XTTS from a recording: the `style` of the character from then on."""
        folder = self._home.model(weights)
        family = files.family(folder)
        if family != "xtts":
            message = f"the model in {folder} is a {family}; only an XTTS takes a voice from a recording"
            hint = "choose an XTTS, or one of the model's speakers: voice: {engine: coqui, settings: {speaker: NAME}}"
            raise RenderFailed(message, hint)
        with self._lock:
            loaded = self._loaded(weights)
            with settled(self._home, 0), failures():
                return styles.saved(*styles.of_recording(recording, loaded), weights)

    def _loaded(self, weights: str) -> Loaded:
        if self._held is None or self._held[0] != weights:
            folder = self._home.model(weights)
            files.family(folder)
            prepare()
            require_device(self._home.device)
            # The former model is let go first: two may not fit.
            self._held = None
            self._voices.clear()
            gc.collect()
            self._held = (weights, files.load(folder, self._home.device))
        return self._held[1]

    def _xtts(
        self, job: VoiceJob, kit: Kit, loaded: Loaded, language: str, speaker: str | None
    ) -> Callable[[str], Any]:
        if speaker is not None:
            own = loaded.own[speaker]
            latents, embedding = own.values()
        else:
            latents, embedding = self._style(job, kit, loaded)
        knobs = ("temperature", "length_penalty", "repetition_penalty", "top_k", "top_p")
        chosen = {knob: loaded.model.config[knob] for knob in knobs}

        def say(text: str) -> Any:  # noqa: ANN401 - an array
            return loaded.model.inference(text, language, latents, embedding, speed=job.speed, **chosen)["wav"]

        return say

    def _style(self, job: VoiceJob, kit: Kit, loaded: Loaded) -> tuple[Any, Any]:
        digest = job.input("style")
        if digest is None:
            known = _listed(loaded.speakers)
            hint = "charforge library voice NAME RECORDING.wav gives the character one, from a recording"
            raise RenderFailed("an XTTS needs a voice to speak as", f"{hint}, or a speaker: {known}" if known else hint)
        weights = _weights(job)
        if (weights, digest) not in self._voices:
            self._voices[weights, digest] = styles.of_file(kit.file(digest), loaded, weights)
        return self._voices[weights, digest]


def _vits(loaded: Loaded, language: str, speaker: str | None, speed: float) -> Callable[[str], Any]:
    def say(text: str) -> Any:  # noqa: ANN401 - an array
        model, usual = loaded.model, loaded.model.length_scale
        model.length_scale = usual / speed
        try:
            found = model.synthesize(text, speaker=speaker, language=language)
        finally:
            model.length_scale = usual
        if not set(found["text_inputs"].flatten().tolist()) - {model.tokenizer.blank_id, model.tokenizer.pad_id}:
            raise RenderFailed(f"the model has no sounds for {text!r}", "write it in the language of the model")
        return found["wav"]

    return say


def _spoken(sentences: list[str], say: Callable[[str], Any], rate: int, kit: Kit) -> NDArray[np.float32]:
    quiet = np.zeros(round(PAUSE * rate), np.float32)
    parts: list[NDArray[np.float32]] = []
    for number, sentence in enumerate(sentences):
        kit.step(number, len(sentences))
        samples = np.asarray(say(sentence), np.float32).reshape(-1)
        if not np.isfinite(samples).all():
            raise BadOutput(f"the model gave values that are no numbers for {sentence!r}", "check its weights")
        if float(np.abs(samples).max(initial=0)) < SILENT:
            raise BadOutput(f"the model gave silence for {sentence!r}", "change the line, or check the model's weights")
        parts += [samples, quiet]
    kit.step(len(sentences), len(sentences))
    sound = np.concatenate(parts[:-1])
    loudest = float(np.abs(sound).max())
    return sound / np.float32(loudest) if loudest > 1 else sound


def _sentences(text: str, loaded: Loaded, language: str) -> list[str]:
    """Return what is said in one go each time; raise RenderFailed when nothing can be."""
    import pysbd

    fits: Callable[[str], bool]
    if loaded.family == "xtts":
        text, fits = _for_xtts(text, loaded, language)
    else:
        text, fits = _for_vits(text, loaded, language), lambda _: True
    short = language.partition("-")[0]
    known = short if short in pysbd.languages.LANGUAGE_CODES else "en"
    found = [str(s).strip() for s in pysbd.Segmenter(language=known, clean=True).segment(text)]
    pieces = [piece for s in found for piece in wording.pieces(s, fits) if wording.speakable(piece)]
    if not pieces:
        message = f"there is nothing in {text!r} that the model can say"
        raise RenderFailed(message, "give the line at least one word, or remove it")
    return pieces


def _for_vits(text: str, loaded: Loaded, language: str) -> str:
    tokenizer = loaded.model.tokenizer
    if tokenizer.use_phonemes:
        return wording.plain(text)
    from TTS.tts.utils.text.english.number_norm import normalize_numbers

    short = language.partition("-")[0]

    def clean(part: str) -> str:
        return str(tokenizer.text_cleaner(part, lang=short)) if tokenizer.text_cleaner else part

    return wording.fitted(text, tokenizer.characters.vocab, clean, normalize_numbers if short == "en" else None)


def _for_xtts(text: str, loaded: Loaded, language: str) -> tuple[str, Callable[[str], bool]]:
    tokenizer, most = loaded.model.tokenizer, int(loaded.model.config.model_args.gpt_max_text_tokens)
    short = language.partition("-")[0]
    letters = {letter for token in tokenizer.tokenizer.get_vocab() if not token.startswith("[") for letter in token}
    longest = tokenizer.char_limits.get(short, 250)

    def fits(part: str) -> bool:
        return len(part) <= longest and len(tokenizer.encode(part.lower(), lang=short)) < most

    return wording.fitted(text, letters, lambda t: str(tokenizer.preprocess_text(t.lower(), short)), None), fits


def _weights(job: VoiceJob) -> str:
    unknown = sorted(job.settings.keys() - set(SETTINGS))
    if unknown:
        hint = did_you_mean(unknown[0], SETTINGS) or f"it takes {', '.join(SETTINGS)}"
        raise RenderFailed(f"the voice coqui has no setting {', '.join(unknown)}", hint)
    weights = job.settings.get("weights")
    if not weights or not isinstance(weights, str):
        hint = "write into charforge.yaml: models: {coqui: {weights: FOLDER}}"
        raise RenderFailed("the voice coqui speaks with a model of your own, and none is named", hint)
    return weights


def _speaker(job: VoiceJob, loaded: Loaded) -> str | None:
    """Return what the model calls the speaker; None where it has one voice, or takes the voice of the style."""
    wanted = job.settings.get("speaker")
    several = loaded.family == "vits" and len(loaded.speakers) > 1
    if wanted is None and several:
        message = f"the model has {len(loaded.speakers)} speakers, and none is chosen"
        raise RenderFailed(message, f"write speaker: one of {_listed(loaded.speakers)}")
    if wanted is None:
        return None
    if not loaded.speakers:
        raise RenderFailed(f"the model has one voice and no speaker {wanted!r}", "leave speaker out")
    if str(wanted) not in loaded.speakers:
        near = did_you_mean(str(wanted), loaded.speakers)
        hint = f"{near} it has {_listed(loaded.speakers)}".strip()
        raise RenderFailed(f"the model has no speaker {wanted!r}", hint)
    return loaded.speakers[str(wanted)]


def _language(job: VoiceJob, loaded: Loaded) -> str:
    wanted = job.settings.get("language")
    if wanted is None and len(loaded.languages) == 1:
        return loaded.languages[0]
    known = f"it speaks {', '.join(loaded.languages)}"
    if wanted is None:
        raise RenderFailed("the model speaks several languages, and none is chosen", f"write language: {known}")
    for language in loaded.languages:
        if str(wanted).lower() in (language.lower(), language.lower().split("-")[0]):
            return language
    raise RenderFailed(f"the model does not speak {wanted!r}", known)


def _listed(names: dict[str, str]) -> str:
    shown = ", ".join(list(names)[:SHOWN])
    return f"{shown} and {len(names) - SHOWN} more" if len(names) > SHOWN else shown
