"""VITS voices of the user's own through coqui-tts."""

# ruff: noqa: E402, RUF001 - what is not installed is not imported; typographic signs are meant as they stand

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("TTS")

from coqui_desk import MANY, ONE, House, Table, line, refused, run, same, two_vits
from hypothesis import given
from hypothesis import strategies as st
from tiny import coqui as tiny

from charforge.backends.coqui import wording
from charforge.backends.coqui.backend import PAUSE, Coqui
from charforge.backends.protocols import Resident, VoiceBackend
from charforge.domain.jobs import Input, VoiceJob
from charforge.errors import BackendError, BadOutput, RenderFailed


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the folders of a VITS for one speaker and one for two."""
    return two_vits(tmp_path_factory.mktemp("voices"))


@pytest.fixture(scope="module")
def vits(folders: dict[str, Path]) -> Coqui:
    """Return the voice with both VITS models at hand."""
    return Coqui(House(folders))


def test_a_line_is_spoken(vits: Coqui) -> None:
    """The sound is mono float32 at the model's own rate, about as long as the text asks for."""
    sound = vits.voice(line(), Table())
    assert isinstance(vits, VoiceBackend)
    assert sound.rate == 22_050
    assert sound.samples.dtype == np.float32
    assert sound.samples.ndim == 1
    assert 0.3 < len(sound.samples) / sound.rate < 3
    assert 0.01 < np.abs(sound.samples).max() <= 1


def test_the_same_job_sounds_the_same_whatever_ran_before(vits: Coqui, folders: dict[str, Path]) -> None:
    """Another instance, other random numbers and another model in between change no sample."""
    first = vits.voice(line(), Table())
    torch.manual_seed(99)
    vits.voice(line("Something else.", MANY, seed=5, settings={"speaker": "tom"}), Table())
    assert same(first, vits.voice(line(), Table()))
    assert same(first, Coqui(House(folders)).voice(line(), Table()))


def test_another_seed_is_another_take(vits: Coqui) -> None:
    """The seed decides the samples."""
    assert not same(vits.voice(line(seed=1), Table()), vits.voice(line(seed=2), Table()))


def test_speaking_leaves_torch_as_it_was(vits: Coqui) -> None:
    """The random numbers and the threads of the rest of the program are untouched."""
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        vits.voice(line(seed=7), Table())
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_lower_speed_takes_longer(vits: Coqui) -> None:
    """Speed 0.6 stretches a line, and leaves the model as it was."""
    usual = vits.voice(line(), Table())
    assert len(vits.voice(line(speed=0.6), Table()).samples) > 1.3 * len(usual.samples)
    assert len(vits.voice(line(speed=1.5), Table()).samples) < len(usual.samples)
    assert same(usual, vits.voice(line(), Table()))


def test_two_speakers_of_one_model_sound_different(vits: Coqui) -> None:
    """The speaker is chosen by name."""
    mara, tom = (vits.voice(line(weights=MANY, settings={"speaker": who}), Table()) for who in ("mara", "tom"))
    assert not same(mara, tom)


def test_several_speakers_and_none_chosen_is_refused(vits: Coqui) -> None:
    """The speakers are listed."""
    assert "one of mara, tom" in refused(vits, line(weights=MANY))


def test_an_unknown_speaker_is_refused_with_the_nearest(vits: Coqui) -> None:
    """A slip of the pen is met with a guess, and the speakers are listed."""
    said = refused(vits, line(weights=MANY, settings={"speaker": "maara"}))
    assert "did you mean mara?" in said
    assert "mara, tom" in said
    assert "leave speaker out" in refused(vits, line(settings={"speaker": "mara"}))


def test_a_language_the_model_does_not_speak_is_refused(vits: Coqui) -> None:
    """What it speaks is said; its own language may be named."""
    assert "it speaks en" in refused(vits, line(settings={"language": "de"}))
    assert same(vits.voice(line(settings={"language": "en"}), Table()), vits.voice(line(), Table()))


