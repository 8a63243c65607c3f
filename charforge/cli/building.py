"""Commands that cast people and build assets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.output import print_json

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


def cast(  # noqa: PLR0913 - one option each
    name: Annotated[str, typer.Argument(help="The character's name, such as mia.")],
    *,
    candidates: Annotated[int, typer.Option(min=1, max=400, help="How many faces to draw.")] = 24,
    first_seed: Annotated[int, typer.Option(help="The first face's seed.")] = 1,
    pick: Annotated[int | None, typer.Option(help="Make this seed the master headshot.")] = None,
    apart_from: Annotated[str | None, typer.Option(help="With --pick: a character they must not resemble.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draw faces of people who do not exist, on one contact sheet; --pick makes one the master."""
    from charforge.cli import tables
    from charforge.cli.console import reporter
    from charforge.studio import casting

    with reporter() as tell:
        if pick is not None:
            headshot = casting.pick(Path.cwd(), name, pick, apart_from, tell)
            print_json({"headshot": headshot}) if as_json else print(
                f"{headshot}\nnext: charforge library build {name}"
            )
            return
        drawn = casting.cast(Path.cwd(), name, candidates, first_seed, tell)
    print_json(drawn) if as_json else tables.casting(name, drawn)


def build(
    name: Annotated[str, typer.Argument(help="The character's name, such as mia.")], *, as_json: AsJson = False
) -> None:
    """Make a character's angles, expressions and rig from the master, under an identity constraint."""
    from charforge.cli import tables
    from charforge.cli.console import reporter
    from charforge.studio import casting

    with reporter() as tell:
        poses = casting.build(Path.cwd(), name, tell)
    print_json(poses) if as_json else tables.built(poses)
