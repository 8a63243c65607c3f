"""The command that says who appears where."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.options import AsJson
from charforge.cli.output import print_json


def call_sheet(
    episode: Annotated[str | None, typer.Argument(metavar="EPISODE", help="Its id, such as e01, or its file.")] = None,
    *,
    season: Annotated[bool, typer.Option("--season", help="All episodes of the season, in order.")] = False,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write a CSV file; - prints it.")] = None,
    page: Annotated[bool, typer.Option("--page", help="Write a page to print, with pictures.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say who appears where: wardrobe, state, props, place, light and story time, by scene and by character.

    charforge call-sheet e01 --page

    charforge call-sheet --season --csv season.csv

    The order of a season stands in season.yaml; without it, episode ids are counted. Exit code 2 when an episode has
    errors; what could be read is shown all the same.
    """
    from charforge.cli import tables_sheets as tables
    from charforge.studio import callsheet
    from charforge.studio.season import is_file

    near = Path(episode) if episode is not None and is_file(Path(episode)) else Path.cwd()
    sheet = callsheet.call_sheet(near, episode, season=season)
    if csv is not None and str(csv) != "-":
        callsheet.write_csv(sheet, csv)
    written = callsheet.write_page(near, sheet) if page else None
    if as_json:
        print_json(sheet)
    elif csv is not None and str(csv) == "-":
        print(callsheet.csv_text(sheet), end="")
    else:
        tables.call_sheet(sheet)
        for file in (csv, written):
            if file is not None:
                print(file)
    if sheet.problems():
        raise typer.Exit(2)
