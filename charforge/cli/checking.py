"""The command that checks reference pictures."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.options import AsJson
from charforge.cli.output import print_json


class As(StrEnum):
    """What a picture is meant to become."""

    headshot = "headshot"
    angle = "angle"
    expression = "expression"
    wardrobe = "wardrobe"
    body = "body"
    id_photo = "id-photo"
    plate = "plate"
    insert = "insert"


def check(
    what: Annotated[list[str], typer.Argument(metavar="PHOTO", help="Pictures, folders of them, or asset names.")],
    *,
    step: Annotated[As, typer.Option("--as", help="What the pictures are meant to become.")] = As.headshot,
    every: Annotated[bool, typer.Option("--all", help="List the rules that are kept, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell what a photographer would say of a picture: each rule with its number, its limit and the fix.

    charforge library check anna.jpg

    charforge library check left.jpg right.jpg --as angle

    charforge library check kitchen.jpg --as plate

    charforge library check mia

    The references of an asset are each checked by their own step, those of a character against the master too, by both
    face judges; other characters of the library who look alike are named. Exit code 1 when a rule fails.
    """
    from charforge.cli import tables_checking
    from charforge.studio import checking

    result = checking.check(Path.cwd(), what, step.value)
    print_json(result) if as_json else tables_checking.checks(result, every=every)
    if not result.ok:
        raise typer.Exit(1)
