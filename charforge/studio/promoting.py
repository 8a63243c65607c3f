"""Makes a reference of a good take, so that a character's library grows stronger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from charforge import imaging
from charforge import library as assets
from charforge.backends.protocols import RGB, Landmarks
from charforge.documents import write_atomic
from charforge.domain.assets import Character, Library, Origin, Reference, Step
from charforge.domain.checks import Checked
from charforge.domain.jobs import ExpectedFace
from charforge.domain.names import Slate
from charforge.domain.takes import Score, Take, Verdict
from charforge.domain.value import Value
from charforge.errors import InputError
from charforge.library.checks import Examiners, check
from charforge.qa import Judge
from charforge.qa.crops import SMALLEST, Crop, head_crop
from charforge.qa.expressions import shown_expression
from charforge.qa.rules import Sighting
from charforge.runners import Toolbox
from charforge.store import Store
from charforge.studio import machine
from charforge.studio.check import load_library
from charforge.studio.finding import Which, pictured, taken
from charforge.studio.judge import judges
from charforge.studio.oneoffs import character_named
from charforge.studio.project import Project, find
from charforge.studio.repaired import unrepaired

STEPS: dict[str, tuple[Step, str]] = {
    "angle": ("angle", "angles"),
    "expression": ("expression", "expressions"),
    "wardrobe": ("wardrobe", "wardrobes"),
}
OTHERS = 6
"""People of the library that a face is compared with where the take does not say who is in it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants of a take."""

    slate: str
    to: str
    step: str | None = None
    """One of STEPS; None lets the face decide between angle and expression."""
    wardrobe: str | None = None
    kind: str = "still"
    """`still`, `head` or `clip`."""
    frame: int | None = None
    """Of a clip, counted from 0."""
    force: bool = False

    def which(self) -> Which:
        """Return which take is meant."""
        return Which(self.slate, self.to, self.kind, self.frame)


class Promotion(Value):
    """A reference that was made of a take."""

    character: str
    """With its version: ``mia@1``."""
    file: str
    reference: Reference
    bar: float
    """What the first judge asks of a head turned so far."""
    warnings: tuple[str, ...] = ()
    """What the rules of a good reference say against it."""
    next: str


def promote(near: Path, wanted: Wanted) -> Promotion:
    """Crop a character's head out of a take, judge it, and record it with score and origin.

    Raises InputError, with nothing written, for a take that may not be used, and for one of somebody else.
    """
    project = find(near)
    library = load_library(project)
    character = _character(project, library, wanted.to)
    wanted = replace(wanted, to=character.name)
    slate, take, circled = taken(project, wanted.which(), _digests(character))
    files = assets.located(project.libraries, library)
    judge = judges(project, lambda digest: files[digest])
    tools = machine.toolbox(project)
    pixels = pictured(project, take, wanted.frame)
    expected = _expected(unrepaired(Store(project.state), take), character, library)
    if not wanted.force:
        _refuse_unchosen(slate, wanted, judge.still(pixels, expected), circled=circled)
    face = _face(judge.found(pixels, expected), expected, wanted)
    crop, marks = _cropped(pixels, face, tools, wanted)
    scores = _scored(judge, crop.pixels, expected[0], wanted)
    return _recorded(
        project, character, (slate, take, wanted), (crop, marks, scores, tools, files[character.primary or ""])
    )


def _character(project: Project, library: Library, name: str) -> Character:
    found = character_named(name, library)
    newest = library.character(found.name)
    if newest is not None and found.version != newest.version:
        raise InputError(f"references are added to the newest version, {newest.id}", f"write: --to {found.name}")
    if not (project.library / found.folder).is_dir():
        message = f"{found.name} comes from the shared library {found.library}, which is never written to"
        raise InputError(message, f"promote it in the project that owns {name}, or unpack {name} into this one's")
    return found


def _digests(character: Character) -> frozenset[str]:
    own = {r.digest for r in character.references if r.digest} | {character.rig, character.primary}
    return frozenset(d for d in own if d)


def _expected(take: Take, character: Character, library: Library) -> tuple[ExpectedFace, ...]:
    """Return the character, then everybody else whom the take shows as far as its job says."""
    newest = {c.name: c for c in sorted(library.characters, key=lambda c: c.version)}
    others = [c for c in newest.values() if c.name != character.name and c.primary]
    shown = [c for c in _shown(take, (character, *others)) if c.name != character.name]
    everybody = shown if take.job.inputs else others[:OTHERS]
    return tuple(ExpectedFace.of(c) for c in (character, *everybody))


def _shown(take: Take, known: tuple[Character, ...]) -> Iterator[Character]:
    """Yield one of the known characters for each person that a take's job names and gives faces of.

    Of several with the same files, as after unpacking under another name, the first known is meant, else the namesake.
    """
    given: dict[str, set[str]] = {}
    for item in take.job.inputs:
        # Bodies are lent, and say nothing of whose head is on them.
        if item.name and item.role != "body":
            given.setdefault(item.name, set()).add(item.digest())

    for name, files in given.items():

        def fits(character: Character, name: str = name, files: set[str] = files) -> tuple[bool, int, bool, bool]:
            shared = len(_digests(character) & files)
            wanted = bool(shared) and character.name == known[0].name
            return character.primary in files, shared, wanted, bool(shared) and character.name == name

        best = max(known, key=fits)
        if any(fits(best)):
            yield best


def _refuse_unchosen(slate: Slate, wanted: Wanted, verdict: Verdict, *, circled: bool) -> None:
    """Raise InputError for a take that did not pass, or that nobody circled."""
    if not verdict.passed() and not any(f.who == wanted.to for f in verdict.findings):
        told = "; ".join(f.message for f in verdict.findings)
        raise InputError(f"{slate} did not pass: {told}", "take a better one, or add --force")
    if not circled:
        hint = f"charforge circle {slate.episode}_{slate.scene}_{slate.shot} {slate.take} --of {wanted.kind}"
        raise InputError(f"{slate} is not circled", f"choose it first: {hint}, or add --force")


def _face(found: tuple[Sighting | None, ...], expected: tuple[ExpectedFace, ...], wanted: Wanted) -> Sighting:
    """Return the character's face; raise InputError with the score where the take shows somebody else."""
    seen = [(e.who, s) for e, s in zip(expected, found, strict=True) if s is not None]
    if not seen:
        message = "the take shows no face that can be scored: too small, too blurred or turned too far"
        raise InputError(message, "take a closer or sharper one")
    if found[0] is not None:
        return found[0]
    who, face = max(seen, key=lambda pair: pair[1].alike[0])
    if not wanted.force:
        index = [e.who for e in expected].index(who)
        message = f"the take shows {who} ({face.alike[index]:.2f}), not {wanted.to} ({face.alike[0]:.2f})"
        raise InputError(message, f"promote it --to {who}; --force records it as {wanted.to} all the same")
    return face


