"""Commands on model files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charforge.cli.groups import Commands
from charforge.cli.options import AsJson
from charforge.cli.output import print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from charforge.studio.report import PullReport

app = typer.Typer(cls=Commands, help="Model files: list, fetch, verify.", no_args_is_help=True, rich_markup_mode=None)

Names = Annotated[
    list[str] | None,
    typer.Argument(help="Model files, or models of charforge.yaml, by name; all of the embedded set when omitted."),
]
Registered = Annotated[
    list[str] | None, typer.Argument(help="Registered model files, by name; all of them when omitted.")
]


@app.command(name="list")
def list_files(*, as_json: AsJson = False) -> None:
    """Show every registered model file, its licence, its size and whether it is here."""
    from charforge.cli import tables
    from charforge.studio.machine import weights as run

    rows = run()
    print_json(rows) if as_json else tables.weights(rows)


@app.command()
def pull(
    names: Names = None,
    *,
    agree: Annotated[bool, typer.Option("--agree", help="Agree to the licences of these models.")] = False,
    to: Annotated[Path | None, typer.Option(help="Copy named files into a folder too, such as a face pack.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fetch model files and check each against its sha256; also models that charforge.yaml names by hub id or voice.

    Licences that must be agreed to are shown first.
    """
    from charforge.cli.console import reporter
    from charforge.studio.machine import pull as run
    from charforge.studio.machine import terms

    wanted = tuple(names or ())
    licences = terms(wanted)
    for licence in licences:
        print(licence, file=sys.stderr)
    if licences and not agree and sys.stdin.isatty():
        agree = typer.confirm("Do you agree?", err=True)
    with reporter() as tell:
        made = run(wanted, tell, agreed=agree, to=to)
    print_json(made) if as_json else print("\n".join(_pulled(made, len(set(wanted)))))


def _pulled(made: PullReport, asked: int) -> Iterator[str]:
    """Yield what was fetched, and what was not as it was here."""
    size = f", {made.bytes / 1e6:.0f} MB, to {made.folder}" if made.bytes else ""
    if made.fetched:
        yield f"fetched and verified: {', '.join(made.fetched)}{size}"
    elif not asked or asked > len(made.here):
        yield f"every model file is here and verified ({made.folder})"
    for name, place in made.here.items():
        yield f"{name} lies in {place}; nothing to fetch"


@app.command()
def verify(names: Registered = None, *, as_json: AsJson = False) -> None:
    """Check the registered model files that are here, byte by byte; exit code 3 when one is not the registered one.

    Models that charforge.yaml names are no such files: `charforge check` looks at them.
    """
    from charforge.studio.machine import verify_weights as run

    problems = run(tuple(names or ()))
    words = "\n".join(problems) or "weights: every file present is the registered one"
    print_json(problems) if as_json else print(words)
    if problems:
        raise typer.Exit(3)


@app.command()
def convert(
    file: Annotated[Path, typer.Argument(help="A pickle of tensors, such as ip-adapter-faceid_sdxl.bin or lora.pt.")],
    *,
    to: Annotated[Path | None, typer.Option(help="The new file; else it lies beside the pickle.")] = None,
    as_json: AsJson = False,
) -> None:
    """Turn a pickle of tensors into safetensors, the only form that is loaded; no code that it holds is ever run.

    What holds anything but tensors is refused, and no file is written over.
    """
    from charforge.studio.converting import convert as run

    made = run(file, to)
    size = f"{made.bytes / 1e6:.1f} MB of {', '.join(made.numbers)}"
    print_json(made) if as_json else print(f"wrote {made.file}: {made.tensors} tensors, {size}")