def test_a_vits_of_several_languages_is_told_which(tmp_path: Path) -> None:
    """Its speakers are known by examples, and by their names without what the list has around them."""
    voice = Coqui(House({ONE: tiny.build_many_languages(tmp_path / "model")}))
    ed = voice.voice(line(settings={"speaker": "ED", "language": "en"}), Table())
    assert not same(ed, voice.voice(line(settings={"speaker": "p225", "language": "en"}), Table()))
    assert not same(ed, voice.voice(line(settings={"speaker": "ED", "language": "fr"}), Table()))
    assert "it speaks en, fr-fr" in refused(voice, line(settings={"speaker": "ED"}))
    assert "no letters for '2'" in refused(voice, line("Prends 2.", settings={"speaker": "ED", "language": "fr"}))


def test_a_style_means_nothing_to_a_vits(vits: Coqui) -> None:
    """Its voices are its speakers: the character's style is not looked at."""
    assert same(vits.voice(line(inputs=(Input(role="style", source="0" * 64),)), Table()), vits.voice(line(), Table()))


def test_unknown_settings_are_refused(vits: Coqui) -> None:
    """A wrong setting is named and met with a guess; weights must be there."""
    assert "did you mean speaker?" in refused(vits, line(settings={"speeker": "mara"}))
    assert "accent" in refused(vits, line(settings={"accent": "british"}))
    assert "models:" in refused(vits, VoiceJob(backend="coqui", text="Yes."))


@pytest.mark.parametrize("text", ["…", "!?", "—", " ", "😀 🎬", '"'])
def test_a_text_without_words_is_refused_before_anything_is_loaded(text: str) -> None:
    """A line of signs or emoji is no speech; no model is looked for."""
    house = House({})
    assert "nothing to speak" in refused(Coqui(house), line(text))
    assert house.asked == []


@pytest.mark.parametrize("text", ["She said: “wait” — 100%!", "It's 16:9 🎬 okay?", "Théo’s café… naïve", "50 € & 3 +"])
def test_signs_figures_and_accents_are_spoken_over(vits: Coqui, text: str) -> None:
    """Quotes, percent signs, emoji, accents and figures stop no line."""
    assert len(vits.voice(line(text), Table()).samples) > 0.3 * 22_050


@pytest.mark.parametrize("text", ["مرحبا", "Hello 日本!", "Привет, Theo"])
def test_words_in_another_script_are_never_swallowed(vits: Coqui, text: str) -> None:
    """A line that the model would only half speak fails and names the words."""
    assert "no letters for" in refused(vits, line(text))


def test_figures_are_written_in_english_words_and_in_no_others() -> None:
    """In another language figures that the model lacks are refused, not left out."""
    said = wording.fitted("100 % of 2", tiny.LETTERS, str.lower, lambda t: t.replace("100", "all").replace("2", "two"))
    assert said == "all percent of two"
    with pytest.raises(RenderFailed, match="'2'"):
        wording.fitted("nur 2", tiny.LETTERS, str.lower, None)


@given(st.text(st.sampled_from("abcÉé ’'“—🎬%&5\u200d\ufe0f"), max_size=30))
def test_what_is_fitted_holds_only_the_letters_of_the_model(text: str) -> None:
    """Whatever signs stand in a text, the model can say what is left, and no letter is lost."""
    alphabet = {*tiny.LETTERS, *tiny.PUNCTUATION}
    said = wording.fitted(text, alphabet, str.lower, lambda t: t.replace("5", "five"))
    assert set(said.lower()) <= alphabet
    letters = text.lower().replace("é", "e").replace("5", "five").replace("%", "percent").replace("&", "and")
    assert "".join(filter(str.isalpha, said.lower())) == "".join(filter(str.isalpha, letters))


