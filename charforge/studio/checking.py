"""Checks reference pictures: photographs from outside, and every reference of an asset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from charforge import imaging
from charforge.backends.protocols import RGB, Detection, FaceBackend
from charforge.documents import sha256
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Share, Step
from charforge.domain.checks import Alike, Checked, Outcome, Rule
from charforge.domain.jobs import ExpectedFace
from charforge.domain.value import Value
from charforge.errors import InputError
from charforge.library import intake
from charforge.library.checks import Examiners
from charforge.library.checks import check as look
from charforge.library.definitions import Definition, define, identity
from charforge.library.folders import AssetFolder
from charforge.library.folders import assets as folders
from charforge.library.pictures import PICTURES
from charforge.library.written import WrittenCharacter, WrittenReference, WrittenVersion
from charforge.qa.calibration import Calibration
from charforge.qa.masters import Masters
from charforge.qa.pose import eye_distance, turn
from charforge.studio import calibrating, machine
from charforge.studio.motion import check_motion
from charforge.studio.project import Project, Settings, find

if TYPE_CHECKING:
    from charforge.backends.protocols import Vector

FACES: frozenset[Step] = frozenset({"headshot", "angle", "expression", "wardrobe"})
"""Steps whose pictures must show the character's face."""
SEEN: frozenset[Step] = FACES | {"id-photo", "body", "plate", "insert", "picture", "motion"}
"""Steps whose pictures there is something to say about."""
ANOTHER = "give a picture of the same person, or make it again from the master"


