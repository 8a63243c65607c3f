"""Keeps what was learned of describing a character to one model."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from charforge import library as assets
from charforge.documents.schema import did_you_mean
from charforge.errors import InputError
from charforge.studio.library import own, place
from charforge.studio.own import knowledge
from charforge.studio.project import find


def note(near: Path, name: str, text: str, model: str) -> Path:
    """Add a note for a model to a character, dated today; return the character's file.

    Every prompt that this model is given for the character ends with it. Raises InputError for an unknown character
    or a model that reads no text.
    """
    project = find(near)
    at = place(project, name, "character")
    own(at)
    if not text.strip():
        raise InputError("the note says nothing", 'write what helps: charforge library note mia "…" --model sdxl')
    readers = [m.name for m in knowledge(project).catalogue.models if m.reads_text]
    if model not in readers:
        hint = did_you_mean(model, readers) or f"those that do: {', '.join(sorted(readers))}"
        raise InputError(f"there is no model {model!r} that reads text", hint)
    today = dt.datetime.now(dt.UTC).date().isoformat()
    return assets.record(at.root, name, prompt={"text": text.strip(), "model": model, "date": today})
