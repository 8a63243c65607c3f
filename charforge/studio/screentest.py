"""Renders the standard four-second clip of a character, and says whether it is them: in likeness and in build."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import median
from time import monotonic

import numpy as np

from charforge import imaging, media
from charforge.backends.protocols import RGB, Landmarks
from charforge.documents import write_atomic
from charforge.domain.assets import Character, Library
from charforge.domain.jobs import ExpectedFace, Plan
from charforge.domain.script import Episode
from charforge.domain.takes import Take
from charforge.domain.value import Value
from charforge.errors import InputError
from charforge.events import Reporter
from charforge.imaging.frames import Frames
from charforge.pages import contact_sheet
from charforge.planner import Pins, plan_pictures
from charforge.planner.screentest import FRAMES, GREY, NAME, PLAYER, RATE, SIDE, screen_test
from charforge.qa.geometry import Geometry, comparable, summed
from charforge.store import locked
from charforge.studio.check import load_library, means
from charforge.studio.desk import Desk
from charforge.studio.film import counting, pictures
from charforge.studio.oneoff_pages import screen_test_page
from charforge.studio.oneoffs import character_named, copied
from charforge.studio.progress import Progress
from charforge.studio.project import Project, find
from charforge.studio.render import Options

EVERY = 6
"""Frames from one that is judged to the next: four a second, as in every clip."""
UNDER = 0.2
"""Share of the judged frames that may lie under the bar, as in every clip."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks of a screen test."""

    name: str
    against: Path | None = None
    still: str | None = None
    clip: str | None = None


class Seen(Value):
    """One judged frame."""

    frame: int
    likeness: float | None = None
    """By the first judge; None where no face could be scored."""
    bar: float | None = None
    second: float | None = None
    turn: float | None = None
    compared: bool = False
    """Whether its build was compared with the approved picture's."""


class ScreenTest(Value):
    """What the standard clip came to."""

    character: str
    model: str
    clip: str
    still: str
    """The clip's own still: to be approved, and sent to the next team with --against."""
    sheet: str
    page: str
    against: str
    frames: int
    seen: tuple[Seen, ...]
    lowest: float | None
    middle: float | None
    second_lowest: float | None
    second_middle: float | None
    approved: float | None
    """Likeness of the approved picture itself to the master."""
    geometry: Geometry
    wrong: tuple[str, ...] = ()
    """Why it does not pass; empty when it does."""
    seconds: float

    def passed(self) -> bool:
        """Return whether likeness and build are within their limits."""
        return not self.wrong


def screen(near: Path, asked: Asked, tell: Reporter) -> ScreenTest:
    """Render the clip, or find it in the store, and compare every sixth frame with master and approved picture.

    Raises InputError for a character or a picture that is not there, and the errors of every stage of a render.
    """
    began = monotonic()
    project = find(near)
    library = load_library(project)
    character = character_named(asked.name, library)
    done = Progress()
    desk = _desk(project, library, character, (asked, tell, done))
    with locked(desk.store, NAME):
        plan = pictures(desk, Options(asked.still, asked.clip, accept=True), done)
        clips = tuple(done.takes[f"{choice.shot}/clip"] for choice in plan.choices)
        still = done.takes[f"{plan.choices[0].shot}/still"]
    folder = project.build / NAME / character.name
    copied(desk.store.blob(still.blob), folder / "still.png")
    _joined(desk, clips, folder / "clip.mkv")
    approved = asked.against or folder / "still.png"
    return _compared(desk, plan, (folder, approved, began), character)


def _desk(project: Project, library: Library, character: Character, asked: tuple[Asked, Reporter, Progress]) -> Desk:
    """Return the desk of the test, its backdrop in the store; cut into parts where the clip's model moves layers."""
    wanted, tell, done = asked
    heard = counting(tell, done)
    bare = Desk(project, library, Episode(id=NAME, scenes=()), heard)
    plate = bare.store.blobs.put(imaging.encode_png(np.full((SIDE, SIDE, 3), GREY, np.uint8)))
    for parts in (False, True):
        episode, place = screen_test(character, plate, parts=parts)
        stocked = library.changed(locations=(*library.locations, place))
        desk = Desk(project, stocked, episode, heard)
        if not parts and not _moves_layers(desk, wanted):
            break
    return desk


def _moves_layers(desk: Desk, wanted: Asked) -> bool:
    """Return whether the clip's model puts layers together, and reads no words."""
    planning = means(desk.project, desk.library, Pins(wanted.still, wanted.clip), desk.models)
    model = desk.catalogue.named(plan_pictures(desk.episode, planning).choices[0].clip)
    return model is not None and model.composites


def _joined(desk: Desk, clips: tuple[Take, ...], file: Path) -> None:
    """Write the takes as one clip."""
    blobs = [desk.store.blob(clip.blob) for clip in clips]
    if len(blobs) == 1:
        copied(blobs[0], file)
        return
    drawn = Frames(Fraction(RATE), SIDE, SIDE, "rgb24", _frames(blobs), FRAMES)
    file.parent.mkdir(parents=True, exist_ok=True)
    media.encode_clip(drawn, file)


def _frames(blobs: list[Path]) -> Iterator[memoryview]:
    for blob in blobs:
        for _, pixels in media.frames(blob):
            yield np.ascontiguousarray(pixels).data


_Where = tuple[Path, Path, float]


