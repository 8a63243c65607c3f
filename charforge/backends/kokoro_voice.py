"""Makes a character's own voice: Kokoro voices blended by a recipe.

A recipe, ``blend.yaml`` in the voice's folder, names the voices with their shares (which are made to sum to 1), the
files to write beside it, and the sample's text::

    style: mia.f32
    sample: sample.flac
    text: You kept it.
    voices: {af_heart: 0.6, bf_emma: 0.4}
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import numpy as np
from pydantic import Field

from charforge.backends.kokoro import LONGEST, RATE, STYLE, Kokoro
from charforge.documents import yaml
from charforge.documents.emit import emit
from charforge.documents.files import write_atomic
from charforge.documents.schema import Number, Written, validate
from charforge.domain.jobs import Input, VoiceJob
from charforge.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from charforge.backends.protocols import FaceBackend, Home, Sound


T = TypeVar("T")


class Recipe(Written):
    """The content of ``blend.yaml``."""

    style: str
    sample: str
    text: str
    accent: str = "american"
    voices: Annotated[dict[str, Annotated[Number, Field(gt=0)]], Field(min_length=1)]
    """Kokoro voice -> share."""


def blend(voices: Mapping[str, float], home: Home) -> NDArray[np.float32]:
    """Return the weighted mean of Kokoro voices, (510, 256) float32."""
    total = sum(voices.values())
    styles = [share / total * _read(home.weight(f"voice-{name}")) for name, share in sorted(voices.items())]
    return np.asarray(np.sum(styles, axis=0), "<f4")


def recipe(style: str, sample: str, text: str, accent: str, voices: Mapping[str, float]) -> str:
    """Return the content of ``blend.yaml`` for a blend."""
    shares = {name: f"{share:g}" for name, share in voices.items()}
    return emit({"style": style, "sample": sample, "text": text, "accent": accent, "voices": shares})


def ingredients(folder: Path) -> tuple[str, ...]:
    """Return the names of the model files that a folder's recipe needs; raise InputError when it is wrong."""
    return ("kokoro", *(f"voice-{name}" for name in _recipe(folder).voices))


def make(folder: Path, home: Home) -> None:
    """Write the style and the sample that a folder's recipe describes; raise InputError when it is wrong."""
    import soundfile

    wanted = _recipe(folder)
    style = folder / wanted.style
    write_atomic(style, blend(wanted.voices, home).tobytes())
    sound = spoken(Kokoro(home), style, wanted.text, wanted.accent)
    encoded = io.BytesIO()
    soundfile.write(encoded, sound.samples, RATE, format="FLAC", subtype="PCM_16")
    write_atomic(folder / wanted.sample, encoded.getvalue())


def spoken(kokoro: Kokoro, style: Path, text: str, accent: str = "american") -> Sound:
    """Return a text as the voice in a style file says it."""
    inputs = (Input(role="style", source="0" * 64),)
    job = VoiceJob(backend="kokoro", text=text, inputs=inputs, settings={"accent": accent})
    return kokoro.voice(job, _OneFile(style))


class _OneFile:
    """A Kit that knows the style and nothing else."""

    def __init__(self, style: Path) -> None:
        self.scratch = style.parent
        self._style = style

    def file(self, digest: str) -> Path:
        """Return the style."""
        del digest
        return self._style

    def tool(self, role: type[T]) -> T:
        """Refuse: the voice needs no tools."""
        raise LookupError(f"a voice names no tools, yet asks for {role.__name__}")

    def face(self, model: str) -> FaceBackend:
        """Refuse: the voice looks at no faces."""
        raise LookupError(f"a voice looks at no faces, yet asks for the face model {model}")

    def step(self, done: int, total: int) -> None:
        """Go on."""


def _recipe(folder: Path) -> Recipe:
    file = folder / "blend.yaml"
    written, problems = validate(Recipe, yaml.load(file), file)
    if problems or written is None:
        raise InputError(problems)
    return written


def _read(file: Path) -> NDArray[np.float64]:
    return np.fromfile(file, "<f4").reshape(LONGEST, STYLE).astype(np.float64)