def _cropped(pixels: RGB, face: Sighting, tools: Toolbox, wanted: Wanted) -> tuple[Crop, Landmarks]:
    """Return the head as references show it, and its landmarks; raise InputError where it is too small."""
    finder, landmark = tools.tool("face"), tools.tool("landmark")
    near = [d for d in finder.detect(pixels) if tuple(round(v) for v in d.box) == face.box]
    marks = landmark.landmarks(pixels, near[0]) if near else None
    if marks is None:
        raise InputError("the face cannot be measured", "take one that is sharper and turned less far")
    crop = head_crop(pixels, marks.points, wide=wanted.step == "wardrobe")
    if crop.side < SMALLEST:
        message = (
            f"the face is too small: cropped as references are it has {crop.side}x{crop.side} pixels "
            f"(the head is {crop.head:.0f} pixels high), and {SMALLEST} are needed"
        )
        raise InputError(message, "use a closer shot, or render the episode larger; nothing is blown up")
    return crop, marks


def _scored(judge: Judge, pixels: RGB, character: ExpectedFace, wanted: Wanted) -> tuple[Score, Score]:
    """Return both judges' scores of the crop; raise InputError where one of them says it is somebody else."""
    found: list[Score] = []
    for verdict in (judge.still(pixels, (character,)), judge.confirm(pixels, (character,))):
        mine = next((s for s in verdict.scores if s.who == character.who), None)
        face = judge.found(pixels, (character,))[0] if mine is None else None
        if mine is None and face is not None:
            mine = Score(who=character.who, judge="", value=face.alike[0], bar=1.0, turn=face.turn)
        if mine is None:
            told = "; ".join(f.message for f in verdict.findings)
            raise InputError(f"the cropped head cannot be scored: {told}", "take a sharper or closer one")
        if mine.value < mine.bar and not wanted.force:
            which = "the second judge" if found else "the first judge"
            message = f"{which} says this is not {character.who}: {mine.value:.2f}, and {mine.bar:.2f} is the bar"
            raise InputError(message, f"take another; --force records it as {character.who}'s all the same")
        found.append(mine)
    return found[0], found[1]


