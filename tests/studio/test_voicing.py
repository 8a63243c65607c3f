"""A character speaks as the person in a recording, or as one of the model's own speakers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from charforge.domain.takes import Take
from charforge.errors import BackendMissing, InputError
from charforge.events import Event, Noted, TakeReady, silent
from charforge.planner import Pins
from charforge.studio.check import check
from charforge.studio.library import lock
from charforge.studio.plan import plan
from charforge.studio.render import Options, render
from charforge.studio.voicing import voice

pytest.importorskip("TTS")

from tiny import coqui as tiny

MIA = "library/characters/mia"


def settle(episode: Path, models: str) -> Path:
    """Write the project's settings: fakes for pictures, voices as each character's file says."""
    root = episode.parents[1]
    text = f"judges: [fake, fake]\nstill: fake\nclip: fake\nencoder: fast\ndevice: cpu\nthreads: 1\nmodels: {models}\n"
    (root / "charforge.yaml").write_text(text, "utf-8")
    return root


def say(root: Path, name: str, words: str) -> None:
    """Change the voice in a character's file and lock the library."""
    file = root / "library/characters" / name / "character.yaml"
    lines = [f"voice: {words}" if line.startswith("voice:") else line for line in file.read_text("utf-8").splitlines()]
    file.write_text("\n".join(lines) + "\n", "utf-8")
    lock(root)


@pytest.fixture(scope="module")
def xtts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny XTTS."""
    return tiny.build_xtts(tmp_path_factory.mktemp("voices") / "xtts")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Return a recording that a voice can be made from."""
    return tiny.reference(tmp_path / "mia.wav")


def test_a_recording_becomes_the_voice_of_every_line(
    episode: Path, xtts: Path, recording: Path, charforge: Callable[..., Any]
) -> None:
    """The command writes voice, sample and YAML, keeps what else was said, and the film is spoken with it."""
    import soundfile

    root = settle(episode, f"{{coqui: {{weights: '{xtts}', language: en}}}}")
    say(root, "mia", '{engine: coqui, style: voice/style.f32, speed: 0.9, settings: {language: de, speaker: "Ana"}}')
    before = sorted(p.name for p in (root / MIA / "voice").iterdir())
    done = charforge("library", "voice", "mia", str(recording), "--text", "Hello.")
    assert done.stdout.splitlines()[-1] == "next: charforge lock mia"
    told = " ".join(done.stderr.split())
    assert "mia.wav lasts 1.5 s; from 6 s on a voice comes closer to the person" in told
    assert "the former voice of mia is replaced: coqui (voice/style.f32)" in told
    assert "not kept, as it belongs to that voice: speaker Ana" in told
    written = (root / MIA / "character.yaml").read_text("utf-8")
    assert "engine: coqui" in written
    assert "style: voice/mia.safetensors" in written
    assert "sample: voice/sample.flac" in written
    assert "speed: 0.9" in written
    assert "language: de" in written
    assert "speaker" not in written
    after = sorted(p.name for p in (root / MIA / "voice").iterdir())
    assert after == sorted([*before, "mia.safetensors", "sample.flac"])
    samples, rate = soundfile.read(root / MIA / "voice/sample.flac")
    assert rate == 24_000
    assert abs(samples).max() > 0
    charforge("library", "lock")
    job = next(d.job for d in plan(episode, Pins()).drafts if d.id == "s01/0010/line/1")
    style = hashlib.sha256((root / MIA / "voice/mia.safetensors").read_bytes()).hexdigest()
    assert (job.backend, job.input("style"), job.settings["language"]) == ("coqui", style, "de")
    # The same recording gives the same voice, here from Python.
    again = voice(episode, "mia", recording, silent, text="Hello.")
    assert hashlib.sha256(Path(again.style).read_bytes()).hexdigest() == style


def test_what_belongs_to_another_models_voice_is_said_to_be_lost(episode: Path, xtts: Path, tmp_path: Path) -> None:
    """Speed and pronunciation were set for that model; a recording of six seconds is not remarked on."""
    root = settle(episode, f"{{coqui: {{weights: '{xtts}', language: en}}}}")
    say(root, "mia", '{engine: fake, style: voice/style.f32, speed: 0.9, settings: {pronounce: "a = b"}}')
    told: list[Event] = []
    voice(episode, "mia", tiny.reference(tmp_path / "long.wav", 6), told.append, text="Hello.")
    so = "the former voice of mia is replaced: fake (voice/style.f32); not kept, as it belongs to that voice: "
    former = [event for event in told if isinstance(event, Noted) and "former voice" in event.text]
    assert former == [Noted(f"{so}speed 0.9, pronounce a = b")]
    written = (root / MIA / "character.yaml").read_text("utf-8")
    assert "speed" not in written
    assert "pronounce" not in written


