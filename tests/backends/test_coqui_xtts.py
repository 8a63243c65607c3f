"""XTTS: whose voice it takes."""

# ruff: noqa: E402 - what is not installed is not imported; typographic signs are meant as they stand

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("TTS")

from coqui_desk import ONE, XTTS, Evil, House, Table, line, refused, same, two_vits
from tiny import coqui as tiny

from charforge.backends.coqui import Coqui, styles
from charforge.errors import BackendMissing, RenderFailed


@pytest.fixture(scope="module")
def xtts(tmp_path_factory: pytest.TempPathFactory) -> Coqui:
    """Return the voice with an XTTS."""
    return Coqui(House({XTTS: tiny.build_xtts(tmp_path_factory.mktemp("voices") / "xtts")}))


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recording that a voice can be made from."""
    return tiny.reference(tmp_path_factory.mktemp("reference") / "mia.wav")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the folders of a VITS for one speaker and one for two."""
    return two_vits(tmp_path_factory.mktemp("voices"))


@pytest.fixture(scope="module")
def vits(folders: dict[str, Path]) -> Coqui:
    """Return the voice with both VITS models at hand."""
    return Coqui(House(folders))


def test_an_xtts_speaks_as_its_recording_says(xtts: Coqui, recording: Path, tmp_path: Path) -> None:
    """A WAV and a FLAC of the same voice are one voice; another seed is another take; the same job sounds the same."""
    import soundfile

    kit = Table()
    soundfile.write(tmp_path / "mia.flac", *soundfile.read(recording, dtype="int16"))
    job = line("Hello: it's 16:9 🎬 okay?", XTTS, seed=3, settings={"language": "en"}, inputs=kit.put(recording))
    sound = xtts.voice(job, kit)
    assert sound.rate == 24_000
    assert len(sound.samples) > 0.2 * sound.rate
    assert same(sound, xtts.voice(job.changed(inputs=kit.put(tmp_path / "mia.flac")), kit))
    assert not same(sound, xtts.voice(job.changed(seed=4), kit))
    assert len(xtts.voice(job.changed(speed=0.6), kit).samples) > 1.3 * len(sound.samples)


def test_a_locked_voice_is_the_recording_and_belongs_to_its_weights(
    xtts: Coqui, recording: Path, tmp_path: Path
) -> None:
    """It speaks as the recording does, is the same file each time, and is refused by other weights."""
    kit = Table()
    locked = xtts.lock(XTTS, recording)
    assert locked == xtts.lock(XTTS, recording)
    job = line("Hello.", XTTS, settings={"language": "en"})
    of_file = xtts.voice(job.changed(inputs=kit.put(tmp_path / "mia.safetensors", locked)), kit)
    assert same(of_file, xtts.voice(job.changed(inputs=kit.put(recording)), kit))
    loaded = xtts._loaded(XTTS)
    other = styles.saved(*styles.of_recording(recording, loaded), "9" * 64)
    said = refused(xtts, job.changed(inputs=kit.put(tmp_path / "other.safetensors", other)), kit)
    assert "999999999999" in said
    assert "save it anew with this model" in said


def test_a_voice_saved_by_coqui_is_taken_but_no_pickle(xtts: Coqui, recording: Path, tmp_path: Path) -> None:
    """coqui-tts' own saved voice is the same voice; one that would run code is refused."""
    kit = Table()
    job = line("Hello.", XTTS, settings={"language": "en"})
    latents, embedding = styles.of_recording(recording, xtts._loaded(XTTS))
    saved = {"gpt_conditioning_latents": latents, "speaker_embedding": embedding, "metadata": {"name": "xtts"}}
    torch.save(saved, tmp_path / "mia.pth")
    sound = xtts.voice(job.changed(inputs=kit.put(tmp_path / "mia.pth")), kit)
    assert same(sound, xtts.voice(job.changed(inputs=kit.put(recording)), kit))
    torch.save(saved | {"metadata": Evil()}, tmp_path / "evil.pth")
    assert "more than weights" in refused(xtts, job.changed(inputs=kit.put(tmp_path / "evil.pth")), kit)
    for part, changed, said in (
        ("gpt_conditioning_latents", latents[:, :, :9], "another size"),
        ("speaker_embedding", embedding * float("nan"), "no numbers"),
        ("speaker_embedding", None, "no voice"),
    ):
        torch.save(saved | {part: changed}, tmp_path / "bad.pth")
        assert said in refused(xtts, job.changed(inputs=kit.put(tmp_path / "bad.pth")), kit)


