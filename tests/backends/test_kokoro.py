"""The embedded neural voice."""

# ruff: noqa: RUF001 - phonemes and typographic quotes are meant as they stand

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charforge.backends.kokoro import LEAD, TAIL, Kokoro
from charforge.backends.kokoro_text import passages, said_as, sayings, unspeakable
from charforge.backends.kokoro_voice import Recipe, blend, make
from charforge.backends.protocols import Sound
from charforge.domain.jobs import Input, VoiceJob
from charforge.errors import BackendMissing, InputError, RenderFailed
from charforge.weights import LocalHome

if TYPE_CHECKING:
    from collections.abc import Callable

LIBRARY = Path(__file__).parents[2] / "library"
MIA = LIBRARY / "characters" / "mia" / "voice" / "mia.f32"
THEO = LIBRARY / "characters" / "theo" / "voice" / "theo.f32"
RATE = 24_000


@dataclasses.dataclass
class OneStyle:
    """A kit with one voice style."""

    style: Path
    scratch: Path = Path()
    steps: list[tuple[int, int]] = dataclasses.field(default_factory=list)

    def file(self, digest: str) -> Path:
        """Return the style."""
        return self.style

    def tool(self, role: type[Any]) -> Any:
        """Refuse: a voice needs no tools."""
        raise AssertionError(role)

    def step(self, done: int, total: int) -> None:
        """Take note."""
        self.steps.append((done, total))


def spoken(text: str, **changed: Any) -> VoiceJob:
    """Return the job that says a text."""
    style = Input(role="style", source="0" * 64)
    return VoiceJob(**({"backend": "kokoro", "text": text, "inputs": (style,)} | changed))


@pytest.fixture(scope="module")
def kokoro(home: LocalHome) -> Kokoro:
    """Return the voice, loaded once."""
    return Kokoro(home)


@pytest.fixture(scope="module")
def late(kokoro: Kokoro) -> tuple[Sound, Sound]:
    """Let Mia and Theo say the same line."""
    mia, theo = (kokoro.voice(spoken("You're late."), OneStyle(style)) for style in (MIA, THEO))
    return mia, theo


@pytest.mark.models
def test_a_line_is_spoken_the_same_twice(late: tuple[Sound, Sound]) -> None:
    """Another session with other threads gives the same samples."""
    first, again = late[0], Kokoro(LocalHome(threads=2)).voice(spoken("You're late."), OneStyle(MIA))
    assert first.rate == RATE
    assert first.samples.dtype == np.float32
    assert np.array_equal(first.samples, again.samples)
    assert 0.5 < len(first.samples) / RATE < 1.5
    assert 0.1 < float(np.abs(first.samples).max()) <= 1


@pytest.mark.models
def test_speech_lies_between_fixed_margins_of_silence(late: tuple[Sound, Sound]) -> None:
    """The first sound comes after LEAD seconds, the last ends TAIL seconds before the end."""
    samples = late[0].samples
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    assert not samples[: round(LEAD * RATE)].any()
    assert not samples[len(samples) - round(TAIL * RATE) :].any()
    assert LEAD <= loud[0] / RATE < LEAD + 0.05
    assert TAIL <= (len(samples) - loud[-1]) / RATE < TAIL + 0.08


@pytest.mark.models
def test_two_characters_sound_different(late: tuple[Sound, Sound]) -> None:
    """Mia's voice lies at least seven semitones above Theo's."""
    mia, theo = (_pitch(sound.samples) for sound in late)
    assert 150 < mia < 260
    assert 75 < theo < 140
    assert 12 * np.log2(mia / theo) > 7


@pytest.mark.models
def test_a_lower_speed_takes_longer(kokoro: Kokoro, late: tuple[Sound, Sound]) -> None:
    """Speed 0.7 stretches a line."""
    slow = kokoro.voice(spoken("You're late.", speed=0.7), OneStyle(THEO))
    assert len(slow.samples) > 1.15 * len(late[1].samples)


