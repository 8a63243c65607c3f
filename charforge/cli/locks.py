"""Commands that lock and verify the library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.output import print_json

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


def lock(*, as_json: AsJson = False) -> None:
    """Record the sha256 of every file of every asset in library.lock."""
    from charforge.studio.library import lock as run

    locked = run(Path.cwd())
    count = sum(len(a.files) for a in locked.assets)
    names = ", ".join(f"{a.name}@{a.version}" for a in locked.assets)
    print_json(locked) if as_json else print(f"locked {len(locked.assets)} assets, {count} files: {names}")


def verify(*, as_json: AsJson = False) -> None:
    """Compare every file with library.lock, byte by byte; exit code 2 when anything differs."""
    from charforge.studio.library import verify as run

    problems = run(Path.cwd())
    if as_json:
        print_json(problems)
    else:
        print("\n".join(str(p) for p in problems) or "library: every file is as it was locked")
    if problems:
        raise typer.Exit(2)
