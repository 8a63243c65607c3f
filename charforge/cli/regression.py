"""The command that says whether everybody is still who they were."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.options import AsJson
from charforge.cli.output import print_json

Slates = list[str]


def identity(  # noqa: PLR0913 - one option each
    *,
    pin: Annotated[Slates | None, typer.Option("--pin", metavar="SHOT", help="Pin a shot, by its slate.")] = None,
    pin_all: Annotated[
        Slates | None, typer.Option("--pin-all", metavar="EPISODE", help="Pin every shot of it that shows somebody.")
    ] = None,
    unpin: Annotated[Slates | None, typer.Option("--unpin", metavar="SHOT", help="Forget a shot.")] = None,
    clips: Annotated[bool, typer.Option("--clips", help="Pin the clips of shots too, not only their stills.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Lay whole takes beside the pins, to be judged where the store is not.")
    ] = False,
    judge: Annotated[bool, typer.Option("--judge", help="Only judge pinned takes again; make none.")] = False,
    render: Annotated[bool, typer.Option("--render", help="Make every pinned shot anew, even if it is there.")] = False,
    update: Annotated[bool, typer.Option("--update", help="Accept what there is now as the new state.")] = False,
    pins: Annotated[Path | None, typer.Option(metavar="FILE", help="Of the pins; else the project's.")] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write JUnit's XML.")] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page with before and after.")] = None,
    still: Annotated[str | None, typer.Option("--still", help="Make every still with this backend.")] = None,
    clip: Annotated[str | None, typer.Option("--clip", help="Make every clip with this backend.")] = None,
    voice: Annotated[str | None, typer.Option("--voice", help="Speak every line with this backend.")] = None,
    events: Annotated[bool, typer.Option("--events", help="Progress as JSON lines on standard error.")] = False,
    as_json: AsJson = False,
) -> None:
    """Test that pinned shots still show the same people: after an upgrade of a model, a backend or a library.

    charforge test --pin pilot_s02_0050 --pin pilot_s03_0010

    charforge test --junit identity.xml --page identity.html

    Pinned takes that are in the store are judged again, the others are made anew. Exit code 1 when a character's
    scores moved beyond the limit in the pins, a verdict got worse, or a shot can no longer be made or judged.
    """
    from charforge.cli import tables_regression as tables
    from charforge.cli.console import reporter

    if judge and render:
        raise typer.BadParameter("choose one of --judge and --render", param_hint="--render")
    if pin or pin_all or unpin:
        if judge or render or update or junit or page:
            raise typer.BadParameter("pinning is a step of its own; test afterwards", param_hint="--pin")
        from charforge.studio.regressing.pinning import Wanted
        from charforge.studio.regressing.pinning import pin as run

        wanted = Wanted(tuple(pin or ()), tuple(pin_all or ()), tuple(unpin or ()), clips, keep, pins)
        with reporter(json_lines=events) as tell:
            made = run(Path.cwd(), wanted, tell)
        print_json(made) if as_json else tables.pinned(made)
        return
    from charforge.studio.regressing.testing import Asked, How, compare
    from charforge.studio.render import Options

    how: How = "judge" if judge else "render" if render else "auto"
    with reporter(json_lines=events) as tell:
        done = compare(Path.cwd(), Asked(how, Options(still, clip, voice), update, page, junit, pins), tell)
    print_json({**done.model_dump(mode="json"), "passed": done.passed(), "wrong": done.wrong()}) if as_json else (
        tables.compared(done, (page, junit))
    )
    if not done.passed():
        raise typer.Exit(1)
