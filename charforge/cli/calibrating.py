"""The command that makes a face judge's calibration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.options import AsJson
from charforge.cli.output import print_json


def calibrate(  # noqa: PLR0913 - one option each
    *,
    pairs: Annotated[
        Path | None, typer.Option(help="CSV with the columns a, b, label=same|different; who is who may follow.")
    ] = None,
    root: Annotated[Path | None, typer.Option(help="Folder that its paths start from; else the CSV's own.")] = None,
    impostors: Annotated[Path | None, typer.Option(help="Folder with one photo each of many people.")] = None,
    judge: Annotated[str | None, typer.Option(help="Face backend; else the project's first judge.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the calibration to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find out what a face judge's numbers mean: its bars by pose and face size, and how often they are wrong.

    charforge calibrate

    shows what the project's judges go by.

    charforge calibrate --pairs pairs.csv --impostors faces/ -o sface.yaml

    With the columns identity_a and identity_b every two people are compared, not only the listed strangers. Then name
    the file in charforge.yaml:  calibrations: [sface.yaml]

    charforge bench pairs makes thousands of controlled pairs.
    """
    from charforge.cli import tables_calibrating
    from charforge.cli.console import reporter
    from charforge.events import Progressed
    from charforge.studio.calibrating import calibrate as run
    from charforge.studio.calibrating import used

    if pairs is None:
        if root or impostors or output:
            raise typer.BadParameter("a calibration is made from --pairs", param_hint="--pairs")
        shown = used(Path.cwd(), judge)
        print_json(shown) if as_json else tables_calibrating.calibrations(shown)
        return
    with reporter() as tell:
        report = run(
            Path.cwd(), pairs, root, impostors, judge, output, lambda n, i, of: tell(Progressed("faces", n, i, of))
        )
    print_json(report) if as_json else tables_calibrating.report(report)
