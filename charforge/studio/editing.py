"""Changes an existing picture and keeps somebody's face: by a model that is told, or by a locked place behind them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from charforge import imaging
from charforge.backends.protocols import RGB, Landmarks
from charforge.documents import write_atomic
from charforge.domain.assets import Character, Library
from charforge.domain.jobs import Draft, ExpectedFace, Plan
from charforge.domain.names import AssetName, Slate
from charforge.domain.script import Episode
from charforge.domain.takes import FixStep, Verdict
from charforge.domain.value import Value
from charforge.errors import InputError
from charforge.events import Fixed, Noted, Reporter
from charforge.imaging.laying import before, filled, put_back
from charforge.imaging.lens import backdrop, out_of_focus
from charforge.planner import Edit, Model, edit_draft
from charforge.qa import keeps
from charforge.store import locked
from charforge.studio.backgrounds import SOFT, Background, background
from charforge.studio.check import load_library
from charforge.studio.desk import Desk
from charforge.studio.oneoffs import character_named, png
from charforge.studio.own import knowledge
from charforge.studio.project import find

SERIES = "edits"
FACE = 468
"""Landmarks of the mesh; those beyond are the irises."""
DRIFT = 0.05
"""How much less alike than in the original a face may be before its own is put back."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person wants of a picture."""

    picture: Path
    words: str
    keep: str
    at: str | None = None
    """A locked place behind the person: `coffee-shop/night`."""
    still: str | None = None
    sharp: bool = False
    """Leave the place in focus."""
    output: Path | None = None


class Likeness(Value):
    """How alike the kept person is to their master; None where no face could be scored."""

    first: float | None
    second: float | None


class EditReport(Value):
    """A changed picture."""

    file: str
    who: str
    model: str
    slate: str = ""
    """Of the model's take; empty where no model drew."""
    original: Likeness
    edited: Likeness
    bar: float
    verdict: str
    steps: tuple[FixStep, ...] = ()
    findings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float

    def passed(self) -> bool:
        """Return whether the kept person is still themselves."""
        return self.verdict == "pass"


@dataclass(frozen=True, slots=True)
class _Judged:
    """A picture and what both judges say of the kept person in it."""

    pixels: RGB
    first: Verdict
    second: Verdict

    def likeness(self) -> Likeness:
        one, other = (next((s.value for s in v.scores), None) for v in (self.first, self.second))
        return Likeness(first=one, second=other)


def edit(near: Path, asked: Asked, tell: Reporter) -> EditReport:
    """Change a picture as asked; put the original face back where it drifted and that helps.

    Raises InputError for a picture that does not show who is to be kept, and where nothing here can do what is asked.
    """
    began = monotonic()
    project = find(near)
    output = png(asked.output)
    pixels = imaging.decode(asked.picture)
    library = load_library(project)
    character = character_named(asked.keep, library)
    desk = Desk(project, library, Episode(id=SERIES, scenes=()), tell)
    expected = ExpectedFace(who=character.name, asset=character.id, master=character.primary or "")
    original = _judged(desk, pixels, expected)
    bar = _refuse_other(asked, original)
    ground = None if asked.at is None else background(asked.at, library)
    model = _model(desk, asked, ground)
    with locked(desk.store, SERIES):
        if model is not None:
            made, slate = _drawn(desk, (asked, pixels, character, ground), model)
        else:
            assert ground is not None
            made, slate = _placed(desk, pixels, (ground, library), sharp=asked.sharp), ""
    changed, steps = _kept(desk, original, _judged(desk, made, expected), expected)
    name = hashlib.sha256(changed.pixels.tobytes()).hexdigest()[:6]
    file = output or project.build / SERIES / f"{asked.picture.stem}-{name}.png"
    write_atomic(file, imaging.encode_png(changed.pixels, 6))
    findings = {f.message for v in (changed.first, changed.second) for f in v.findings}
    return EditReport(
        file=str(file), who=character.name, model=model.name if model else "matte", slate=slate,
        original=original.likeness(), edited=changed.likeness(), bar=bar, verdict=_outcome(changed), steps=steps,
        findings=tuple(sorted(findings)), notes=_notes(desk, asked, model), seconds=monotonic() - began,
    )  # fmt: skip


