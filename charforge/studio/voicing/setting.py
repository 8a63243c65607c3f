"""Gives a character a blend of Kokoro's voices or an engine's own speaker, or sets how fast and high it speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

from charforge.backends import registry
from charforge.backends.kokoro_voice import blend, recipe
from charforge.documents import write_atomic
from charforge.documents.schema import did_you_mean
from charforge.errors import InputError
from charforge.events import Noted, Reporter, StageEnded, StageStarted
from charforge.studio.project import Project, find
from charforge.studio.report import VoiceReport
from charforge.studio.voicing.keeping import SAMPLE, STAGE, TEXT, Booth, Spoken, keep, locked_voice, replaced, sample
from charforge.weights import listed

PREFIX = "voice-"
"""What the names of Kokoro's voices begin with in the registry of model files."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What shall be other than it was; None leaves a thing alone."""

    blend: Mapping[str, float] | None = None
    """Kokoro voice -> share."""
    speaker: str | None = None
    model: str | None = None
    speed: float | None = None
    """0.3 to 3."""
    pitch: float | None = None
    """Semitones, -12 to 12."""
    text: str = TEXT


def change(near: Path, name: str, wish: Wish, tell: Reporter) -> VoiceReport:
    """Change a character's voice and speak its sample anew; return what was written.

    Raises InputError for a character, voice or engine that is not there and for numbers out of range, BackendMissing
    when the engine cannot speak here. The library must be locked anew afterwards.
    """
    project = find(near)
    before = locked_voice(project, name)
    _refuse(wish)
    booth = Booth(project, name, tell)
    began = monotonic()
    tell(StageStarted(STAGE, 1, "voice"))
    spoken = _wanted(project, name, wish, before)
    if wish.blend is not None:
        spoken = replace(spoken, style=blend(wish.blend, booth.toolbox.home).tobytes())
    elif spoken.style_file is not None:
        spoken = replace(spoken, style=_bytes(booth.folder / spoken.style_file))
    spoken = replace(spoken, sample=sample(booth, spoken, wish.text))
    if wish.blend is not None:
        accent = str(spoken.settings.get("accent", "american"))
        text = recipe(f"{name}.f32", Path(SAMPLE).name, wish.text, accent, wish.blend)
        write_atomic(booth.folder / "voice/blend.yaml", text.encode())
    if before and (wish.blend is not None or wish.speaker is not None or spoken.engine != before["engine"]):
        kept = {"speed", "pitch", *spoken.settings} if spoken.engine == before["engine"] else ()
        tell(Noted(replaced(name, before, kept)))
    report = keep(booth, spoken)
    tell(StageEnded(STAGE, monotonic() - began))
    return report


def _wanted(project: Project, name: str, wish: Wish, before: Mapping[str, Any]) -> Spoken:
    """Return the voice that a wish makes of the one before, not yet spoken."""
    engine = "kokoro" if wish.blend is not None else wish.model or before.get("engine")
    if engine is None:
        hint = f"charforge library voice {name} --blend af_heart=0.6,bf_emma=0.4, or give a recording"
        raise InputError(f"{name} has no voice yet", hint)
    _known(project, str(engine))
    same = before if before.get("engine") == engine else {}
    settings = dict(same.get("settings", {}))
    if wish.speaker is not None:
        settings["speaker"] = wish.speaker
    style = f"voice/{name}.f32" if wish.blend is not None else same.get("style")
    if wish.speaker is not None and wish.blend is None:
        # A speaker of the engine's own and a style would contradict each other.
        style = None
    speed = float(same.get("speed", 1)) if wish.speed is None else wish.speed
    pitch = float(same.get("pitch", 0)) if wish.pitch is None else wish.pitch
    return Spoken(str(engine), None, style, speed, pitch, settings)


def _refuse(wish: Wish) -> None:
    """Raise InputError for numbers out of range, unknown voices, and wishes that contradict each other."""
    if wish.blend is not None and (wish.speaker is not None or wish.model not in (None, "kokoro")):
        said = "a speaker of an engine's own" if wish.speaker is not None else f"the model {wish.model}"
        raise InputError(f"a blend of Kokoro's voices cannot be {said} too", "give one of the two")
    if wish.speed is not None and not 0.3 < wish.speed < 3:
        raise InputError(f"a speed of {wish.speed:g} is not between 0.3 and 3", "1 is the voice's own speed")
    if wish.pitch is not None and not -12 <= wish.pitch <= 12:
        raise InputError(f"a pitch of {wish.pitch:g} semitones is not between -12 and 12", "0 is the voice's own pitch")
    known = [file.name.removeprefix(PREFIX) for file in listed() if file.name.startswith(PREFIX)]
    for voice, share in (wish.blend or {}).items():
        if voice not in known:
            raise InputError(
                f"there is no Kokoro voice {voice!r}", did_you_mean(voice, known) or f"voices: {', '.join(known)}"
            )
        if not 0 < share <= 100:
            raise InputError(f"a share of {share:g} of {voice} is not above 0", "shares: af_heart=0.6,bf_emma=0.4")


def _known(project: Project, engine: str) -> None:
    known = {*registry.listed("voice"), *project.settings.models}
    if engine not in known:
        hint = did_you_mean(engine, known) or f"there are: {', '.join(sorted(known))}"
        raise InputError(f"there is no voice engine {engine!r}", hint)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}", "restore it, or make the voice anew") from error
