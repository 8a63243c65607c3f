"""Takes photographs of a place or a thing into the library, after a look at each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from charforge.domain.assets import Origin, Reference, Step
from charforge.domain.checks import Checked, Rule
from charforge.domain.names import NAME_PATTERN
from charforge.errors import InputError, Problem
from charforge.events import Progressed, Reporter, StageEnded, StageStarted
from charforge.imaging.grading import DAYLIGHTS, GRADES
from charforge.library import intake
from charforge.library.checks import Examiners, check_plate
from charforge.library.definitions import define
from charforge.library.folders import KINDS
from charforge.library.pictures import PICTURES
from charforge.library.written import WrittenLocation
from charforge.studio.checking import examiners
from charforge.studio.places.report import PlaceReport, PlaceRow
from charforge.studio.places.standing import Standing, keep, show
from charforge.studio.project import Project

LONGEST = 2560
"""Pixels of a plate's longer side, so that a camera can come closer without the picture going soft."""
FRONT = "front"
"""Ending of the name of a cut-out layer that stands in front of people."""


@dataclass(frozen=True, slots=True)
class Named:
    """A photograph and what its name says."""

    photo: Path
    step: Step
    view: str
    """Of a location; of a prop the place, or nothing."""
    light: str

    @property
    def target(self) -> str:
        """The file it becomes within the asset's folder."""
        folder = {"plate": "plates", "insert": "inserts"}.get(self.step, "pictures")
        stem = "-".join(word for word in (self.view, self.light) if word) or self.photo.stem.lower()
        return f"{folder}/{stem}.webp"


def take(
    project: Project, asset: Standing, given: Sequence[Path], tell: Reporter, *, force: bool = False
) -> PlaceReport:
    """Check photographs and take in those that keep every rule; with `force` the others too, and it is recorded."""
    named = tuple(_named(project, asset, _photos(given)))
    looking = examiners(project)
    began = monotonic()
    tell(StageStarted("photos", len(named), "photographs"))
    rows: list[PlaceRow] = []
    kept: list[Reference] = []
    for number, one in enumerate(named):
        tell(Progressed("photos", one.photo.name, number, len(named)))
        row, reference = _taken(asset, one, looking, force=force)
        rows.append(row)
        kept += [reference] if reference else []
    tell(StageEnded("photos", monotonic() - began))
    version = keep(asset, kept) if kept else 1
    sheet = show(project, asset, {r.file: "photograph" for r in kept}) if kept else ""
    notes = _unmarked(asset) if kept else ()
    return PlaceReport(
        name=asset.name, kind=asset.folder.kind, rows=tuple(rows), sheet=sheet, version=version, notes=notes
    )


def _unmarked(asset: Standing) -> tuple[str, ...]:
    """Return what a person has to write of views that do not say where people can stand."""
    definition, _ = define(asset.folder)
    written = definition.written if definition else None
    views = written.views if isinstance(written, WrittenLocation) else {}
    bare = ", ".join(name for name, view in views.items() if not view.marks)
    told = f"nobody can stand in {bare} yet: write marks: into {asset.folder.file.name}; docs/sets.md shows how"
    return (told,) if bare else ()


def _taken(asset: Standing, one: Named, looking: Examiners, *, force: bool) -> tuple[PlaceRow, Reference | None]:
    began = monotonic()
    checked = _checked(one, looking)
    failed = checked.failed()
    broken = (*failed, *checked.warned())
    unreadable = any(rule.name == "readable" for rule in failed)
    if failed and (unreadable or not force):
        row = PlaceRow(file=str(one.photo), step=one.step, view=one.view, light=one.light, how="refused", broken=broken)
        return row, None
    taken = intake.take_in(asset.folder.path, one.photo, one.target, longest=LONGEST)
    shown = {"view": one.view or None} if one.step == "plate" else {"place": one.view or None}
    reference = Reference(
        file=taken.file,
        step=one.step,
        light=one.light or None,
        layer=None if one.step == "picture" else "background",
        origin=Origin(original=taken.original, forced=failed[0].number if failed else None),
        **shown,
    )
    said = {"file": taken.file, "step": one.step, "view": one.view, "light": one.light, "broken": broken}
    return PlaceRow(**said, how="photograph", seconds=monotonic() - began), reference


def _checked(one: Named, looking: Examiners) -> Checked:
    try:
        pixels = intake.read(one.photo).pixels
    except InputError as error:
        fix = f"{error.problems[0].message}; {error.hint}"
        told = Rule(name="readable", outcome="fail", limit="a photograph", fix=fix)
        return Checked(file=str(one.photo), step=one.step, rules=(told,))
    return check_plate(pixels, looking, one.photo.name, step=one.step)


def _photos(given: Sequence[Path]) -> tuple[Path, ...]:
    """Return photographs, and those inside folders, by name."""
    found: list[Path] = []
    for path in given:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(f for f in path.iterdir() if f.is_file() and not f.name.startswith("."))
        found += [f for f in inside if f.suffix.lower() in PICTURES or f.suffix.lower() in {".heic", ".heif", ".dng"}]
    if not found:
        raise InputError(f"there is no picture in {', '.join(map(str, given))}", "give a folder of JPEG or PNG files")
    return tuple(found)


def _named(project: Project, asset: Standing, photos: Iterable[Path]) -> Iterator[Named]:
    """Read what the names say; raise InputError for all that say nothing, or the same twice."""
    problems: list[Problem] = []
    seen: dict[str, Path] = {}
    found: list[Named] = []
    for photo in photos:
        one = _read(project, asset, photo)
        if isinstance(one, Problem):
            problems.append(one)
        elif one.target in seen:
            problems.append(Problem(f"shows the same as {seen[one.target].name}", photo, hint="give one of them"))
        else:
            seen[one.target] = photo
            found.append(one)
    if problems:
        raise InputError(problems, "nothing was taken in")
    yield from found


def _read(project: Project, asset: Standing, photo: Path) -> Named | Problem:
    stem = re.sub(r"[\s_]+", "-", photo.stem.strip().lower())
    if asset.folder.kind == "prop":
        place, light = _split(stem, _places(project), strict=True)
        return Named(photo, "insert", place, light) if light else Named(photo, "picture", "", "")
    known = tuple(asset.written.views) if isinstance(asset.written, WrittenLocation) else ()
    view, light = _split(stem, known, strict=False)
    if not light or not re.fullmatch(NAME_PATTERN, view) or not re.fullmatch(NAME_PATTERN, light):
        hint = f"name it for view and light, such as {view or 'table'}-afternoon{photo.suffix.lower() or '.jpg'}"
        return Problem("the name does not say which view in which light it shows", photo, hint=hint)
    return Named(photo, "plate", view, light)


def _split(stem: str, known: Iterable[str], *, strict: bool) -> tuple[str, str]:
    """Return the view and the light in a name: the longest known view, else all before the longest known light."""
    for view in sorted(known, key=len, reverse=True):
        if stem.startswith(f"{view}-"):
            return view, stem[len(view) + 1 :]
    if strict:
        return stem, ""
    for light in sorted({*GRADES, *DAYLIGHTS}, key=len, reverse=True):
        if stem.endswith(f"-{light}"):
            return stem[: -len(light) - 1], light
    view, _, light = stem.partition("-")
    return view, light


def _places(project: Project) -> tuple[str, ...]:
    """Return the names of the project's locations."""
    roots = (root / KINDS["location"] for root in project.libraries.values())
    return tuple(f.name for root in roots if root.is_dir() for f in sorted(root.iterdir()) if f.is_dir())