@given(st.lists(st.text("ab,", min_size=1, max_size=8), min_size=1, max_size=20), st.integers(8, 30))
def test_pieces_keep_every_word_in_order_and_fit(words: list[str], longest: int) -> None:
    """However long a sentence is, it is spoken whole, in pieces that the model can take."""
    sentence = " ".join(words)
    found = wording.pieces(sentence, lambda part: len(part) <= longest)
    assert " ".join(found) == sentence
    assert all(len(piece) <= longest for piece in found)


def test_a_word_longer_than_a_model_takes_is_refused() -> None:
    """It cannot be broken."""
    with pytest.raises(RenderFailed, match="longer than the model"):
        wording.pieces("a" * 40, lambda part: len(part) < 30)


def test_a_long_text_is_told_sentence_by_sentence(vits: Coqui) -> None:
    """Progress counts sentences; quiet lies between them."""
    kit = Table()
    sound = vits.voice(line("The kiln was cold. Nobody had opened it. Look at that!"), kit)
    assert kit.steps == [(0, 3), (1, 3), (2, 3), (3, 3)]
    quiet = np.convolve(sound.samples == 0, np.ones(round(PAUSE * sound.rate)), "valid").max()
    assert quiet == round(PAUSE * sound.rate)


def test_stopping_between_sentences_leaves_the_voice_usable(vits: Coqui) -> None:
    """Ctrl-C flies through; the next job gives its usual samples."""
    before = vits.voice(line(), Table())
    with pytest.raises(KeyboardInterrupt):
        vits.voice(line("One. Two. Three.", speed=0.5), Table(stop_at=1))
    assert same(before, vits.voice(line(), Table()))


@pytest.mark.parametrize(("value", "said"), [(float("nan"), "no numbers"), (0.0, "silence")])
def test_numbers_that_are_no_sound_are_bad_output(tmp_path: Path, value: float, said: str) -> None:
    """A model that gives NaN or silence is told from one that speaks."""
    folder = tiny.build_vits(tmp_path / "broken")
    changed = torch.load(folder / "model.pth", weights_only=True)
    for name, tensor in changed["model"].items():
        if name.startswith("waveform_decoder.conv_post"):
            tensor.fill_(value)
    torch.save(changed, folder / "model.pth")
    assert said in refused(Coqui(House({ONE: folder})), line(), kind=BadOutput)


def test_a_model_is_loaded_once_and_named_as_resident(vits: Coqui, folders: dict[str, Path]) -> None:
    """Jobs of the same weights share it; the runner learns which weights a job needs."""
    house = House(folders)
    voice = Coqui(house)
    for text in ("One.", "Two."):
        voice.voice(line(text), Table())
    assert house.asked == [ONE]
    assert isinstance(voice, Resident)
    assert voice.resident(line(weights=MANY)) == (MANY,)


def test_the_revision_names_versions_and_imports_nothing() -> None:
    """Versions stand for the code; the weights are in the job."""
    command = "import sys; from charforge.backends.coqui import Coqui; print(Coqui(None).revision); "
    found = run(command + "sys.exit('torch' in sys.modules or 'TTS' in sys.modules)")
    assert found.returncode == 0, found.stderr
    assert "coqui-tts-0." in found.stdout
    assert ";torch-" in found.stdout
    assert "+" not in found.stdout


def test_a_device_that_torch_cannot_use_is_refused(folders: dict[str, Path]) -> None:
    """There is no silent fall-back to another device."""
    said = refused(Coqui(House(folders, device="cuda:77")), line(), kind=BackendError)
    assert "cuda:77" in said
    assert "device: cpu" in said


def test_nothing_is_written_into_the_folder(vits: Coqui, folders: dict[str, Path]) -> None:
    """A model's folder is the user's own, and its digest names it."""
    before = {f.name: f.read_bytes() for f in folders[MANY].iterdir()}
    vits.voice(line(weights=MANY, settings={"speaker": "tom"}), Table())
    assert {f.name: f.read_bytes() for f in folders[MANY].iterdir()} == before
