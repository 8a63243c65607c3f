"""Casts characters: people who do not exist, drawn to choose from, or a person whose photographs one may use."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from charforge import imaging
from charforge import library as assets
from charforge.documents import write_atomic
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Origin, Reference
from charforge.domain.checks import Alike, Checked
from charforge.domain.names import NAME_PATTERN
from charforge.errors import InputError, Problem
from charforge.events import Noted, Reporter
from charforge.library import intake
from charforge.library.checks import check
from charforge.library.standing import Present, present
from charforge.pages import contact_sheet
from charforge.studio.building import candidates, drawing, sheets
from charforge.studio.building.bench import Bench, embedding
from charforge.studio.building.candidates import Face
from charforge.studio.checking import lookalikes
from charforge.studio.library import root_of
from charforge.studio.project import Project, find
from charforge.studio.reports.building import CandidateReport, CastReport, MasterReport

Release = Literal["own-work", "signed", "licensed", "public-domain"]
HEADSHOT = "headshot/front.png"
RECIPE = "rig/recipe.json"
STYLE = "rig/master.f32"
"""The style of a generated master, 8 x 512 float32: what is searched around when the character is built."""
FRONTS = ("front", "headshot", "master")


@dataclass(frozen=True, slots=True)
class Drawing:
    """How faces are drawn, and how many."""

    count: int = 24
    first_seed: int = 1
    apart_from: str | None = None
    """A character whom a picked face must not resemble."""
    still: str | None = None
    """A still model that draws them; None is the embedded generator."""
    described: str = ""
    """Who is to be drawn, in words; a still model needs it."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A person's photograph, or a folder of them, and by which right it is used."""

    path: Path
    release: Release | None = None
    licence: str | None = None


def cast(near: Path, name: str, how: Drawing, tell: Reporter) -> CastReport:
    """Draw faces of people who do not exist, on one contact sheet and one page."""
    bench = _bench(near, name, tell)
    model = _model(bench, how)
    seeds = range(how.first_seed, how.first_seed + how.count)
    if model is None:
        with bench.stage("casting", "contact sheet") as telling:
            found = candidates.embedded(bench, seeds, telling)
    else:
        found = candidates.modelled(bench, model, seeds, how.described)
    if not found:
        raise InputError("no face was drawn that can be measured", "try more candidates, or another --first-seed")
    reported = tuple(_candidate(name, face, how) for face in found)
    folder = bench.project.build / "casting"
    sheet, page = folder / f"{name}.png", folder / f"{name}.html"
    labelled = [(f"{face.seed}{'' if face.usable else '  (not usable)'}", face.pixels) for face in found]
    write_atomic(sheet, imaging.encode_png(contact_sheet(labelled)))
    write_atomic(page, sheets.cast_page(name, found, reported, again=seeds.stop))
    return CastReport(sheet=str(sheet), page=str(page), candidates=reported)


def pick(  # noqa: PLR0913 - the seed and the force of one command
    near: Path, name: str, seed: int, how: Drawing, tell: Reporter, *, force: bool = False
) -> MasterReport:
    """Make the person of a seed the character's master headshot, calm and frontal, and say what the rules find."""
    bench = _bench(near, name, tell)
    _refuse_built(bench, force=force)
    if (model := _model(bench, how)) is not None:
        (drawn,) = candidates.modelled(bench, model, range(seed, seed + 1), how.described)
        assert drawn.origin is not None
        return _kept(bench, drawn.pixels, drawn.checked, drawn.origin, force=force)
    apart = None if how.apart_from is None else embedding(bench, _headshot_of(bench.project, how.apart_from))
    for reason in candidates.drawbacks(bench, seed):
        tell(Noted(f"seed {seed} as it is drawn: {reason}"))
    with bench.stage("master", "picture") as telling:
        person = candidates.calm(bench, seed, telling, apart)
    checked = check(person.pixels, "headshot", candidates.examiners_of(bench), name=HEADSHOT, generated=True)
    recipe = {
        "seed": seed,
        "truncation": person.truncation,
        "apart_from": how.apart_from or "",
        **_retakes(bench.folder, seed),
    }
    write_atomic(bench.folder / RECIPE, json.dumps(recipe, indent=1).encode() + b"\n")
    write_atomic(bench.folder / STYLE, person.style.astype("<f4").tobytes())
    portrait = bench.studio.portrait
    settings = {"truncation": person.truncation} | ({"apart_from": how.apart_from} if how.apart_from else {})
    origin = Origin(backend=portrait.name, revision=portrait.revision, seed=seed, settings=settings)
    return _kept(bench, person.pixels, checked, origin, force=True)


