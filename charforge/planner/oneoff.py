"""Makes an episode of one shot from what somebody asks for in a line, so that one-offs are planned like films."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from charforge.domain.jobs import Draft, ExpectedFace, Input, StillJob
from charforge.domain.names import AssetName
from charforge.domain.script import CharacterInShot, Episode, Scene, Shot, Video
from charforge.errors import PlanError
from charforge.planner.lookups import digest_of, master_of
from charforge.planner.own import own_seed, own_settings
from charforge.planner.references import nearest_pose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from charforge.domain.assets import Character, Library, Location, Reference
    from charforge.domain.models import OwnModel
    from charforge.domain.script import Framing, Position
    from charforge.planner.catalogue import Model
    from charforge.planner.load import Knowledge

SERIES = "one-offs"
"""The episode that pictures without a shot list belong to; their slates begin so."""
EDIT = "edit"
"""Template of a prompt that changes a picture."""
PLACES: tuple[tuple[Position, ...], ...] = ((), ("centre",), ("left", "right"), ("left", "centre", "right"))
TOWARDS = 25.0
"""Degrees by which two people turn to each other where nobody says how they look."""


@dataclass(frozen=True, slots=True)
class Described:
    """One picture, described in words and options; None lets the planner choose."""

    who: tuple[str, ...]
    """``mia`` or ``mia@2``."""
    action: str = ""
    at: str | None = None
    view: str | None = None
    light: str | None = None
    framing: Framing | None = None
    wardrobe: str | None = None
    expression: str | None = None
    turn: float | None = None
    width: int = 1920
    height: int = 1080
    frames: int = 24
    """Length, where the shot becomes a clip."""
    name: str | None = None
    """The shot's name; by default it comes from what is asked for."""


def episode_of(wish: Described, library: Library) -> Episode:
    """Return an episode of one shot; raise PlanError when the location has no plate for what is asked."""
    return series_of((wish,), library)


def series_of(wishes: Sequence[Described], library: Library, name: str = SERIES) -> Episode:
    """Return an episode with a shot for each wish, all of the same people and size; raise PlanError as above."""
    shots = tuple(_shot(wish, library) for wish in wishes)
    first = wishes[0]
    scene = "-".join(p.who for p in shots[0].characters) or (AssetName.parse(first.at).name if first.at else "scene")
    video = Video(width=first.width, height=first.height)
    return Episode(id=name, video=video, scenes=(Scene(id=scene, shots=shots),), source="the one-off")


def _shot(wish: Described, library: Library) -> Shot:
    place = None if wish.at is None else _located(wish.at, library)
    if place is not None:
        wish = _set(wish, place)
    people = tuple(_person(wish, number, place, library) for number in range(len(wish.who)))
    return Shot(
        id=wish.name or _id(wish),
        framing=wish.framing or ("two-shot" if len(people) == 2 else "medium-close" if people else "wide"),
        characters=people,
        location=wish.at,
        view=wish.view,
        light=wish.light,
        action=wish.action,
        duration=wish.frames,
    )


@dataclass(frozen=True, slots=True)
class Edit:
    """A finished picture that is to be changed."""

    picture: str
    """Its digest."""
    width: int
    height: int
    words: str
    keep: Character
    turn: float = 0.0
    """Of the kept person's head in the picture."""
    plate: str | None = None
    """Digest of a new background's picture, and its name."""
    place: str = ""
    seed: int = 0


