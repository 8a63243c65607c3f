"""Makes a face judge's calibration from pairs of pictures, and finds the one that a project uses."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from charforge import imaging
from charforge.documents.files import write_atomic
from charforge.domain.value import Value
from charforge.errors import InputError, Problem
from charforge.qa import quality
from charforge.qa.calibration import Calibration, calibrated, read, written
from charforge.qa.fitting import Compared, Held, fitted, held_out
from charforge.qa.pose import eye_distance, turn
from charforge.studio import machine
from charforge.studio.project import Project, Settings, find

if TYPE_CHECKING:
    from charforge.backends.protocols import FaceBackend, Vector

    Told = Callable[[str, int, int], None]

PICTURES = {".jpg", ".jpeg", ".png", ".webp"}
MOST = 1_000_000
"""Pairs of strangers that are compared at most; of more, a sample that is always the same."""
NOT_A_TABLE = "the columns are a, b and label; identity_a, identity_b and kind may follow"


class CalibrationReport(Value):
    """A calibration that was made, and how it does on people that it was not made on."""

    calibration: Calibration
    file: str
    """Where it was written; empty where it was not."""
    pictures: int
    undetected: int
    """Pictures in which no face was found, or none that can be scored."""
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of a pairs file."""

    a: Path
    b: Path
    same: bool
    one: str = ""
    """Who is in `a`; empty where the file does not say."""
    other: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """The largest face of a picture, as a judge sees it."""

    vector: Vector
    turn: float
    eyes: float


@dataclass(slots=True)
class Gallery:
    """The largest face of each picture, found and embedded once."""

    finder: FaceBackend
    judge: FaceBackend
    least_detail: float = 0.0
    known: dict[Path, Seen | None] = field(default_factory=dict)

    def seen(self, path: Path) -> Seen | None:
        """Return a picture's largest face; None where there is none, or one too blurred to score."""
        if path not in self.known:
            pixels = imaging.decode(path)
            faces = self.finder.detect(pixels)
            found = None
            if faces and quality.detail(pixels, faces[0]) >= self.least_detail:
                found = Seen(self.judge.embed(pixels, faces[0]), abs(turn(faces[0])), eye_distance(faces[0]))
            self.known[path] = found
        return self.known[path]


def calibrate(  # noqa: PLR0913, PLR0917 - one option each
    near: Path,
    pairs: Path,
    root: Path | None,
    impostors: Path | None,
    judge: str | None,
    output: Path | None,
    tell: Told,
) -> CalibrationReport:
    """Return a judge's calibration made from a pairs file, and write it where asked.

    Faces are found as the project's first judge finds them. `impostors` is a folder with one picture each of many
    people. Raises InputError when the files are not such or hold too little.
    """
    project = project_of(near)
    tools = machine.toolbox(project)
    first = project.settings.judges[0]
    face = tools.get("face", judge or first)
    base = calibrated(face)
    gallery = Gallery(tools.get("face", first), face, base.least_detail)
    compared = gathered(gallery, tuple(rows(pairs, root or pairs.parent)), impostors, tell)
    made = fitted(compared, base.changed(judge=face.name, model=face.model), _made_on(compared, gallery))
    if output is not None:
        write_atomic(output, written(made))
    return CalibrationReport(
        calibration=made,
        file=str(output or ""),
        pictures=len(gallery.known),
        undetected=sum(seen is None for seen in gallery.known.values()),
        held=held_out(compared, base),
    )


def used(near: Path, judge: str | None = None) -> tuple[Calibration, ...]:
    """Return what the numbers of a project's judges mean, or of one other."""
    project = project_of(near)
    tools = machine.toolbox(project)
    return tuple(of(project, tools.get("face", name)) for name in ((judge,) if judge else project.settings.judges))


def own(project: Project) -> tuple[Calibration, ...]:
    """Return the calibrations that charforge.yaml names; raise InputError when one cannot be used."""
    return tuple(read(project.root / name) for name in project.settings.calibrations)


def of(project: Project, face: FaceBackend) -> Calibration:
    """Return what a judge's numbers mean in a project: its own calibration, else the shipped one."""
    return calibrated(face, own(project))


def project_of(near: Path) -> Project:
    """Return the project that holds a folder, or one with the default settings outside any."""
    try:
        return find(near)
    except InputError as error:
        if "not inside" in error.message:
            return Project(near, Settings())
        raise


