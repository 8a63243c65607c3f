"""Commands on locked voices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.output import print_json

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


def voice(
    name: Annotated[str, typer.Argument(help="The character's name, such as mia.")],
    recording: Annotated[Path, typer.Argument(help="A WAV or FLAC of one person speaking, six seconds or more.")],
    *,
    model: Annotated[str | None, typer.Option(help="The voice model, where charforge.yaml names several.")] = None,
    text: Annotated[str | None, typer.Option(help="What the sample says; else an English sentence.")] = None,
    as_json: AsJson = False,
) -> None:
    """Let a character speak as the person in a recording: one voice for every line of every film.

    Needs an XTTS model in charforge.yaml, such as `models: {coqui: {weights: FOLDER, language: en}}`. A quiet room and
    even speech give the best voice. The voice is kept in the character's folder, with a sample to listen to; the
    recording itself is not. It belongs to these weights: with others, run this again. Record only people who agreed,
    and say so under rights: in character.yaml (release: own-work or signed).
    """
    from charforge.cli.console import reporter
    from charforge.studio import voicing

    with reporter() as tell:
        made = voicing.voice(Path.cwd(), name, recording, tell, model=model, text=text or voicing.TEXT)
    words = f"voice: {made.style}\nlisten: {made.sample}\nnext: charforge library lock"
    print_json(made) if as_json else print(words)
