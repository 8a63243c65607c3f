"""The command that measures the watchers: what they raise of good material, and find of planted faults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.options import AsJson
from charforge.cli.output import print_json
from charforge.errors import InputError


def watchers(
    *,
    pictures: Annotated[Path | None, typer.Option(exists=True, file_okay=False, help="Folder of good stills.")] = None,
    clips: Annotated[Path | None, typer.Option(exists=True, file_okay=False, help="Folder of good clips.")] = None,
    places: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Folder of folders, each with views of one place.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure what is judged beyond faces: what is raised of good material, and found of faults planted in it.

    charforge bench watchers --pictures stills/ --clips clips/ --places places/
    """
    from charforge.bench.watchers import milliseconds, rates
    from charforge.cli import tables
    from charforge.cli.console import reporter
    from charforge.events import Progressed

    if pictures is None and clips is None and places is None:
        raise InputError("there is nothing to measure with", "name --pictures, --clips or --places")
    with reporter() as tell:
        rows = rates(pictures, clips, places, lambda done, total: tell(Progressed("watchers", "material", done, total)))
    spent = milliseconds()
    if as_json:
        print_json({"rates": rows, "milliseconds": spent})
        return
    columns = ("finding", "good, raised", "95 % interval", "planted, found", "95 % interval")
    tables.table(columns, [row.rows() for row in rows])
    print()
    tables.table(("watcher", "processor ms a 1080p frame"), [(name, f"{took:.1f}") for name, took in spent.items()])