@pytest.mark.models
@pytest.mark.parametrize("text", ["", "   ", "...", "—", "😀 🎬", "?!"])
def test_a_text_without_words_fails_with_a_hint(kokoro: Kokoro, text: str) -> None:
    """A line of signs or emoji is no speech."""
    with pytest.raises(RenderFailed) as caught:
        kokoro.voice(spoken(text), OneStyle(MIA))
    assert caught.value.hint


@pytest.mark.parametrize("text", ["مرحبا", "Hello 日本!", "Привет, Theo"])
def test_words_in_another_script_are_never_swallowed(text: str) -> None:
    """A line that the voice would only half speak fails and names the words."""
    with pytest.raises(RenderFailed) as caught:
        Kokoro(LocalHome()).voice(spoken(text), OneStyle(MIA))
    assert unspeakable(text) in caught.value.message


def test_latin_letters_signs_and_emoji_are_speakable() -> None:
    """Accents, quotes, figures and emoji stand in no one's way."""
    assert unspeakable("Théo paid €3.50 - 100 % 'fair' “deal”… ½ 😀 №5 & co²") == ""


@pytest.mark.models
def test_signs_around_words_do_not_stop_a_line(kokoro: Kokoro) -> None:
    """Quotes, percent signs, colons and emoji are spoken around."""
    sound = kokoro.voice(spoken('"Wait": 5% 😀'), OneStyle(THEO))
    assert len(sound.samples) > RATE * 0.8


@pytest.mark.models
def test_the_style_must_be_one(kokoro: Kokoro, tmp_path: Path) -> None:
    """A file of another size, one full of nonsense, and a missing one are refused."""
    (tmp_path / "short").write_bytes(b"123")
    (tmp_path / "nan").write_bytes(np.full((510, 256), np.nan, "<f4").tobytes())
    for name, said in (("short", "3 bytes"), ("nan", "not numbers")):
        with pytest.raises(RenderFailed, match=said):
            kokoro.voice(spoken("Hello."), OneStyle(tmp_path / name))
    with pytest.raises(RenderFailed, match="needs the character's `style`"):
        kokoro.voice(spoken("Hello.", inputs=()), OneStyle(MIA))


@pytest.mark.models
@pytest.mark.parametrize(
    "settings",
    [{"accent": "martian"}, {"pause": "long"}, {"pause": 99}, {"pronounce": "word"}, {"pronounce": "Theo = 中"}],
)
def test_a_wrong_setting_is_refused(kokoro: Kokoro, settings: dict[str, Any]) -> None:
    """Settings that are out of range or unknown words say what is allowed."""
    with pytest.raises(RenderFailed) as caught:
        kokoro.voice(spoken("Hello.", settings=settings), OneStyle(MIA))
    assert caught.value.hint


def test_without_its_model_the_voice_says_what_to_fetch(tmp_path: Path) -> None:
    """On a machine without the model file the error carries the command."""
    with pytest.raises(BackendMissing) as caught:
        Kokoro(LocalHome(folder=tmp_path)).voice(spoken("Hello."), OneStyle(MIA))
    assert caught.value.hint == "charforge weights pull kokoro"


def test_the_revision_names_model_and_versions() -> None:
    """Another model file or another pronunciation is another key; the files are not needed for it."""
    assert "6e742170d309" in Kokoro(LocalHome(folder=Path("/nowhere"))).revision
    assert "hibari-" in Kokoro(LocalHome(folder=Path("/nowhere"))).revision


@given(st.lists(st.text("abc,. ", max_size=60), max_size=12), st.integers(5, 50))
def test_passages_keep_every_phoneme_in_order_and_fit(sentences: list[str], longest: int) -> None:
    """However long a text is, it is spoken whole, in pieces that the model can take."""
    found = passages(sentences, str.strip, longest)
    assert all(len(passage) <= longest for passage in found)
    audible = [s for s in sentences if any(c.isalpha() for c in s)]
    assert "".join(found).replace(" ", "") == "".join(audible).replace(" ", "")


