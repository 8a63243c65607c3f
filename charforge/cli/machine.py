"""Commands on this machine: what is installed, what is ready, how fast it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.benching import clips
from charforge.cli.gap import gap
from charforge.cli.groups import Commands
from charforge.cli.options import AsJson
from charforge.cli.output import print_json
from charforge.cli.watching import watchers

bench = typer.Typer(
    cls=Commands, help="Measure: every figure the README shows.", no_args_is_help=True, rich_markup_mode=None
)
bench.command()(clips)
bench.command()(gap)
bench.command()(watchers)

DEVICES = "cpu, cuda, cuda:1 or mps"
DTYPES = "float32, float16 or bfloat16"
SMALLEST, LARGEST = 64, 16384
TOGETHER = "--weights and --lora go together"


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
def faces(  # noqa: PLR0913 - one option each
    *,
    pairs: Annotated[
        Path, typer.Option(help="CSV with the columns a, b, label=same|different; identities may follow.")
    ],
    root: Annotated[Path, typer.Option(help="Folder that the paths in it start from.")],
    impostors: Annotated[Path | None, typer.Option(help="Folder with one photo each of many people.")] = None,
    judges: Annotated[str, typer.Option(help="Face backends to compare.")] = "sface,dlib",
    morphs: Annotated[int, typer.Option(min=0, max=1000, help="Series of 11 morphs of generated people.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Measure how well the face judges tell people apart: AUC, EER, errors by pose, on people a bar was not made on.

    charforge bench pairs --people 100 -o made; charforge bench faces --pairs made/pairs.csv --root made --morphs 12
    """
    from charforge.bench.faces import compare as run
    from charforge.cli import tables
    from charforge.cli.console import reporter
    from charforge.events import Progressed

    with reporter() as tell:
        rows = run(
            pairs,
            root,
            impostors,
            tuple(judges.split(",")),
            morphs=morphs,
            tell=lambda name, done, total: tell(Progressed("faces", name, done, total)),
        )
    print_json(rows) if as_json else tables.face_bench(rows)


@bench.command()
def pairs(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the pictures and pairs.csv.")],
    people: Annotated[int, typer.Option(min=0, max=100_000, help="How many people are generated.")] = 100,
    portraits: Annotated[Path | None, typer.Option(help="Folder with one photo each of further people.")] = None,
    first_seed: Annotated[int, typer.Option(min=0, help="Seeds are taken in order from here.")] = 100_000,
    as_json: AsJson = False,
) -> None:
    """Make controlled pairs to calibrate and measure judges with: of each person the same face in fourteen pictures.

    charforge bench pairs --people 300 --portraits faces/ -o made; charforge calibrate --pairs made/pairs.csv
    """
    from charforge.bench.pairs import pairs as run
    from charforge.cli.console import reporter
    from charforge.events import Progressed

    with reporter() as tell:
        made = run(
            output,
            people,
            portraits,
            lambda name, done, total: tell(Progressed("pairs", name, done, total)),
            first_seed=first_seed,
        )
    if as_json:
        print_json(made)
        return
    print(f"{made.table}: {made.same} same and {made.different} different pairs of {made.people} people")
    if made.left_out:
        print(f"no face found: {', '.join(made.left_out)}")


