"""The command that keeps what was learned of describing a character."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.options import AsJson
from charforge.cli.output import print_json


def note(
    name: Annotated[str, typer.Argument(help="The character's name, such as mia.")],
    text: Annotated[str, typer.Argument(help="What helps this model to draw her, in its own words.")],
    *,
    model: Annotated[str, typer.Option(help="The model that it was learned with, such as flux2-klein.")],
    as_json: AsJson = False,
) -> None:
    """Keep what helps one model to draw a character; it is added to every prompt that this model gets for her.

    charforge library note mia "Freckles on nose and cheeks." --model flux2-klein

    The note is dated, locked with the character and carried in her pack; other models do not see it.
    """
    from charforge.studio.noting import note as run

    file = run(Path.cwd(), name, text, model)
    print_json({"file": file}) if as_json else print(f"{file}\nnext: charforge lock {name}")
