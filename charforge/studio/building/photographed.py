"""Photographs of the character, each named by what it shows, through the same checks as everything else."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from charforge.backends.portrait.casting import Target
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Origin, Step
from charforge.domain.names import NAME_PATTERN
from charforge.errors import InputError, Problem
from charforge.library import intake
from charforge.library.checks import check
from charforge.library.order import STAGES, Stage, demand, stage_of
from charforge.studio.building.candidates import examiners_of
from charforge.studio.building.modelled import measured
from charforge.studio.building.shot import BY_NAME, FOLDERS, Shot

if TYPE_CHECKING:
    from charforge.domain.checks import Checked
    from charforge.studio.building.bench import Bench, Scores
    from charforge.studio.building.work import Work

PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".heic", ".heif", ".dng"}
_ANGLE = re.compile(r"(left|right)-?(\d{1,2})")
_PITCH = re.compile(r"(up|down)-?(\d{1,2})")
FRONTS = ("front", "headshot", "master")
POSES = frozenset({"turned", "chin", "happy", "surprised", "sad", "focused"})
"""How shortfalls of a pose begin: a photograph shows what it shows, and is named by it."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph and what its name says it shows."""

    path: Path
    target: Target
    step: Step
    wardrobe: str | None = None


def photos_of(work: Work) -> tuple[Photo, ...]:
    """Return the photographs of a build in the order of the stages; raise InputError for a name that says nothing."""
    given, options = work.options.photos, work.options
    assert given is not None
    if not given.exists():
        raise InputError(f"{given}: there is no such file or folder", "check the path")
    files = sorted(f for f in given.iterdir() if f.suffix.lower() in PICTURES) if given.is_dir() else [given]
    if not files:
        raise InputError(f"{given} holds no picture", "give photographs named by what they show, such as left45.jpg")
    named = [_named(file, options.wardrobe, options.state) for file in files]
    wanted = [p for p in named if (not options.only or p.target.name in options.only) and p.step != "headshot"]
    if options.state is not None:
        wanted = [p for p in named if not options.only or p.target.name in options.only]
    wanted = [p for p in wanted if options.stage in (None, _stage(p))]
    return tuple(sorted(wanted, key=lambda p: STAGES.index(_stage(p))))


def permitted(work: Work, photos: tuple[Photo, ...]) -> None:
    """Raise InputError where a photograph's stage is not permitted yet, the others of the folder being taken in."""
    standing = work.standing
    for photo in photos:
        demand(standing, _stage(photo))
        standing = standing.with_made(_stage(photo), [str(photo.path)])


def take_in(work: Work, photos: tuple[Photo, ...]) -> tuple[Shot, ...]:
    """Return photographs as shots, each taken into the character's folder.

    Raises InputError with everything that is wrong with any of them, and nothing written: a broken rule, somebody
    else, a name that says something else than the picture shows.
    """
    graded = [(photo, *_graded(work, photo)) for photo in photos]
    problems = [p for photo, shot, checked in graded for p in _problems(work.bench, photo, shot, checked)]
    if problems and not work.options.force:
        hint = "nothing was written; give other photographs, or take these in as they are: --force"
        raise InputError(problems, hint)
    return tuple(_taken(work, photo, shot, checked) for photo, shot, checked in graded)


def _graded(work: Work, photo: Photo) -> tuple[Shot, Checked]:
    source = intake.read(photo.path)
    turn = photo.target.turn if photo.step == "angle" and not photo.target.open_ended else None
    checked = check(source.pixels, photo.step, examiners_of(work.bench), name=str(photo.path), source=source, turn=turn)
    expression = photo.target.expression if photo.step == "expression" else None
    shot = Shot(
        name=photo.target.name,
        step=photo.step,
        pixels=source.pixels,
        origin=Origin(),
        made_from="",
        expression=expression,
        wardrobe=photo.wardrobe,
        checked=checked,
    )
    seen = work.bench.look(source.pixels, work.bench.master)
    if seen is None:
        return replace(shot, short=("no face in it can be measured",)), checked
    return measured(work, shot, photo.target, seen), checked