def _judged(desk: Desk, pixels: RGB, kept: ExpectedFace) -> _Judged:
    return _Judged(pixels, desk.judge.still(pixels, (kept,)), desk.judge.confirm(pixels, (kept,)))


def _outcome(judged: _Judged) -> str:
    """Return the first judge's verdict; a second judge that says somebody else turns a pass into a near miss."""
    if judged.first.passed() and not judged.second.passed():
        return "fix"
    return judged.first.outcome


def _refuse_other(asked: Asked, original: _Judged) -> float:
    """Return the bar of the kept face; raise InputError when the picture does not show the person."""
    score = next(iter(original.first.scores), None)
    if score is None:
        told = "; ".join(f.message for f in original.first.findings)
        raise InputError(f"{asked.picture} does not show {asked.keep}: {told}", "name who is in it: --keep NAME")
    if score.value < score.bar:
        message = (
            f"the face in {asked.picture} is not {asked.keep}'s: {score.value:.2f}, and {score.bar:.2f} is the bar"
        )
        raise InputError(message, f"see who it is: charforge judge {asked.picture} --cast NAME")
    return score.bar


def _model(desk: Desk, asked: Asked, ground: Background | None) -> Model | None:
    """Return the model that makes the change, None for the matte; raise InputError when nothing here can make it."""
    able = [m for m in desk.catalogue.models if m.edits]
    names = " or ".join(m.name for m in able)
    if asked.still is not None:
        model = desk.catalogue.named(asked.still)
        if model is None or not model.edits:
            raise InputError(f"{asked.still} cannot change a picture that it is given", f"these can: {names}")
        if model.own and model.name not in desk.models:
            hint = f"write into charforge.yaml: models: {{{model.name}: {{weights: FOLDER}}}}; see: charforge backends"
            raise InputError(f"charforge.yaml names no weights for {model.name}", hint)
        return model
    if not asked.words and ground is None:
        raise InputError("what is to change?", 'say it: charforge edit pic.png "a rooftop at night" --keep NAME')
    ready = [m for m in able if not m.own or m.name in desk.models]
    if ready and asked.words:
        return ready[0]
    if ground is None:
        message = f"no model here can follow {asked.words!r}: the embedded ones read no text"
        known = ", ".join(sorted({place.name for place in desk.library.locations})) or "none"
        hint = (
            f"name weights for {names} in charforge.yaml: models: {{{able[0].name}: {{weights: FOLDER}}}}; "
            f"or put a locked place behind {asked.keep}: --at PLACE or --at PLACE/LIGHT (there are: {known})"
        )
        raise InputError(message, hint)
    return None


_Wanted = tuple[Asked, RGB, Character, Background | None]


def _drawn(desk: Desk, wanted: _Wanted, model: Model) -> tuple[RGB, str]:
    """Return the picture as the model changes it, and its slate."""
    asked, pixels, character, ground = wanted
    face = _measured(desk, pixels)
    digest = desk.store.blobs.put(imaging.encode_png(pixels))
    behind = None if ground is None else imaging.encode_png(_behind(desk, ground, desk.library, pixels.shape[1::-1]))
    change = Edit(
        picture=digest,
        width=pixels.shape[1],
        height=pixels.shape[0],
        words=asked.words,
        keep=character,
        turn=face.turn if face else 0.0,
        plate=None if behind is None else desk.store.blobs.put(behind),
        place="" if ground is None else ground.label,
    )
    draft: Draft = edit_draft(change, model, knowledge(desk.project), desk.models)
    for obstacle in desk.obstacles(Plan(episode=SERIES, choices=(), drafts=(draft,))):
        raise obstacle
    take = desk.runner.run((draft,))[draft.id]
    desk.ledger.circle(draft.id, take.key)
    scene, shot, _ = draft.id.split("/")
    slate = Slate(SERIES, scene, shot, desk.ledger.number(draft.id, take.key))
    return imaging.decode(desk.store.blob(take.blob)), str(slate)