def photo(path: Path, release: str | None, licence: str | None) -> Photo:
    """Return a photograph with the right by which it is used; raise InputError for a release that is none."""
    if release is None:
        return Photo(path, None, licence)
    for known in get_args(Release):
        if release == known:
            return Photo(path, known, licence)
    hint = did_you_mean(release, get_args(Release)) or f"there are: {', '.join(get_args(Release))}"
    raise InputError(f"there is no release {release!r}", hint)


def own(near: Path, name: str, photo: Photo, tell: Reporter, *, force: bool = False) -> MasterReport:
    """Make a photograph of a person the character's master headshot, once every rule of one is kept.

    Raises InputError, with nothing written, for a photograph that breaks a rule, unless `force` is set, and where
    nobody said by which right it is used.
    """
    bench = _bench(near, name, tell)
    _refuse_built(bench, force=force)
    if photo.release is None or not photo.licence:
        hint = f"add --release {'|'.join(get_args(Release))} and --licence, such as --licence 'for this film only'"
        raise InputError("a photograph shows a person, and nobody said by which right it is used", hint)
    file = _front(photo.path)
    source = intake.read(file)
    checked = check(source.pixels, "headshot", candidates.examiners_of(bench), name=str(file), source=source)
    _refuse_broken(checked, name, force=force)
    if force:
        (bench.folder / HEADSHOT).unlink(missing_ok=True)
    taken = intake.take_in(bench.folder, file, HEADSHOT)
    _forget_generated(bench.folder)
    origin = Origin(original=taken.original, **_forced(checked))
    rights = {"licence": photo.licence, "release": photo.release}
    reference = Reference(file=taken.file, step="headshot", turn=0.0, origin=origin)
    assets.record(bench.project.library, name, (reference,), rights=rights, embedding={"primary": taken.file})
    return _reported(bench, taken.file, checked)


def _forced(checked: Checked) -> dict[str, Any]:
    """Return what an origin says of a picture that was taken in against a rule."""
    broken = checked.failed()
    return {"forced": broken[0].number or 0.0, "settings": {"broken": str(broken[0])}} if broken else {}


def _kept(bench: Bench, pixels: Any, checked: Checked, origin: Origin, *, force: bool) -> MasterReport:  # noqa: ANN401
    """Write a drawn master and record it."""
    _refuse_broken(checked, bench.name, force=force)
    write_atomic(bench.folder / HEADSHOT, imaging.encode_png(pixels, 9))
    if origin.backend != "portrait":
        _forget_generated(bench.folder)
    assets.record(
        bench.project.library, bench.name, (Reference(file=HEADSHOT, step="headshot", turn=0.0, origin=origin),)
    )
    return _reported(bench, HEADSHOT, checked)


def _reported(bench: Bench, file: str, checked: Checked) -> MasterReport:
    alike, drawn = lookalikes(bench.project, bench.name), (bench.folder / RECIPE).is_file()
    for pair in alike:
        bench.tell(Noted(_warning(pair, bench.name, drawn=drawn)))
    photos = "" if drawn else " --from FOLDER (or --still MODEL)"
    step = f"look at it, then: charforge lock {bench.name}, and: charforge build {bench.name}{photos}"
    return MasterReport(headshot=str(bench.folder / file), rules=checked.rules, alike=alike, next=step)


