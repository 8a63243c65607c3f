"""Measures how many people whom the embedded generator makes up can be shown from all sides, as the same person.

Seeds are taken in order from the first, none picked: those with a usable head become masters as `charforge cast` makes
them, and every target is hunted for as `charforge build` does. A third face model, which no search ever calls, grades
what was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from charforge.backends import registry
from charforge.backends.portrait import casting as faces
from charforge.bench.figures import Figure
from charforge.domain.models import OwnModel
from charforge.domain.value import Value
from charforge.events import Noted, Progressed, Reporter, StageEnded, StageStarted
from charforge.qa import calibrated
from charforge.weights import LocalHome, digest

if TYPE_CHECKING:
    from charforge.backends.portrait.casting import Master, Pose, Studio
    from charforge.backends.protocols import RGB, FaceBackend, Vector

    Told = Callable[[str, int, int], None]

FIRST_SEED = 7000
"""No figure or direction that the package ships was made with the seeds from here on."""
ABSENT = "no third model: --third names a folder with scrfd-500m and w600k-mbf (charforge weights pull … --to FOLDER)"
STAGE = "bench"
HARD = ("left45", "right45", "up15")


class TargetRow(Value):
    """One head that was hunted for."""

    name: str
    turn: float
    pitch: float
    first: float
    second: float
    plain: tuple[float, float] | None
    """What both judges say of the head before it was given the master's face."""
    third: float | None
    """What the model says that no search calls; None where there is none, or it sees no face."""
    hair: float | None
    skin: float | None
    garment: float | None
    """Differences of colour to the master; None where not in view."""
    reached: bool
    short: tuple[str, ...]
    drawn: int
    seconds: float
    curve: tuple[tuple[float, float], ...]
    """Degrees or strength against the first judge's likeness: the front of all heads drawn."""


class MasterRow(Value):
    """One person."""

    seed: int
    seconds: float
    """Of the hunt, the neighbourhood included; the master itself is not."""
    drawn: int
    targets: tuple[TargetRow, ...]

    @property
    def reached(self) -> tuple[str, ...]:
        """The targets that both judges and the colours grant."""
        return tuple(t.name for t in self.targets if t.reached)

    @property
    def whole(self) -> bool:
        """Whether everything was reached but profiles, which go as far as identity holds."""
        return all(t.reached for t in self.targets if not t.name.endswith("profile"))

    @property
    def least(self) -> float | None:
        """What the third model says of the head least like the master, profiles left out."""
        known = [t.third for t in self.targets if t.third is not None and not t.name.endswith("profile")]
        return min(known) if known else None


def casting(
    masters: int,
    first_seed: int,
    *,
    each: float | None = None,
    third: Path | None = None,
    tell: Reporter,
) -> tuple[MasterRow, ...]:
    """Return what was found of so many people; `each` bounds the seconds of a hunt."""
    studio, grader = _studio(third)
    began = monotonic()
    tell(StageStarted(STAGE, masters, "people"))
    found: list[MasterRow] = []

    def telling(item: str, done: int, total: int) -> None:
        tell(Progressed(STAGE, f"person {len(found) + 1} of {masters}, {item}", done, total))

    for person in _people(studio, first_seed, masters, telling):
        found.append(measured(studio, person, grader, each, telling))
        tell(Noted(summary(found[-1])))
    tell(StageEnded(STAGE, monotonic() - began))
    return tuple(found)


def summary(row: MasterRow) -> str:
    """Return in a line what was found of a person."""
    third = "" if row.least is None else f", third model at least {row.least:.2f}"
    missed = ", ".join(t.name for t in row.targets if not t.reached) or "nothing"
    return f"seed {row.seed}: {len(row.reached)} of {len(row.targets)} reached, missed {missed}{third}"


