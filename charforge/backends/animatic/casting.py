"""Makes the people of a job ready: from their input pictures to actors on the set."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import cv2
import numpy as np

from charforge.backends.animatic import speech
from charforge.backends.animatic.acting import Alive
from charforge.backends.animatic.bodies import collar_middle
from charforge.backends.animatic.camera import at_mark
from charforge.backends.animatic.cast import Actor
from charforge.backends.animatic.faces import KEPT_HEADS, Drawn, Faces
from charforge.backends.animatic.ground import Ground
from charforge.backends.animatic.heads import Head, head, slimness
from charforge.backends.animatic.heads import measured as landmarks
from charforge.backends.animatic.optics import defocus
from charforge.backends.animatic.people import Dresser, Surroundings
from charforge.backends.animatic.speech import Mouth
from charforge.backends.animatic.window import Frame, Window, window
from charforge.errors import RenderFailed
from charforge.imaging import decode, decode_rgba

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.animatic.camera import Path
    from charforge.backends.animatic.scene import Plates, Scene
    from charforge.backends.protocols import Kit
    from charforge.domain.blocking import Person
    from charforge.domain.jobs import ClipJob, StillJob

    Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Call:
    """What a job gives to those who make its people ready."""

    job: StillJob | ClipJob
    scene: Scene
    place: Plates
    kit: Kit
    drawn: Drawn


def enter(call: Call) -> None:
    """Put everyone of the job into the scene, the farthest first."""
    scene, drawn = call.scene, call.drawn
    people = sorted(scene.path.blocking.people, key=lambda p: -p.mark.depth)
    before = drawn.count, drawn.reused
    for number, person in enumerate(people):
        call.kit.step(number, len(people))
        actor = _actor(call, person)
        if actor is not None:
            scene.actors.append(actor)
    if call.job.kind == "clip":
        scene.notes["faces_drawn"] = drawn.count - before[0]
        scene.notes["faces_reused"] = drawn.reused - before[1]


def _actor(call: Call, person: Person) -> Actor | None:
    job, scene, kit = call.job, call.scene, call.kit
    digest = job.input("head", person.who)
    if digest is None:
        message = f"the job has no `head` input for {person.who}"
        raise RenderFailed(message, "give the job one head picture for each person in its blocking")
    measured = _measured(digest, job.input("master", person.who), person.who, call)
    worn = job.input("body", person.who)
    body = decode_rgba(kit.file(worn)) if worn is not None and person.fit is not None else None
    where = window(scene.path, scene.frame, person.mark.depth, _extent(person, measured, body, scene.frame.aspect))
    if where is None:
        return None
    if body is None:
        _close_enough(person, measured, scene.path, scene.frame)
    dresser = Dresser(measured, _ground(person, where, scene), _surroundings(where, scene, call.place))
    torso, face = dresser.cards(body, person.fit, lit=person.lit)
    alive = Alive(zlib.crc32(person.who.encode()), scene.fps)
    actor = Actor(person.who, where, torso, face, dresser.chin, dresser.ground.head, alive)
    if job.kind == "clip":
        _perform(call, job, actor, dresser)
    return actor


def _measured(digest: str, master: str | None, who: str, call: Call) -> Head:
    """Return the head picture cut out and measured, with the proportions of the person's master where there is one."""
    heads, shapes = call.drawn.heads, call.drawn.shapes
    if master is not None and master not in shapes:
        shapes[master] = slimness(landmarks(decode(call.kit.file(master)), who, call.kit))
    if (digest, master) not in heads:
        heads[digest, master] = head(decode(call.kit.file(digest)), who, call.kit, shapes.get(master or ""))
        while len(heads) > KEPT_HEADS:
            heads.popitem(last=False)
    return heads[digest, master]


def _perform(call: Call, job: ClipJob, actor: Actor, dresser: Dresser) -> None:
    """Give the actor mouths and lids, and draw every state once."""
    scene, kit, who = call.scene, call.kit, actor.who
    style, rig = job.input("style", who), job.input("rig", who)
    if style is None or rig is None:
        scene.notes[f"still_face_{who}"] = "no rig" if rig is None else "no style"
        return
    faces = Faces(dresser.head, kit.file(style).read_bytes(), kit.file(rig).read_bytes(), kit, call.drawn)
    if faces.talks:
        actor.mouths = _lines(job, who, scene, kit)
    elif any(s.who == who for s in scene.path.blocking.speech):
        scene.notes[f"still_face_{who}"] = "the rig has no `open`"
    if faces.blinks:
        actor.lids = actor.alive.blinks(scene.count)
    needed: list[Mouth | int] = sorted({Mouth(), *actor.mouths}) if any(m.level for m in actor.mouths) else []
    needed += sorted({0, *actor.lids}) if any(actor.lids) else []
    for state in needed:
        kit.step(0, 1)
        box, picture = faces.mouth(state) if isinstance(state, Mouth) else faces.lids(state)
        patch = dresser.patch(picture, box)
        if patch is not None:
            actor.states[state] = patch


