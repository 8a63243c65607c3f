"""Angles, expressions and wardrobes by a still model that looks at reference pictures: the best of several seeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from charforge.backends.portrait.casting import Target
from charforge.planner.own import own_seed
from charforge.studio.building import wishes
from charforge.studio.building.drawing import BODY, Asked, Drawer, Drawn, model_of
from charforge.studio.building.shot import Shot

if TYPE_CHECKING:
    from charforge.library.written import WrittenReference
    from charforge.studio.building.bench import Seen
    from charforge.studio.building.work import Work


@dataclass(frozen=True, slots=True)
class Wish:
    """One picture that a model shall draw."""

    target: Target
    words: str
    like: tuple[Path, ...]
    wardrobe: str | None = None
    wears: str = ""
    full: bool = False


def drawer_of(work: Work) -> Drawer:
    """Return the still model of this build; raise InputError when it cannot follow a reference picture."""
    assert work.options.still is not None
    return Drawer(work.bench, model_of(work.bench.project, work.options.still, references=True))


def wish_of(work: Work, target: Target) -> Wish:
    """Return what a model is asked for to show a target, with the references made so far, the nearest first."""
    return Wish(target, wishes.of(target), _likes(work, target))


def best(work: Work, drawer: Drawer, wish: Wish) -> Shot:
    """Return the best picture of as many seeds as may be tried; the first that falls short in nothing ends them."""
    name = wish.target.name if wish.wardrobe is None else f"{wish.wardrobe}-{wish.target.name}"
    asked = Asked(
        name,
        wish.words,
        wish.like,
        wears=wish.wears,
        holds="" if wish.wears else wishes.HELD,
        state=(work.options.state or "").replace("-", " "),
        size=BODY if wish.full else (1024, 1024),
    )
    first = own_seed(f"{work.bench.name}/{name}") + _retakes(work)
    found: Shot | None = None
    for number, drawn in enumerate(drawer.draw(asked, range(first, first + work.options.tries)), 1):
        shot = replace(_graded(work, wish, drawn), drawn=number)
        if found is None or _rank(shot) > _rank(found):
            found = shot
        if not shot.short:
            break
    assert found is not None
    return replace(found, drawn=number)


def _retakes(work: Work) -> int:
    # As many seeds further as a build may try, so that a retake shares none with the first time.
    return work.options.tries if work.options.retake else 0


def _graded(work: Work, wish: Wish, drawn: Drawn) -> Shot:
    """Return a drawn picture with everything that was measured on it."""
    seen = work.bench.look(drawn.pixels, work.bench.master)
    target = wish.target
    shot = Shot(
        name=target.name,
        step="wardrobe" if wish.wardrobe else "expression" if target.step == "expression" else "angle",
        pixels=drawn.pixels,
        origin=drawn.origin,
        made_from=work.present.primary,
        turn=target.turn or 0.0,
        expression=target.expression if target.step == "expression" else None,
        wardrobe=wish.wardrobe,
        reach="full" if wish.full else None,
        short=("no face in it can be measured",),
        seconds=drawn.take.seconds,
    )
    return shot if seen is None else measured(work, shot, target, seen)


def measured(work: Work, shot: Shot, target: Target, seen: Seen) -> Shot:
    """Return a shot with its pose, its scores and what it falls short in.

    What is worn counts in no wardrobe, and no colour in a state: a fire may leave its marks.
    """
    short, held, scores = work.bench.shortfalls(target, seen)
    free = ("hair", "skin", "garment") if work.options.state else ("garment",) if shot.step == "wardrobe" else ()
    if free:
        short = tuple(reason for reason in short if reason.split()[0] not in free)
        held = replace(held, **dict.fromkeys(free))
    pitched = target.pitch is not None
    pitch = seen.marks.pitch if pitched else 0.0
    return replace(shot, turn=seen.marks.turn, pitch=pitch, scores=scores, held=held, short=short)


def _rank(shot: Shot) -> tuple[int, float]:
    """Return what is greater for the better picture: fewer shortfalls, then more room over the tighter bar."""
    if shot.scores is None:
        return -100, 0.0
    scores, bars = (shot.scores.first, shot.scores.second), shot.scores.bars
    return -len(shot.short), min(score - bar for score, bar in zip(scores, bars, strict=True))


def _likes(work: Work, target: Target) -> tuple[Path, ...]:
    """Return the master and the locked or judged heads nearest to a target's turn."""
    turn = target.turn or 0.0
    others = sorted(
        (r for r in work.present.references if r.step == "angle" and r.file in work.standing.accepted),
        key=lambda r: abs((r.turn or 0.0) - turn),
    )
    files = dict.fromkeys((work.present.primary, *(r.file for r in others)))
    return tuple(work.bench.folder / file for file in files)


def wardrobe_wishes(work: Work, name: str, described: str) -> Iterator[Wish]:
    """Yield what shows a wardrobe: from the front, in every angle there is, and the whole body."""
    wears = f"The person wears {described or name.replace('-', ' ')}."
    front = Target("front", "angle", turn=0.0)
    yield Wish(front, wishes.angle(0.0), _likes(work, front), name, wears)
    for reference in _angles(work):
        stem = Path(reference.file).stem
        target = Target(stem, "angle", turn=reference.turn, pitch=reference.pitch)
        yield Wish(target, wishes.angle(reference.turn or 0.0, reference.pitch), _likes(work, target), name, wears)
    yield Wish(Target("full", "angle", turn=0.0), wishes.FULL, _likes(work, front), name, wears, full=True)


def _angles(work: Work) -> list[WrittenReference]:
    return [r for r in work.present.references if r.step == "angle"]
