"""Benches of the judges of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.options import AsJson
from charforge.cli.output import print_json


def clips(
    *,
    people: Annotated[int, typer.Option(min=3, max=1000, help="How many people are made up.")] = 24,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many clips of each kind.")] = 2000,
    faces: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Instead: a folder with a subfolder of photographs each."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure whether wrong and swapped people in clips and frames are caught, good ones pass, and what it costs.

    Run it in a project whose library has locations: its plates are where the people are filmed.
    """
    from charforge.bench.clips import clips as run
    from charforge.cli import tables
    from charforge.cli.console import reporter
    from charforge.events import Progressed

    with reporter() as tell:
        rows = run(Path.cwd(), people, count, faces, lambda at, total: tell(Progressed("clips", "people", at, total)))
    print_json(rows) if as_json else tables.speed(rows)
