"""Who an XTTS speaks as: made from a recording, kept in a file of our own, and read again.

A saved voice is a safetensors file with two tensors, `gpt_conditioning_latents` (1, n, width of the model) and
`speaker_embedding` (1, 512, 1), and one entry of metadata, `charforge`, that names the model it was made with: the same
numbers mean nothing to other weights.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from charforge.backends.coqui import files
from charforge.errors import RenderFailed, WeightsError

if TYPE_CHECKING:
    from pathlib import Path

    from charforge.backends.coqui.files import Loaded

PARTS = ("gpt_conditioning_latents", "speaker_embedding")
MARK = "charforge"
KIND = "voice of XTTS, 1"
SHORTEST = 1.0
"""Seconds that a reference must last; coqui-tts advises more than three."""
QUIETEST = 0.003
RECORDING = "give a WAV or FLAC of one person speaking for some seconds, or a voice saved from one"


def of_file(file: Path, loaded: Loaded, weights: str) -> tuple[Any, Any]:
    """Return latents and embedding from a recording, a saved voice or a voice saved by coqui-tts.

    Raises RenderFailed for anything else, for a voice of other weights, and for one that holds no numbers.
    """
    with file.open("rb") as opened:
        start = opened.read(9)
    if start[:4] in (b"RIFF", b"fLaC"):
        return of_recording(file, loaded)
    if start[:2] == b"PK":
        found = _of_coqui(file)
    elif start[8:9] == b"{":
        found = _saved(file, weights)
    else:
        raise RenderFailed(f"the voice style {file.name[:12]} is neither sound nor a saved voice", RECORDING)
    return _checked(found, loaded)


def heard(file: Path) -> tuple[Any, int]:
    """Return the samples of a recording, mono float32, and their rate; raise RenderFailed when nobody can be heard."""
    import soundfile

    try:
        samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise RenderFailed(f"the recording of the voice cannot be read: {error}", RECORDING) from error
    mono = samples.mean(1)
    if len(mono) < SHORTEST * rate:
        message = f"the recording of the voice lasts {len(mono) / rate:.2f} s; it takes at least {SHORTEST:.0f} s"
        raise RenderFailed(message, "record six seconds or more")
    loudest = float(abs(mono).max())
    if not math.isfinite(loudest) or loudest < QUIETEST:
        raise RenderFailed("nothing can be heard in the recording of the voice", RECORDING)
    return mono, int(rate)


def of_recording(file: Path, loaded: Loaded) -> tuple[Any, Any]:
    """Return latents and embedding of the person who speaks in a WAV or FLAC; raise RenderFailed."""
    import torch
    from torchaudio.functional import resample

    mono, rate = heard(file)
    model, config = loaded.model, loaded.model.config
    with torch.inference_mode():
        inner = int(config.audio.sample_rate)
        sound = resample(torch.from_numpy(mono)[None], rate, inner).clip(-1, 1)[:, : inner * int(config.max_ref_len)]
        if config.sound_norm_refs:
            sound = sound / sound.abs().max() * 0.75
        sound = sound.to(model.device)
        embedding = model.get_speaker_embedding(sound, inner)
        latents = model.get_gpt_cond_latents(
            sound, inner, length=config.gpt_cond_len, chunk_length=config.gpt_cond_chunk_len
        )
    return _checked({PARTS[0]: latents, PARTS[1]: embedding}, loaded)


def saved(latents: Any, embedding: Any, weights: str) -> bytes:  # noqa: ANN401 - tensors
    """Return the file that holds a voice; the same voice gives the same bytes."""
    from safetensors.torch import save

    tensors = {
        name: tensor.detach().cpu().float().contiguous()
        for name, tensor in zip(PARTS, (latents, embedding), strict=True)
    }
    return bytes(save(tensors, {MARK: json.dumps({"kind": KIND, "model": weights}, sort_keys=True)}))


def _saved(file: Path, weights: str) -> dict[str, Any]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, "pt") as opened:
            about = json.loads((opened.metadata() or {}).get(MARK, "{}"))
            found = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - it is no mapping
    except (SafetensorError, ValueError, OSError) as error:
        raise RenderFailed(f"the saved voice is not whole: {error}", "save it anew from its recording") from error
    if about.get("kind") != KIND:
        raise RenderFailed("the voice style is a safetensors file, but no saved voice", RECORDING)
    if about.get("model") != weights:
        made = str(about.get("model"))[:12]
        message = f"the voice was saved with the model {made}, not with {weights[:12]}: to this one it means nothing"
        raise RenderFailed(message, "save it anew with this model, or choose the model that it was saved with")
    return found


def _of_coqui(file: Path) -> dict[str, Any]:
    try:
        found = files.read(file)
    except WeightsError as error:
        raise RenderFailed(f"the voice style cannot be used: {error.message}", RECORDING) from error
    return found if isinstance(found, dict) else {}


def _checked(found: dict[str, Any], loaded: Loaded) -> tuple[Any, Any]:
    """Return the two tensors as the model takes them; raise RenderFailed when they are not those of such a model."""
    import torch

    sizes = loaded.model.config.model_args
    latents, embedding = (found.get(name) for name in PARTS)
    if not isinstance(latents, torch.Tensor) or not isinstance(embedding, torch.Tensor):
        raise RenderFailed("the voice style is no voice of an XTTS", RECORDING)
    if latents.ndim != 3 or latents.shape[2] != sizes.gpt_n_model_channels or latents.shape[0] != 1:
        shape = tuple(latents.shape)
        message = f"the voice is of another size of model: {shape}, not (1, …, {sizes.gpt_n_model_channels})"
        raise RenderFailed(message, "save it anew with this model")
    if tuple(embedding.shape) != (1, sizes.d_vector_dim, 1):
        message = f"the voice is of another size of model: {tuple(embedding.shape)}, not (1, {sizes.d_vector_dim}, 1)"
        raise RenderFailed(message, "save it anew with this model")
    if not (torch.isfinite(latents).all() and torch.isfinite(embedding).all()):
        raise RenderFailed("the voice holds values that are no numbers", "save it anew from its recording")
    device = loaded.model.device
    return latents.to(device, torch.float32), embedding.to(device, torch.float32)
