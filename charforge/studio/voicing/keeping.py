"""Speaks a sample of a voice and keeps both in the character's folder."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from charforge import library as assets
from charforge.documents import write_atomic
from charforge.domain.jobs import Input, VoiceJob
from charforge.errors import CharforgeError
from charforge.events import Noted, Progressed, Reporter
from charforge.planner.own import own_settings
from charforge.runners import Toolbox
from charforge.runners.making import make
from charforge.runners.tools import WorkKit
from charforge.studio import machine
from charforge.studio.library import own, place
from charforge.studio.own import OwnModels, knowledge
from charforge.studio.project import Project
from charforge.studio.report import AlikeVoices, VoiceReport
from charforge.studio.voices import alike, engine_weights

TEXT = "This is how I sound. Every line that I say in the film is spoken with this voice."
STAGE = "voice"
SAMPLE = "voice/sample.flac"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A voice as it will be locked, and what it said."""

    engine: str
    style: bytes | None
    """None where the engine's own speakers are all there is."""
    style_file: str | None
    """Within the character's folder."""
    speed: float = 1.0
    pitch: float = 0.0
    settings: dict[str, Any] = field(default_factory=dict)
    sample: bytes = b""


@dataclass(frozen=True)
class Booth:
    """Where one character's voice is recorded."""

    project: Project
    name: str
    tell: Reporter

    @cached_property
    def models(self) -> OwnModels:
        """The project's own models."""
        return OwnModels(self.project, self.tell)

    @cached_property
    def toolbox(self) -> Toolbox:
        """The engines and the speaker model."""
        return machine.toolbox(self.project, self.models)

    @property
    def folder(self) -> Path:
        """The character's folder."""
        return self.project.library / "characters" / self.name


def locked_voice(project: Project, name: str) -> dict[str, Any]:
    """Return what a character's file says of its voice; raise InputError for one of a shared library, or of none."""
    if assets.folder_of(project.libraries, "character", name) is not None:
        own(place(project, name, "character"))
    return assets.written_voice(project.library, name)


def replaced(name: str, before: Mapping[str, Any], kept: Collection[str]) -> str:
    """Return in words what a character's voice was, and what it said that goes with it."""
    style = f" ({before['style']})" if before.get("style") else ""
    said = {"speed": before.get("speed"), "pitch": before.get("pitch"), **before.get("settings", {})}
    lost = ", ".join(f"{key} {value}" for key, value in said.items() if value is not None and key not in kept)
    words = f"the former voice of {name} is replaced: {before['engine']}{style}"
    return f"{words}; not kept, as it belongs to that voice: {lost}" if lost else words


def sample(booth: Booth, spoken: Spoken, text: str) -> bytes:
    """Return a text as a voice says it, FLAC; raise what the engine raises."""
    model = knowledge(booth.project).catalogue.named(spoken.engine)
    engine = model.run_by if model else spoken.engine
    digest = None if spoken.style is None else hashlib.sha256(spoken.style).hexdigest()
    with tempfile.TemporaryDirectory(prefix="charforge-") as scratch:
        file = Path(scratch) / "style"
        file.write_bytes(spoken.style or b"")
        job = VoiceJob(
            backend=engine,
            text=text,
            speed=spoken.speed,
            pitch=spoken.pitch or None,
            inputs=() if digest is None else (Input(role="style", source=digest),),
            settings={**(own_settings(model, booth.models) if model else {}), **spoken.settings},
        )
        kit = WorkKit(Path(scratch) / "work", lambda _: file, booth.toolbox, (), _steps(booth.tell))
        made = make(job, booth.toolbox.get("voice", engine), kit).payload
    assert isinstance(made, bytes)
    return made


def _steps(tell: Reporter) -> Callable[[int, int], None]:
    return lambda done, total: tell(Progressed(STAGE, "sample", done, total))


def keep(booth: Booth, spoken: Spoken) -> VoiceReport:
    """Write a voice and its sample into the character's folder and file, and compare it with everybody else's."""
    folder = booth.folder
    if spoken.style is not None and spoken.style_file is not None:
        write_atomic(folder / spoken.style_file, spoken.style)
    write_atomic(folder / SAMPLE, spoken.sample)
    said = {
        "engine": spoken.engine,
        "style": spoken.style_file,
        "sample": SAMPLE,
        "model": engine_weights(booth.project, spoken.engine, booth.models),
        "speed": None if spoken.speed == 1 else spoken.speed,
        "pitch": spoken.pitch or None,
        "settings": spoken.settings or None,
    }
    file = assets.record(
        booth.project.library, booth.name, voice={key: value for key, value in said.items() if value is not None}
    )
    return VoiceReport(
        engine=spoken.engine,
        style=str(folder / spoken.style_file) if spoken.style_file else None,
        sample=str(folder / SAMPLE),
        file=str(file),
        alike=_compared(booth),
    )


def _compared(booth: Booth) -> tuple[AlikeVoices, ...]:
    """Return how alike a voice is to the others; where that cannot be told, say so: the voice is kept all the same."""
    # The first library that has somebody decides.
    shelves = reversed(list(booth.project.libraries.values()))
    known = {who: found for root in shelves for who, found in assets.voices(root).items()}
    samples = {who: folder / voice.sample for who, (folder, voice) in known.items() if voice.sample}
    try:
        return alike(samples, booth.toolbox, booth.name)
    except CharforgeError as error:
        booth.tell(Noted(f"not compared with the other voices: {error.message}; {error.hint}"))
        return ()
