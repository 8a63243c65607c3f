"""Builds a character in the order of its stages, with whatever makes its pictures: photographs, a model, a search."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from charforge import imaging
from charforge.backends.portrait.casting import TARGETS, Target
from charforge.documents import write_atomic
from charforge.domain.names import NAME_PATTERN
from charforge.errors import InputError
from charforge.events import Reporter
from charforge.library import NewVersion, order
from charforge.library.order import Stage
from charforge.pages import contact_sheet
from charforge.store import Store, locked
from charforge.studio.building import dyed_bodies, hunted, lending, modelled, photographed, sheets, wardrobes
from charforge.studio.building.bench import Bench
from charforge.studio.building.id_photo import id_photo
from charforge.studio.building.work import Work, labelled
from charforge.studio.project import find
from charforge.studio.reports.building import BuildReport

if TYPE_CHECKING:
    from charforge.studio.building.options import Options

STAGE_OF: dict[str, Stage] = {"angle": "angles", "expression": "expressions"}


def build(near: Path, name: str, options: Options, tell: Reporter) -> BuildReport:
    """Make what is missing of a character, and return everything that is there, with its scores.

    What was made is kept at once; a build that is interrupted goes on where it stopped. Raises InputError where a
    stage is not permitted yet, and for photographs that are not what they should be.
    """
    _refuse_odd(options)
    bench = Bench(find(near), name, tell)
    with locked(Store(bench.project.state), f"library-{name}"):
        work = Work(bench, options)
        _made(work)
        work.end()
    return _reported(work)


def _made(work: Work) -> None:
    """Do what is asked for."""
    options = work.options
    if options.body_from is not None:
        lending.lend(work, options.body_from)
        dyed_bodies.catch_up(work)
    elif options.id_photo:
        id_photo(work)
    elif options.photos is not None:
        _photographs(work)
    elif options.state is not None and options.still is None:
        hint = f"charforge build {work.bench.name} --state {options.state} --from FOLDER, or --still MODEL"
        raise InputError(f"a state is shown by pictures of {work.bench.name} in it", hint)
    elif options.wardrobe is not None:
        _wardrobe(work, options.wardrobe)
    elif options.still is not None:
        _modelled(work)
    else:
        _hunted(work)
        if options.stage is None and not options.only:
            lending.advise(work)


def _photographs(work: Work) -> None:
    photos = photographed.photos_of(work)
    for worn in dict.fromkeys(p.wardrobe for p in photos if p.wardrobe):
        wardrobes.refuse_known(work, worn)
    photographed.permitted(work, photos)
    shots = photographed.take_in(work, photos)
    fronts = [shot for shot in shots if shot.wardrobe is None]
    for shot in (s for s in fronts if s.step in ("headshot", "angle")):
        work.keep(shot)
    for worn in dict.fromkeys(shot.wardrobe for shot in shots if shot.wardrobe):
        work.keep(*(shot for shot in shots if shot.wardrobe == worn), new=NewVersion())
    for shot in (s for s in fronts if s.step == "expression"):
        work.keep(shot)
    if not shots:
        work.note("no photograph shows what was asked for")


def _wardrobe(work: Work, name: str) -> None:
    """Make one wardrobe, by a model where one is named, else by re-colouring."""
    if not re.fullmatch(NAME_PATTERN, name):
        raise InputError(f"{name!r} is no name of a wardrobe", "use lower-case words joined by hyphens")
    work.demand("wardrobes")
    wardrobes.refuse_known(work, name)
    if work.options.still is None:
        wardrobes.recoloured(work, [(name, wardrobes.colour_of(name, work.options.colour))])
        return
    drawer = modelled.drawer_of(work)
    shots = [modelled.best(work, drawer, wish) for wish in modelled.wardrobe_wishes(work, name, work.options.described)]
    kept = [shot for shot in shots if work.passes(shot)]
    # A wardrobe without its front picture is none.
    if kept and kept[0].name == "front":
        work.keep(*kept, new=NewVersion())
    elif kept:
        work.note(f"the wardrobe {name} is not kept: its picture from the front falls short")


def _modelled(work: Work) -> None:
    """Have every target drawn by a still model, in the order of the stages; of a state its headshot first."""
    options = work.options
    if options.stage == "wardrobes":
        raise InputError("a model draws a wardrobe that has a name", "add: --wardrobe NAME --describe 'what is worn'")
    drawer = modelled.drawer_of(work)
    if options.state is not None:
        front = modelled.wish_of(work, Target(options.state, "angle", turn=0.0))
        work.take(replace(modelled.best(work, drawer, front), step="headshot"))
    if options.state is None or options.only or options.stage:
        for target in _wanted(work):
            work.demand(STAGE_OF[target.step])
            work.take(modelled.best(work, drawer, modelled.wish_of(work, target)))


def _hunted(work: Work) -> None:
    """Search for what is missing; wardrobes are made between angles and expressions."""
    stage = work.options.stage
    if stage == "wardrobes":
        work.demand("wardrobes")
        wardrobes.recoloured(work, [])
        return
    missing = list(_wanted(work))
    if missing:
        work.demand(STAGE_OF[missing[0].step])
        if work.options.retake:
            hunted.ask_again(work.bench, [target.name for target in missing])
    if missing or (work.present.rig is None and hunted.drawn_here(work.bench)):
        hunted.hunt(work, _in_order(work, missing))
        return
    hunted.finish(work)
    if stage is None and not work.options.only:
        _dress(work)


def _in_order(work: Work, missing: list[Target]) -> Iterator[Target]:
    """Yield angles, make wardrobes, yield expressions; end, with a note, before a stage that is not permitted.

    The build ends well then: what was found is kept, and the rig is written.
    """
    yield from (target for target in missing if target.step == "angle")
    whole = work.options.stage is None and not work.options.only
    if whole and _may(work, "wardrobes"):
        _dress(work)
    expressions = [target for target in missing if target.step == "expression"]
    if expressions and _may(work, "expressions"):
        yield from expressions


def _may(work: Work, stage: Stage) -> bool:
    lacking = order.missing(work.standing, stage)
    if lacking is not None:
        work.note(f"no {stage} were made: {lacking.message}; {lacking.hint}")
    return lacking is None


def _dress(work: Work) -> None:
    """Make the default wardrobes where there are none; note, and go on, where they cannot be made."""
    if work.present.wardrobes():
        return
    work.demand("wardrobes")
    if not wardrobes.recoloured(work, []):
        work.standing = work.standing.sparing("wardrobes")


def _wanted(work: Work) -> Iterator[Target]:
    """Yield the targets that are asked for and not there; note those that are."""
    options = work.options
    named = [photographed.target_named(name) for name in options.only]
    for target in named or TARGETS:
        if options.stage is not None and STAGE_OF[target.step] != options.stage:
            continue
        there = work.there(target)
        if there is None or options.again or options.retake or options.state is not None:
            yield target
        else:
            work.found(there)


def _refuse_odd(options: Options) -> None:
    """Raise InputError for options that say two things at once."""
    if options.from_episode is not None and options.state is None:
        raise InputError("--from-episode says from when on a state holds", "add: --state NAME")
    if options.colour is not None and options.wardrobe is None:
        raise InputError("--colour is the colour of a wardrobe", "add: --wardrobe NAME")
    if options.photos is not None and (options.still or options.colour):
        raise InputError("photographs are taken as they are", "leave out --still and --colour, or --from")
    if options.body_from is not None and (options.photos or options.still or options.wardrobe or options.state):
        raise InputError("--body-from copies pictures and makes none", "leave out the other options")
    if options.state is not None and not re.fullmatch(NAME_PATTERN, options.state):
        raise InputError(f"{options.state!r} is no name of a state", "use lower-case words joined by hyphens")


def _advise(work: Work) -> None:
    """Note what can be done about heads that a search or a model did not reach."""
    missed = [said.name for said, _, shot in work.shots if said.state == "missed" and shot and shot.wardrobe is None]
    if missed and work.options.photos is None:
        again = f"charforge build {work.bench.name} --only {','.join(missed)}"
        work.notes.append(f"from other randomness: {again} --retake; or kept as they are: {again} --force")


def _reported(work: Work) -> BuildReport:
    """Write the sheet and the page of a build, and return its report."""
    bench = work.bench
    folder = bench.project.build / "casting"
    sheet, page = folder / f"{bench.name}-build.png", folder / f"{bench.name}-build.html"
    master = imaging.decode(bench.folder / work.present.primary)
    write_atomic(sheet, imaging.encode_png(contact_sheet([("master", master), *labelled(work.shots)])))
    _advise(work)
    new = any(report.state in ("made", "forced") for report, _, _ in work.shots)
    report = BuildReport(
        name=bench.name,
        version=work.present.version,
        shots=tuple(report for report, _, _ in work.shots),
        notes=tuple(work.notes),
        sheet=str(sheet),
        page=str(page),
        next=f"look at the page, then: charforge lock {bench.name}" if new else "",
    )
    write_atomic(page, sheets.build_page(report, work.shots, master, bench.bars))
    return report