def test_words_can_be_said_otherwise() -> None:
    """A name or a homograph is marked wherever it stands as a whole word, however it is written."""
    words = sayings("crooked = kɹˈʊkɪd; theo=tˈAO")
    assert said_as("Crooked, Theo? Crookedly.", words) == "[Crooked](/kɹˈʊkɪd/), [Theo](/tˈAO/)? Crookedly."
    assert said_as("100 % 'fair'", {}) == "100 % 'fair'"


def test_short_sentences_are_spoken_in_one_go() -> None:
    """The melody of a line is not broken at its full stops."""
    keep: Callable[[str], str] = str
    assert passages(["Twice.", "Look, here it is."], keep, 510) == ["Twice. Look, here it is."]


@pytest.mark.models
def test_a_long_text_is_spoken_in_passages(kokoro: Kokoro) -> None:
    """A speech of several passages is told step by step and pauses between them."""
    text = "The kiln was cold, and nobody had opened the door since the winter. " * 5
    kit = OneStyle(THEO)
    sound = kokoro.voice(spoken(text, speed=3.0), kit)
    assert kit.steps[0] == (0, 2)
    assert kit.steps[-1] == (2, 2)
    assert len(sound.samples) / RATE > 5


def test_the_locked_styles_are_whole_and_far_apart() -> None:
    """Each style has one row for every length of text, and the two people are not alike."""
    mia, theo = (np.fromfile(file, "<f4").reshape(510, 256) for file in (MIA, THEO))
    cosine = (mia * theo).sum(1) / np.linalg.norm(mia, axis=1) / np.linalg.norm(theo, axis=1)
    assert np.isfinite(mia).all()
    assert np.isfinite(theo).all()
    assert float(cosine.max()) < 0.8


class Shelf:
    """A home with two voices of our own."""

    device = "cpu"
    threads = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for number, name in enumerate(("voice-a", "voice-b")):
            np.full((510, 256), number, "<f4").tofile(folder / name)

    def weight(self, name: str) -> Path:
        """Return a voice."""
        return self._folder / name

    def weight_digest(self, name: str) -> str:
        """Return nothing of use."""
        return "0" * 64


def test_a_blend_is_the_weighted_mean(tmp_path: Path) -> None:
    """Shares need not sum to 1."""
    found = blend({"a": 1, "b": 3}, Shelf(tmp_path))
    assert found.shape == (510, 256)
    assert found.dtype == np.dtype("<f4")
    assert np.allclose(found, 0.75)


def test_a_wrong_recipe_is_refused_with_its_line(tmp_path: Path) -> None:
    """A share that is no number names file and line."""
    recipe = tmp_path / "blend.yaml"
    recipe.write_text("style: x.f32\nsample: x.flac\ntext: Hi\nvoices: {af_heart: lots}\n")
    with pytest.raises(InputError) as caught:
        make(tmp_path, Shelf(tmp_path))
    assert f"{recipe}:4" in str(caught.value)
    assert Recipe.model_fields.keys() >= {"style", "sample", "voices"}


def _pitch(samples: np.ndarray[Any, Any]) -> float:
    """Return the median fundamental of the voiced moments, in hertz, by autocorrelation."""
    width, found = 1200, []
    for start in range(0, len(samples) - width, 480):
        moment = samples[start : start + width] - samples[start : start + width].mean()
        if float(np.sqrt((moment**2).mean())) < 0.02:
            continue
        similar = np.correlate(moment, moment, "full")[width - 1 :]
        lag = 60 + int(similar[60:370].argmax())
        if similar[lag] > 0.5 * similar[0]:
            found.append(RATE / lag)
    return float(np.median(found))
