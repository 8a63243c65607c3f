"""The command that merges pictures of a character into one identity."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.options import AsJson
from charforge.cli.output import print_json

Shares = Annotated[
    list[str] | None, typer.Argument(metavar="FILE=WEIGHT", help="Pictures within the character's folder.")
]


def merge(
    name: Annotated[str, typer.Argument(help="The character, such as mia.")],
    pictures: Shares = None,
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Compare with the primary picture alone again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell the scores and write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take every score against the weighted embedding of several pictures, and show what that does to the scores.

    charforge library merge mia headshot/front.png=0.7 angles/left25.webp=0.3

    charforge library merge mia --undo

    Both judges use it. Pictures are still drawn from the primary one, so nothing is rendered again.
    """
    from charforge.cli import tables_library as tables
    from charforge.studio import merging

    if undo == bool(pictures):
        raise typer.BadParameter("give two pictures or more, or --undo", param_hint="FILE=WEIGHT")
    shares = [_share(text) for text in pictures or ()]
    done = merging.undo(Path.cwd(), name) if undo else merging.merge(Path.cwd(), name, shares, write=not dry_run)
    print_json(done) if as_json else tables.merged(done)


def _share(text: str) -> tuple[str, float]:
    """Return a picture and its weight; refuse what is not written like ``front.png=0.7``."""
    file, _, weight = text.rpartition("=")
    if not file or not re.fullmatch(r"[0-9]*\.?[0-9]+", weight):
        raise typer.BadParameter(f"{text!r}: write FILE=WEIGHT, like headshot/front.png=0.7", param_hint="FILE=WEIGHT")
    return file, float(weight)
