"""Voice models that coqui-tts knows by name (``tts_models/en/vctk/vits``): their licences, where they lie, fetching.

Nothing here uses the network but `fetch`, which is called for a person who has seen the licence and agreed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from charforge.backends.coqui import files
from charforge.backends.coqui.shim import INSTALL, prepare
from charforge.documents.schema import did_you_mean
from charforge.errors import BackendMissing, InputError, WeightsError

NAME = re.compile(r"tts_models/[\w-]+/[\w.-]+/[\w.-]+")
OTHERS = (
    "bark",
    "tortoise",
    "tacotron",
    "glow-tts",
    "fast_pitch",
    "speedy-speech",
    "neural_hmm",
    "overflow",
    "capacit",
)
"""Parts of the names of models that the voice coqui does not speak with."""
TERMS = {
    "cpml": "CPML, the Coqui Public Model License: not for commercial use, neither the model nor the sound it makes; "
    "https://tts-hub.github.io/cpml",
    "cc by-nc-nd 4.0": "CC BY-NC-ND 4.0: not for commercial use, with its authors' names, no changed versions of it; "
    "https://creativecommons.org/licenses/by-nc-nd/4.0/",
    "cc by 4.0": "CC BY 4.0: any use, with its authors' names; https://creativecommons.org/licenses/by/4.0/",
    "cc by-sa 4.0": "CC BY-SA 4.0: any use, with its authors' names, changed versions under the same terms; "
    "https://creativecommons.org/licenses/by-sa/4.0/",
    "apache 2.0": "Apache 2.0: any use, keeping its notices; https://www.apache.org/licenses/LICENSE-2.0",
    "bsd-3-clause": "BSD 3-clause: any use, keeping its notices; https://opensource.org/license/bsd-3-clause",
    "mit": "MIT: any use, keeping its notice; https://opensource.org/license/mit",
    "mpl": "MPL 2.0: any use, changed files under the same terms; https://www.mozilla.org/MPL/2.0/",
    "openrail": "OpenRAIL: any use but those that it forbids; read them where the model was published",
}
"""Licence as the list of models has it, in lower case and without hyphens after CC -> its terms in words."""
UNKNOWN = "no licence is stated: ask its author before you use it"
LINKED = (OSError, NotImplementedError)


def is_name(weights: str) -> bool:
    """Return whether this is written as the name of a speaking model of coqui-tts."""
    return NAME.fullmatch(weights) is not None


def names(models_file: Path | None = None) -> tuple[str, ...]:
    """Return the names of the models that the voice coqui can speak with; raise BackendMissing without coqui-tts."""
    listed = _listed(models_file)
    return tuple(name for name, item in listed.items() if _fits(name, item))


def licence(name: str, models_file: Path | None = None) -> str:
    """Return the terms of a model in words, from coqui-tts' own list; raise InputError for an unknown name."""
    written = str(_item(name, models_file).get("license") or "").strip()
    if not written:
        return UNKNOWN
    key = re.sub(r"^cc-by", "cc by", written.lower()).replace("cc by-4", "cc by 4").replace("cc by-sa-4", "cc by-sa 4")
    return TERMS.get(key, written)


def commercial(name: str, models_file: Path | None = None) -> bool:
    """Return whether a model's licence is known to allow commercial use."""
    terms = licence(name, models_file)
    return terms in TERMS.values() and "not for commercial" not in terms


def home() -> Path:
    """Return the folder in which coqui-tts keeps models. Source: trainer.io.get_user_data_dir."""
    named = os.environ.get("TTS_HOME") or os.environ.get("XDG_DATA_HOME")
    if named:
        return Path(named).expanduser().resolve() / "tts"
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/tts").expanduser()
    return Path.home() / ".local" / "share" / "tts"


def folder(name: str) -> Path:
    """Return the folder of a fetched model; raise BackendMissing with the command that fetches it. No network."""
    found = _place(name)
    try:
        files.model_file(found)
        files.family(found)
    except WeightsError as error:
        there = found.is_dir() and any(found.iterdir())
        state = f"is not whole: {error.message}" if there else "is not on this machine"
        raise BackendMissing(f"the voice model {name} {state}", f"charforge weights pull {name}") from None
    return found