@bench.command()
def casting(
    *,
    masters: Annotated[int, typer.Option(min=1, max=1000, help="How many people.")] = 10,
    first_seed: Annotated[int, typer.Option(min=0, help="Seeds are taken in order from here.")] = 7000,
    seconds_each: Annotated[
        float | None, typer.Option(min=1, help="Bound on each hunt; without it, as `charforge build`.")
    ] = None,
    third: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Folder of a face pack that only grades.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how many made-up people can be shown from all sides as the same person, by models that did not search.

    Example: charforge weights pull scrfd-500m w600k-mbf --to models/pack; charforge bench casting --third models/pack
    """
    from charforge.bench import casting as run
    from charforge.cli import tables_bench
    from charforge.cli.console import reporter

    with reporter() as tell:
        rows = run.casting(masters, first_seed, each=seconds_each, third=third, tell=tell)
    totals = run.figures(rows, run.third_bar(third))
    print_json({"people": rows, "totals": totals}) if as_json else tables_bench.casting(rows, totals)


@bench.command()
def fixes(  # noqa: PLR0913 - one option each
    *,
    people: Annotated[int, typer.Option(min=1, max=1000, help="How many characters, eight takes of each.")] = 8,
    first_seed: Annotated[int, typer.Option(min=0, help="Seeds are taken in order from here.")] = 95000,
    third: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Folder of a face pack that only grades.")
    ] = None,
    photos: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="Real people instead: a folder of photographs for each."),
    ] = None,
    sheet: Annotated[Path | None, typer.Option(help="PNG to write every take to: before, after, master.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure what the fix ladder mends, offline, of takes that drifted 30 to 60 % towards a stranger.

    Example: charforge weights pull scrfd-500m w600k-mbf --to models/pack; charforge bench fixes --third models/pack
    """
    from charforge.bench import fixes as run
    from charforge.bench.fixes_sheet import Sheet
    from charforge.cli import tables_bench
    from charforge.cli.console import reporter

    shown = Sheet()
    with reporter() as tell:
        each = None if sheet is None else shown.add
        rows = run.fixes(people, first_seed, third=third, photos=photos, each=each, tell=tell)
    if sheet is not None:
        shown.write(sheet)
    found, totals = run.groups(rows), run.figures(rows)
    if as_json:
        print_json({"takes": rows, "groups": found, "totals": totals})
    else:
        tables_bench.fixes(found, totals)


@bench.command()
def speed(*, as_json: AsJson = False) -> None:
    """Measure start-up, a no-op render of 1,000 shots, compositing, and judging, as ratios in one run."""
    from charforge.bench.speed import speed as run
    from charforge.cli import tables

    rows = run(Path.cwd())
    print_json(rows) if as_json else tables.speed(rows)


@bench.command()
def voices(*, as_json: AsJson = False) -> None:
    """Measure how well voices are told apart: lines of the Kokoro voices that are here, and of blends of them."""
    from charforge.bench.voices import voices as run
    from charforge.cli import tables
    from charforge.cli.console import reporter
    from charforge.events import Progressed

    with reporter() as tell:
        rows = run(lambda name, done, total: tell(Progressed("voices", name, done, total)))
    print_json(rows) if as_json else tables.speed(rows)


@bench.command()
def hearing(
    *,
    lines: Annotated[int, typer.Option(min=1, max=140, help="How many lines, each with five faults.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Measure how spoken lines are judged by ear: good ones raised, planted faults found, words misheard.

    charforge weights pull whisper-base whisper-base-config whisper-base-tokenizer whisper-base-vocabulary
    """
    from charforge.bench.hearing import hearing as run
    from charforge.cli import tables
    from charforge.cli.console import reporter
    from charforge.events import Progressed

    with reporter() as tell:
        rows = run(lines, lambda name, done, total: tell(Progressed("hearing", name, done, total)))
    print_json(rows) if as_json else tables.speed(rows)


@bench.command()
def library(
    *,
    files: Annotated[int, typer.Option(min=1, max=100_000, help="How many files.")] = 200,
    megabytes: Annotated[int, typer.Option("--mb", min=1, max=100_000, help="How many megabytes in all.")] = 200,
    as_json: AsJson = False,
) -> None:
    """Measure how fast a library is verified: against bare hashing, and when nothing changed.

    charforge bench library --files 1000 --mb 2000
    """
    from charforge.bench.library import library as run
    from charforge.cli import tables

    rows = run(files, megabytes)
    print_json(rows) if as_json else tables.speed(rows)


@bench.command()
def models(  # noqa: PLR0913 - one option each
    *,
    weights: Annotated[
        list[Path] | None, typer.Option(help=f"Folder of an SDXL model; else tiny random ones. {TOGETHER}.")
    ] = None,
    lora: Annotated[list[Path] | None, typer.Option(help=f"LoRA file that fits each model. {TOGETHER}.")] = None,
    device: Annotated[str, typer.Option(help=f"{DEVICES}.")] = "cpu",
    dtype: Annotated[str, typer.Option(help=f"{DTYPES}.")] = "float32",
    steps: Annotated[int, typer.Option(min=1, max=1000, help="Denoising steps of a shot.")] = 4,
    size: Annotated[str, typer.Option(metavar="WxH", help="Size that the model draws; multiples of 8.")] = "64x64",
    as_json: AsJson = False,
) -> None:
    """Measure what grouping shots by their weights saves, and what the runner adds to a bare diffusers loop."""
    from charforge.bench.models import Run
    from charforge.bench.models import models as run
    from charforge.cli import tables

    if bool(weights) != bool(lora):
        raise typer.BadParameter(TOGETHER, param_hint="--lora" if weights else "--weights")
    if not re.fullmatch(r"cpu|mps|cuda(:[0-9]+)?", device):
        raise typer.BadParameter(f"{device!r} is not a device; write {DEVICES}", param_hint="--device")
    if dtype not in re.split(", | or ", DTYPES):
        raise typer.BadParameter(f"{dtype!r} is not a precision; write {DTYPES}", param_hint="--dtype")
    rows = run(tuple(weights or ()), tuple(lora or ()), Run(device, dtype, steps, _size(size)))
    print_json(rows) if as_json else tables.speed(rows)


def _size(written: str) -> tuple[int, int]:
    """Return width and height; refuse those that no SDXL can draw."""
    found = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", written)
    if found is None:
        raise typer.BadParameter(f"{written!r} is not a size; write 1024x1024", param_hint="--size")
    width, height = int(found[1]), int(found[2])
    if any(side % 8 or not SMALLEST <= side <= LARGEST for side in (width, height)):
        message = f"{written}: width and height must each be a multiple of 8, from {SMALLEST} to {LARGEST}"
        raise typer.BadParameter(message, param_hint="--size")
    return width, height