def _lines(job: ClipJob, who: str, scene: Scene, kit: Kit) -> tuple[Mouth, ...]:
    import soundfile

    out = [Mouth()] * scene.count
    for said in scene.path.blocking.speech:
        digest = job.input("voice", said.name)
        if said.who != who or digest is None:
            continue
        samples, rate = soundfile.read(io.BytesIO(kit.file(digest).read_bytes()), dtype="float32", always_2d=True)
        left = scene.count - said.start
        frames = min(left, int(len(samples) / rate * scene.fps) + 4)
        heard = speech.mouths(samples.mean(1), rate, Fraction(scene.fps), max(0, frames))
        out[said.start : said.start + len(heard)] = heard
    return tuple(out)


def _extent(person: Person, measured: Head, body: NDArray[np.uint8] | None, aspect: float) -> Rectangle:
    """Return what the person's pictures cover, in plate heights from the plate's centre."""
    x, y = at_mark(person, aspect)
    unit = person.mark.head / measured.height
    side = measured.pixels.shape[0]
    left, top = x - measured.centre[0] * unit, y - measured.centre[1] * unit
    box = [left, top, left + side * unit, top + side * unit]
    if body is not None and person.fit is not None:
        fit = person.fit
        wide = measured.width / fit.face * unit
        neck, chin_y = x + (measured.neck - measured.centre[0]) * unit, y + person.mark.head / 2
        edge, roof = neck - collar_middle(body, fit) / body.shape[1] * wide, chin_y - fit.chin_y * wide
        high = wide * body.shape[0] / body.shape[1]
        box = [min(box[0], edge), min(box[1], roof), max(box[2], edge + wide), max(box[3], roof + high)]
    return box[0], box[1], box[2], box[3]


def _ground(person: Person, where: Window, scene: Scene) -> Ground:
    centre = where.pixel(*at_mark(person, scene.frame.aspect))
    pose = scene.path.at(0.5)
    blur = defocus(pose, person.mark.depth, scene.path.depth, scene.path.size) * scene.frame.height
    blur = 0.0 if abs(person.mark.depth - scene.path.depth) < 0.35 else blur
    return Ground(where.width, where.height, centre, person.mark.head * where.grain, blur)


def _surroundings(where: Window, scene: Scene, place: Plates) -> Surroundings:
    """Return the light at the mark and the blurred background behind the window."""
    pose = scene.path.at(0.5)
    behind, _ = scene.background
    there = behind.placed(pose, scene.frame)
    here = where.placed(pose, scene.frame)
    step = 8
    small = cv2.resize(place.back, None, fx=1 / 4, fy=1 / 4, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), small.shape[0] * 0.03)
    height, width = soft.shape[:2]
    scale = behind.grain / height
    left, top = behind.pixel(-width / height / 2, -0.5)
    plate_to_window = np.array([[scale, 0, left + scale / 2], [0, scale, top + scale / 2], [0, 0, 1]])
    shrink = np.array([[1 / step, 0, 0], [0, 1 / step, 0], [0, 0, 1]])
    matrix = shrink @ np.linalg.inv(_square(here)) @ _square(there) @ plate_to_window
    size = (max(2, where.width // step), max(2, where.height // step))
    seen = cv2.warpAffine(soft, matrix[:2], size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return Surroundings(place.ball, np.asarray(seen, np.float32), place.black(), scene.look)


def _square(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.vstack([matrix, [0, 0, 1]])


def _close_enough(person: Person, measured: Head, path: Path, frame: Frame) -> None:
    """Raise RenderFailed when a head without a body would end inside the frame."""
    unit = person.mark.head / measured.height
    below = (measured.pixels.shape[0] - measured.centre[1]) * unit
    x, y = at_mark(person, frame.aspect)
    for step in range(5):
        _, bottom = path.at(step / 4).place(x, y + below, person.mark.depth)
        if bottom < 0.5:
            message = f"{person.who} has no body, and this framing shows where the head picture ends"
            raise RenderFailed(
                message, "charforge build NAME --body-from OTHER: docs/library.md, Bodies; or frame it closer"
            )
