"""Checks reference pictures: photographs from outside, and every reference of an asset."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import combinations
from pathlib import Path

from charforge import imaging
from charforge.backends.protocols import RGB, Detection, FaceBackend
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Step
from charforge.domain.checks import Alike, Checked, Outcome, Rule
from charforge.domain.value import Value
from charforge.errors import InputError
from charforge.library import intake
from charforge.library.checks import Examiners, check_plate
from charforge.library.checks import check as look
from charforge.library.definitions import Definition, define
from charforge.library.folders import assets as folders
from charforge.library.pictures import PICTURES
from charforge.library.written import WrittenCharacter, WrittenReference
from charforge.qa.calibration import Calibration, calibrated
from charforge.qa.masters import Masters
from charforge.qa.pose import eye_distance, turn
from charforge.runners import Toolbox
from charforge.studio.machine import home
from charforge.studio.project import Project, Settings, find

FACES: frozenset[Step] = frozenset({"headshot", "angle", "expression", "wardrobe"})
"""Steps whose pictures must show the character's face."""
SEEN: frozenset[Step] = FACES | {"body", "plate", "insert", "picture"}
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
    tools = Toolbox(home(project), {"face": project.settings.judges[0]})
    return Examiners(tools.get("face", project.settings.judges[0]), tools.tool("landmark"), tools.tool("matte"))


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
    looking = examiners(project)
    same = _Likeness(project) if isinstance(definition.written, WrittenCharacter) else None
    found = tuple(_references(definition, looking, same))
    alike = lookalikes(project, name) if same else ()
    return CheckedAsset(name=name, kind=definition.folder.kind, references=found, alike=alike)


def lookalikes(project: Project, name: str | None = None) -> tuple[Alike, ...]:
    """Return every two characters whom the first judge takes for one person; with a name, only that one's pairs.

    The bar is the one at which the judge was measured to take too few strangers for the same person to matter.
    Characters whose master shows no single face are left out.
    """
    first = Toolbox(home(project)).get("face", project.settings.judges[0])
    limit = calibrated(first).bar(0.0)
    masters: dict[str, Path] = {}
    for root in project.libraries.values():
        for folder in folders(root) if root.is_dir() else ():
            definition = define(folder)[0] if folder.kind == "character" else None
            if definition and (file := _master(definition)):
                masters.setdefault(folder.name, file)
    eyes = Masters(first, first, {_digest(f): f for f in masters.values()}.__getitem__, project.state / "embeddings")
    known = {}
    for who, file in masters.items():
        with suppress(InputError):
            known[who] = eyes.embedding(_digest(file))
    pairs = ((a, b, first.similarity(known[a], known[b])) for a, b in combinations(sorted(known), 2))
    found = [Alike(one=a, other=b, value=v, limit=limit) for a, b, v in pairs if v >= limit and name in (None, a, b)]
    return tuple(sorted(found, key=lambda pair: -pair.value))


class _Likeness:
    """Says how alike a reference is to its master, by both judges."""

    def __init__(self, project: Project) -> None:
        tools = Toolbox(home(project), {"face": project.settings.judges[0]})
        self._files: dict[str, Path] = {}
        self._judges: tuple[FaceBackend, ...] = tuple(tools.get("face", name) for name in project.settings.judges)
        folder = project.state / "embeddings"
        self._masters = [Masters(self._judges[0], j, self._files.__getitem__, folder) for j in self._judges]

    def rules(self, pixels: RGB, master: Path) -> Iterator[Rule]:
        """Yield what each judge says of the largest face."""
        faces = self._judges[0].detect(pixels)
        if not faces:
            return
        digest = _digest(master)
        self._files[digest] = master
        for name, judge, masters in zip(("identity", "identity-second"), self._judges, self._masters, strict=True):
            value = judge.similarity(judge.embed(pixels, faces[0]), masters.embedding(digest))
            yield _likeness(name, value, faces[0], calibrated(judge))


def _likeness(name: str, value: float, face: Detection, calibration: Calibration) -> Rule:
    bar, degrees = calibration.bar(turn(face)), turn(face)
    outcome: Outcome = "ok" if value >= bar else "fail"
    fix = "" if value >= bar else ANOTHER
    if abs(degrees) > calibration.widest_turn or eye_distance(face) < calibration.smallest_eyes:
        outcome, fix = "warn", "the judge cannot score a face so small or turned so far; look at it yourself"
    return Rule(name=name, outcome=outcome, number=value, limit=f"at least {bar:g} at this turn", fix=fix)


def _references(definition: Definition, looking: Examiners, same: _Likeness | None) -> Iterator[Checked]:
    """Check each reference of every version, once."""
    seen: set[str] = set()
    master = _master(definition)
    for reference in (r for version in definition.written.versions for r in version.references):
        if reference.file in seen or reference.step not in SEEN:
            continue
        seen.add(reference.file)
        pixels = imaging.decode(definition.folder.path / reference.file)
        checked = _reference(reference, pixels, looking)
        if same and master and reference.step in FACES:
            checked = checked.changed(rules=(*checked.rules, *same.rules(pixels, master)))
        yield checked


def _reference(reference: WrittenReference, pixels: RGB, looking: Examiners) -> Checked:
    # A body that heads are put on shows no face; of it there is to be seen what is to be seen of a thing.
    if reference.step not in FACES:
        return check_plate(pixels, looking, reference.file, step="picture" if reference.fit else reference.step)
    drawn = reference.origin is None or reference.origin.original is None
    return look(pixels, reference.step, looking, name=reference.file, turn=reference.turn, generated=drawn)


def _photo(photo: Path, step: Step, looking: Examiners, *, alone: bool) -> Checked:
    try:
        source = intake.read(photo)
    except InputError as error:
        if alone:
            raise
        told = Rule(
            name="readable", outcome="fail", limit="a picture", fix=f"{error.problems[0].message}; {error.hint}"
        )
        return Checked(file=str(photo), step=step, rules=(told,))
    return look(source.pixels, step, looking, name=str(photo), source=source)


def _inside(folder: Path) -> list[Path]:
    found = sorted(f for f in folder.iterdir() if f.suffix.lower() in PICTURES)
    if not found:
        raise InputError(f"{folder} holds no picture", "give a folder of PNG, JPEG or WebP files")
    return found


def _definition(project: Project, name: str) -> Definition:
    """Return an asset by its name; raise InputError when there is none, or its file is wrong."""
    known: list[str] = []
    for root in project.libraries.values():
        for folder in folders(root) if root.is_dir() else ():
            known.append(folder.name)
            if folder.name == name:
                definition, problems = define(folder)
                if definition is None or problems:
                    raise InputError(problems, f"correct {folder.file.name}, then check {name} again")
                return definition
    hint = did_you_mean(name, known) or f"assets: {', '.join(sorted(set(known))) or 'none yet'}"
    raise InputError(f"{name!r} is neither a file nor an asset of the library", hint)


def _master(definition: Definition) -> Path | None:
    """Return the picture that scores are taken against: the primary one, or the newest version's headshot."""
    written = definition.written
    if not isinstance(written, WrittenCharacter):
        return None
    name = written.embedding.picture if written.embedding else None
    versions = sorted(written.versions, key=lambda v: -v.id)
    headshots = (r.file for version in versions for r in version.references if r.step == "headshot")
    name = name or next(headshots, None)
    return definition.folder.path / name if name else None


def _project(near: Path) -> Project:
    """Return the project of a folder; without one, photographs can be checked too."""
    try:
        return find(near)
    except InputError:
        return Project(near, Settings())


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
