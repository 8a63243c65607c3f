"""Writes the jobs of one shot: heads, the still, the clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from charforge.domain.assets import Character, Library, Location, Prop
from charforge.domain.blocking import Blocking, Person, Speech
from charforge.domain.jobs import Alternative, ClipJob, Draft, ExpectedFace, Input, StillJob, TakeOf
from charforge.errors import PlanError
from charforge.planner.framing import HEAD, marks, needed_reach, subject
from charforge.planner.lookups import cast_of, digest_of, master_of, place_of, prop_of, view_of
from charforge.planner.own import own_seed, own_settings
from charforge.planner.references import body, insert, locked_pose, nearest_pose, plate, poses, probe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from charforge.domain.assets import View
    from charforge.domain.models import OwnModel
    from charforge.domain.script import CharacterInShot, Episode, Scene, Shot
    from charforge.planner.catalogue import Model
    from charforge.planner.load import Knowledge

HEAD_SIZE = 1024
"""Pixels of the embedded generator's pictures."""


@dataclass(frozen=True, slots=True)
class ShotPlan:
    """A shot with the decisions made so far."""

    episode: Episode
    scene: Scene
    shot: Shot
    still: Model
    clip: Model
    frames: int
    tail: int
    """Handle frames beneath the next shot's dissolve."""
    starts: tuple[int, ...]
    spoken: tuple[Draft, ...]

    @property
    def id(self) -> str:
        """``s01/0010``."""
        return f"{self.scene.id}/{self.shot.id}"


@dataclass(frozen=True, slots=True)
class Pictures:
    """The picture drafts of one shot and what was chosen for them."""

    drafts: tuple[Draft, ...]
    references: tuple[str, ...]
    reasons: tuple[str, ...]
    template: str


@dataclass(frozen=True, slots=True)
class _Gathered:
    """The references of one shot as job inputs."""

    inputs: tuple[Input, ...]
    heads: tuple[Draft, ...]
    blocking: Blocking | None
    expected: tuple[ExpectedFace, ...]
    references: tuple[str, ...]
    reasons: tuple[str, ...]


def picture_drafts(plan: ShotPlan, library: Library, knowledge: Knowledge, own: Mapping[str, OwnModel]) -> Pictures:
    """Return the head, still and clip drafts of a shot; raise PlanError where a reference is missing."""
    cast = tuple((person, cast_of(person, plan.shot, library)) for person in plan.shot.characters)
    place = place_of(plan.shot, library)
    props = tuple(p for p in (prop_of(name, plan.shot, library) for name in plan.shot.props))
    gather = _layers if plan.still.composites else _references
    gathered = gather(plan, cast, place, props)
    prompt, template = _prompt(plan, plan.still, place, knowledge)
    video = plan.episode.video
    still = Draft(
        id=f"{plan.id}/still",
        shot=plan.id,
        stage="still",
        job=StillJob(
            backend=plan.still.run_by,
            prompt=prompt,
            seed=_seed(plan.shot.id) if plan.still.composites else own_seed(plan.id),
            width=video.width,
            height=video.height,
            inputs=gathered.inputs,
            settings={**blocked(gathered.blocking), **own_settings(plan.still, own, video.width, video.height)},
        ),
        expected=gathered.expected,
        faces=plan.shot.faces,
        estimate=plan.still.seconds.still,
    )
    clip = _clip(plan, gathered, _prompt(plan, plan.clip, place, knowledge)[0], own)
    return Pictures((*gathered.heads, still, clip), gathered.references, gathered.reasons, template)


def _clip(plan: ShotPlan, gathered: _Gathered, prompt: str, own: Mapping[str, OwnModel]) -> Draft:
    video = plan.episode.video
    speech = tuple(
        Speech(who=line.who, name=f"{line.who}/{number}", start=start)
        for number, (line, start) in enumerate(zip(plan.shot.lines, plan.starts, strict=True), 1)
        if not line.voice_over
    )
    voices = tuple(
        Input(role="voice", name=f"{line.who}/{number}", source=TakeOf(draft=draft.id, part="sound"))
        for number, (line, draft) in enumerate(zip(plan.shot.lines, plan.spoken, strict=True), 1)
        if not line.voice_over
    )
    first = Input(role="first", source=TakeOf(draft=f"{plan.id}/still"))
    # A model that moves a finished picture reads nothing else.
    inputs = (*gathered.inputs, first, *voices) if plan.clip.composites else (first,)
    layers = gathered.blocking if plan.clip.composites else None
    blocking = layers.changed(speech=speech) if layers else None
    frames = plan.frames + plan.tail
    per_frame = plan.clip.seconds.per_frame
    return Draft(
        id=f"{plan.id}/clip",
        shot=plan.id,
        stage="clip",
        job=ClipJob(
            backend=plan.clip.run_by,
            prompt=prompt,
            seed=_seed(plan.shot.id) if plan.clip.composites else own_seed(plan.id),
            width=video.width,
            height=video.height,
            frames=frames,
            rate=video.rate,
            inputs=inputs,
            settings={**blocked(blocking), **own_settings(plan.clip, own, video.width, video.height)},
        ),
        expected=gathered.expected,
        faces=plan.shot.faces,
        estimate=None if per_frame is None else per_frame * frames,
    )


