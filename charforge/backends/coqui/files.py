"""Reads a voice model's folder as coqui-tts writes it, without letting it run code or reach beyond itself.

What was found in coqui-tts 0.28 and is guarded against here: its model files are pickles, loaded with
`weights_only=True` on torch 2.4 and later; its statistics of sound (`audio.stats_path`) are loaded with
`allow_pickle=True`; its config.json may name any importable class as alphabet, and files anywhere, even on the network;
and it writes an old XTTS model file anew where it lies, which changes what the folder's digest names.
"""

from __future__ import annotations

import json
import pickle
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charforge.backends.coqui.shim import prepare
from charforge.errors import BackendMissing, CharforgeError, OutOfMemory, WeightsError, in_one_line

FAMILIES = ("vits", "xtts")
MODEL_FILES = ("model_file.pth", "model_file.pth.tar", "model.pth", "checkpoint.pth", "best_model.pth")
BESIDE = ("speakers", "speaker_ids", "language_ids", "model_se", "dvae", "mel_stats")
"""Starts of the names of further .pth files that are no voice."""
FILES = {
    "speakers_file": ("speaker_ids.json", "speaker_ids.pth", "speakers.pth", "speakers.json"),
    "speaker_file": (),
    "d_vector_file": ("speakers.json", "speakers.pth"),
    "language_ids_file": ("language_ids.json",),
}
"""Setting of a config.json -> what the file is called where the setting's own name is not in the folder.

Source: ModelManager._update_paths of coqui-tts 0.28.
"""
PUBLISHED = "do not use it; get the model from where it was published"
AGAIN = "fetch it again: the download may be incomplete"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model, ready to speak."""

    family: str
    model: Any
    rate: int
    speakers: dict[str, str]
    """What a user writes -> what the model calls them; empty when it has one voice."""
    languages: tuple[str, ...]
    own: dict[str, Any]
    """XTTS: what is saved of the voices that came with the model, by name."""


def family(folder: Path) -> str:
    """Return which kind of model lies in a folder, `vits` or `xtts`; import nothing. Raises WeightsError."""
    if not folder.is_dir():
        message = f"{folder} is not a folder; a voice of coqui-tts is a folder with config.json and its model file"
        raise WeightsError(message, "name the folder, not the file, under models: in charforge.yaml")
    file = folder / "config.json"
    if not file.is_file():
        other = "it belongs to diffusers" if (folder / "model_index.json").is_file() else "it is no voice of coqui-tts"
        raise WeightsError(f"{folder} has no config.json: {other}", f"{AGAIN}, or name another folder")
    try:
        found = json.loads(_without_comments(file.read_text("utf-8")))
    except ValueError as error:
        raise WeightsError(f"{file} is not whole: {error}", AGAIN) from error
    name = found.get("model") if isinstance(found, dict) else None
    if not isinstance(name, str) or name.lower() not in FAMILIES:
        message = f"{folder} holds a model {name!r}; the voice coqui speaks with {' and '.join(FAMILIES)}"
        raise WeightsError(message, "name the folder of a VITS or XTTS model, or see: charforge models")
    return name.lower()


def model_file(folder: Path) -> Path:
    """Return the file with the weights; raise WeightsError when there is none, or no telling which."""
    for name in MODEL_FILES:
        if (folder / name).is_file():
            return folder / name
    found = [f for f in sorted(folder.glob("*.pth")) if not f.name.startswith(BESIDE)]
    if len(found) == 1:
        return found[0]
    if found:
        message = f"{folder} has several model files: {', '.join(f.name for f in found)}"
        raise WeightsError(message, "keep one, or name the right one model.pth")
    raise WeightsError(f"{folder} has no model file (model.pth)", AGAIN)


def read(file: Path, *, whole: bool = True) -> Any:  # noqa: ANN401 - whatever was saved
    """Return what a .pth file holds, letting it run no code; without `whole` its tensors stay empty.

    Raises WeightsError when it is cut short, or is a pickle of more than numbers and plain values.
    """
    import torch

    try:
        with torch.serialization.safe_globals(_old_names()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return torch.load(file, map_location="cpu" if whole else "meta", weights_only=True, mmap=True)
            except RuntimeError as error:
                if "mmap can only be used" not in str(error):
                    raise
                return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        named = re.search(r"GLOBAL (\S+)", str(error))
        if named or _start(file) == b"\x80":
            message = f"{file} holds more than weights: {named.group(1) if named else 'a pickle of another kind'}"
            raise WeightsError(message, f"{PUBLISHED}; what could run code is never loaded") from error
        raise WeightsError(f"{file} is not a model file", AGAIN) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise WeightsError(f"{file} is not whole: {in_one_line(error)}", AGAIN) from error


def load(folder: Path, device: str) -> Loaded:
    """Return the model of a folder on a device; raise WeightsError, BackendMissing or OutOfMemory."""
    kind = family(folder)
    file = model_file(folder)
    prepare()
    import torch

    for pickled in (file, *(f for f in sorted(folder.glob("*.pth")) if f.name.startswith(BESIDE[:3]))):
        read(pickled, whole=False)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            return _load_xtts(folder, file, device) if kind == "xtts" else _load_vits(folder, file, device)
    except CharforgeError:
        raise
    except torch.OutOfMemoryError as error:
        raise OutOfMemory(f"{device} has too little memory for {folder}", "write device: cpu") from error
    except ImportError as error:
        message = f"{folder} needs a package that is not installed: {in_one_line(error)}"
        raise BackendMissing(message, "install what it names: pip install 'coqui-tts[languages]'") from error
    except Exception as error:  # coqui-tts raises any kind of error for a config or weights that do not fit
        if "espeak" in str(error) or "honemizer" in str(error):
            message = (
                f"nothing on this machine tells the model in {folder} how words are pronounced: {in_one_line(error)}"
            )
            raise BackendMissing(message, "apt install espeak-ng, or pip install 'coqui-tts[languages]'") from error
        message = f"{folder} cannot be loaded as {kind}: {in_one_line(error)}"
        raise WeightsError(message, "its files may be of different models, or incomplete: fetch it again") from error


def _load_vits(folder: Path, file: Path, device: str) -> Loaded:
    from TTS.tts.models.vits import Vits

    config = _config(folder)
    model = Vits(config)
    model.load_checkpoint(config, file, eval=True)
    manager = model.speaker_manager
    names: list[str] = []
    if manager is not None:
        names = list(manager.embedding_names if config.model_args.use_d_vector_file else manager.speaker_names)
    speakers = {name.strip(): name for name in names}
    languages = tuple(model.language_manager.language_names)
    return Loaded("vits", model.to(device), int(config.audio.sample_rate), speakers, languages, {})


def _load_xtts(folder: Path, file: Path, device: str) -> Loaded:
    from TTS.tts.models.xtts import Xtts

    if not (folder / "vocab.json").is_file():
        raise WeightsError(f"{folder} has no vocab.json", AGAIN)
    config = _config(folder)
    with _transformers_quiet():
        return _opened_xtts(Xtts(config), config, folder, file, device)


def _opened_xtts(model: Any, config: Any, folder: Path, file: Path, device: str) -> Loaded:  # noqa: ANN401
    # coqui-tts' own reading writes the file of the original XTTS v2 anew.
    model._load_checkpoint = lambda path: read(Path(path))["model"]  # noqa: SLF001
    model.load_checkpoint(config, checkpoint_dir=folder, checkpoint_path=file, eval=True)
    manager = model.speaker_manager
    own = dict(manager.speakers) if manager is not None else {}
    speakers = {name.strip(): name for name in own}
    rate = int(config.model_args.output_sample_rate)
    return Loaded("xtts", model.to(device), rate, speakers, tuple(config.languages), own)


@contextmanager
def _transformers_quiet() -> Iterator[None]:
    """Keep transformers from warning on the terminal about token numbers that an XTTS does not use."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)


