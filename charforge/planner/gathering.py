"""Gathers the references of one shot: layers for a compositor, pictures for a model that reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from charforge.domain.assets import Character, Location, Prop
from charforge.domain.blocking import Blocking, Person
from charforge.domain.jobs import Alternative, Draft, ExpectedFace, Input, Settings, StillJob, TakeOf
from charforge.errors import PlanError
from charforge.planner.framing import ORDER, head_of, marks, needed_reach, refuse_headless, subject
from charforge.planner.lookups import digest_of, framed, master_of, view_of
from charforge.planner.references import body, drawn_poses, insert, locked_pose, nearest_pose, plate, probe

if TYPE_CHECKING:
    from charforge.domain.assets import Look, View
    from charforge.domain.script import CharacterInShot, Episode, Scene, Shot
    from charforge.planner.catalogue import Model

    Cast = tuple[tuple[CharacterInShot, Character], ...]

HEAD_SIZE = 1024
"""Pixels of the embedded generator's pictures."""


@dataclass(frozen=True, slots=True)
class ShotPlan:
    """A shot with the decisions made so far."""

    episode: Episode
    scene: Scene
    shot: Shot
    still: Model
    clip: Model | None
    """None where only the still is planned."""
    frames: int
    tail: int
    """Handle frames beneath the next shot's dissolve."""
    starts: tuple[int, ...]
    spoken: tuple[Draft, ...]
    look: Look | None = None
    """A locked look, which the finished programme is given; models follow its pictures and colours where they can."""

    @property
    def id(self) -> str:
        """``s01/0010``."""
        return f"{self.scene.id}/{self.shot.id}"


@dataclass(frozen=True, slots=True)
class Gathered:
    """The references of one shot as job inputs."""

    inputs: tuple[Input, ...]
    heads: tuple[Draft, ...]
    blocking: Blocking | None
    expected: tuple[ExpectedFace, ...]
    references: tuple[str, ...]
    reasons: tuple[str, ...]
    settings: Settings = field(default_factory=dict)
    """Further settings of the still's job."""


def layers(
    plan: ShotPlan, cast: Cast, place: Location, props: tuple[Prop, ...], lenders: tuple[str, ...] = ()
) -> Gathered:
    """Gather what a compositor needs: plate, foreground and light; for each person a head, its style, and a body.

    `lenders` are the names of those who have bodies, for those who have none.
    """
    shot, view = plan.shot, view_of(plan.shot, place)
    light = shot.light or ""
    inputs, references, reasons, closeup = _set_layers(plan, place, view, light, props)
    heads: list[Draft] = []
    people: list[Person] = []
    reach = needed_reach(shot.framing, view)
    places, bare = marks(shot, view), False
    for (person, character), mark in zip(cast, places, strict=True):
        head, why = _head(plan, person, character)
        heads.append(head)
        reasons.append(why)
        inputs.append(Input(role="head", name=person.who, source=TakeOf(draft=head.id)))
        inputs.append(Input(role="style", name=person.who, source=TakeOf(draft=head.id, part="style")))
        inputs.append(Input(role="master", name=person.who, source=master_of(character)))
        if character.rig:
            inputs.append(Input(role="rig", name=person.who, source=character.rig))
        clothes = body(character, person, place, light, reach)
        if clothes is None:
            bare = True
            refuse_headless(shot, character, mark, places, lenders)
        else:
            inputs.append(Input(role="body", name=person.who, source=digest_of(clothes)))
            references.append(f"{character.id} {clothes.file}")
        people.append(
            Person(
                who=person.who,
                mark=mark,
                turn=person.turn,
                fit=clothes.fit if clothes else None,
                lit=clothes is not None and (clothes.place, clothes.light) == (place.name, light),
            )
        )
    blocking = Blocking(
        framing=shot.framing,
        # A view of the framing's own was seen from that angle.
        angle="eye" if view.of else shot.angle,
        head=None if closeup else head_of(shot, bare),
        focus=subject(shot.characters),
        view=view,
        people=tuple(people),
        move=shot.move,
        look=plan.episode.look if plan.look is None else "none",
    )
    return Gathered(tuple(inputs), tuple(heads), blocking, expected_of(cast), tuple(references), tuple(reasons))


def _set_layers(
    plan: ShotPlan, place: Location, view: View, light: str, props: tuple[Prop, ...]
) -> tuple[list[Input], list[str], list[str], bool]:
    """Return the inputs, references and reasons of the place itself, and whether a prop's own picture stands for it."""
    if plan.shot.framing == "insert" and not plan.shot.characters:
        close = insert(props, place.name, light)
        if close is not None:
            prop, picture = close
            why = f"insert of {prop.id} in {place.name} {light}"
            return [Input(role="plate", source=digest_of(picture))], [f"{prop.id} {picture.file}"], [why], True
    background = plate(place, view.name, light, "background")
    if background is None:
        message = f"{place.id} has no plate of the view {view.name!r} in the light {light!r} (shot {plan.shot.id})"
        raise PlanError(message, "see what there is: charforge check")
    inputs = [Input(role="plate", source=digest_of(background))]
    references = [f"{place.id} {background.file}"]
    front = plate(place, view.name, light, "foreground")
    if front is not None:
        inputs.append(Input(role="front", source=digest_of(front)))
    ball = probe(place, view.name, light)
    if ball is not None:
        inputs.append(Input(role="probe", source=digest_of(ball)))
    return inputs, references, [], False