def _warning(pair: Alike, name: str, *, drawn: bool) -> str:
    other = pair.other if pair.one == name else pair.one
    apart = f"pick another, or keep them apart: charforge cast {name} --pick SEED --apart-from {other}"
    return (
        f"{name} and {other} look alike: {pair.value:.2f}, and from {pair.limit:.2f} on they count as one person; "
        f"{apart if drawn else 'judges cannot tell who is who where both are in a shot'}"
    )


def _refuse_broken(checked: Checked, name: str, *, force: bool) -> None:
    """Raise InputError with every rule that a picture breaks."""
    if checked.failed() and not force:
        problems = [Problem(str(rule), checked.file) for rule in checked.failed()]
        raise InputError(problems, f"nothing was written; give a better picture, or take it as it is: --force ({name})")


def _refuse_built(bench: Bench, *, force: bool) -> None:
    """Raise InputError where pictures were made from the master that would be replaced."""
    if force or not (bench.folder / "character.yaml").is_file():
        return
    here: Present = present(bench.project.library, bench.name)
    made = [file for stage, files in here.standing.made.items() if stage != "headshot" for file in files]
    if made:
        message = f"{bench.name} has {len(made)} pictures that were made from the master headshot"
        hint = f"cast under another name, or replace the master and build anew: charforge cast {bench.name} … --force"
        raise InputError(message, hint)


def _front(photo: Path) -> Path:
    """Return the photograph of a folder that is to be the master."""
    if not photo.is_dir():
        return photo
    found = [f for f in sorted(photo.iterdir()) if f.is_file() and not f.name.startswith(".")]
    fronts = [f for f in found if f.stem.lower() in FRONTS]
    if len(fronts) == 1 or len(found) == 1:
        return (fronts or found)[0]
    names = ", ".join(f.name for f in (fronts or found)[:6]) or "nothing"
    raise InputError(f"{photo} holds {names}; which shows the face from the front?", "name that one front.jpg")


def _forget_generated(folder: Path) -> None:
    """Remove what an earlier, generated master was searched around."""
    for file in (RECIPE, STYLE):
        (folder / file).unlink(missing_ok=True)


def _candidate(name: str, face: Face, how: Drawing) -> CandidateReport:
    words = f"charforge cast {name} --pick {face.seed}"
    if how.still:
        words += f' --still {how.still} --describe "{how.described}"'
    return CandidateReport(
        seed=face.seed, usable=face.usable, why_not=face.why_not, rules=face.checked.rules, pick=words
    )


def _model(bench: Bench, how: Drawing) -> Any:  # noqa: ANN401 - a Model or None
    if how.still is None:
        return None
    model = drawing.model_of(bench.project, how.still, references=False)
    if not how.described:
        hint = 'say who is to be drawn: --describe "a woman of 30 with short dark hair"'
        raise InputError(f"{how.still} draws what it is told", hint)
    return model


def _retakes(folder: Path, seed: int) -> dict[str, Any]:
    """Return what an earlier recipe of the same person says of poses that were searched for again."""
    try:
        known = json.loads((folder / RECIPE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {"retakes": known["retakes"]} if known.get("seed") == seed and "retakes" in known else {}


def _headshot_of(project: Project, name: str) -> Path:
    """Return another character's master headshot."""
    there = present(root_of(project, "character", name), name)
    if not there.primary:
        raise InputError(f"{name} has no master headshot", f"first: charforge cast {name} --pick SEED")
    return there.folder / there.primary


def _bench(near: Path, name: str, tell: Reporter) -> Bench:
    """Return where a character is worked on; raise InputError when the name is none."""
    if not re.fullmatch(NAME_PATTERN, name):
        raise InputError(f"{name!r} is not a character's name", "use lower-case words joined by hyphens")
    return Bench(find(near), name, tell)
