"""Gives a character the voice of a recording, with a model that speaks as it was shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import monotonic

from charforge.backends.coqui import Coqui
from charforge.backends.coqui.styles import heard
from charforge.documents.schema import did_you_mean
from charforge.errors import InputError, RenderFailed
from charforge.events import Noted, Reporter, StageEnded, StageStarted
from charforge.studio.own import knowledge
from charforge.studio.project import Project, find
from charforge.studio.report import VoiceReport
from charforge.studio.voicing.keeping import STAGE, TEXT, Booth, Spoken, keep, locked_voice, replaced, sample

ENOUGH = 6.0
"""Seconds of a recording from which nothing is said of its length. Source: the model card of XTTS v2."""


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
    before = locked_voice(project, name)
    engine = _engine(project, model)
    seconds = _heard_seconds(recording)
    if seconds < ENOUGH:
        tell(Noted(f"{recording} lasts {seconds:.1f} s; from {ENOUGH:.0f} s on a voice comes closer to the person"))
    said = before if before.get("engine") == engine else {}
    # A speaker of the model's own would go before the recording.
    settings = {key: value for key, value in said.get("settings", {}).items() if key != "speaker"}
    spoken = Spoken(engine, None, f"voice/{name}.safetensors", speed=float(said.get("speed", 1)), settings=settings)
    booth = Booth(project, name, tell)
    began = monotonic()
    tell(StageStarted(STAGE, 1, "voice"))
    style = _style(booth, engine, recording)
    spoken = replace(spoken, style=style)
    spoken = replace(spoken, sample=sample(booth, spoken, text))
    tell(StageEnded(STAGE, monotonic() - began))
    if before:
        tell(Noted(replaced(name, before, said.keys() & {"speed"} | settings.keys())))
    return keep(booth, spoken)


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


def _style(booth: Booth, engine: str, recording: Path) -> bytes:
    """Return the recording's voice as the engine's model keeps it."""
    model = knowledge(booth.project).catalogue.named(engine)
    assert model is not None  # the catalogue knows coqui, and knowledge() all that run on it
    own = booth.models[engine]
    if "speaker" in own.settings:
        message = f"models: {engine} speaks as {own.settings['speaker']!r}, which goes before any recording"
        raise InputError(message, f"remove speaker: under {engine} in charforge.yaml")
    style: bytes = booth.toolbox.get("voice", model.run_by).lock(own.digest, recording)
    return style
