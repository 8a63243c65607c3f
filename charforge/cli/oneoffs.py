"""Commands for pictures without a shot list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charforge.cli.options import AsJson
from charforge.cli.output import print_json

if TYPE_CHECKING:
    from charforge.studio.report import ShotRow

StillModel = Annotated[str | None, typer.Option("--still", help="Draw with this backend; see: charforge backends")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Where the picture goes, a .png.")]


def still(  # noqa: PLR0913 - one option each
    who: Annotated[str, typer.Argument(metavar="WHO", help="A character, or several: mia,theo or mia@2.")],
    action: Annotated[str, typer.Argument(help="What is to be seen, in words; the embedded model reads none.")] = "",
    *,
    at: Annotated[str | None, typer.Option(help="A locked location, such as coffee-shop.")] = None,
    light: Annotated[str | None, typer.Option(help="The location's light, such as night.")] = None,
    view: Annotated[str | None, typer.Option(help="The location's view, such as table.")] = None,
    framing: Annotated[str | None, typer.Option(help="close, medium-close, medium, wide …")] = None,
    wardrobe: Annotated[str | None, typer.Option(help="A locked wardrobe, such as navy.")] = None,
    expression: Annotated[str | None, typer.Option(help="happy, surprised, sad, focused or neutral.")] = None,
    turn: Annotated[float | None, typer.Option(min=-90, max=90, help="Degrees; negative looks to the left.")] = None,
    size: Annotated[str, typer.Option(help="Width and height in pixels.")] = "1920x1080",
    model: StillModel = None,
    tries: Annotated[int, typer.Option(min=1, max=20, help="How many seeds to try until one passes.")] = 3,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Make a still of a character in a described scene, judged and mended as in a film.

    charforge still mia "she waits under the pendant lamp" --at coffee-shop --light night

    Exit code 1 means that QA does not know somebody in the picture; the best try is written all the same.
    """
    from charforge.cli.console import reporter
    from charforge.studio import oneoffs

    wish = oneoffs.wished(
        who, action, at=at, light=light, view=view, framing=framing, wardrobe=wardrobe, expression=expression,
        turn=turn, size=size,
    )  # fmt: skip
    with reporter() as tell:
        made = oneoffs.still(Path.cwd(), oneoffs.Asked(wish, model, tries, output), tell)
    if as_json:
        print_json(made)
    else:
        _told(made.row, made.second)
        print(made.file)
    if not made.passed():
        raise typer.Exit(1)


def _told(row: ShotRow, second: dict[str, float]) -> None:
    """Print a picture's verdict, who is in it by both judges, and what is wrong."""
    people = (f"{who} {value:.2f} (bar {row.bar[who]:.2f})" for who, value in row.identity.items())
    other = (f"{who} {value:.2f}" for who, value in second.items())
    print(f"{row.slate}  {row.model}  {row.verdict}  {', '.join(people)}; second judge {', '.join(other) or 'nobody'}")
    for finding in row.findings:
        print(f"  {finding}")


