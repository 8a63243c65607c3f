"""Gives a character the voice of a recording, with a model that speaks as it was shown."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from charforge import library as assets
from charforge.backends.coqui import Coqui
from charforge.backends.coqui.styles import heard
from charforge.documents import write_atomic
from charforge.documents.schema import did_you_mean
from charforge.domain.jobs import Input, VoiceJob
from charforge.errors import InputError, RenderFailed
from charforge.events import Noted, Progressed, Reporter, StageEnded, StageStarted
from charforge.planner.own import own_settings
from charforge.runners import Toolbox
from charforge.runners.making import make
from charforge.runners.tools import WorkKit
from charforge.studio.machine import home
from charforge.studio.own import OwnModels, knowledge
from charforge.studio.project import Project, find
from charforge.studio.report import VoiceReport

TEXT = "This is how I sound. Every line that I say in the film is spoken with this voice."
STAGE = "voice"
ENOUGH = 6.0
"""Seconds of a recording from which nothing is said of its length. Source: the model card of XTTS v2."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is spoken, by which model, as whom."""

    engine: str
    recording: Path
    text: str
    speed: float
    settings: dict[str, Any]
    """What the character's voice says beside the style."""


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A voice and what it said."""

    style: bytes
    sample: bytes


def voice(  # noqa: PLR0913 - each option stands for one of the command's
    near: Path, name: str, recording: Path, tell: Reporter, *, model: str | None = None, text: str = TEXT
) -> VoiceReport:
    """Make a character speak as the person in a recording from now on; return the files that were written.

    `model` is a model of charforge.yaml that coqui-tts runs, needed where there are several. What the character's
    voice said of speed and pronunciation is kept when it was the same model's. Raises InputError for a character or
    model that is not there and for a recording that no voice can be made from, RenderFailed for a model that takes no
    recordings; nothing is then written. The library must be locked anew afterwards.
    """
    project = find(near)
    before = assets.written_voice(project.library, name)
    engine = _engine(project, model)
    seconds = _heard_seconds(recording)
    if seconds < ENOUGH:
        tell(Noted(f"{recording} lasts {seconds:.1f} s; from {ENOUGH:.0f} s on a voice comes closer to the person"))
    said = before if before.get("engine") == engine else {}
    # A speaker of the model's own would go before the recording.
    settings = {key: value for key, value in said.get("settings", {}).items() if key != "speaker"}
    wanted = _Wanted(engine, recording, text, float(said.get("speed", 1)), settings)
    began = monotonic()
    tell(StageStarted(STAGE, 1, "voice"))
    spoken = _speak(project, wanted, tell)
    tell(StageEnded(STAGE, monotonic() - began))
    if before:
        tell(Noted(_replaced(name, before, said.keys() & {"speed"} | settings.keys())))
    folder = project.library / "characters" / name
    files = {"style": f"voice/{name}.safetensors", "sample": "voice/sample.flac"}
    write_atomic(folder / files["style"], spoken.style)
    write_atomic(folder / files["sample"], spoken.sample)
    kept = {"speed": said.get("speed"), "settings": settings}
    content = {"engine": engine, **files, **{key: value for key, value in kept.items() if value}}
    file = assets.record(project.library, name, voice=content)
    return VoiceReport(
        engine=engine, style=str(folder / files["style"]), sample=str(folder / files["sample"]), file=str(file)
    )


def _engine(project: Project, model: str | None) -> str:
    """Return the name of the voice model in charforge.yaml."""
    able = [n for n, named in project.settings.models.items() if (named.backend or n) == Coqui.name]
    if model is None and Coqui.name in able:
        return Coqui.name
    if model is None and len(able) == 1:
        return able[0]
    if not able:
        hint = "write into charforge.yaml: models: {coqui: {weights: FOLDER, language: en}}, the folder of an XTTS"
        raise InputError("no voice model of coqui-tts is named, and only an XTTS speaks as a recording", hint)
    if model is None:
        raise InputError("several voice models are named", f"choose one with --model: {', '.join(able)}")
    if model not in able:
        hint = did_you_mean(model, able) or f"there are: {', '.join(able)}"
        raise InputError(f"charforge.yaml names no voice model {model!r} of coqui-tts", hint)
    return model


def _heard_seconds(recording: Path) -> float:
    """Return how long a recording lasts; raise InputError, before any model is looked at, for one without a voice."""
    if not recording.is_file():
        raise InputError(f"there is no file {recording}", "name a WAV or FLAC of one person speaking for some seconds")
    try:
        samples, rate = heard(recording)
    except RenderFailed as error:
        raise InputError(f"{recording}: {error.message}", error.hint) from error
    return len(samples) / rate


def _replaced(name: str, before: Mapping[str, Any], kept: Collection[str]) -> str:
    """Return in words what a character's voice was, and what it said that goes with it."""
    style = f" ({before['style']})" if before.get("style") else ""
    said = {"speed": before.get("speed"), **before.get("settings", {})}
    lost = ", ".join(f"{key} {value}" for key, value in said.items() if value is not None and key not in kept)
    words = f"the former voice of {name} is replaced: {before['engine']}{style}"
    return f"{words}; not kept, as it belongs to that voice: {lost}" if lost else words


def _speak(project: Project, wanted: _Wanted, tell: Reporter) -> _Spoken:
    """Return the recording's voice and the text as it speaks it."""
    models = OwnModels(project, tell)
    model = knowledge(project).catalogue.named(wanted.engine)
    assert model is not None  # the catalogue knows coqui, and knowledge() all that run on it
    own = models[wanted.engine]
    if "speaker" in own.settings:
        message = f"models: {wanted.engine} speaks as {own.settings['speaker']!r}, which goes before any recording"
        raise InputError(message, f"remove speaker: under {wanted.engine} in charforge.yaml")
    toolbox = Toolbox(home(project, models))
    backend = toolbox.get("voice", model.run_by)
    with tempfile.TemporaryDirectory(prefix="charforge-") as scratch:
        file = Path(scratch) / "style"
        style = backend.lock(own.digest, wanted.recording)
        file.write_bytes(style)
        job = VoiceJob(
            backend=model.run_by,
            text=wanted.text,
            speed=wanted.speed,
            inputs=(Input(role="style", source=hashlib.sha256(style).hexdigest()),),
            settings={**own_settings(model, models), **wanted.settings},
        )
        kit = WorkKit(
            Path(scratch), lambda _: file, toolbox, (), lambda n, all_: tell(Progressed(STAGE, "sample", n, all_))
        )
        sample = make(job, backend, kit).payload
    assert isinstance(sample, bytes)
    return _Spoken(style, sample)