def test_what_is_no_voice_of_an_xtts_is_refused(xtts: Coqui, recording: Path, tmp_path: Path) -> None:
    """Another backend's style, a short or silent or cut recording, and none at all."""
    kit = Table()
    job = line("Hello.", XTTS, settings={"language": "en"})
    said = refused(xtts, job, kit)
    assert "Ana Florence" in said
    assert "charforge library voice NAME RECORDING.wav" in said
    short, silent = tiny.reference(tmp_path / "short.wav", 0.4), tiny.reference(tmp_path / "silent.wav")
    silent.write_bytes(silent.read_bytes()[:44] + bytes(48_000))
    for file, content, said in (
        (tmp_path / "mia.f32", np.ones(512, "<f4").tobytes(), "neither sound nor a saved voice"),
        (short, None, "0.40 s"),
        (silent, None, "nothing can be heard"),
        (tmp_path / "cut.wav", recording.read_bytes()[:20], "cannot be read"),
        (tmp_path / "cut.safetensors", xtts.lock(XTTS, recording)[:400], "not whole"),
        (tmp_path / "empty", b"", "neither sound"),
    ):
        assert said in refused(xtts, job.changed(inputs=kit.put(file, content)), kit)


def test_an_xtts_speaks_as_one_of_its_own(xtts: Coqui) -> None:
    """A voice that came with the model is chosen by name; languages and speakers are listed when wrong."""
    own = {"speaker": "Ana Florence"}
    assert len(xtts.voice(line("Hallo.", XTTS, settings=own | {"language": "de"}), Table()).samples) > 0
    assert "it speaks en, de" in refused(xtts, line("Hello.", XTTS, settings=own))
    said = refused(xtts, line("Hello.", XTTS, settings={"speaker": "Ana Florens", "language": "en"}))
    assert "did you mean Ana Florence?" in said
    assert "no letters for" in refused(xtts, line("Hello 日本.", XTTS, settings=own | {"language": "en"}))


def test_a_sentence_longer_than_an_xtts_takes_is_spoken_in_pieces(xtts: Coqui) -> None:
    """It is broken after its commas."""
    kit = Table()
    text = "The kiln was cold, and nobody had opened the door since the winter, not even the old man from the mill"
    xtts.voice(line(text, XTTS, settings={"speaker": "Ana Florence", "language": "en"}), kit)
    assert kit.steps[-1] == (2, 2)


def test_only_an_xtts_takes_a_voice_from_a_recording(vits: Coqui, recording: Path) -> None:
    """A VITS has only its speakers."""
    with pytest.raises(RenderFailed, match="is a vits"):
        vits.lock(ONE, recording)


def test_an_xtts_as_it_was_first_published_is_read_and_left_as_it_was(
    xtts: Coqui, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its model file holds its configuration as an object: coqui-tts would write it anew; nothing is printed."""
    from TTS.tts.configs.xtts_config import XttsConfig
    from TTS.tts.models.xtts import _legacy_safe_globals

    whole = xtts._home.model(XTTS)
    for name in ("config.json", "vocab.json", "speakers_xtts.pth"):
        (tmp_path / name).write_bytes((whole / name).read_bytes())
    weights = torch.load(whole / "model.pth", weights_only=True)["model"]
    with _legacy_safe_globals():  # in which its classes have the names that they had then
        torch.save({"model": weights, "config": XttsConfig()}, tmp_path / "model.pth")
    assert b"TTS.tts.models.xtts" in (tmp_path / "model.pth").read_bytes()
    before = hashlib.sha256((tmp_path / "model.pth").read_bytes()).hexdigest()
    settings = {"speaker": "Ana Florence", "language": "en"}
    capfd.readouterr()
    sound = Coqui(House({XTTS: tmp_path})).voice(line("Hello.", XTTS, settings=settings), Table())
    assert capfd.readouterr() == ("", "")
    assert same(sound, xtts.voice(line("Hello.", XTTS, settings=settings), Table()))
    assert hashlib.sha256((tmp_path / "model.pth").read_bytes()).hexdigest() == before


def test_a_language_that_needs_another_package_says_so(xtts: Coqui, tmp_path: Path) -> None:
    """Japanese is written in Latin letters by a package that coqui-tts does not bring."""
    if importlib.util.find_spec("cutlet"):
        pytest.skip("cutlet is installed")
    whole = xtts._home.model(XTTS)
    for name in ("model.pth", "vocab.json", "speakers_xtts.pth"):
        (tmp_path / name).symlink_to(whole / name)
    config = json.loads((whole / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"languages": ["ja"]}))
    job = line("Hai.", XTTS, settings={"speaker": "Ana Florence"})
    assert "cutlet" in refused(Coqui(House({XTTS: tmp_path})), job, kind=BackendMissing)
