"""Hunts for the heads every character is built with: angles up to profiles, chin up, expressions."""

from __future__ import annotations

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from charforge.backends.portrait import grading, wishes
from charforge.backends.portrait.building import Order, kept, neighbourhood, orders, put_together
from charforge.backends.portrait.people import Pose
from charforge.errors import RenderFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from charforge.backends.portrait.measures import Measured
    from charforge.backends.portrait.people import Built, Master, Studio, Target, Tell
    from charforge.backends.portrait.search import Around, Wish


def hunt(  # noqa: PLR0913 - what, for whom, how long, whom to tell
    studio: Studio,
    person: Master,
    targets: Iterable[Target],
    tell: Tell,
    *,
    seconds: float | None = None,
    retakes: dict[str, int] | None = None,
    each: Callable[[Pose], None] | None = None,
) -> Built:
    """Return the best head found for each target, each graded, and the rig around the master.

    A target that was not reached is there too, marked. `seconds` bounds the hunt, None is the built-in budget;
    `retakes` names targets somebody looked at and wants from other randomness, by its number; `each` is given every
    head as soon as it is done, before the next target is asked for, so that an interrupted hunt loses only one.
    """
    around = neighbourhood(studio, person, tell)
    ends = None if seconds is None else monotonic() + seconds
    found = []
    for target in targets:
        hurry = ends is not None and monotonic() > ends
        pose = _hunted(studio, person, around, target, tell, retake=(retakes or {}).get(target.name, 0), hurry=hurry)
        found.append(pose)
        if each is not None:
            each(pose)
    rigged = [kept(studio, person, around, o, tell) for o in orders(around.base) if o.step == "rig"]
    return put_together(person, around, (*found, *rigged))


def _hunted(  # noqa: PLR0913
    studio: Studio, person: Master, around: Around, target: Target, tell: Tell, *, retake: int, hurry: bool
) -> Pose:
    began = monotonic()
    if target.expression == "neutral":
        style, base = person.style, around.base
        pose = Pose(target.name, target.step, "neutral", style, base.pixels, base.marks.turn, 1.0, 1.0)
    else:
        wish, wished = _wish(around.base, target)
        far = _wish(around.base, replace(target, turn=target.turn * 0.6))[0] if target.turn and not hurry else None
        pose = kept(studio, person, around, Order(target.name, target.step, wished, wish, far), tell, retake=retake)
    return graded(studio, around.base, target, replace(pose, seconds=monotonic() - began))


def graded(studio: Studio, base: Measured, target: Target, pose: Pose) -> Pose:
    """Return a pose with its measured angles and colours, and whether it is what the target wishes for."""
    faces = studio.face.detect(pose.pixels)
    marks = studio.landmark.landmarks(pose.pixels, faces[0]) if faces else None
    front = studio.landmark.landmarks(base.pixels, studio.face.detect(base.pixels)[0])
    if marks is None or front is None:
        message = f"the head for {target.name} lost its face"
        raise RenderFailed(message, "cast another seed")
    master = grading.colours(base.pixels, studio.matte.matte(base.pixels), front)
    apart = grading.held(master, grading.colours(pose.pixels, studio.matte.matte(pose.pixels), marks, master))
    scores = pose.likeness, pose.second
    short = grading.shortfalls(target, marks, front, scores=scores, bars=studio.bar(marks.turn), kept=apart)
    return replace(pose, turn=marks.turn, pitch=marks.pitch, held=apart, reached=not short, short=short)


def _wish(base: Measured, target: Target) -> tuple[Wish, float | str]:
    if target.expression is not None:
        return wishes.expressing(base, target.expression), target.expression
    turn = max(-60.0, min(60.0, target.turn or 0.0))
    return wishes.turned(base, turn, target.pitch), target.pitch if target.pitch is not None else turn
