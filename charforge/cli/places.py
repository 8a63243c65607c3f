"""Builds locations and props for the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from charforge.cli.output import print_json

if TYPE_CHECKING:
    from charforge.studio.places import PlaceReport, PlaceRow


@dataclass(frozen=True, slots=True)
class PlaceOptions:
    """What can be asked for of a place, as it is typed."""

    views: tuple[str, ...] = ()
    lights: tuple[str, ...] = ()
    photos: Path | None = None
    from_light: str | None = None
    every: bool = False
    episode: Path | None = None
    samples: int | None = None
    size: str | None = None
    force: bool = False

    def asked(self) -> bool:
        """Return whether anything is asked for that only places have."""
        return bool(self.views or self.lights or self.from_light or self.every or self.episode or self.samples)


def is_place(name: str) -> bool:
    """Return whether the project has a location or prop of this name, and no character."""
    from charforge.library.folders import KINDS
    from charforge.studio.project import find

    library = find(Path.cwd()).library
    if (library / KINDS["character"] / name).is_dir():
        return False
    return any((library / KINDS[kind] / name).is_dir() for kind in ("location", "prop"))


def build(name: str, options: PlaceOptions, *, as_json: bool) -> None:
    """Build a location or prop; exit code 1 when a photograph was refused."""
    from charforge.cli.console import reporter
    from charforge.studio import places

    with reporter() as tell:
        report = places.build(
            Path.cwd(),
            name,
            tell,
            views=options.views,
            lights=options.lights,
            samples=options.samples,
            size=_size(options.size),
            from_photos=options.photos,
            from_light=options.from_light,
            every=options.every,
            episode=options.episode,
            force=options.force,
        )
    print_json(report) if as_json else _table(report)
    if not report.ok:
        raise typer.Exit(1)


def _size(text: str | None) -> tuple[int, int] | None:
    from charforge.errors import InputError

    if text is None:
        return None
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 64 <= int(width) <= 7680 and 64 <= int(height) <= 7680):
        raise InputError(f"{text!r} is no size of a picture", "write it like --size 1920x1080; 64 to 7680 a side")
    return int(width), int(height)


def _table(report: PlaceReport) -> None:
    """Print what was made, what was kept, and what is wrong with what was refused."""
    from charforge.cli.tables import out, table

    table(("picture", "view", "light", "", "s", "note"), [_row(row) for row in report.rows])
    for row in report.rows:
        for rule in row.broken:
            out().print(Text(f"{Path(row.file).name}: {rule}", style="red" if rule.outcome == "fail" else "yellow"))
    for note in report.notes:
        out().print(note)
    if report.sheet:
        print(report.sheet)
    if not report.ok:
        print("nothing refused was taken in; take the picture again, or --force takes it and says so")
    if report.made:
        print(f"next: charforge lock {report.name}")


def _row(row: PlaceRow) -> tuple[str | Text, ...]:
    style = {"refused": "red", "kept": "dim"}.get(row.how, "green")
    seconds = f"{row.seconds:.1f}" if row.seconds else ""
    return row.file, row.view, row.light, Text(row.how, style=style), seconds, row.note