def measured(studio: Studio, person: Master, grader: FaceBackend | None, each: float | None, tell: Told) -> MasterRow:
    """Return what was found of one person."""
    began = monotonic()
    poses: list[Pose] = []
    built = faces.hunt(studio, person, faces.TARGETS, tell, seconds=each, each=poses.append)
    front = None if grader is None else _seen(grader, person.pixels)
    rows = tuple(_row(pose, grader, front) for pose in poses)
    return MasterRow(seed=person.seed, seconds=monotonic() - began, drawn=built.drawn, targets=rows)


def figures(rows: tuple[MasterRow, ...], bar: float | None) -> tuple[Figure, ...]:
    """Return the totals; `bar` is the third model's, None where there is none."""
    count = len(rows)
    whole = Figure(
        what="masters that reach every target by both judges, colours held",
        value=sum(r.whole for r in rows), unit=f"of {count}", aim=f"{count}", note="but profiles",
    )  # fmt: skip
    hard = [t for r in rows for t in r.targets if t.name in HARD]
    totals = [
        whole,
        Figure(
            what="left 45, right 45 and chin up 15 reached", value=sum(t.reached for t in hard), unit=f"of {len(hard)}"
        ),
        Figure(
            what="heads reached",
            value=sum(len(r.reached) for r in rows),
            unit=f"of {sum(len(r.targets) for r in rows)}",
        ),
        Figure(
            what="seconds a person, mean",
            value=sum(r.seconds for r in rows) / max(count, 1),
            unit="s",
            aim="at most 720",
        ),
    ]
    if bar is None:
        return (*totals, Figure(what="graded by a third model", value=0, unit=f"of {count}", note=ABSENT))
    good = sum(r.least is not None and r.least >= bar for r in rows)
    both = sum(r.whole and r.least is not None and r.least >= bar for r in rows)
    note = f"its bar is {bar:g}"
    return (
        *totals,
        Figure(
            what="masters whose every head the third model takes for them", value=good, unit=f"of {count}", note=note
        ),
        Figure(what="masters that pass all three", value=both, unit=f"of {count}", aim=f"{count}", note="but profiles"),
    )


def third_bar(third: Path | None) -> float | None:
    """Return the third model's flat bar, None without one."""
    return None if third is None else float(registry.create("face", "insightface", LocalHome()).bar)


def _studio(third: Path | None) -> tuple[Studio, FaceBackend | None]:
    own = {} if third is None else {"insightface": OwnModel("insightface", third, digest(third))}
    home = LocalHome(models=own)
    first, second = (registry.create("face", name, home) for name in ("sface", "dlib"))
    one, other = calibrated(first), calibrated(second)
    portrait = registry.create("generator", "portrait", home)
    landmark, matte = registry.create("landmark", "landmarks", home), registry.create("matte", "modnet", home)
    studio = faces.Studio(portrait, first, second, landmark, matte)
    grader = None if third is None else registry.create("face", "insightface", home)
    return replace(studio, bars=lambda turn: (one.bar(turn), other.bar(turn))), grader


def _people(studio: Studio, first_seed: int, count: int, tell: Told) -> Iterator[Master]:
    """Cast the first usable seeds, in order."""
    seed = first_seed
    while count > 0:
        usable = [c for c in faces.candidates(studio, (seed,), tell) if c.usable]
        if usable:
            yield faces.master(studio, seed, tell)
            count -= 1
        seed += 1


def _row(pose: Pose, grader: FaceBackend | None, front: Vector | None) -> TargetRow:
    face = None if grader is None else _seen(grader, pose.pixels)
    alike = None if grader is None or face is None or front is None else grader.similarity(front, face)
    held = pose.held
    return TargetRow(
        name=pose.name, turn=pose.turn, pitch=pose.pitch, first=pose.likeness, second=pose.second, plain=pose.plain,
        third=alike, hair=held and held.hair, skin=held and held.skin, garment=held and held.garment,
        reached=pose.reached, short=pose.short, drawn=pose.drawn, seconds=pose.seconds, curve=pose.curve,
    )  # fmt: skip


def _seen(grader: FaceBackend, pixels: RGB) -> Vector | None:
    found = grader.detect(pixels)
    return grader.embed(pixels, found[0]) if found else None