def _problems(bench: Bench, photo: Photo, shot: Shot, checked: Checked) -> list[Problem]:
    """Return what keeps a photograph out."""
    found = [Problem(str(rule), photo.path) for rule in checked.failed()]
    if shot.scores is None:
        return found or [Problem("no face in it can be measured", photo.path, hint="give a sharper, larger face")]
    told, widest = _likeness(shot.scores), min(c.widest_turn for c in bench.calibrations)
    if not shot.scores.same and abs(shot.turn) > widest:
        message = f"is turned by {shot.turn:.0f} degrees, and faces are known up to {widest:.0f}: {told}"
        found.append(Problem(message, photo.path, hint="if you see that it is the same person, add --force"))
    elif not shot.scores.same:
        found.append(Problem(f"is not {bench.name}: {told}", photo.path, hint="give a picture of the same person"))
    return found


def _likeness(scores: Scores) -> str:
    return (
        f"likeness to the master {scores.first:.2f} (bar {scores.bars[0]:.2f}), "
        f"by the second judge {scores.second:.2f} (bar {scores.bars[1]:.2f})"
    )


def _taken(work: Work, photo: Photo, shot: Shot, checked: Checked) -> Shot:
    """Return a photograph as it lies in the character's folder; what was forced says so."""
    suffix = f"{photo.wardrobe}/" if photo.wardrobe and photo.step == "wardrobe" else ""
    target = work.placed(f"{FOLDERS[photo.step]}/{suffix}{photo.target.name}.png")
    taken = intake.take_in(work.bench.folder, photo.path, target)
    broken = tuple(str(rule) for rule in checked.failed())
    stranger = () if shot.scores is None or shot.scores.same else (f"not the same person: {_likeness(shot.scores)}",)
    for reason in (r for r in shot.short if r.split()[0] in POSES):
        work.note(f"{photo.path.name}: {reason}; it is recorded as measured")
    origin = Origin(original=taken.original)
    return replace(shot, pixels=taken.pixels, origin=origin, kept_as=taken.file, short=(*broken, *stranger))


def _named(file: Path, wardrobe: str | None, state: str | None) -> Photo:
    """Return what a photograph's name says it shows; raise InputError when it says nothing."""
    stem = file.stem.lower().replace("_", "-").replace(" ", "-")
    target = _target(stem)
    if wardrobe is not None:
        return Photo(file, target or Target(stem, "angle", turn=0.0), "wardrobe", wardrobe)
    if stem in FRONTS:
        return Photo(file, Target(state or "front", "angle", turn=0.0), "headshot")
    if target is not None:
        return Photo(file, target, "expression" if target.step == "expression" else "angle")
    if not re.fullmatch(NAME_PATTERN, stem):
        names = ", ".join([*BY_NAME, "navy (a wardrobe)"])
        raise InputError([Problem("its name does not say what it shows", file)], f"name photographs like: {names}")
    worn, _, pose = stem.rpartition("-")
    posed = _target(pose) if worn else None
    if posed is not None:
        return Photo(file, posed, "wardrobe", worn)
    return Photo(file, Target("front", "angle", turn=0.0), "wardrobe", stem)


def _target(stem: str) -> Target | None:
    """Return the target of a name such as `left45`, `up15` or `happy`."""
    if stem in BY_NAME:
        return BY_NAME[stem]
    if (angle := _ANGLE.fullmatch(stem)) is not None:
        return Target(stem, "angle", turn=float(angle[2]) * (-1 if angle[1] == "left" else 1))
    if (pitch := _PITCH.fullmatch(stem)) is not None:
        return Target(stem, "angle", turn=0.0, pitch=float(pitch[2]) * (1 if pitch[1] == "up" else -1))
    return None


def target_named(name: str) -> Target:
    """Return the target of a name as `--only` takes it; raise InputError when it is none."""
    found = _target(name)
    if found is None:
        hint = did_you_mean(name, BY_NAME) or f"there are: {', '.join(BY_NAME)}; or any angle, such as left30"
        raise InputError(f"there is no picture {name!r} to build", hint)
    return found


def _stage(photo: Photo) -> Stage:
    stage = stage_of(photo.step)
    assert stage is not None
    return stage