class CheckedAsset(Value):
    """Every reference of an asset as the rules see it, and who in the library looks like it."""

    name: str
    kind: str
    references: tuple[Checked, ...] = ()
    alike: tuple[Alike, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no rule fails."""
        return all(checked.ok for checked in self.references)


class PictureReport(Value):
    """What was checked: photographs, and assets of the library."""

    photos: tuple[Checked, ...] = ()
    assets: tuple[CheckedAsset, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no rule fails."""
        return all(photo.ok for photo in self.photos) and all(asset.ok for asset in self.assets)


def check(near: Path, what: Sequence[str], step: Step) -> PictureReport:
    """Check photographs as a step, folders of them, and assets by name; raise InputError where nothing is meant."""
    photos: list[Path] = []
    names: list[str] = []
    for text in what:
        path = Path(text)
        if path.is_dir():
            photos += _inside(path)
        elif path.exists() or path.suffix or path.name != text:
            photos.append(path)
        else:
            names.append(text)
    return PictureReport(
        photos=check_photos(near, photos, step) if photos else (),
        assets=tuple(check_asset(near, name) for name in names),
    )


def examiners(project: Project) -> Examiners:
    """Return the models that look at this project's pictures."""
    return Onlookers(project).examiners


def check_photos(near: Path, photos: Sequence[Path], step: Step) -> tuple[Checked, ...]:
    """Return what the rules of a step say of photographs; one that cannot be read fails without stopping the others.

    Raises InputError where there is but one photograph, and it cannot be read.
    """
    looking = examiners(_project(near))
    return tuple(_photo(photo, step, looking, alone=len(photos) == 1) for photo in photos)


def check_asset(near: Path, name: str) -> CheckedAsset:
    """Return what the rules say of every reference of an asset as it lies in the library, locked or not."""
    project = find(near)
    definition = _definition(project, name)
    people = Onlookers(project)
    found = tuple(_references(definition, people))
    alike = _alike(project, people, name) if definition.folder.kind == "character" else ()
    return CheckedAsset(name=name, kind=definition.folder.kind, references=found, alike=alike)


def lookalikes(project: Project, name: str | None = None) -> tuple[Alike, ...]:
    """Return every two characters whom the first judge takes for one person; with a name, only that one's pairs.

    The bar is the one at which the judge was measured to take next to no strangers for one person. Characters whose
    master shows no single face are left out.
    """
    return _alike(project, Onlookers(project), name)


class Onlookers:
    """Everybody who looks at this project's pictures, and what the judges know of its people; all loaded once."""

    def __init__(self, project: Project) -> None:
        tools = machine.toolbox(project)
        self._files: dict[str, Path] = {}
        self.judges: tuple[FaceBackend, ...] = tuple(tools.get("face", name) for name in project.settings.judges)
        self.examiners = Examiners(self.judges[0], tools.tool("landmark"), tools.tool("matte"))
        self.calibrations = tuple(calibrating.of(project, judge) for judge in self.judges)
        folder = project.state / "embeddings"
        self._masters = [Masters(self.judges[0], j, self._files.__getitem__, folder) for j in self.judges]

    def expected(self, definition: Definition, version: WrittenVersion | None = None) -> ExpectedFace | None:
        """Return whom a character's pictures of a version, or of the newest, are compared with; None without master."""
        written = definition.written
        if not isinstance(written, WrittenCharacter):
            return None
        shown = identity(written, version or max(written.versions, key=lambda v: v.id))
        if shown is None:
            return None
        master, merge = shown.picture, shown.merge
        shares = tuple(Share(digest=self._kept(definition, file), weight=weight) for file, weight in merge)
        name = definition.folder.name
        return ExpectedFace(who=name, asset=name, master=self._kept(definition, master), merge=shares)

    def known(self, person: ExpectedFace) -> Vector | None:
        """Return what the first judge knows of a person, or None when the master shows no single face."""
        try:
            return self._masters[0].face(person)
        except InputError:
            return None

    def likeness(self, pixels: RGB, person: ExpectedFace) -> Iterator[Rule]:
        """Yield what each judge says of the largest face in a picture, where there is one."""
        for face in self.judges[0].detect(pixels)[:1]:
            eyes = zip(("identity", "identity-second"), self.judges, self._masters, self.calibrations, strict=True)
            for name, judge, masters, calibration in eyes:
                value = judge.similarity(judge.embed(pixels, face), masters.face(person))
                yield _likeness(name, value, face, calibration)

    def _kept(self, definition: Definition, name: str) -> str:
        file = definition.folder.path / name
        digest = sha256(file)
        self._files[digest] = file
        return digest


def _alike(project: Project, people: Onlookers, name: str | None) -> tuple[Alike, ...]:
    first = people.judges[0]
    limit = people.calibrations[0].bar(0.0)
    known: dict[str, Vector] = {}
    for folder in _folders(project):
        definition = define(folder)[0] if folder.kind == "character" and folder.name not in known else None
        person = people.expected(definition) if definition else None
        face = people.known(person) if person else None
        if face is not None:
            known[folder.name] = face
    pairs = ((a, b, first.similarity(known[a], known[b])) for a, b in combinations(sorted(known), 2))
    found = [Alike(one=a, other=b, value=v, limit=limit) for a, b, v in pairs if v >= limit and name in (None, a, b)]
    return tuple(sorted(found, key=lambda pair: -pair.value))


def _likeness(name: str, value: float, face: Detection, calibration: Calibration) -> Rule:
    bar, degrees = calibration.bar(turn(face)), turn(face)
    outcome: Outcome = "ok" if value >= bar else "fail"
    fix = "" if value >= bar else ANOTHER
    if abs(degrees) > calibration.widest_turn or eye_distance(face) < calibration.smallest_eyes:
        outcome, fix = "warn", "the judge cannot score a face so small or turned so far; look at it yourself"
    return Rule(name=name, outcome=outcome, number=value, limit=f"at least {bar:g} at this turn", fix=fix)


def _known(people: Onlookers, definition: Definition, version: WrittenVersion) -> ExpectedFace | None:
    """Return whom a version's pictures are compared with; a master without a face is told by its own rules."""
    person = people.expected(definition, version)
    return person if person is not None and people.known(person) is not None else None


def _references(definition: Definition, people: Onlookers) -> Iterator[Checked]:
    """Check each reference of every version, once."""
    seen: set[str] = set()
    versions = definition.written.versions
    faces = {version.id: _known(people, definition, version) for version in versions}
    for version, reference in ((v, r) for v in versions for r in v.references):
        person = faces[version.id]
        if reference.file in seen or reference.step not in SEEN:
            continue
        seen.add(reference.file)
        if reference.step == "motion":
            yield _motion(reference, definition, people, person)
            continue
        try:
            pixels = imaging.decode(definition.folder.path / reference.file)
        except InputError as error:
            yield _unreadable(reference.file, reference.step, error)
            continue
        checked = _reference(reference, pixels, people.examiners)
        if person and reference.step in FACES:
            checked = checked.changed(rules=(*checked.rules, *people.likeness(pixels, person)))
        yield checked


def _motion(
    reference: WrittenReference, definition: Definition, people: Onlookers, person: ExpectedFace | None
) -> Checked:
    def likeness(pixels: RGB) -> Iterator[Rule]:
        return people.likeness(pixels, person) if person else iter(())

    return check_motion(definition.folder.path / reference.file, reference.file, likeness)


def _reference(reference: WrittenReference, pixels: RGB, looking: Examiners) -> Checked:
    step = reference.step
    if reference.fit is not None or reference.layer == "foreground":
        step = "picture"  # a body that heads are put on, or what stands before people: a thing, cut out
    drawn = reference.origin is None or reference.origin.original is None
    return look(pixels, step, looking, name=reference.file, turn=reference.turn, generated=drawn)


def _photo(photo: Path, step: Step, looking: Examiners, *, alone: bool) -> Checked:
    try:
        source = intake.read(photo)
    except InputError as error:
        if alone:
            raise
        return _unreadable(str(photo), step, error)
    return look(source.pixels, step, looking, name=str(photo), source=source)


def _unreadable(file: str, step: Step, error: InputError) -> Checked:
    fix = f"{error.problems[0].message}; {error.hint}"
    return Checked(file=file, step=step, rules=(Rule(name="readable", outcome="fail", limit="a picture", fix=fix),))


def _inside(folder: Path) -> list[Path]:
    found = sorted(f for f in folder.iterdir() if f.suffix.lower() in PICTURES)
    if not found:
        raise InputError(f"{folder} holds no picture", "give a folder of PNG, JPEG or WebP files")
    return found


def _folders(project: Project) -> tuple[AssetFolder, ...]:
    """Return the asset folders of every library, the project's own first."""
    return tuple(folder for root in project.libraries.values() if root.is_dir() for folder in folders(root))


def _definition(project: Project, name: str) -> Definition:
    """Return an asset by its name; raise InputError when there is none, or its file is wrong."""
    there = _folders(project)
    folder = next((f for f in there if f.name == name), None)
    if folder is None:
        known = sorted({f.name for f in there})
        hint = did_you_mean(name, known) or f"assets: {', '.join(known) or 'none yet'}"
        raise InputError(f"{name!r} is neither a file nor an asset of the library", hint)
    definition, problems = define(folder)
    if definition is None:
        raise InputError(problems, f"correct {folder.file.name}, then check {name} again")
    return definition


def _project(near: Path) -> Project:
    """Return the project of a folder; without one, photographs can be checked too."""
    try:
        return find(near)
    except InputError:
        return Project(near, Settings())