def edit_draft(edit: Edit, model: Model, knowledge: Knowledge, own: Mapping[str, OwnModel]) -> Draft:
    """Return the draft of a changed picture: the picture first, then the best reference of who is kept, then a plate.

    Its prompt says what changes and, for the model's sake, that the face does not. Raises PlanError where a reference
    is missing.
    """
    near = nearest_pose(edit.keep, edit.turn, None)
    face = master_of(edit.keep) if near is None else digest_of(near.reference)
    inputs = [Input(role="picture", source=edit.picture), Input(role="head", name=edit.keep.name, source=face)]
    if edit.plate is not None:
        inputs.append(Input(role="plate", name=edit.place, source=edit.plate))
    words = knowledge.templates[EDIT].template.render(
        words=edit.words.rstrip(". ") or f"another background, {edit.place}", people=(edit.keep.name,), place=edit.place
    )
    asked = [edit.picture, edit.words, edit.keep.id, edit.plate, edit.width, edit.height]
    shot = f"{edit.keep.name}/{hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:6]}"
    job = StillJob(
        backend=model.run_by,
        prompt=words.strip(),
        seed=own_seed(shot) + edit.seed,
        width=edit.width,
        height=edit.height,
        inputs=tuple(inputs),
        settings=own_settings(model, own, edit.width, edit.height),
    )
    kept = ExpectedFace(who=edit.keep.name, asset=edit.keep.id, master=master_of(edit.keep), turn=edit.turn)
    return Draft(id=f"{shot}/still", shot=shot, stage="still", job=job, expected=(kept,), faces="expected")


def _located(name: str, library: Library) -> Location:
    try:
        wanted = AssetName.parse(name)
    except ValueError as error:
        raise PlanError(str(error), "name a location of the library: --at coffee-shop") from error
    found = library.location(wanted.name, wanted.version)
    if found is None:
        known = ", ".join(sorted({place.name for place in library.locations})) or "none"
        raise PlanError(f"there is no location {name!r} in the library", f"there are: {known}")
    return found


def _set(wish: Described, place: Location) -> Described:
    """Return the wish with a view and a light that the place has, a view with marks enough for everybody."""
    plates = [r for r in place.references if r.step == "plate" and r.layer == "background"]
    fit = [r for r in plates if wish.view in (None, r.view) and wish.light in (None, r.light)]
    roomy = [r for r in fit if r.view in place.views and len(place.views[r.view].marks) >= len(wish.who)]
    if not roomy:
        there = ", ".join(sorted({f"{r.view}/{r.light}" for r in plates})) or "none"
        asked = " ".join(filter(None, (wish.view, wish.light))) or f"{len(wish.who)} people"
        raise PlanError(f"{place.id} has no plate for {asked}", f"its views and lights are: {there}")
    first = _best(wish, roomy, place)
    return replace(wish, view=first.view, light=first.light)


def _best(wish: Described, plates: list[Reference], place: Location) -> Reference:
    """Return the plate whose marks show people largest: for one person, a portrait; the first light of that view."""

    def size(plate: Reference) -> float:
        marks = place.views[plate.view or ""].marks.values()
        return max((mark.head for mark in marks), default=0.0)

    wide = wish.framing in ("wide", "extreme-wide", "medium-wide")
    return min(plates, key=size) if wide or not wish.who else max(plates, key=size)


def _person(wish: Described, number: int, place: Location | None, library: Library) -> CharacterInShot:
    name = wish.who[number]
    wanted = AssetName.parse(name)
    character = library.character(wanted.name, wanted.version)
    side = PLACES[len(wish.who)][number] if len(wish.who) < len(PLACES) else None
    marks = place.views[wish.view].marks if place is not None and wish.view in place.views else {}
    return CharacterInShot(
        who=wanted.name,
        asset=name if character is None else character.id,
        wardrobe=wish.wardrobe or _worn(character, wish),
        expression=wish.expression,
        turn=wish.turn if wish.turn is not None else _towards(wish, number),
        position=side if side in marks or place is None else None,
    )


def _towards(wish: Described, number: int) -> float:
    if len(wish.who) != 2:
        return 0.0
    return TOWARDS if number == 0 else -TOWARDS


def _worn(character: Character | None, wish: Described) -> str | None:
    """Return the wardrobe that was rendered in the light of the place, so that nobody comes in a workshop's apron."""
    if character is None or wish.at is None:
        return None
    at = AssetName.parse(wish.at).name
    here = [r for r in character.references if r.step == "body" and r.place == at]
    lit = [r for r in here if r.light == wish.light] or here
    return lit[0].wardrobe if lit else None


def _id(wish: Described) -> str:
    """Return six characters that stay the same while the same is asked for."""
    asked: list[object] = [list(wish.who), wish.action, wish.at, wish.view, wish.light, wish.framing, wish.wardrobe]
    asked += [wish.expression, wish.turn, wish.width, wish.height]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:6]
