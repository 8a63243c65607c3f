"""Tiny voices of coqui-tts with random weights, saved as real ones are: VITS for one or more speakers, and XTTS."""

from __future__ import annotations

import hashlib
import json
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from charforge.backends.coqui.shim import prepare
from charforge.domain.jobs import VoiceJob

if TYPE_CHECKING:
    from collections.abc import Sequence

LETTERS = "abcdefghijklmnopqrstuvwxyz"
PUNCTUATION = "!'(),-.:;? "
WEIGHTS = hashlib.sha256(b"a tiny VITS").hexdigest()
"""The digest by which a test's home knows the model that `job` speaks with."""


def build(folder: Path, seed: int = 0) -> Path:
    """Save a VITS for one speaker; 1 MB."""
    return build_vits(folder, seed=seed)


def build_vits(folder: Path, speakers: Sequence[str] | None = None, seed: int = 0, **changed: Any) -> Path:
    """Save a VITS of letters only, spoken at about 14 letters a second; 1 MB."""
    prepare()
    import torch
    from TTS.tts.configs.shared_configs import CharactersConfig
    from TTS.tts.configs.vits_config import VitsConfig
    from TTS.tts.models.vits import Vits

    folder.mkdir(parents=True, exist_ok=True)
    config = VitsConfig(
        model_args=_sizes(many=bool(speakers)),
        audio=_audio(),
        use_phonemes=False,
        text_cleaner="basic_cleaners",
        test_sentences=[],
        characters=CharactersConfig(
            pad="<PAD>", eos="<EOS>", bos="<BOS>", blank="<BLNK>", characters=LETTERS, punctuations=PUNCTUATION
        ),
        **changed,
    )
    if speakers:
        torch.save({name: number for number, name in enumerate(speakers)}, folder / "speakers.pth")
        config.speakers_file = config.model_args.speakers_file = str(folder / "speakers.pth")
        config.num_speakers, config.use_speaker_embedding = len(speakers), True
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        model = Vits(config)
    torch.save({"model": model.state_dict(), "config": config.to_dict()}, folder / "model.pth")
    config.save_json(str(folder / "config.json"))
    # As in a folder that was moved here: the paths that training wrote lead nowhere.
    _change(folder / "config.json", lambda text: text.replace(json.dumps(str(folder))[1:-1], "/somewhere/else"))
    return folder


def build_many_languages(folder: Path, seed: int = 0) -> Path:
    """Save a VITS as YourTTS is: speakers by example, several languages, and paths of the machine it was made on."""
    prepare()
    import torch
    from TTS.tts.configs.shared_configs import CharactersConfig
    from TTS.tts.configs.vits_config import VitsConfig
    from TTS.tts.models.vits import Vits

    folder.mkdir(parents=True, exist_ok=True)
    people = {"ED\n": [0.1, 0.2] * 4, "p225": [0.3, -0.2] * 4}
    examples = {f"{who}_{n}.wav": {"name": who, "embedding": mean} for who, mean in people.items() for n in (1, 2)}
    (folder / "speakers.json").write_text(json.dumps(examples))
    (folder / "language_ids.json").write_text(json.dumps({"en": 0, "fr-fr": 1}))
    sizes = _sizes(many=False)
    sizes.use_d_vector_file, sizes.d_vector_dim, sizes.d_vector_file = True, 8, [str(folder / "speakers.json")]
    sizes.use_language_embedding, sizes.language_ids_file = True, str(folder / "language_ids.json")
    letters = CharactersConfig(
        characters_class="TTS.tts.models.vits.VitsCharacters",
        pad="_",
        eos="&",
        bos="*",
        characters=LETTERS,
        punctuations=PUNCTUATION,
        phonemes="",
    )
    cleaner = "multilingual_cleaners"
    config = VitsConfig(model_args=sizes, audio=_audio(), text_cleaner=cleaner, test_sentences=[], characters=letters)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        model = Vits(config)
    torch.save({"model": model.state_dict()}, folder / "model_file.pth")
    sizes.use_speaker_encoder_as_loss, sizes.speaker_encoder_model_path = True, "/somewhere/else/model_se.pth"
    sizes.d_vector_file, sizes.language_ids_file = (
        ["/somewhere/else/speakers.json"],
        "/somewhere/else/language_ids.json",
    )
    config.save_json(str(folder / "config.json"))
    return folder