def fetch(name: str, *, accepted: bool, offline: bool = False, models_file: Path | None = None) -> Path:
    """Fetch a model as coqui-tts does and return its folder; what is there and whole is not fetched again.

    `accepted` says that a person has seen `licence` and agreed to it; nothing is ever asked here. Raises WeightsError
    when it was not accepted, cannot be had, or is none that the voice coqui can speak with; nothing is then left.
    """
    item = _item(name, models_file)
    with suppress(BackendMissing):
        return folder(name)
    if not _fits(name, item):
        message = f"the voice coqui does not speak with {name}"
        raise WeightsError(message, "choose a VITS or XTTS model, such as tts_models/en/vctk/vits")
    if not accepted:
        message = f"the licence of {name} was not agreed to: {licence(name, models_file)}"
        raise WeightsError(message, f"read it, then: charforge weights pull {name} --agree")
    if offline:
        raise WeightsError(f"{name} is not on this machine, and the project is offline", "set offline: false")
    prepare()
    place = _place(name)
    place.parent.mkdir(parents=True, exist_ok=True)
    # Fetched beside its place and moved there whole: coqui-tts takes any folder of that name for the model.
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=place.parent) as beside:
        got = _fetched(name, Path(beside), models_file)
        files.family(got)
        files.read(files.model_file(got), whole=False)
        _put(got, place, own=Path(beside) in got.parents)
    return place


def _fetched(name: str, beside: Path, models_file: Path | None) -> Path:
    """Let coqui-tts fetch a model into a folder of ours, or into the hub's cache where it comes from the hub."""
    from TTS.utils.manage import ModelManager

    class Manager(ModelManager):  # type: ignore[misc]
        """Asks nothing, as the terms were agreed to, and leaves config.json as it was published."""

        @staticmethod
        def ask_tos(_folder: Path) -> bool:
            return True

        def _update_paths(self, *_ignored: object) -> None:
            return

    manager = Manager(models_file=models_file, output_prefix=beside, progress_bar=False)
    try:
        model, _, _ = manager.download_model(name)
    except Exception as error:  # the network's errors, and whatever a broken download makes coqui-tts stumble over
        raise WeightsError(f"{name} cannot be fetched: {_short(error)}", "check the network, then try again") from error
    return Path(model) if Path(model).is_dir() else Path(model).parent


def _put(got: Path, place: Path, *, own: bool) -> None:
    if place.is_symlink():
        place.unlink()
    elif place.is_dir():
        shutil.rmtree(place)
    if own:
        got.rename(place)
        return
    try:
        place.symlink_to(got, target_is_directory=True)
    except LINKED:
        shutil.copytree(got, place)


def _place(name: str) -> Path:
    return home() / name.replace("/", "--")


def _fits(name: str, item: dict[str, Any]) -> bool:
    return not item.get("default_vocoder") and not any(other in name for other in OTHERS)


def _item(name: str, models_file: Path | None) -> dict[str, Any]:
    listed = _listed(models_file)
    if name not in listed:
        hint = did_you_mean(name, listed) or "see: tts --list_models"
        raise InputError(f"coqui-tts knows no voice model {name!r}", hint)
    return listed[name]


def _listed(models_file: Path | None) -> dict[str, dict[str, Any]]:
    """Return what coqui-tts' list says about each speaking model, by name."""
    if models_file is None:
        spec = find_spec("TTS")
        if spec is None or not spec.submodule_search_locations:
            raise BackendMissing("coqui-tts is not installed", INSTALL)
        models_file = Path(next(iter(spec.submodule_search_locations))) / ".models.json"
    try:
        speaking = json.loads(models_file.read_text("utf-8"))["tts_models"]
        return {
            f"tts_models/{language}/{data}/{model}": item
            for language, sets in speaking.items()
            for data, models in sets.items()
            for model, item in models.items()
        }
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise WeightsError(f"the list of voice models {models_file} cannot be read: {error}", INSTALL) from error


def _short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:200] or type(error).__name__
