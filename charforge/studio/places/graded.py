"""Derives the plates of one light from those of another by grading, and says so wherever they are listed."""

from __future__ import annotations

from dataclasses import asdict
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from charforge import imaging
from charforge.documents import write_atomic
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Origin, Reference
from charforge.errors import InputError
from charforge.events import Progressed, Reporter, StageEnded, StageStarted
from charforge.imaging.grading import DAYLIGHTS, GRADES, Grade, between, grade
from charforge.imaging.lighting import lie
from charforge.library.written import WrittenReference
from charforge.studio.places.report import PlaceReport, PlaceRow
from charforge.studio.places.standing import Standing, free_name, keep, show, webp
from charforge.studio.project import Project

DERIVED = "graded"


def derive(  # noqa: PLR0913, PLR0917 - what to make, of what, and whom to tell
    project: Project,
    asset: Standing,
    from_light: str,
    lights: tuple[str, ...],
    views: tuple[str, ...],
    tell: Reporter,
    *,
    force: bool = False,
) -> PlaceReport:
    """Grade every plate of one light, with what belongs to it, into other lights.

    A plate that is there already stays; with `force` one that was graded before is graded anew, never a photograph
    or a render.
    """
    sources = _sources(asset, from_light, views)
    grades = {light: _grade(from_light, light) for light in lights}
    if not grades:
        known = ", ".join(light for light in GRADES if light != from_light)
        raise InputError("no light was asked for", f"add --light; there are: {known}")
    began = monotonic()
    tell(StageStarted("grading", len(sources) * len(grades), "plates"))
    rows: list[PlaceRow] = []
    made: list[Reference] = []
    for number, (source, light) in enumerate((s, li) for s in sources for li in grades):
        tell(Progressed("grading", f"{source.view} {light}", number, len(sources) * len(grades)))
        kept = _kept(asset, source.view or "", light, force=force)
        started = monotonic()
        new = () if kept else _made(asset, source, light, from_light, grades[light])
        made += new
        rows.append(kept or _row(new[0].file, source.view, light, DERIVED, seconds=monotonic() - started))
    tell(StageEnded("grading", monotonic() - began))
    told = {"name": asset.name, "kind": "location", "rows": tuple(rows)}
    if not made:
        return PlaceReport.model_validate(told)
    notes = (f"graded from {from_light}: no shadow has moved and no lamp was lit; a photograph or a set is better",)
    version = keep(asset, made)
    sheet = show(project, asset, {r.file: DERIVED for r in made})
    return PlaceReport.model_validate({**told, "sheet": sheet, "version": version, "notes": notes})


def _kept(asset: Standing, view: str, light: str, *, force: bool) -> PlaceRow | None:
    """Return why a plate stays as it is; None when it is to be made."""
    there = asset.picture("plate", view, light, "background")
    if there is None or (force and _derived(there)):
        return None
    note = "graded before; --force grades it anew" if _derived(there) else "a photograph or render is there"
    return _row(there.file, view, light, "kept", note=note)


def _row(file: str, view: str | None, light: str, how: str, **more: str | float) -> PlaceRow:
    said = {"file": file, "step": "plate", "view": view or "", "light": light, "how": how}
    return PlaceRow.model_validate({**said, **more})


def _sources(asset: Standing, light: str, views: tuple[str, ...]) -> tuple[WrittenReference, ...]:
    """Return the plates to start from; raise InputError where a view has none in this light."""
    plates = [r for r in asset.references() if r.step == "plate" and r.layer != "foreground" and r.view]
    lit: dict[str | None, WrittenReference] = {}
    for plate in plates:
        if plate.light == light and not _derived(plate):
            lit.setdefault(plate.view, plate)
    if not lit:
        known = sorted({r.light or "" for r in plates if not _derived(r)})
        hint = did_you_mean(light, known) or f"there are plates in: {', '.join(known) or 'no light yet'}"
        raise InputError(f"{asset.name} has no plate in the light {light!r}", hint)
    missing = [view for view in views if view not in lit]
    if missing:
        hint = f"views with one: {', '.join(sorted(v for v in lit if v))}"
        raise InputError(f"{asset.name} has no {light} plate of the view {missing[0]!r}", hint)
    return tuple(r for view, r in lit.items() if not views or view in views)


def _grade(source: str, target: str) -> Grade:
    if target not in GRADES or target == source:
        hint = did_you_mean(target, GRADES) or f"there are: {', '.join(light for light in GRADES if light != source)}"
        raise InputError(f"there is no grade from {source!r} to {target!r}", hint)
    if source in DAYLIGHTS:
        return GRADES[target]
    known = GRADES.get(source)
    if known is None:
        raise InputError(
            f"how {source!r} looks is not known, so nothing can be graded from it",
            f"grade from one of: {', '.join((*DAYLIGHTS, *GRADES))}",
        )
    if known.room.exposure < GRADES[target].room.exposure:
        hint = f"start from a lighter plate, or photograph or render {target}"
        raise InputError(f"{source} is darker than {target}: its shadows hold too little", hint)
    return between(GRADES[target], known)


def _made(
    asset: Standing, source: WrittenReference, light: str, from_light: str, wanted: Grade
) -> tuple[Reference, ...]:
    """Grade a plate, its foreground layer and its probe, and return their references."""
    view = source.view or ""
    plate = imaging.decode(asset.folder.path / source.file)
    how = lie(plate)
    made = [_layer(asset, source, light, from_light, wanted, grade(plate, wanted, how))]
    front = asset.picture("plate", view, from_light, "foreground")
    if front is not None:
        pixels = imaging.decode_rgba(asset.folder.path / front.file)
        same = pixels.shape[:2] == plate.shape[:2]
        made.append(_layer(asset, front, light, from_light, wanted, grade(pixels, wanted, how if same else None)))
    probe = asset.picture("probe", view, from_light)
    if probe is not None:
        made.append(_probe(asset, probe, light, from_light, wanted))
    return tuple(made)


def _layer(  # noqa: PLR0913, PLR0917 - a picture, and how it came about
    asset: Standing, source: WrittenReference, light: str, from_light: str, wanted: Grade, pixels: NDArray[np.uint8]
) -> Reference:
    tail = "-front" if source.layer == "foreground" else ""
    file = _name(asset, source, light, f"plates/{source.view}-{light}{tail}.webp")
    write_atomic(asset.folder.path / file, webp(pixels))
    return _reference(source, file, light, from_light, wanted)


def _probe(asset: Standing, source: WrittenReference, light: str, from_light: str, wanted: Grade) -> Reference:
    file = _name(asset, source, light, f"probes/{source.view}-{light}.png")
    pixels = grade(imaging.decode_rgba(asset.folder.path / source.file), wanted)
    write_atomic(asset.folder.path / file, imaging.encode_png(pixels, 9))
    return _reference(source, file, light, from_light, wanted)


def _name(asset: Standing, source: WrittenReference, light: str, wanted: str) -> str:
    """Return the name of an earlier grade of the same, which is replaced, or a free one."""
    there = asset.picture(source.step, source.view or "", light, source.layer)
    return there.file if there is not None and _derived(there) else free_name(asset, wanted)


def _reference(source: WrittenReference, file: str, light: str, from_light: str, wanted: Grade) -> Reference:
    settings = {"from_light": from_light, **asdict(wanted)}
    return Reference(
        file=file,
        step=source.step,
        view=source.view,
        light=light,
        layer=source.layer,
        made_from=source.file,
        origin=Origin(derived=DERIVED, settings=settings),
    )


def _derived(reference: WrittenReference) -> bool:
    return reference.origin is not None and reference.origin.derived is not None
