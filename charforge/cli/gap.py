"""The command that measures how far models lie apart in one character."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charforge.cli.options import AsJson
from charforge.cli.output import print_json

if TYPE_CHECKING:
    from charforge.bench.gap_rows import Gap, ModelRow


def gap(  # noqa: PLR0913 - one option each
    *,
    character: Annotated[str, typer.Option(help="A locked character, such as mia or mia@2.")],
    shots: Annotated[
        int, typer.Option(min=1, help="How many, all different; 24 for each of its expressions at most.")
    ] = 40,
    size: Annotated[str, typer.Option(metavar="WxH", help="Width and height of every picture.")] = "640x360",
    at: Annotated[str | None, typer.Option(help="A locked location; else one that the character was lit in.")] = None,
    model: Annotated[
        list[str] | None, typer.Option("--model", help="Compare these only: animatic, portrait, or of charforge.yaml.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=1, help="Start no shot of a model after this.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the gap between models: one character in the same shots by every model, identity each and the spread.

    charforge bench gap --character mia --shots 40

    Models of charforge.yaml are compared too. Those that are here with tiny random weights alone draw no faces: their
    rows say so, and have no numbers.
    """
    from charforge.bench.gap import Asked
    from charforge.bench.gap import gap as run
    from charforge.cli.console import reporter
    from charforge.studio.oneoffs import wished

    wish = wished(character, "", size=size)
    with reporter() as tell:
        made = run(
            Path.cwd(), Asked(character, shots, (wish.width, wish.height), at, tuple(model or ()), seconds), tell
        )
    print_json(made) if as_json else _table(made)


def _table(made: Gap) -> None:
    """Print one row for each model, the spread, and what it rests on."""
    from charforge.cli.tables import out, table

    first, second = made.judges
    headers = (
        "model", "kind", "shots", "scored", f"{first} median", "lowest", f"{second} median", f"% {first}",
        f"% {second}", "passing", "seconds", "note",
    )  # fmt: skip
    out().print(f"{made.character}, the same shots by every model", highlight=False)
    table(headers, [_row(row) for row in made.rows])
    out().print()
    if made.spread is None or made.passing_spread is None:
        out().print("spread: none, since fewer than two models drew faces that can be scored", highlight=False)
    else:
        other = "" if made.second_spread is None else f", {made.second_spread:.1f} by {second}"
        out().print(
            f"spread between {', '.join(made.compared)}: {made.spread:.1f} percentage points by {first}{other}; "
            f"{made.passing_spread:.1f} in the share that passes ({_promise(made)})",
            highlight=False,
        )
    out().print("per cent: 50 is the bar of being this person, 75 that of being worth keeping", highlight=False)
    for note in made.notes:
        out().print(f"note: {note}", highlight=False)


def _promise(made: Gap) -> str:
    words = f"promised: within {made.promised:.0f}"
    return words if made.tested else f"{words}, which this does not test"


def _row(row: ModelRow) -> tuple[str, ...]:
    return (
        row.model,
        row.kind,
        str(row.shots),
        str(row.scored),
        _told(row.median),
        _told(row.lowest),
        _told(row.second),
        _told(row.percent, "%", 1),
        _told(row.second_percent, "%", 1),
        _told(row.passing, "%", 0),
        f"{row.seconds:.0f}",
        row.note,
    )


def _told(value: float | None, unit: str = "", places: int = 3) -> str:
    return "-" if value is None else f"{value:.{places}f}{f' {unit}' if unit else ''}"
