"""Commands on model files."""

from __future__ import annotations

from typing import Annotated

import typer

from charforge.cli.output import print_json

app = typer.Typer(help="Model files: list, fetch, verify.", no_args_is_help=True, rich_markup_mode=None)

Names = Annotated[list[str] | None, typer.Argument(help="Model files by name; all of the embedded set when omitted.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


@app.command(name="list")
def list_files(*, as_json: AsJson = False) -> None:
    """Show every registered model file, its licence, its size and whether it is here."""
    from charforge.cli import tables
    from charforge.studio.machine import weights as run

    rows = run()
    print_json(rows) if as_json else tables.weights(rows)


@app.command()
def pull(names: Names = None, *, as_json: AsJson = False) -> None:
    """Fetch model files and check each against its sha256."""
    from charforge.cli.console import reporter
    from charforge.studio.machine import pull as run

    with reporter() as tell:
        made = run(tuple(names or ()), tell)
    words = (
        f"fetched and verified {len(made.fetched)} model files, {made.bytes / 1e6:.0f} MB, to {made.folder}"
        if made.fetched
        else f"every model file is here and verified ({made.folder})"
    )
    print_json(made) if as_json else print(words)


@app.command()
def verify(names: Names = None, *, as_json: AsJson = False) -> None:
    """Check the model files that are here, byte by byte; exit code 3 when one is not the registered one."""
    from charforge.studio.machine import verify_weights as run

    problems = run(tuple(names or ()))
    words = "\n".join(problems) or "weights: every file present is the registered one"
    print_json(problems) if as_json else print(words)
    if problems:
        raise typer.Exit(3)