def test_a_vits_speaks_without_a_style(episode: Path, tmp_path: Path, charforge: Callable[..., Any]) -> None:
    """Each character is one of its speakers; the job has no style, and the line is spoken."""
    vits = tiny.build_vits(tmp_path / "many", ("mara", "tom"))
    root = settle(episode, f"{{coqui: {{weights: '{vits}'}}}}")
    say(root, "mia", "{engine: coqui, settings: {speaker: mara}}")
    say(root, "theo", "{engine: coqui, settings: {speaker: tom}}")
    takes: list[Take] = []

    def tell(event: object) -> None:
        if isinstance(event, TakeReady) and event.stage == "voice":
            takes.append(event.take)

    render(episode, Options(stage="stills"), tell)
    assert [take.job.settings["speaker"] for take in takes] == ["mara", "tom"]
    assert all(take.job.inputs == () for take in takes)
    assert all(take.samples for take in takes)
    say(root, "theo", f"{{engine: coqui, model: {'ab' * 32}, settings: {{speaker: tom}}}}")
    (told,) = [line for line in check(episode).errors if "other weights" in line]
    assert "theo's voice was locked with other weights of coqui: abababababab" in told


def test_what_no_voice_can_be_made_from_is_refused(episode: Path, xtts: Path, recording: Path, tmp_path: Path) -> None:
    """An unknown character, a file that is none, text, silence, half a second: said before any model is loaded."""
    root = settle(episode, f"{{coqui: {{weights: '{xtts}', language: en}}}}")
    before = (root / MIA / "character.yaml").read_bytes()
    short, silent_file = tiny.reference(tmp_path / "short.wav", 0.5), tiny.reference(tmp_path / "silent.wav")
    silent_file.write_bytes(silent_file.read_bytes()[:44] + bytes(48_000))
    (tmp_path / "notes.wav").write_text("some words")
    for name, file, words in (
        ("mai", recording, "did you mean mia"),
        ("../mia", recording, "no character"),
        ("mia", tmp_path / "gone.wav", "there is no file"),
        ("mia", tmp_path, "there is no file"),
        ("mia", tmp_path / "notes.wav", "cannot be read"),
        ("mia", silent_file, "nothing can be heard"),
        ("mia", short, "lasts 0.50 s"),
    ):
        with pytest.raises(InputError) as caught:
            voice(episode, name, file, silent)
        assert caught.value.hint
        assert words in str(caught.value)
    assert (root / MIA / "character.yaml").read_bytes() == before
    assert [p.name for p in (root / MIA / "voice").iterdir()] == ["style.f32"]


def test_a_model_that_takes_no_recordings_is_refused(
    episode: Path, recording: Path, tmp_path: Path, charforge: Callable[..., Any]
) -> None:
    """A VITS has its own speakers; without any model the lines of charforge.yaml are said."""
    vits = tiny.build_vits(tmp_path / "one")
    words = ("library", "voice", "mia", str(recording))
    settle(episode, "{}")
    assert "models: {coqui: {weights: FOLDER" in charforge(*words, code=2).stderr
    settle(episode, f"{{coqui: {{weights: '{vits}'}}}}")
    told = charforge(*words, code=3).stderr
    assert "is a vits; only an XTTS takes a voice from a recording" in told
    assert "speaker: NAME" in told


def test_the_model_is_chosen_where_there_are_several(episode: Path, recording: Path, tmp_path: Path) -> None:
    """One of any name is taken; of several one must be named."""
    settle(episode, "{ada: {backend: coqui, weights: gone}}")
    with pytest.raises(BackendMissing, match="the model 'ada'"):
        voice(episode, "mia", recording, silent)
    settle(episode, "{ada: {backend: coqui, weights: gone}, bob: {backend: coqui, weights: gone}}")
    with pytest.raises(InputError, match="choose one with --model: ada, bob"):
        voice(episode, "mia", recording, silent)
    with pytest.raises(InputError, match="did you mean bob"):
        voice(episode, "mia", recording, silent, model="bobb")


def test_a_speaker_of_the_project_goes_before_a_recording_and_is_refused(
    episode: Path, xtts: Path, recording: Path
) -> None:
    """Else the recording would never be heard."""
    settle(episode, f"{{coqui: {{weights: '{xtts}', language: en, speaker: Ana Florence}}}}")
    with pytest.raises(InputError, match="remove speaker: under coqui"):
        voice(episode, "mia", recording, silent)