def promote(  # noqa: PLR0913 - one option each
    take: Annotated[str, typer.Argument(metavar="TAKE", help="A take's slate, such as e01_s03_0040_t02.")],
    *,
    to: Annotated[str, typer.Option(help="The character it shows.")],
    step: Annotated[
        str | None, typer.Option("--as", help="angle, expression or wardrobe; else what the face shows decides.")
    ] = None,
    wardrobe: Annotated[str | None, typer.Option(help="The wardrobe's name, such as navy.")] = None,
    kind: Annotated[str, typer.Option("--of", help="still, head or clip.")] = "still",
    frame: Annotated[int | None, typer.Option(min=0, help="Of a clip, counted from 0.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Record it against QA and the rules; that is noted.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a reference of a good take: cropped, scored by both judges, its origin kept.

    charforge promote e01_s03_0040_t02 --to mia

    A take that did not pass or is not circled is refused, and so is one of somebody else; --force records it.
    """
    from charforge.studio import promoting

    if step is not None and step not in promoting.STEPS:
        raise typer.BadParameter(f"{step!r} is none; choose {', '.join(promoting.STEPS)}", param_hint="--as")
    if kind not in ("still", "head", "clip"):
        raise typer.BadParameter(f"{kind!r} is none; choose still, head or clip", param_hint="--of")
    kind = "clip" if frame is not None and kind == "still" else kind
    made = promoting.promote(Path.cwd(), promoting.Wanted(take, to, step, wardrobe, kind, frame, force))
    if as_json:
        print_json(made)
        return
    shown = made.reference
    facts = [f"turn {shown.turn:+.0f}", shown.expression, shown.wardrobe, f"score {shown.score:.2f}"]
    print(
        f"{made.character} {shown.file}: {', '.join(f for f in facts if f)} and {shown.second:.2f} (bar {made.bar:.2f})"
    )
    for warning in made.warnings:
        print(f"  {warning}")
    print(f"next: {made.next}")


def screen_test(
    name: Annotated[str, typer.Argument(metavar="CHARACTER", help="Such as mia, or mia@2.")],
    *,
    against: Annotated[
        Path | None, typer.Option(help="The approved still.png of an earlier test; else this one's own.")
    ] = None,
    clip: Annotated[str | None, typer.Option("--clip", help="Move it with this backend.")] = None,
    model: StillModel = None,
    as_json: AsJson = False,
) -> None:
    """Render the standard four-second clip of a character and compare it with the approved still.

    charforge screen-test mia --against approved.png

    Likeness by both judges, and the build of the face: the eyes' distance and the jawline, in pixels of a reference
    of 1024 and in per cent of the eye distance. Exit code 1 means that one of them is out of its limit.
    """
    from charforge.cli import tables_oneoffs
    from charforge.cli.console import reporter
    from charforge.studio import screentest

    with reporter() as tell:
        made = screentest.screen(Path.cwd(), screentest.Asked(name, against, model, clip), tell)
    print_json(made) if as_json else tables_oneoffs.screen_test(made)
    if not made.passed():
        raise typer.Exit(1)


def portraits(  # noqa: PLR0913 - one option each
    name: Annotated[str, typer.Argument(metavar="CHARACTER", help="Such as mia, or mia@2.")],
    *,
    backgrounds: Annotated[str, typer.Option(help="Places, places with a light, and colours, with commas.")],
    moods: Annotated[str, typer.Option(help="Expressions, with commas.")] = "neutral",
    count: Annotated[int | None, typer.Option("-n", help="How many; else each background in each mood once.")] = None,
    wardrobe: Annotated[str | None, typer.Option(help="A locked wardrobe, such as navy.")] = None,
    size: Annotated[str, typer.Option(help="Width and height in pixels.")] = "1024x1280",
    model: StillModel = None,
    tries: Annotated[int, typer.Option(min=1, max=20, help="How many seeds to try for one that fails.")] = 2,
    as_json: AsJson = False,
) -> None:
    """Make a series of portraits of one person over several backgrounds and in several moods.

    charforge portraits mia --backgrounds "coffee-shop,#d8d2c8,pottery/night" --moods happy,focused -n 12

    Every picture is scored by both judges; exit code 1 means that some were not known after all tries.
    """
    from charforge.cli import tables_oneoffs
    from charforge.cli.console import reporter
    from charforge.studio import oneoffs
    from charforge.studio import portraits as series

    wish = oneoffs.wished(name, "", size=size)
    asked = series.Series(
        name, _listed(backgrounds), _listed(moods), count, model, wardrobe, wish.width, wish.height, tries
    )
    with reporter() as tell:
        made = series.portraits(Path.cwd(), asked, tell)
    print_json(made) if as_json else tables_oneoffs.portraits(made)
    if not made.passed():
        raise typer.Exit(1)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def edit(  # noqa: PLR0913 - one option each
    picture: Annotated[Path, typer.Argument(metavar="PICTURE", help="The picture to change.")],
    words: Annotated[str, typer.Argument(help="What changes: the background, the clothes.")] = "",
    *,
    keep: Annotated[str, typer.Option(help="Whose face stays: a locked character.")],
    at: Annotated[
        str | None, typer.Option(help="A locked place behind them, such as coffee-shop/night, or '#d8d2c8'.")
    ] = None,
    model: StillModel = None,
    sharp: Annotated[bool, typer.Option("--sharp", help="Leave the place in focus.")] = False,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Change an existing picture and keep somebody's face.

    charforge edit pic.png "a rooftop at night" --keep mia --still flux2-klein

    charforge edit pic.png --at coffee-shop/night --keep mia

    The face is scored by both judges before and after; where it drifted, the original one is put back if that helps.
    Exit code 1 means that it is no longer known.
    """
    from charforge.cli import tables_oneoffs
    from charforge.cli.console import reporter
    from charforge.studio import editing

    with reporter() as tell:
        made = editing.edit(Path.cwd(), editing.Asked(picture, words, keep, at, model, sharp, output), tell)
    print_json(made) if as_json else tables_oneoffs.edit(made)
    if not made.passed():
        raise typer.Exit(1)