def _compared(desk: Desk, plan: Plan, where: _Where, character: Character) -> ScreenTest:
    folder, approved, began = where
    expected = (ExpectedFace(who=PLAYER, asset=character.id, master=character.primary or ""),)
    target = imaging.decode(approved)
    model = _measured(desk, target)
    if model is None:
        raise InputError(f"{approved} shows no face that can be measured", "give the approved still of the character")
    seen: list[Seen] = []
    faces: list[Landmarks | None] = []
    shown: list[tuple[str, RGB]] = []
    for number, pixels in media.frames(folder / "clip.mkv", every=EVERY):
        face = _measured(desk, pixels)
        one = _remembered(desk, plan, (number, pixels), face, expected).changed(
            compared=face is not None and comparable(face, model)
        )
        faces.append(face)
        seen.append(one)
        shown.append((_label(one), pixels))
    write_atomic(folder / "contact.png", imaging.encode_png(contact_sheet([("approved", target), *shown], columns=5)))
    report = _report(seen, summed(faces, model), (folder, approved), _seen(desk, (0, target), model, expected)).changed(
        character=character.id,
        model="+".join(dict.fromkeys(f"{c.still}+{c.clip}" if c.still != c.clip else c.still for c in plan.choices)),
        seconds=monotonic() - began,
    )
    write_atomic(folder / "index.html", screen_test_page(report, [pixels for _, pixels in shown], target))
    text = json.dumps({**report.model_dump(mode="json"), "passed": report.passed()}, indent=2)
    write_atomic(folder / "report.json", f"{text}\n".encode())
    return report


def _remembered(
    desk: Desk, plan: Plan, frame: tuple[int, RGB], face: Landmarks | None, expected: tuple[ExpectedFace, ...]
) -> Seen:
    """Return what the judges say of a frame, from the ledger where they saw the same clips before."""
    clips = " ".join(desk.ledger.circled(f"{choice.shot}/clip") or "" for choice in plan.choices)
    key = f"{desk.judge.cache_key(clips, expected)} {frame[0]}"
    known = desk.ledger.note("frame", key)
    if known is not None:
        return Seen.model_validate(known)
    seen = _seen(desk, frame, face, expected)
    desk.ledger.keep("frame", key, seen.model_dump(mode="json"))
    return seen


def _seen(desk: Desk, frame: tuple[int, RGB], face: Landmarks | None, expected: tuple[ExpectedFace, ...]) -> Seen:
    number, pixels = frame
    first, second = desk.judge.still(pixels, expected), desk.judge.confirm(pixels, expected)
    one, other = (next(iter(v.scores), None) for v in (first, second))
    return Seen(
        frame=number,
        likeness=one.value if one else None,
        bar=one.bar if one else None,
        second=other.value if other else None,
        turn=face.turn if face else one.turn if one else None,
    )


def _measured(desk: Desk, pixels: RGB) -> Landmarks | None:
    faces = desk.toolbox.tool("face").detect(pixels)
    found: Landmarks | None = desk.toolbox.tool("landmark").landmarks(pixels, faces[0]) if faces else None
    return found


def _report(seen: list[Seen], geometry: Geometry, where: tuple[Path, Path], target: Seen) -> ScreenTest:
    folder, approved = where
    first = [s.likeness for s in seen if s.likeness is not None]
    second = [s.second for s in seen if s.second is not None]
    return ScreenTest(
        character="",
        model="",
        clip=str(folder / "clip.mkv"),
        still=str(folder / "still.png"),
        sheet=str(folder / "contact.png"),
        page=str(folder / "index.html"),
        against=str(approved),
        frames=FRAMES,
        seen=tuple(seen),
        lowest=min(first, default=None),
        middle=median(first) if first else None,
        second_lowest=min(second, default=None),
        second_middle=median(second) if second else None,
        approved=target.likeness,
        geometry=geometry,
        wrong=tuple(_wrong(seen, geometry, target)),
        seconds=0.0,
    )


def _wrong(seen: list[Seen], geometry: Geometry, target: Seen) -> Iterator[str]:
    """Say what is out of its limits."""
    if target.likeness is not None and target.bar is not None and target.likeness < target.bar:
        yield f"the approved picture shows somebody else: {target.likeness:.2f}, and {target.bar:.2f} is the bar"
    scored = [s for s in seen if s.likeness is not None and s.bar is not None]
    under = [s for s in scored if (s.likeness or 0.0) < (s.bar or 0.0)]
    if len(scored) < len(seen) * (1 - UNDER):
        yield f"a face can be scored in only {len(scored)} of {len(seen)} frames"
    if scored and len(under) > len(scored) * UNDER:
        yield f"{len(under)} of {len(scored)} frames lie under the bar of the first judge"
    if geometry.middle is None:
        yield "no frame looks as the approved picture does, so that the build could not be compared"
        return
    eyes, jaw = geometry.middle.eyes, geometry.middle.jaw
    if abs(eyes) > geometry.eyes_limit:
        where = "further apart" if eyes > 0 else "nearer to each other"
        yield f"the eyes stand {abs(eyes):.1f} px {where}; the limit is {geometry.eyes_limit:g} px"
    if jaw > geometry.jaw_limit:
        yield f"the jawline lies {jaw:.1f} px off; the limit is {geometry.jaw_limit:g} px"


def _label(seen: Seen) -> str:
    numbers = " ".join("--" if v is None else f"{v:.2f}" for v in (seen.likeness, seen.second))
    turn = "" if seen.turn is None else f" {seen.turn:+.0f}"
    return f"{seen.frame:02d}: {numbers}{turn}{' =' if seen.compared else ''}"