def build_xtts(folder: Path, seed: int = 0) -> Path:
    """Save an XTTS; 92 MB, as the sizes of its decoder and of its speaker encoder are fixed in coqui-tts."""
    prepare()
    import torch
    from TTS.tts.configs.xtts_config import XttsArgs, XttsAudioConfig, XttsConfig
    from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
    from TTS.tts.models.xtts import Xtts

    folder.mkdir(parents=True, exist_ok=True)
    _vocabulary().save(str(folder / "vocab.json"))
    sizes = XttsArgs(
        gpt_layers=1,
        gpt_n_model_channels=64,
        gpt_n_heads=2,
        gpt_max_audio_tokens=16,
        gpt_max_text_tokens=80,
        gpt_max_prompt_tokens=70,
        gpt_num_audio_tokens=66,
        gpt_start_audio_token=64,
        gpt_stop_audio_token=65,
        gpt_use_perceiver_resampler=True,
        decoder_input_dim=64,
    )
    config = XttsConfig(
        model_args=sizes,
        audio=XttsAudioConfig(),
        languages=["en", "de"],
        gpt_cond_len=3,
        gpt_cond_chunk_len=3,
        max_ref_len=5,
        test_sentences=[],
    )
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        model = Xtts(config)
        model.tokenizer = VoiceBpeTokenizer(vocab_file=str(folder / "vocab.json"))
        model.init_models()
        own = {"gpt_cond_latent": torch.randn(1, 32, 64), "speaker_embedding": torch.randn(1, 512, 1)}
    torch.save({"Ana Florence": own}, folder / "speakers_xtts.pth")
    torch.save({"model": model.state_dict()}, folder / "model.pth")
    config.save_json(str(folder / "config.json"))
    return folder


def reference(file: Path, seconds: float = 1.5, pitch: float = 140.0) -> Path:
    """Write a WAV that a voice can be made from."""
    rate = 16_000
    time = np.arange(round(seconds * rate)) / rate
    sound = sum(np.sin(2 * np.pi * pitch * n * time) / n for n in (1, 2, 3))
    sound = sound * (0.5 + 0.4 * np.sin(2 * np.pi * 3 * time))
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((sound / np.abs(sound).max() * 20_000).astype("<i2").tobytes())
    return file


def job(case: Any, seed: int = 1, weights: str = WEIGHTS) -> VoiceJob:
    """Return a line that the tiny VITS can say; a home of one's own may have it under WEIGHTS."""
    return VoiceJob(backend=case.name, text="Let it settle.", seed=seed, settings={"weights": weights})


def _sizes(*, many: bool) -> Any:
    from TTS.tts.configs.vits_config import VitsArgs

    return VitsArgs(
        hidden_channels=16,
        hidden_channels_ffn_text_encoder=32,
        num_heads_text_encoder=2,
        num_layers_text_encoder=1,
        num_layers_posterior_encoder=1,
        num_layers_flow=1,
        resblock_type_decoder="2",
        resblock_kernel_sizes_decoder=[3],
        resblock_dilation_sizes_decoder=[[1, 3]],
        upsample_rates_decoder=[8, 8, 4],
        upsample_initial_channel_decoder=16,
        upsample_kernel_sizes_decoder=[16, 16, 8],
        init_discriminator=False,
        use_sdp=False,
        out_channels=129,
        spec_segment_size=8,
        length_scale=2.5,
        use_speaker_embedding=many,
        speaker_embedding_channels=8,
    )


def _audio() -> Any:
    from TTS.config.shared_configs import BaseAudioConfig

    return BaseAudioConfig(fft_size=256, win_length=256, hop_length=256, sample_rate=22_050, num_mels=20)


def _vocabulary() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers

    special = ["[STOP]", "[UNK]", "[SPACE]", "[START]", "[en]", "[de]"]
    vocabulary = {token: number for number, token in enumerate([*special, *LETTERS, *".,!?'-"])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="[UNK]"))
    tokenizer.add_special_tokens(special)
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


def _change(file: Path, change: Any) -> None:
    file.write_text(change(file.read_text("utf-8")), "utf-8")