def _headless(character: Character, shot: str) -> tuple[str, str]:
    """Return why no head of a character can be drawn, and what to do."""
    fronts = [r for r in character.references if r.step == "headshot"]
    if fronts and any(r.origin and r.origin.original for r in fronts):
        message = f"{character.id} is photographed, and heads are drawn only of faces that were cast (shot {shot})"
        return message, "use a model that looks at pictures: --still flux2-klein (see: charforge backends)"
    if fronts:
        message = f"{character.id} has no rig to draw heads with (shot {shot})"
        return message, f"make it: charforge build {character.name}"
    return f"{character.id} has no headshot (shot {shot})", f"make one: charforge cast {character.name}"


def _head(plan: ShotPlan, person: CharacterInShot, character: Character) -> tuple[Draft, str]:
    """Return the draft of a character's head as the shot turns it, and why it is made so."""
    pose = locked_pose(character, person.turn, person.expression)
    near = nearest_pose(character, person.turn, person.expression, drawn=True)
    if near is None or character.rig is None:
        raise PlanError(*_headless(character, plan.shot.id))
    settings: dict[str, str | float] = {
        "strategy": "locked" if pose else "plain",
        "pose": (pose or near).name,
        "turn": person.turn,
        "expression": person.expression or "neutral",
    }
    why = (
        f"{person.who}: locked {pose.reference.file}"
        if pose
        else f"{person.who}: turn {person.turn:+.0f} is not locked, drawn from {near.reference.file}"
    )
    draft = Draft(
        id=f"{plan.id}/head/{person.who}",
        shot=plan.id,
        stage="head",
        job=StillJob(
            backend="portrait",
            seed=seed_of(plan.shot.id),
            width=HEAD_SIZE,
            height=HEAD_SIZE,
            inputs=(
                Input(role="rig", name=character.name, source=character.rig),
                Input(role="master", name=character.name, source=master_of(character)),
            ),
            settings=settings,
        ),
        expected=expected_of(((person, character),)),
        faces="expected",
        alternatives=tuple(
            Alternative(pose=p.name, turn=p.turn)
            for p in drawn_poses(character)
            if p.expression == (person.expression or "neutral")
        ),
        estimate=0.5,
    )
    return draft, why


def references_of(
    plan: ShotPlan, cast: Cast, place: Location | None, props: tuple[Prop, ...], *, adapter: bool
) -> Gathered:
    """Gather references for a model that reads pictures and text: each person's best picture, the place, the props.

    A model that knows people only through an adapter gets no pictures of them without one, and the plan says so.
    """
    inputs: list[Input] = []
    references: list[str] = []
    reasons: list[str] = []
    faceless = plan.still.faces_by_adapter and not adapter
    if cast and faceless:
        reasons.append(f"{plan.still.name} has no adapter: the faces are nobody's")
    for person, character in () if faceless else cast:
        near = nearest_pose(character, person.turn, person.expression)
        if near is None:
            inputs.append(Input(role="master", name=person.who, source=master_of(character)))
        else:
            inputs.append(Input(role="head", name=person.who, source=digest_of(near.reference)))
            references.append(f"{character.id} {near.reference.file}")
    view = place.views.get(plan.shot.view or "") if place else None
    own = framed(plan.shot, place, view) if place and view else None
    name = own.name if own else plan.shot.view or ""
    background = plate(place, name, plan.shot.light or "", "background") if place else None
    if place is not None and background is not None and plan.still.slots.places:
        inputs.append(Input(role="plate", source=digest_of(background)))
        references.append(f"{place.id} {background.file}")
    for prop in props[: plan.still.slots.props]:
        picture = insert((prop,), place.name if place else "", plan.shot.light or "")
        if picture is not None:
            inputs.append(Input(role="prop", name=prop.name, source=digest_of(picture[1])))
            references.append(f"{prop.id} {picture[1].file}")
    if plan.look is not None:
        for style in [r for r in plan.look.references if r.step == "style"][: plan.still.slots.looks]:
            inputs.append(Input(role="picture", name=plan.look.name, source=digest_of(style)))
            references.append(f"{plan.look.id} {style.file}")
    settings = {"boxes": _boxes(plan)} if plan.still.faces_by_adapter and adapter and len(cast) > 1 else {}
    return Gathered(tuple(inputs), (), None, expected_of(cast), tuple(references), tuple(reasons), settings)


def _boxes(plan: ShotPlan) -> dict[str, list[int]]:
    """Return which upright strip of the picture is whose, from left to right: x, y, width, height in pixels."""
    people = sorted(plan.shot.characters, key=lambda p: ORDER.get(p.position or "centre", ORDER["centre"]))
    width, height = plan.episode.video.width, plan.episode.video.height
    edges = [round(width * n / len(people)) for n in range(len(people) + 1)]
    return {p.who: [edges[n], 0, edges[n + 1] - edges[n], height] for n, p in enumerate(people)}


def expected_of(cast: Cast) -> tuple[ExpectedFace, ...]:
    """Return whom QA must find."""
    return tuple(
        ExpectedFace(
            who=p.who,
            asset=c.id,
            master=master_of(c),
            turn=p.turn,
            merge=c.merge,
            place=p.position if len(cast) > 1 else None,
        )
        for p, c in cast
    )


def seed_of(shot: str) -> int:
    """Return a seed from the last four characters of a shot's id, which stays whatever moves around the shot."""
    return int.from_bytes(shot.encode()[-4:], "big") % 2**31
