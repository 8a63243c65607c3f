"""What a model that reads text is told."""

from __future__ import annotations

from charforge.domain.assets import Character, PromptNote, Rights
from charforge.domain.script import CharacterInShot
from charforge.planner import load
from charforge.planner.prompts import noted


def test_notes_are_for_the_model_they_were_written_for() -> None:
    """What was learned with one model is not told to another; a model's own name and its backend's both count."""
    notes = (
        PromptNote(text="Keep the fringe short.", model="flux2-klein", date="2026-11-21"),
        PromptNote(text="Freckles.", model="sdxl", date="2026-11-21"),
    )
    mia = Character(name="mia", version=1, folder="", rights=Rights(licence="CC0-1.0"), references=(), prompts=notes)
    cast = ((CharacterInShot(who="mia", asset="mia@1"), mia),)
    catalogue = load().catalogue
    flux, sdxl, wan = (catalogue.named(name) for name in ("flux2-klein", "sdxl", "wan-i2v"))
    assert flux is not None
    assert sdxl is not None
    assert wan is not None
    assert noted(cast, flux) == ("Keep the fringe short.",)
    assert noted(cast, sdxl.changed(name="my-sdxl", backend="sdxl")) == ("Freckles.",)
    assert noted(cast, wan) == ()