def gathered(gallery: Gallery, listed: Sequence[Pair], impostors: Path | None, tell: Told) -> Compared:
    """Return every pair of a list, and of strangers further ones, as a judge sees them.

    Where the list says who is who, each person's first picture is compared with every picture of everybody else of
    its kind. Every two pictures of `impostors` are strangers, each named by its file. No two pictures are compared
    twice, whichever of them comes first.
    """
    bank = photos(impostors) if impostors is not None else []
    wanted = list(dict.fromkeys([p for pair in listed for p in (pair.a, pair.b)] + bank))
    for number, path in enumerate(wanted):
        tell(path.name, number, len(wanted))
        gallery.seen(path)
    names = _people(listed)
    found = {(*sorted((p.a, p.b)), p.same): (p.a, p.b, p.same, names[p.a], names[p.b]) for p in listed}
    pairs = _strangers(listed, names)
    pairs += [(a, b, a.stem, b.stem) for i, a in enumerate(bank) for b in bank[i + 1 :]]
    # Of two people's first pictures each meets the other: that is one pair.
    known = {key[:2] for key in found}
    different = {pair: (a, b, False, x, y) for a, b, x, y in pairs if (pair := (min(a, b), max(a, b))) not in known}
    strangers = list(different.values())
    if len(strangers) > MOST:
        chosen = np.random.default_rng(0).choice(len(strangers), MOST, replace=False)
        strangers = [strangers[i] for i in np.sort(chosen)]
    return _compared(gallery, [*found.values(), *strangers])


def rows(table: Path, root: Path) -> Iterator[Pair]:
    """Yield the pairs of a CSV file, whose paths start from `root`; raise InputError where it is no such table."""
    try:
        text = table.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(f"the pairs cannot be read: {reason}", file=table)], "check the path") from error
    lines = csv.DictReader(text.splitlines())
    missing = {"a", "b", "label"} - set(lines.fieldnames or ())
    if missing:
        problem = Problem(f"there is no column {', '.join(sorted(missing))}", file=table, line=1)
        raise InputError([problem], NOT_A_TABLE)
    for number, row in enumerate(lines, 2):
        if row["label"] not in {"same", "different"}:
            problem = Problem(f"the label {row['label']!r} is neither same nor different", file=table, line=number)
            raise InputError([problem])
        if not row["a"] or not row["b"]:
            raise InputError([Problem("a pair needs two pictures", file=table, line=number)])
        who = [row.get(column) or "" for column in ("identity_a", "identity_b", "kind")]
        if who[0] and who[1] and (who[0] == who[1]) != (row["label"] == "same"):
            problem = Problem(f"{who[0]} and {who[1]} are labelled {row['label']}", file=table, line=number)
            raise InputError([problem], "the same person has the same identity")
        yield Pair(root / row["a"], root / row["b"], row["label"] == "same", *who)


def photos(folder: Path) -> list[Path]:
    """Return the pictures in a folder; raise InputError when there is no such folder."""
    try:
        return sorted(p for p in folder.iterdir() if p.suffix.lower() in PICTURES)
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror}", "name a folder of photos") from error


def _people(listed: Sequence[Pair]) -> dict[Path, str]:
    """Return who is in each picture: as the list says, else pictures that it calls the same belong together."""
    names: dict[Path, str] = {}
    for pair in listed:
        for path, who in ((pair.a, pair.one), (pair.b, pair.other)):
            if who or path not in names:
                names[path] = who or str(path)
    for pair in listed:
        one, other = names[pair.a], names[pair.b]
        if pair.same and one != other:
            names.update({path: one for path, who in names.items() if who == other})
    return names


def _strangers(listed: Sequence[Pair], names: dict[Path, str]) -> list[tuple[Path, Path, str, str]]:
    """Return each person's first picture with every picture of the others of its kind, where the list names people."""
    told = [p for p in listed if p.one and p.other]
    kinds = {path: p.kind for p in told for path in (p.a, p.b)}
    masters: dict[str, Path] = {}
    for pair in told:
        masters.setdefault(pair.one, pair.a)
    return [
        (master, path, who, names[path])
        for who, master in masters.items()
        for path, kind in kinds.items()
        if names[path] != who and kind == kinds[master]
    ]


def _compared(gallery: Gallery, pairs: Sequence[tuple[Path, Path, bool, str, str]]) -> Compared:
    numbers: dict[str, int] = {}
    scores: list[tuple[float, float, float]] = []
    people: list[tuple[int, int]] = []
    labels: list[bool] = []
    alike = gallery.judge.similarity
    for a, b, same, who, other in pairs:
        one, two = gallery.known[a], gallery.known[b]
        if one is None or two is None:
            continue
        scores.append((alike(one.vector, two.vector), max(one.turn, two.turn), min(one.eyes, two.eyes)))
        people.append((numbers.setdefault(who, len(numbers)), numbers.setdefault(other, len(numbers))))
        labels.append(same)
    value, turns, eyes = np.array(scores, np.float64).reshape(-1, 3).T
    first, second = np.array(people, np.int64).reshape(-1, 2).T
    return Compared(value, np.array(labels, bool), turns, eyes, first, second)


def _made_on(pairs: Compared, gallery: Gallery) -> str:
    same = int(pairs.same.sum())
    counts = f"{same} pairs of the same person and {len(pairs.same) - same} of strangers"
    return f"{counts}: {len(gallery.known)} pictures of {len(pairs.people())} people."
