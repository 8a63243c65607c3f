"""The command that judges files from any tool."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charforge.cli.options import AsJson
from charforge.cli.output import plain
from charforge.errors import InputError

if TYPE_CHECKING:
    from charforge.studio.reports.judging import FileVerdict, JudgeReport

INTERRUPTED = 130


def judge(  # noqa: PLR0913 - one option each
    files: Annotated[
        list[Path], typer.Argument(metavar="FILES...", help="Pictures, clips, or folders of them, from any tool.")
    ],
    *,
    cast: Annotated[str, typer.Option(help="Who should be in them: mia,theo or mia@2; a picture file works too.")],
    library: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the characters are locked, outside a project.")
    ] = None,
    some: Annotated[
        bool, typer.Option("--any", help="Each file may show any of them; otherwise all are expected in each.")
    ] = False,
    wardrobe: Annotated[
        list[str] | None,
        typer.Option(metavar="WHO=WHAT", help="What somebody should wear: mia=navy, in the light of --at."),
    ] = None,
    at: Annotated[
        str,
        typer.Option(
            metavar="PLACE/LIGHT",
            help="Where it plays, in whichever light, and the light of the wardrobes: coffee-shop, coffee-shop/night.",
        ),
    ] = "",
    lips: Annotated[
        bool,
        typer.Option(
            "--lips", help="Clips are of one shot each, and all that is heard is said on screen: judge the lips."
        ),
    ] = False,
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Look into the folders' folders, too.")] = False,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a page with every picture, score and reason.")
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE.xml", help="Write a JUnit report for continuous integration.")
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=0, max=64, help="Files judged side by side; 0 chooses for this machine.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Judge whether the people in pictures or clips are the locked characters.

    charforge judge dailies/ --cast mia,theo --any --page dailies.html

    --at compares backgrounds with every locked view of the place; leave inserts and other places' files out.

    pass: it is them. fix: a near miss, worth repairing. fail: somebody else, nobody, or one too many.
    not-scorable: too small, blurred or turned too far to tell; or another place or other clothes: look yourself.

    Exit code 0 when every file passes, 1 when one does not, 2 when files cannot be judged (the others are, and these
    are listed). Ctrl-C stops it: the table, the page, the report and the JSON then hold what is known by then.
    """
    from charforge.cli import tables_judging
    from charforge.cli.console import reporter
    from charforge.studio.judge import Wanted, judged

    names = tuple(name.strip() for name in cast.split(",") if name.strip())
    wanted = Wanted(
        names,
        library,
        some=some,
        wardrobes=tuple(wardrobe or ()),
        at=at,
        lips=lips,
        recursive=recursive,
        workers=jobs,
        page=page,
        junit=junit,
    )
    rows = _Rows() if as_json else None
    try:
        with reporter() as tell:
            report = judged(Path.cwd(), files, wanted, tell, rows or (lambda _: None))
    finally:
        if rows is not None:
            rows.end()
    if as_json and not report.rows:
        print("[]")
    if report.total == 1 and report.broken and not as_json:
        raise InputError(f"{report.rows[0].file}: {report.rows[0].error}", report.rows[0].hint)
    if not as_json:
        tables_judging.judged(report)
        tables_judging.written(page, junit)
    code = _code(report)
    if code:
        raise typer.Exit(code)


def _code(report: JudgeReport) -> int:
    """Return 130 when it was interrupted, 2 when files cannot be judged, 1 when one does not pass, else 0."""
    if report.stopped:
        return INTERRUPTED
    if report.broken:
        return 2
    return 0 if report.passed() else 1


class _Rows:
    """Prints a JSON list row by row, each on a line of its own as soon as it is known; always ends as valid JSON."""

    def __init__(self) -> None:
        self._begun = False

    def __call__(self, row: FileVerdict) -> None:
        """Print a row."""
        narrow = not sys.stdout.encoding.lower().startswith("utf")
        text = json.dumps(plain(row), ensure_ascii=narrow, allow_nan=False)
        print(",\n" if self._begun else "[\n", text, sep="", end="", flush=True)
        self._begun = True

    def end(self) -> None:
        """Close the list; where nothing was ever judged, nothing is printed."""
        if self._begun:
            print("\n]")