def _layers(
    plan: ShotPlan, cast: tuple[tuple[CharacterInShot, Character], ...], place: Location, props: tuple[Prop, ...]
) -> _Gathered:
    """Gather what a compositor needs: plate, foreground and light; for each person a head, its style, and a body."""
    shot, view = plan.shot, view_of(plan.shot, place)
    light = shot.light or ""
    inputs, references, reasons, closeup = _set_layers(plan, place, view, light, props)
    heads: list[Draft] = []
    people: list[Person] = []
    reach = needed_reach(shot.framing, view)
    for (person, character), mark in zip(cast, marks(shot, view), strict=True):
        head, why = _head(plan, person, character)
        heads.append(head)
        reasons.append(why)
        inputs.append(Input(role="head", name=person.who, source=TakeOf(draft=head.id)))
        inputs.append(Input(role="style", name=person.who, source=TakeOf(draft=head.id, part="style")))
        inputs.append(Input(role="master", name=person.who, source=master_of(character)))
        if character.rig:
            inputs.append(Input(role="rig", name=person.who, source=character.rig))
        clothes = body(character, person, place, light, reach)
        if clothes is not None:
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
        angle=shot.angle,
        head=None if closeup else HEAD[shot.framing],
        focus=subject(shot.characters),
        view=view,
        people=tuple(people),
        move=shot.move,
        look=plan.episode.look,
    )
    return _Gathered(tuple(inputs), tuple(heads), blocking, _expected(cast), tuple(references), tuple(reasons))


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


def _head(plan: ShotPlan, person: CharacterInShot, character: Character) -> tuple[Draft, str]:
    """Return the draft of a character's head as the shot turns it, and why it is made so."""
    pose = locked_pose(character, person.turn, person.expression)
    near = nearest_pose(character, person.turn, person.expression)
    if near is None or character.rig is None:
        message = f"{character.id} has no headshot and rig to draw heads from (shot {plan.shot.id})"
        raise PlanError(message, f"make them: charforge library cast {character.name}")
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
            seed=_seed(plan.shot.id),
            width=HEAD_SIZE,
            height=HEAD_SIZE,
            inputs=(
                Input(role="rig", name=character.name, source=character.rig),
                Input(role="master", name=character.name, source=master_of(character)),
            ),
            settings=settings,
        ),
        expected=_expected(((person, character),)),
        faces="expected",
        alternatives=tuple(
            Alternative(pose=p.name, turn=p.turn)
            for p in poses(character)
            if p.expression == (person.expression or "neutral")
        ),
        estimate=0.5,
    )
    return draft, why


def _references(
    plan: ShotPlan, cast: tuple[tuple[CharacterInShot, Character], ...], place: Location, props: tuple[Prop, ...]
) -> _Gathered:
    """Gather references for a model that reads pictures and text: each person's best picture, the place, the props."""
    inputs: list[Input] = []
    references: list[str] = []
    for person, character in cast:
        near = nearest_pose(character, person.turn, person.expression)
        if near is None:
            inputs.append(Input(role="master", name=person.who, source=master_of(character)))
        else:
            inputs.append(Input(role="head", name=person.who, source=digest_of(near.reference)))
            references.append(f"{character.id} {near.reference.file}")
    background = plate(place, plan.shot.view or "", plan.shot.light or "", "background")
    if background is not None and plan.still.slots.places:
        inputs.append(Input(role="plate", source=digest_of(background)))
        references.append(f"{place.id} {background.file}")
    for prop in props[: plan.still.slots.props]:
        picture = insert((prop,), place.name, plan.shot.light or "")
        if picture is not None:
            inputs.append(Input(role="prop", name=prop.name, source=digest_of(picture[1])))
            references.append(f"{prop.id} {picture[1].file}")
    return _Gathered(tuple(inputs), (), None, _expected(cast), tuple(references), ())


def _prompt(plan: ShotPlan, model: Model, place: Location, knowledge: Knowledge) -> tuple[str, str]:
    """Return the prompt and the id of its template; a model that reads no text gets none, so text cannot stale it."""
    template = knowledge.templates.get(model.template)
    if template is None or not model.reads_text:
        return "", "none"
    text = template.template.render(shot=plan.shot, people=plan.shot.characters, place=place)
    return text.strip(), template.id


def blocked(blocking: Blocking | None) -> dict[str, object]:
    """Return the settings of a job with this blocking."""
    return {} if blocking is None else {"blocking": blocking.model_dump(mode="json", exclude_none=True)}


def _expected(cast: tuple[tuple[CharacterInShot, Character], ...]) -> tuple[ExpectedFace, ...]:
    return tuple(ExpectedFace(who=p.who, asset=c.id, master=master_of(c), turn=p.turn) for p, c in cast)


def _seed(shot: str) -> int:
    """Return a seed from the last four characters of a shot's id, which stays whatever moves around the shot."""
    return int.from_bytes(shot.encode()[-4:], "big") % 2**31
