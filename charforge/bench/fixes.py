"""Measures what the face transfer mends: takes that drifted by a known share, graded by a model that no fix calls.

Every take is repaired once, offline. The repair is kept where both judges find it more like the master than before and
nothing about it would look pasted (`pasting`); else the take stays as it was. A third face model grades what stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING, Any

from charforge import imaging
from charforge.backends import registry
from charforge.backends.portrait import casting as cast
from charforge.backends.protocols import FaceBackend, LandmarkBackend
from charforge.bench import drifting
from charforge.bench.fixes_figures import NOISE, figures, groups
from charforge.bench.pasting import Pasted, pasted
from charforge.domain.jobs import Input, RepairJob
from charforge.domain.models import OwnModel
from charforge.domain.value import Value
from charforge.errors import BackendMissing, RenderFailed
from charforge.events import Noted, Progressed, Reporter, StageEnded, StageStarted
from charforge.weights import LocalHome, digest

if TYPE_CHECKING:
    from charforge.backends.portrait.casting import Studio
    from charforge.backends.protocols import RGB, Detection, RepairBackend, Vector

__all__ = ["FIRST_SEED", "Scores", "TakeRow", "figures", "fixes", "groups", "third_bar"]

FIRST_SEED = 8000
"""Nothing of a repair was chosen by looking at the seeds from here on."""
STAGE = "bench"
TURNS = (-30.0, -20.0, -10.0, 0.0, 10.0, 20.0, 30.0)
DRIFTS: tuple[tuple[float, drifting.Kind], ...] = (
    (0.3, "style"), (0.45, "points"), (0.6, "style"), (0.3, "points"), (0.45, "style"), (0.6, "points"),
)  # fmt: skip
EACH = 2
"""Drifts of each turned head."""


class Scores(Value):
    """How like the master a face is to three models; None where the third does not see it or is not there."""

    first: float
    second: float
    third: float | None = None


class TakeRow(Value):
    """One drifted take and what became of it."""

    seed: int
    share: float
    kind: str
    eyes: float
    """Pixels between the eyes."""
    apart: float
    """Degrees of pose between the take and the picture that lent its skin; the master's where it was refused."""
    before: Scores
    after: Scores | None = None
    """None where the repair refused."""
    refused: str = ""
    pasted: Pasted | None = None
    seconds: float = 0.0

    @property
    def kept(self) -> bool:
        """Whether both judges and the look of it let the repair stand."""
        if self.after is None or self.pasted is None or self.pasted.faults:
            return False
        return self.after.first > self.before.first + NOISE and self.after.second > self.before.second + NOISE

    @property
    def stands(self) -> Scores:
        """What is left after the ladder: the repair where it was kept, else the take."""
        return self.after if self.after is not None and self.kept else self.before


@dataclass(frozen=True, slots=True)
class Shop:
    """Everyone who takes part."""

    studio: Studio
    grader: FaceBackend | None
    repair: RepairBackend
    folder: Path


class _Desk:
    """The Kit of the repairs."""

    def __init__(self, shop: Shop) -> None:
        self.scratch = shop.folder
        self._tools: dict[type, Any] = {FaceBackend: shop.studio.face, LandmarkBackend: shop.studio.landmark}

    def put(self, role: str, pixels: RGB) -> Input:
        raw = imaging.encode_png(pixels)
        name = hashlib.sha256(raw).hexdigest()
        self.file(name).write_bytes(raw)
        return Input(role=role, source=name)

    def file(self, name: str) -> Path:
        return self.scratch / f"{name}.png"

    def tool(self, role: type) -> Any:  # noqa: ANN401 - of whatever role is asked for
        return self._tools[role]

    def face(self, model: str) -> FaceBackend:
        message = f"no face backend here runs the model {model}"
        raise BackendMissing(message)

    def step(self, done: int, total: int) -> None:
        """Tell nobody."""


def fixes(
    people: int,
    first_seed: int,
    *,
    third: Path | None = None,
    each: Callable[[TakeRow, RGB, RGB | None, RGB], None] | None = None,
    tell: Reporter,
) -> tuple[TakeRow, ...]:
    """Return what became of every take; `each` is given every row with the take, its repair and the master."""
    with TemporaryDirectory(prefix="charforge-bench-") as folder:
        shop = _shop(third, Path(folder))
        began = monotonic()
        rows: list[TakeRow] = []
        total = people * len(TURNS) * EACH
        tell(StageStarted(STAGE, total, "takes"))

        def told(text: str) -> None:
            tell(Progressed(STAGE, text, len(rows), total))

        for pair in drifting.people(shop.studio, first_seed, people, TURNS, told):
            for row, taken, done, master in _mended(shop, pair):
                rows.append(row)
                told(f"person {row.seed}")
                if each is not None:
                    each(row, taken, done, master)
            tell(Noted(_line(pair[0].seed, [r for r in rows if r.seed == pair[0].seed])))
        tell(StageEnded(STAGE, monotonic() - began))
    return tuple(rows)


