"""Locked voices: the weights that speak them, and whose voice resembles whose."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from charforge import media
from charforge import weights as files
from charforge.backends import registry
from charforge.backends.protocols import Sound
from charforge.domain.assets import Library, Voice
from charforge.domain.jobs import Plan, VoiceJob
from charforge.domain.models import OwnModel
from charforge.errors import CharforgeError, InputError, MediaError
from charforge.planner.own import own_settings
from charforge.runners import Toolbox
from charforge.studio.own import knowledge
from charforge.studio.project import Project
from charforge.studio.report import AlikeVoices

if TYPE_CHECKING:
    from charforge.backends.protocols import SpeakerBackend, Vector


RATE = 16_000
"""Samples a second at which voices are compared; more would tell nothing that speaker models hear."""


def engine_weights(project: Project, engine: str, models: Mapping[str, OwnModel]) -> str | None:
    """Return the sha256 of what an engine speaks with, one over all of its files; None for one without weights.

    Raises what looking into a model of the project's own raises.
    """
    if engine in models:
        return models[engine].digest
    model = knowledge(project).catalogue.named(engine)
    names = registry.backend_class("voice", model.run_by if model else engine).weights
    digests = [file.sha256 for file in files.named(tuple(names))]
    return (
        digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest() if digests else None
    )


def changed(project: Project, library: Library, plan: Plan, models: Mapping[str, OwnModel]) -> Iterator[CharforgeError]:
    """Yield each voice of a plan that was locked with other weights than those that would speak now."""
    jobs = [draft.job for draft in plan.drafts if isinstance(draft.job, VoiceJob)]
    seen = set()
    for character in library.characters:
        voice = character.voice
        if voice is None or voice.model is None or character.name in seen or not _speaks(voice, jobs, project, models):
            continue
        seen.add(character.name)
        now = engine_weights(project, voice.engine, models)
        if now != voice.model:
            message = f"{character.name}'s voice was locked with other weights of {voice.engine}: {voice.model[:12]}"
            there = "there are none now" if now is None else f"now they are {now[:12]}"
            hint = f"bring those weights back, or lock the voice anew: charforge library voice {character.name}"
            yield InputError(f"{message}, {there}", hint)


def _speaks(voice: Voice, jobs: Sequence[VoiceJob], project: Project, models: Mapping[str, OwnModel]) -> bool:
    """Return whether any line is spoken by a voice: known by its style, or by all that it says where it has none."""
    if voice.style is not None:
        return any(i.digest() == voice.style for job in jobs for i in job.inputs if i.role == "style")
    model = knowledge(project).catalogue.named(voice.engine)
    settings = {**(own_settings(model, models) if model else {}), **voice.settings}
    wanted = (model.run_by if model else voice.engine, voice.speed, voice.pitch or None, settings)
    return any(not job.inputs and (job.backend, job.speed, job.pitch, dict(job.settings)) == wanted for job in jobs)


def alike(samples: Mapping[str, Path], toolbox: Toolbox, whose: str | None = None) -> tuple[AlikeVoices, ...]:
    """Return every two voices with how alike their samples are, the most alike first; of one person only with `whose`.

    Raises InputError for a sample in which too little is said, BackendMissing when voices cannot be compared.
    """
    speaker = toolbox.tool("speaker")
    known = {name: _heard(file, speaker) for name, file in samples.items()}
    found = [
        AlikeVoices(one=one, other=other, value=speaker.similarity(known[one], known[other]), limit=speaker.bar)
        for one, other in combinations(sorted(known), 2)
        if whose in (None, one, other)
    ]
    return tuple(sorted(found, key=lambda pair: -pair.value))


def _heard(file: Path, speaker: SpeakerBackend) -> Vector:
    try:
        return speaker.embed(Sound(media.sound(file, RATE)[:, 0], RATE))
    except (InputError, MediaError) as error:
        hint = "speak it anew: charforge library voice NAME"
        raise InputError(f"{file}: {error.message}", hint) from error
