"""Commands on this machine: what is installed, what is ready, how fast it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.output import print_json

bench = typer.Typer(help="Measure: every figure the README shows.", no_args_is_help=True, rich_markup_mode=None)

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


def backends(*, as_json: AsJson = False) -> None:
    """List the installed backends by role, with licence and readiness."""
    from charforge.cli import tables
    from charforge.studio.machine import backends as run

    rows = run()
    print_json(rows) if as_json else tables.backends(rows)


def doctor(*, as_json: AsJson = False) -> None:
    """Say what this machine can do, and what to type for the rest; exit code 3 when a render could not run."""
    from charforge.cli import tables
    from charforge.studio.machine import doctor as run

    report = run()
    print_json(report) if as_json else tables.doctor(report)
    if not report.ok:
        raise typer.Exit(3)


@bench.command()
def faces(
    *,
    pairs: Annotated[Path, typer.Option(help="CSV with the columns a, b, label=same|different.")],
    root: Annotated[Path, typer.Option(help="Folder that the paths in it start from.")],
    impostors: Annotated[Path | None, typer.Option(help="Folder with one photo each of many people.")] = None,
    judges: Annotated[str, typer.Option(help="Face backends to compare.")] = "sface,dlib",
    as_json: AsJson = False,
) -> None:
    """Measure how well the face judges tell people apart: AUC, EER, TAR at fixed FAR, default-threshold errors."""
    from charforge.bench.faces import compare as run
    from charforge.cli import tables

    rows = run(pairs, root, impostors, tuple(judges.split(",")))
    print_json(rows) if as_json else tables.face_bench(rows)


@bench.command()
def speed(*, as_json: AsJson = False) -> None:
    """Measure start-up, a no-op render of 1,000 shots, compositing, and judging, as ratios in one run."""
    from charforge.bench.speed import speed as run
    from charforge.cli import tables

    rows = run(Path.cwd())
    print_json(rows) if as_json else tables.speed(rows)


@bench.command()
def models(  # noqa: PLR0913 - one option each
    *,
    weights: Annotated[list[Path] | None, typer.Option(help="Folder of an SDXL model; else tiny random ones.")] = None,
    lora: Annotated[list[Path] | None, typer.Option(help="LoRA file that fits each model.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:1 or mps.")] = "cpu",
    dtype: Annotated[str, typer.Option(help="float32, float16 or bfloat16.")] = "float32",
    steps: Annotated[int, typer.Option(min=1, help="Denoising steps of a shot.")] = 4,
    size: Annotated[str, typer.Option(metavar="WxH", help="Size that the model draws.")] = "64x64",
    as_json: AsJson = False,
) -> None:
    """Measure what grouping shots by their weights saves, and what the runner adds to a bare diffusers loop."""
    from charforge.bench.models import Run
    from charforge.bench.models import models as run
    from charforge.cli import tables

    across, _, down = size.partition("x")
    if not (across.isdigit() and down.isdigit()):
        raise typer.BadParameter(f"{size!r} is not a size; write 1024x1024", param_hint="--size")
    if bool(weights) != bool(lora):
        raise typer.BadParameter("--weights and --lora go together", param_hint="--lora")
    how = Run(device, dtype, steps, (int(across), int(down)))
    rows = run(tuple(weights or ()), tuple(lora or ()), how)
    print_json(rows) if as_json else tables.speed(rows)
