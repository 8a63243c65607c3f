"""The commands that work on episodes and files; other groups lie in their own modules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charforge import __version__
from charforge.cli import calibrating, fixing, judging, library, machine, oneoffs, regression, sheets, weights
from charforge.cli.groups import Commands
from charforge.cli.options import AsJson
from charforge.cli.output import print_json

app = typer.Typer(
    name="charforge",
    cls=Commands,
    help="Make a film from a YAML shot list, with the same face, place and voice in every shot.\n\n"
    "Start with:  charforge check shotlists/pilot.yaml,  then  charforge render shotlists/pilot.yaml",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(library.app, name="library")
app.add_typer(weights.app, name="weights")
app.add_typer(machine.bench, name="bench")
app.command()(machine.backends)
app.command()(machine.doctor)
app.command()(oneoffs.still)
app.command()(oneoffs.edit)
app.command()(sheets.call_sheet)
app.command()(fixing.fix)
app.command()(judging.judge)
app.command()(calibrating.calibrate)
app.command(name="test")(regression.identity)

EpisodeFile = Annotated[Path, typer.Argument(metavar="EPISODE.yaml", help="The shot list.")]
StillModel = Annotated[str | None, typer.Option("--still", help="Make every still with this backend.")]
ClipModel = Annotated[str | None, typer.Option("--clip", help="Make every clip with this backend.")]
VoiceModel = Annotated[str | None, typer.Option("--voice", help="Speak every line with this backend.")]


def _version(asked: bool) -> None:
    if asked:
        print(f"charforge {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Say what charforge is; the commands do the work."""


@app.command()
def check(
    episode: EpisodeFile,
    *,
    still: StillModel = None,
    clip: ClipModel = None,
    voice: VoiceModel = None,
    as_json: AsJson = False,
) -> None:
    """Find every problem of a shot list before anything is rendered or paid for, for the models of that render."""
    from charforge.cli import tables
    from charforge.planner import Pins
    from charforge.studio.check import check as run

    report = run(episode, Pins(still, clip, voice))
    print_json(report) if as_json else tables.check(report)
    if report.errors:
        raise typer.Exit(2)


@app.command()
def plan(
    episode: EpisodeFile,
    *,
    still: StillModel = None,
    clip: ClipModel = None,
    voice: VoiceModel = None,
    as_json: AsJson = False,
) -> None:
    """Show for every shot the models, references, length, price and why, without rendering."""
    from charforge.cli import tables
    from charforge.planner import Pins
    from charforge.studio.plan import plan as run

    made = run(episode, Pins(still, clip, voice))
    print_json(made) if as_json else tables.plan(made)


@app.command()
def render(  # noqa: PLR0913 - one option each
    episode: EpisodeFile,
    *,
    stage: Annotated[str, typer.Option(help="film, or stills to stop for approval before any clip is made.")] = "film",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The master's file name.")] = None,
    still: StillModel = None,
    clip: ClipModel = None,
    voice: VoiceModel = None,
    accept: Annotated[
        bool, typer.Option(help="Make clips also from stills that failed QA, and assemble even when shots failed it.")
    ] = False,
    events: Annotated[bool, typer.Option("--events", help="Progress as JSON lines on standard error.")] = False,
    as_json: AsJson = False,
) -> None:
    """Render an episode: voices, stills, QA and repairs, clips, and the finished film.

    What was rendered before and has not changed is used again; an interrupted run goes on where it stopped.
    Exit code 1 means that a shot failed QA and could not be repaired.
    """
    from charforge.cli import tables
    from charforge.cli.console import reporter
    from charforge.studio.render import Options
    from charforge.studio.render import render as run

    if stage not in ("film", "stills"):
        raise typer.BadParameter(f"{stage!r} is not a stage; choose film or stills", param_hint="--stage")
    with reporter(json_lines=events) as tell:
        report = run(episode, Options(still, clip, voice, stage, output, accept), tell)
    print_json(report) if as_json else tables.render(report)
    if not report.passed() and not accept:
        raise typer.Exit(1)


@app.command()
def circle(
    shot: Annotated[str, typer.Argument(metavar="SHOT", help="The shot's slate, such as pilot_s02_0050.")],
    take: Annotated[str, typer.Argument(metavar="TAKE", help="The take's number, such as 2 or t02.")],
    *,
    kind: Annotated[str, typer.Option("--of", help="still, clip, line; of several lines line/2.")] = "still",
    as_json: AsJson = False,
) -> None:
    """Choose a take of a shot by hand; the next render builds on it."""
    from charforge.studio.circle import circle as run

    chosen = run(Path.cwd(), shot, take, kind)
    print_json(chosen) if as_json else print(f"circled {chosen.slate} ({chosen.kind})")


@app.command()
def why(
    shot: Annotated[str, typer.Argument(metavar="SHOT", help="The shot's slate, such as pilot_s02_0050.")],
    *,
    still: StillModel = None,
    clip: ClipModel = None,
    voice: VoiceModel = None,
    as_json: AsJson = False,
) -> None:
    """Say why a shot would be rendered again, or that it would not, by a render with these models."""
    from charforge.cli import tables
    from charforge.planner import Pins
    from charforge.studio.why import why as run

    reasons = run(Path.cwd(), shot, Pins(still, clip, voice))
    print_json(reasons) if as_json else tables.reasons(reasons)


for _name, _command in library.SHORT.items():
    app.command(name=_name)(_command)