def _placed(desk: Desk, pixels: RGB, place: tuple[Background, Library], *, sharp: bool) -> RGB:
    """Return the people of a picture before a locked place or a colour."""
    matte = desk.toolbox.tool("matte").matte(pixels)
    if float(matte.mean()) < 0.01:
        raise InputError("nobody can be cut out of the picture", "use one with the person larger and sharper")
    behind = _behind(desk, *place, pixels.shape[1::-1])
    soft = behind if sharp or place[0].colour is not None else out_of_focus(behind, SOFT * behind.shape[0])
    return before(pixels, matte, soft)


def _behind(desk: Desk, ground: Background, library: Library, size: tuple[int, ...]) -> RGB:
    """Return a background at the size of the picture."""
    width, height = size
    if ground.colour is not None:
        return backdrop(ground.colour, width, height)
    wanted = AssetName.parse(ground.place)
    place = library.location(wanted.name, wanted.version)
    assert place is not None
    plates = [r for r in place.references if r.step == "plate" and r.layer == "background" and r.digest]
    fit = [r for r in plates if ground.light in (None, r.light) and ground.view in (None, r.view)]
    if not fit:
        there = ", ".join(sorted({f"{place.name}/{r.light}/{r.view}" for r in plates})) or "none"
        raise InputError(f"there is no plate {ground.text!r}", f"there are: {there}")
    # Where people stand largest, the camera is as near as in a portrait.
    near = max(fit, key=lambda r: max((m.head for m in place.views[r.view or ""].marks.values()), default=0.0))
    return filled(imaging.decode(desk.file(near.digest or "")), width, height)


def _kept(desk: Desk, original: _Judged, changed: _Judged, kept: ExpectedFace) -> tuple[_Judged, tuple[FixStep, ...]]:
    """Return the changed picture, with the original face where it drifted and both judges gain by it."""
    if not _drifted(original, changed):
        return changed, ()
    began = monotonic()
    face, now = _measured(desk, original.pixels), _measured(desk, changed.pixels)
    if face is None:
        return changed, ()
    here = None if now is None else now.points[:FACE, :2]
    back = _judged(desk, put_back(changed.pixels, original.pixels, here, face.points[:FACE, :2]), kept)
    helped = keeps(changed.first, back.first, changed.second, back.second)
    step = FixStep(
        step="original face",
        before=changed.likeness().first or 0.0,
        after=back.likeness().first or 0.0,
        judge=desk.project.settings.judges[0],
        kept=helped,
        seconds=monotonic() - began,
    )
    desk.reporter(Fixed(kept.who, step))
    return (back if helped else changed), (step,)


def _drifted(original: _Judged, changed: _Judged) -> bool:
    """Return whether a judge knows the person less well than before, or not at all."""
    if not changed.first.passed() or not changed.second.passed():
        return True
    was, now = original.likeness(), changed.likeness()
    pairs = ((was.first, now.first), (was.second, now.second))
    return any(a is not None and (b is None or b < a - DRIFT) for a, b in pairs)


def _measured(desk: Desk, pixels: RGB) -> Landmarks | None:
    faces = desk.toolbox.tool("face").detect(pixels)
    found: Landmarks | None = desk.toolbox.tool("landmark").landmarks(pixels, faces[0]) if faces else None
    return found


def _notes(desk: Desk, asked: Asked, model: Model | None) -> tuple[str, ...]:
    """Say plainly where words were not read."""
    if model is not None or not asked.words:
        return ()
    able = " or ".join(m.name for m in desk.catalogue.models if m.edits)
    note = f"nothing here reads {asked.words!r}: only --at changed the picture; to have it read: --still {able}"
    desk.reporter(Noted(note))
    return (note,)
