"""The command that fixes one shot by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.options import AsJson
from charforge.cli.output import print_json


def fix(  # noqa: PLR0913 - one option each
    shot: Annotated[str, typer.Argument(metavar="SHOT", help="The shot's slate, such as pilot_s02_0050.")],
    *,
    step: Annotated[
        str | None, typer.Option("--step", metavar="STEP", help="Only this step, even on a take that passes.")
    ] = None,
    of: Annotated[str | None, typer.Option("--of", help="still or clip; both by default.")] = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be tried, and why not.")] = False,
    seconds: Annotated[
        float | None, typer.Option("--budget-seconds", min=0, help="Time for each take, as the steps count it.")
    ] = None,
    money: Annotated[float | None, typer.Option("--budget-money", min=0, help="US dollars for each take.")] = None,
    still: Annotated[str | None, typer.Option("--still", help="As the shot was rendered with.")] = None,
    clip: Annotated[str | None, typer.Option("--clip", help="As the shot was rendered with.")] = None,
    voice: Annotated[str | None, typer.Option("--voice", help="As the shot was rendered with.")] = None,
    events: Annotated[bool, typer.Option("--events", help="Progress as JSON lines on standard error.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fix a rendered shot in which somebody does not look like themselves: up the ladder, or by one step of it.

    charforge fix pilot_s02_0050 --dry-run

    charforge fix pilot_s02_0050 --step transfer

    Each step is judged by both face judges and undone where the second does not gain, or where it harms expression,
    pose, somebody else's face or pixels outside the face. What passes is circled, and the next render builds on it.
    The ladder is set under fix: in charforge.yaml. Exit code 1 when the shot does not pass.
    """
    from charforge.cli import tables_fixing as tables
    from charforge.cli.console import reporter
    from charforge.planner import Pins
    from charforge.studio.fixing.byhand import Asked
    from charforge.studio.fixing.byhand import fix as run

    asked = Asked(step, of, dry, seconds, money, Pins(still, clip, voice))
    with reporter(json_lines=events) as tell:
        report = run(Path.cwd(), shot, asked, tell)
    print_json(report) if as_json else tables.fixed(report)
    if not dry and not report.passed():
        raise typer.Exit(1)
