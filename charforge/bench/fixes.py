"""Measures what the fix ladder mends: takes that drifted by a known share, graded by a model that no fix calls.

Every take goes up the ladder as shipped, in a project whose library knows one picture of the person: the first judge
says whether there is anything to mend, both decide what is kept, and what harms is undone. A third face model grades
what stands; `qa.ladder.pasted` says whether it would be seen, and every pixel outside the face is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING, Any

from charforge.backends import registry
from charforge.backends.portrait import casting as cast
from charforge.bench import drifting, fixes_photos
from charforge.bench.fixes_figures import Bars, Scores, Step, TakeRow, figures, groups
from charforge.bench.fixes_ladder import Mended, mended, opened
from charforge.domain.models import OwnModel
from charforge.events import Noted, Progressed, Reporter, StageEnded, StageStarted
from charforge.qa.calibration import calibrated
from charforge.qa.ladder import pasted, spilled
from charforge.weights import LocalHome, digest

if TYPE_CHECKING:
    from charforge.backends.portrait.casting import Studio
    from charforge.backends.protocols import RGB, Detection, FaceBackend, Landmarks, Vector
    from charforge.bench.drifting import Drifted, Lot
    from charforge.studio.desk import Desk

    Each = Callable[[TakeRow, RGB, RGB, RGB], None]

__all__ = ["FIRST_SEED", "Bars", "Scores", "Step", "TakeRow", "figures", "fixes", "groups"]

FIRST_SEED = 95000
"""Nothing of a repair, of the ladder or of this bench was chosen by looking at the seeds from here on."""
STAGE = "bench"


@dataclass(frozen=True, slots=True)
class Shop:
    """Who draws, who measures and who grades."""

    studio: Studio
    grader: FaceBackend | None


@dataclass(frozen=True, slots=True)
class _Person:
    """Whom takes show, as everybody knows them."""

    lot: Lot
    front: tuple[Vector, ...]
    stranger: tuple[Vector, ...]
    marks: Landmarks


def fixes(  # noqa: PLR0913 - what is measured, on whom, and who is told
    people: int,
    first_seed: int = FIRST_SEED,
    *,
    third: Path | None = None,
    photos: Path | None = None,
    each: Each | None = None,
    tell: Reporter,
) -> tuple[TakeRow, ...]:
    """Return what became of every take; `each` is given every row with the take, what stands and the master.

    With a folder of `photos` the takes are of real people, everybody in it, and nobody is drawn.
    """
    began = monotonic()
    rows: list[TakeRow] = []
    total = 0 if photos else people * len(drifting.TURNS)
    shop = _shop(third)
    tell(StageStarted(STAGE, total, "takes"))

    def told(text: str) -> None:
        tell(Progressed(STAGE, text, len(rows), max(total, len(rows))))

    found = fixes_photos.lots(shop.studio, photos) if photos else drifting.lots(shop.studio, first_seed, people, told)
    for lot in found:
        told(lot.name)
        mine: list[TakeRow] = []
        for row, taken, stands in _mended(shop, lot):
            mine.append(row)
            rows.append(row)
            told(lot.name)
            if each is not None:
                each(row, taken, stands, lot.master)
        tell(Noted(f"{lot.name}: {sum(r.kept for r in mine)} of {len(mine)} mended"))
    tell(StageEnded(STAGE, monotonic() - began))
    return tuple(rows)


def _shop(third: Path | None) -> Shop:
    own = {} if third is None else {"insightface": OwnModel("insightface", third, digest(third))}
    home = LocalHome(models=own)
    made = [registry.create(*w, home) for w in (("generator", "portrait"), ("face", "sface"), ("face", "dlib"))]
    made += [registry.create(*w, home) for w in (("landmark", "landmarks"), ("matte", "modnet"))]
    return Shop(cast.Studio(*made), None if third is None else registry.create("face", "insightface", home))


def _mended(shop: Shop, lot: Lot) -> Iterator[tuple[TakeRow, RGB, RGB]]:
    """Yield every take of a person with what became of it: the row, the take and what stands."""
    known = _person(shop, lot)
    if known is None:
        return
    with TemporaryDirectory(prefix="charforge-bench-") as folder:
        desk = opened(Path(folder), lot.master)
        for number in count():
            take = next(lot.takes, None)
            if take is None:
                return
            found = _tried(shop, desk, take, known, number)
            if found is not None:
                yield found


def _person(shop: Shop, lot: Lot) -> _Person | None:
    """Return a person as everybody knows them; None where somebody sees no face in a master."""
    front, stranger = _known(shop, lot.master), _known(shop, lot.stranger)
    faces = shop.studio.face.detect(lot.master)
    marks = shop.studio.landmark.landmarks(lot.master, faces[0]) if faces else None
    if front is None or stranger is None or marks is None:
        return None
    return _Person(lot, front, stranger, marks)


def _tried(
    shop: Shop, desk: Desk, take: Drifted, person: _Person, number: int
) -> tuple[TakeRow, RGB, RGB] | None:  # fmt: skip
    """Return the row of a take, the take and what stands after the ladder; None for one in which nobody sees a face."""
    faces = shop.studio.face.detect(take.pixels)
    marks = shop.studio.landmark.landmarks(take.pixels, faces[0]) if faces else None
    before = _scores(shop, take.pixels, person)
    if marks is None or before is None:
        return None
    began = monotonic()
    done = mended(desk, take.pixels, number)
    seconds = monotonic() - began
    kept = any(s.kept for s in done.steps)
    after = _scores(shop, done.pixels, person) if kept else before
    row = TakeRow(
        person=person.lot.name,
        share=take.share,
        kind=take.kind,
        eyes=take.eyes,
        turn=marks.turn,
        apart=max(abs(marks.turn - person.marks.turn), abs(marks.pitch - person.marks.pitch)),
        bars=_bars(shop, marks.turn, take.eyes),
        before=before,
        after=after or Scores(first=-1.0, second=-1.0, third=-1.0),
        began=done.began,
        outcome=done.outcome,
        steps=tuple(Step(step=s.step, kept=s.kept, reason=s.reason) for s in done.steps),
        pasted=_looks(shop, take.pixels, done, faces[0], marks) if kept else None,
        outside=spilled(take.pixels, done.pixels, _box(faces[0]), _margin()),
        seconds=seconds,
    )
    return row, take.pixels, done.pixels


def _looks(shop: Shop, taken: RGB, done: Mended, face: Detection, marks: Landmarks) -> Any:  # noqa: ANN401 - or None
    found = shop.studio.face.detect(done.pixels)
    then = shop.studio.landmark.landmarks(done.pixels, found[0] if found else face)
    return None if then is None else pasted(taken, done.pixels, marks, then)


def _box(face: Detection) -> tuple[int, int, int, int]:
    x, y, width, height = (int(v) for v in face.box)
    return x, y, width, height


def _margin() -> float:
    margin: float = registry.backend_class("repair", "transfer").margin
    return margin


def _bars(shop: Shop, turn: float, eyes: float) -> Bars | None:
    """Return what the third model's shipped calibration asks of such a face; None without a third model."""
    if shop.grader is None:
        return None
    known = calibrated(shop.grader)
    return Bars(verification=known.bar(turn, eyes), likeness=known.likeness(turn, eyes))


def _known(shop: Shop, pixels: RGB) -> tuple[Vector, ...] | None:
    """Return a face's embeddings by the judges and, where there is one, the grader; None without a face."""
    found = shop.studio.face.detect(pixels)
    if not found:
        return None
    judged = [judge.embed(pixels, found[0]) for judge in (shop.studio.face, shop.studio.judge)]
    seen = () if shop.grader is None else shop.grader.detect(pixels)
    return (*judged, *([shop.grader.embed(pixels, seen[0])] if shop.grader is not None and seen else []))


def _scores(shop: Shop, pixels: RGB, person: _Person) -> Scores | None:
    found = _known(shop, pixels)
    if found is None:
        return None
    models = (shop.studio.face, shop.studio.judge, *(() if shop.grader is None else (shop.grader,)))
    own, other = (
        [m.similarity(a, b) for m, a, b in zip(models, who, found, strict=False)]
        for who in (person.front, person.stranger)
    )
    graded = len(own) > 2
    return Scores(
        first=own[0], second=own[1], third=own[2] if graded else None, stranger=other[2] if graded else None
    )  # fmt: skip