def _config(folder: Path) -> Any:  # noqa: ANN401 - coqui-tts has no types
    """Return the model's configuration, in which every file lies in its folder and nothing is only for training."""
    from TTS.config import load_config

    config = load_config(folder / "config.json")
    alphabet = getattr(getattr(config, "characters", None), "characters_class", None)
    if alphabet and not str(alphabet).startswith("TTS.tts."):
        message = f"{folder / 'config.json'} wants the class {alphabet} to be imported"
        raise WeightsError(message, PUBLISHED)
    for part in (config, config.model_args):
        for setting, usual in FILES.items():
            if hasattr(part, setting):
                _point(part, setting, folder, usual)
        # The speaker encoder is only for making voices and for training.
        for setting, value in (
            ("speaker_encoder_model_path", ""),
            ("speaker_encoder_config_path", ""),
            ("use_speaker_encoder_as_loss", False),
        ):
            if hasattr(part, setting):
                setattr(part, setting, value)
    if hasattr(config.audio, "stats_path"):
        config.audio.stats_path = None
    return config


def _point(part: Any, setting: str, folder: Path, usual: tuple[str, ...]) -> None:  # noqa: ANN401
    written = getattr(part, setting)
    several = isinstance(written, list)
    first = (written[0] if written else "") if several else written
    names = (re.split(r"[\\/]", str(first))[-1] if first else "", *usual)
    found = next((str(folder / name) for name in names if name and (folder / name).is_file()), "")
    setattr(part, setting, ([found] if found else None) if several else found)


def _old_names() -> list[Any]:
    """Return the plain classes that model files of XTTS hold, under their present and former names."""
    from TTS.config.shared_configs import BaseDatasetConfig
    from TTS.tts.configs.xtts_config import XttsArgs, XttsAudioConfig, XttsConfig

    former = [(kind, f"TTS.tts.models.xtts.{kind.__name__}") for kind in (XttsArgs, XttsAudioConfig)]
    return [BaseDatasetConfig, XttsArgs, XttsAudioConfig, XttsConfig, *former]


def _without_comments(text: str) -> str:
    """Return JSON without the comments that configurations of old models have."""
    return re.sub(r'("(?:[^"\\]|\\.)*")|/\*.*?\*/|//[^\n]*', lambda found: found.group(1) or "", text, flags=re.DOTALL)


def _start(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(1)