_From = tuple[Slate, Take, Wanted]
_Shown = tuple[Crop, Landmarks, tuple[Score, Score], Toolbox, Path]


def _recorded(project: Project, character: Character, which: _From, shown: _Shown) -> Promotion:
    """Check the crop against the rules of its step, then write picture and entry."""
    (slate, take, wanted), (crop, marks, (first, second), tools, headshot) = which, shown
    master = _measured(imaging.decode(headshot), tools)
    expression = _expression(project, take, character, (marks, master))
    kind = wanted.step or ("expression" if expression != "neutral" else "angle")
    step, folder = STEPS[kind]
    if kind == "expression" and expression == "neutral":
        raise InputError("the face is neutral: it shows no expression", "promote it --as angle")
    wardrobe = wanted.wardrobe or _worn(unrepaired(Store(project.state), take), character)
    if kind == "wardrobe" and wardrobe is None:
        raise InputError("which wardrobe is it?", "add --wardrobe NAME")
    examiners = Examiners(tools.tool("face"), tools.tool("landmark"), tools.tool("matte"))
    looked = check(crop.pixels, step, examiners, name=str(slate), turn=marks.turn, generated=True)
    if looked.failed() and not wanted.force:
        told = "\n".join(str(rule) for rule in looked.failed())
        raise InputError(f"{slate} breaks a rule of a good reference:\n{told}", "take another, or add --force")
    short = first.value < first.bar or second.value < second.bar or not looked.ok
    reference = Reference(
        file=f"{folder}/{_name(slate, wanted)}.png",
        step=step,
        turn=round(marks.turn, 1),
        pitch=round(marks.pitch, 1),
        expression=expression if kind == "expression" else None,
        wardrobe=wardrobe,
        score=round(first.value, 4),
        second=round(second.value, 4),
        origin=_origin(slate, take, wanted, forced=first.value if short else None),
    )
    path = project.library / character.folder / reference.file
    write_atomic(path, imaging.encode_png(crop.pixels, 6))
    assets.record(project.library, character.name, (reference,))
    return Promotion(
        character=character.id, file=str(path), reference=reference, bar=first.bar, warnings=_warned(looked),
        next=f"charforge lock {character.name}",
    )  # fmt: skip


def _origin(slate: Slate, take: Take, wanted: Wanted, *, forced: float | None) -> Origin:
    frame = {} if wanted.frame is None else {"frame": wanted.frame}
    return Origin(
        backend=take.backend,
        revision=take.revision,
        seed=take.job.seed,
        settings={"of": wanted.kind, **frame},
        take=str(slate),
        derived="cropped",
        forced=None if forced is None else round(forced, 4),
    )


def _name(slate: Slate, wanted: Wanted) -> str:
    """Return a file name that tells takes of one shot apart."""
    of = "" if wanted.kind == "still" else f"_{wanted.kind}"
    return f"{slate}{of}" + ("" if wanted.frame is None else f"_{wanted.frame}")


def _worn(take: Take, character: Character) -> str | None:
    """Return the wardrobe of the body that a take was made with."""
    given = {i.digest() for i in take.job.inputs}
    return next((r.wardrobe for r in character.references if r.wardrobe and r.digest in given), None)


def _warned(looked: Checked) -> tuple[str, ...]:
    return tuple(str(rule) for rule in (*looked.failed(), *looked.warned()))


def _expression(project: Project, take: Take, character: Character, shown: tuple[Landmarks, Landmarks | None]) -> str:
    """Return the expression that the head was drawn with; where nobody asked for one, that which the face shows."""
    store, mine = Store(project.state), _digests(character)
    take = unrepaired(store, take)
    for job in (take.job, *(parent.job for key in take.parents if (parent := store.find(key)) is not None)):
        if "expression" in job.settings and mine & {i.digest() for i in job.inputs}:
            return str(job.settings["expression"])
    return shown_expression(*shown)


def _measured(pixels: RGB, tools: Toolbox) -> Landmarks | None:
    """Return the landmarks of the largest face."""
    faces = tools.tool("face").detect(pixels)
    found: Landmarks | None = tools.tool("landmark").landmarks(pixels, faces[0]) if faces else None
    return found
