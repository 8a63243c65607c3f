"""Commands on locked assets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.output import print_json

app = typer.Typer(
    help="Characters, places, props and voices: lock, verify, cast, build.", no_args_is_help=True, rich_markup_mode=None
)

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


@app.command()
def lock(*, as_json: AsJson = False) -> None:
    """Record the sha256 of every file of every asset in library.lock."""
    from charforge.studio.library import lock as run

    locked = run(Path.cwd())
    count = sum(len(a.files) for a in locked.assets)
    names = ", ".join(f"{a.name}@{a.version}" for a in locked.assets)
    print_json(locked) if as_json else print(f"locked {len(locked.assets)} assets, {count} files: {names}")


@app.command()
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


@app.command()
def cast(  # noqa: PLR0913 - one option each
    name: Annotated[str, typer.Argument(help="The character's name, such as mia.")],
    *,
    candidates: Annotated[int, typer.Option(min=1, max=400, help="How many faces to draw.")] = 24,
    first_seed: Annotated[int, typer.Option(help="The first face's seed.")] = 1,
    pick: Annotated[int | None, typer.Option(help="Make this seed the master headshot.")] = None,
    apart_from: Annotated[str | None, typer.Option(help="With --pick: a character they must not resemble.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draw faces of people who do not exist, on one contact sheet; --pick makes one the master."""
    from charforge.cli import tables
    from charforge.cli.console import reporter
    from charforge.studio import casting

    with reporter() as tell:
        if pick is not None:
            headshot = casting.pick(Path.cwd(), name, pick, apart_from, tell)
            print_json({"headshot": headshot}) if as_json else print(
                f"{headshot}\nnext: charforge library build {name}"
            )
            return
        drawn = casting.cast(Path.cwd(), name, candidates, first_seed, tell)
    print_json(drawn) if as_json else tables.casting(name, drawn)


@app.command()
def build(
    name: Annotated[str, typer.Argument(help="The character's name, such as mia.")], *, as_json: AsJson = False
) -> None:
    """Make a character's angles, expressions and rig from the master, under an identity constraint."""
    from charforge.cli import tables
    from charforge.cli.console import reporter
    from charforge.studio import casting

    with reporter() as tell:
        poses = casting.build(Path.cwd(), name, tell)
    print_json(poses) if as_json else tables.built(poses)


@app.command()
def voice(
    name: Annotated[str, typer.Argument(help="The character's name, such as mia.")],
    recording: Annotated[Path, typer.Argument(help="A WAV or FLAC of one person speaking, six seconds or more.")],
    *,
    model: Annotated[str | None, typer.Option(help="The voice model, where charforge.yaml names several.")] = None,
    text: Annotated[str | None, typer.Option(help="What the sample says; else an English sentence.")] = None,
    as_json: AsJson = False,
) -> None:
    """Let a character speak as the person in a recording: one voice for every line of every film.

    Needs an XTTS model in charforge.yaml, such as `models: {coqui: {weights: FOLDER, language: en}}`. A quiet room and
    even speech give the best voice. The voice is kept in the character's folder, with a sample to listen to; the
    recording itself is not. It belongs to these weights: with others, run this again. Record only people who agreed,
    and say so under rights: in character.yaml (release: own-work or signed).
    """
    from charforge.cli.console import reporter
    from charforge.studio import voicing

    with reporter() as tell:
        made = voicing.voice(Path.cwd(), name, recording, tell, model=model, text=text or voicing.TEXT)
    words = f"voice: {made.style}\nlisten: {made.sample}\nnext: charforge library lock"
    print_json(made) if as_json else print(words)
