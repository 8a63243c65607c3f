"""Commands that cast people and build assets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.options import AsJson
from charforge.cli.output import print_json


def cast(  # noqa: PLR0913 - one option each
    name: Annotated[str, typer.Argument(help="The character's name, such as mia.")],
    *,
    candidates: Annotated[int, typer.Option(min=1, max=400, help="How many faces to draw.")] = 24,
    first_seed: Annotated[int, typer.Option(min=0, help="The first face's seed.")] = 1,
    pick: Annotated[int | None, typer.Option(min=0, help="Make this seed the master headshot.")] = None,
    apart_from: Annotated[str | None, typer.Option(help="With --pick: a character they must not resemble.")] = None,
    photo: Annotated[
        Path | None, typer.Option("--from", help="A photograph, or a folder with front.jpg, of a real person.")
    ] = None,
    release: Annotated[
        str | None, typer.Option(help="With --from: own-work, signed, licensed or public-domain.")
    ] = None,
    licence: Annotated[str | None, typer.Option(help="With --from: the licence of the photograph, in words.")] = None,
    still: Annotated[str | None, typer.Option(help="A still model that draws the faces, such as flux2-klein.")] = None,
    describe: Annotated[str, typer.Option(help="With --still: who is to be drawn, in words.")] = "",
    force: Annotated[bool, typer.Option(help="Take a master that breaks a rule, or replace one.")] = False,
    as_json: AsJson = False,
) -> None:
    """Find a character's face: draw people who do not exist, and pick one; or take a person's own photograph.

    charforge cast mia --candidates 24

    charforge cast mia --pick 7

    charforge cast mia --from mia.jpg --release signed --licence "for this film only"
    """
    from charforge.cli import tables_building as tables
    from charforge.cli.console import reporter
    from charforge.studio import casting

    near = Path.cwd()
    how = casting.Drawing(candidates, first_seed, apart_from, still, describe)
    with reporter() as tell:
        if photo is not None:
            master = casting.own(near, name, casting.photo(photo, release, licence), tell, force=force)
        elif pick is not None:
            master = casting.pick(near, name, pick, how, tell, force=force)
        else:
            drawn = casting.cast(near, name, how, tell)
            print_json(drawn) if as_json else tables.casting(name, drawn)
            return
    print_json(master) if as_json else tables.master(master)


def build(  # noqa: PLR0913 - one option each
    name: Annotated[str, typer.Argument(help="A character's name, such as mia; or a location's, such as coffee-shop.")],
    *,
    step: Annotated[str | None, typer.Option(help="One step alone: angles, wardrobes or expressions.")] = None,
    only: Annotated[str | None, typer.Option(help="Pictures by name, such as left45,happy.")] = None,
    photos: Annotated[
        Path | None,
        typer.Option("--from", help="Photographs named by what they show: left45.jpg, navy.jpg, happy.jpg."),
    ] = None,
    still: Annotated[str | None, typer.Option(help="A still model that looks at reference pictures.")] = None,
    tries: Annotated[int, typer.Option(min=1, max=100, help="With --still: seeds for each picture, at most.")] = 4,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=1,
            help="Time for the embedded search of heads; the rig's mouths and lids take about a minute or two besides.",
        ),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Search once, without going over what fell short.")] = False,
    wardrobe: Annotated[str | None, typer.Option(help="Make a wardrobe of this name.")] = None,
    colour: Annotated[
        str | None, typer.Option(help="With --wardrobe: re-colour what is worn, such as '#1f3a5f'.")
    ] = None,
    describe: Annotated[str, typer.Option(help="With --wardrobe and --still: what is worn, in words.")] = "",
    state: Annotated[str | None, typer.Option(help="A new version for a state, such as after-the-fire.")] = None,
    from_episode: Annotated[str | None, typer.Option(help="With --state: from which episode on it holds.")] = None,
    id_photo: Annotated[bool, typer.Option(help="Lay front, left, right and smiling on one sheet.")] = False,
    body_from: Annotated[
        str | None, typer.Option(help="Lend the bodies of another character, which the compositor puts heads on.")
    ] = None,
    again: Annotated[bool, typer.Option(help="Make what is there once more.")] = False,
    retake: Annotated[bool, typer.Option(help="The same, from other randomness.")] = False,
    view: Annotated[list[str] | None, typer.Option(help="Of a place: this view; may be given again.")] = None,
    light: Annotated[list[str] | None, typer.Option(help="Of a place: this light, such as night.")] = None,
    from_light: Annotated[str | None, typer.Option(help="Of a place: grade the plates of this light.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Of a set: every view in every light.")] = False,
    episode: Annotated[
        Path | None, typer.Option("--for", help="Of a set: a camera for each framing of this shot list.")
    ] = None,
    samples: Annotated[int | None, typer.Option(min=1, max=65536, help="Of a set: rays for each pixel.")] = None,
    size: Annotated[str | None, typer.Option(help="Of a set: size of the plates, such as 1920x1080.")] = None,
    force: Annotated[bool, typer.Option(help="Keep what falls short; its origin says so.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make what a film needs of a character, in order: angles, wardrobes, expressions; each scored against the master.

    Or the plates of a place: from photographs, by grading one light into another, or by rendering its set.

    What is there is not made again; a build that was interrupted goes on. Exit code 1 when a picture falls short.

    charforge build mia

    charforge build mia --step angles --from photos/

    charforge build mia --wardrobe navy --colour '#1f3a5f'

    charforge build mia --id-photo

    charforge build ann --body-from mia

    charforge build coffee-shop --from photos/

    charforge build coffee-shop --light night --from-light afternoon

    charforge build coffee-shop --for shotlists/pilot.yaml
    """
    from charforge.cli import places

    wanted = places.PlaceOptions(
        tuple(view or ()), tuple(light or ()), photos, from_light, every, episode, samples, size, force
    )
    if wanted.asked() or places.is_place(name):
        places.build(name, wanted, as_json=as_json)
        return
    from charforge.cli import tables_building as tables
    from charforge.cli.console import reporter
    from charforge.studio.building import build as building
    from charforge.studio.building.options import Options, names, stage_named

    options = Options(
        stage=stage_named(step),
        only=names(only),
        photos=photos,
        still=still,
        tries=tries,
        seconds=seconds,
        quick=quick,
        wardrobe=wardrobe,
        colour=colour,
        described=describe,
        state=state,
        from_episode=from_episode,
        id_photo=id_photo,
        body_from=body_from,
        again=again,
        retake=retake,
        force=force,
    )
    with reporter() as tell:
        report = building.build(Path.cwd(), name, options, tell)
    print_json(report) if as_json else tables.building(report)
    if not report.ok:
        raise typer.Exit(1)