def _shop(third: Path | None, folder: Path) -> Shop:
    own = {} if third is None else {"insightface": OwnModel("insightface", third, digest(third))}
    home = LocalHome(models=own)
    made = [registry.create(*w, home) for w in (("generator", "portrait"), ("face", "sface"), ("face", "dlib"))]
    made += [registry.create(*w, home) for w in (("landmark", "landmarks"), ("matte", "modnet"))]
    grader = None if third is None else registry.create("face", "insightface", home)
    return Shop(cast.Studio(*made), grader, registry.create("repair", "transfer", home), folder)


def _mended(shop: Shop, pair: tuple[drifting.Person, drifting.Person]) -> list[tuple[TakeRow, RGB, RGB | None, RGB]]:
    """Return every take of a character with what became of it: the row, the take, the repair and the master."""
    person, found = pair[0], []
    desk, front = _Desk(shop), _known(shop, person.pixels)
    assert front is not None
    master = desk.put("master", person.pixels)
    for number in range(len(TURNS)):
        for turn in range(EACH):
            serial = person.seed + len(TURNS) * turn + number
            share, kind = DRIFTS[(EACH * number + turn + person.seed) % len(DRIFTS)]
            take = drifting.take(shop.studio, pair, number, drifting.Recipe(share, kind, serial))
            row = _tried(shop, desk, take, person, front, master)
            if row is not None:
                found.append((*row, person.pixels))
    return found


def _tried(  # noqa: PLR0913, PLR0917 - who, with what, on what
    shop: Shop,
    desk: _Desk,
    take: drifting.Drifted,
    person: drifting.Person,
    front: tuple[Vector, ...],
    master: Input,
) -> tuple[TakeRow, RGB, RGB | None] | None:
    """Return the row of a take and its repair; None for a take in which nobody sees a face."""
    began, faces = monotonic(), shop.studio.face.detect(take.pixels)
    marks = shop.studio.landmark.landmarks(take.pixels, faces[0]) if faces else None
    if marks is None:
        return None
    apart = max(abs(marks.turn - person.marks.turn), abs(marks.pitch - person.marks.pitch))
    known = {"seed": take.seed, "share": take.share, "kind": take.kind, "eyes": take.eyes, "apart": apart}
    before = _scores(shop, take.pixels, front)
    if before is None:
        return None
    box = tuple(int(v) for v in faces[0].box)
    job = RepairJob(backend="transfer", step="transfer", box=box, inputs=(desk.put("picture", take.pixels), master))
    try:
        done = shop.repair.repair(job, desk)
    except RenderFailed as error:
        return TakeRow(**known, before=before, refused=error.message, seconds=monotonic() - began), take.pixels, None
    seconds = monotonic() - began
    after = _scores(shop, done.pixels, front)
    then = _landmarks(shop, done.pixels, faces[0])
    looks = None if then is None else pasted(take.pixels, done.pixels, marks, then)
    row = TakeRow(**known, before=before, after=after, pasted=looks, seconds=seconds)
    return row, take.pixels, done.pixels


def _landmarks(shop: Shop, pixels: RGB, face: Detection) -> Any:  # noqa: ANN401 - Landmarks or None
    found = shop.studio.face.detect(pixels)
    return shop.studio.landmark.landmarks(pixels, found[0] if found else face)


def _known(shop: Shop, pixels: RGB) -> tuple[Vector, ...] | None:
    """Return a face's embeddings by the judges and, where there is one, the grader; None without a face."""
    found = shop.studio.face.detect(pixels)
    if not found:
        return None
    judged = [judge.embed(pixels, found[0]) for judge in (shop.studio.face, shop.studio.judge)]
    seen = () if shop.grader is None else shop.grader.detect(pixels)
    return (*judged, *([shop.grader.embed(pixels, seen[0])] if shop.grader is not None and seen else []))


def _scores(shop: Shop, pixels: RGB, front: tuple[Vector, ...]) -> Scores | None:
    found = _known(shop, pixels)
    if found is None:
        return None
    models = (shop.studio.face, shop.studio.judge, *(() if shop.grader is None else (shop.grader,)))
    values = [m.similarity(a, b) for m, a, b in zip(models, front, found, strict=False)]
    return Scores(first=values[0], second=values[1], third=values[2] if len(values) > 2 else None)


def third_bar(third: Path | None) -> float | None:
    """Return the third model's flat bar, None without one."""
    return None if third is None else float(registry.create("face", "insightface", LocalHome()).bar)


def _line(seed: int, rows: Sequence[TakeRow]) -> str:
    kept = sum(r.kept for r in rows)
    return f"seed {seed}: {kept} of {len(rows)} kept, {sum(bool(r.refused) for r in rows)} refused"
