"""Measures whether a judge of clips finds the wrong person, lets the right one pass, and what it costs.

People whose master and other pictures are known are filmed here in several conditions, and every frame is measured by
the models. Clips are then put together of these measured faces, as many as wanted: the right person throughout; another
from the first frame, from the middle or for a while; two who exchange their places. What is right and what is planted
is known without anybody looking. A few are also drawn, encoded and judged from files, from end to end.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from charforge import imaging
from charforge.backends import registry
from charforge.backends.protocols import RGB, FaceBackend
from charforge.bench import costs
from charforge.bench.figures import Figure
from charforge.bench.footage import LENGTH, PICTURES, Actor, Person, Scene, drawn, photographed, written
from charforge.domain.jobs import ExpectedFace
from charforge.domain.takes import Finding, Outcome
from charforge.errors import InputError
from charforge.qa import Judge, calibrated
from charforge.qa.clips import summed
from charforge.qa.rules import Company, Sighting, ruled
from charforge.qa.severity import outcome
from charforge.qa.tracks import Look
from charforge.studio.project import find
from charforge.weights import LocalHome

if TYPE_CHECKING:
    from charforge.qa.tracks import Alike

FIRST_SEED = 91000
"""No rule of the judge was chosen on people drawn from this seed on."""
CONDITIONS = 6
"""Places, sizes, lights, blurs, grains and compressions that everybody is filmed in."""
ASIDE = 160
"""Pixels to either side of the middle that two people in one picture stand."""
FILES = 4
"""Clips, good and planted, that are drawn, encoded and judged from the file."""
WHAT = {
    "good": ("good clips raised", "at most 1 %"),
    "together": ("good clips of two people raised", "at most 1 %"),
    "whole": ("planted: somebody else throughout, caught", "at least 99 %"),
    "half": ("planted: somebody else from the middle on, caught", "at least 99 %"),
    "part": ("planted: somebody else for half a second, caught", "at least 99 %"),
    "beside": ("planted: one of two is somebody else, caught", "at least 99 %"),
    "exchanged": ("planted: two exchange their places on the way, caught", "at least 99 %"),
    "frame": ("good two-character frames raised", "at most 1 %"),
    "frame exchanged": ("two-character frames with swapped people caught", "at least 99 %"),
    "frame with another": ("two-character frames in which one is somebody else, caught", "at least 99 %"),
}
Told = Callable[[int, int], None]
Frame = tuple[Sighting, ...]
Ruled = tuple[Outcome, tuple[Finding, ...]]


@dataclass(frozen=True, slots=True)
class Set:
    """People, and how the models measure them in each condition."""

    people: tuple[Person, ...]
    strips: dict[tuple[int, int], tuple[Frame, ...]]
    """The judged frames of a person's number in a condition; `alike` of a face holds everybody."""
    company: Company
    """Everybody."""
    alike: Alike


def clips(near: Path, people: int, count: int, folder: Path | None, tell: Told) -> tuple[Figure, ...]:
    """Return every figure, from so many made-up people, or those of a folder, and so many clips of each kind."""
    home = LocalHome()
    first, second = (registry.create("face", name, home) for name in ("sface", "dlib"))
    plates = _plates(near)
    if folder is None:
        seeds = range(FIRST_SEED, FIRST_SEED + people)
        known = list(drawn(registry.create("generator", "portrait", home), seeds, lambda n: tell(n, 2 * people)))
    else:
        known = photographed(folder)
    with tempfile.TemporaryDirectory(prefix="charforge-bench-") as scratch:
        place = Path(scratch)
        for person in known:
            (place / person.digest).write_bytes(imaging.encode_png(person.master))

        def judge(one: FaceBackend, other: FaceBackend) -> Judge:
            return Judge(one, other, calibrated(first), calibrated(second), lambda digest: place / digest)

        stage = filmed(known, plates, judge(first, second), first.similarity, tell)
        origin = f"drawn from seed {FIRST_SEED} on" if folder is None else "in photographs"
        lead = Figure(what="people", value=len(stage.people), unit="", note=f"{origin}, {CONDITIONS} conditions each")
        material = _material(stage.people, plates)
        filed = _from_files(stage, plates, judge(first, second), place)
        return (lead, *found(stage, count), *filed, *costs.costs((first, second), judge, material, place))


def filmed(known: Sequence[Person], plates: Sequence[RGB], judge: Judge, alike: Alike, tell: Told) -> Set:
    """Film everybody whose master shows one face in every condition, and let the models measure each judged frame."""
    usable = [person for person in known if _shows_one(person, judge)]
    everybody = tuple(_expected(person) for person in usable)
    strips = {}
    for number, person in enumerate(usable):
        tell(len(known) + number, 2 * len(known))
        for condition in range(CONDITIONS):
            scene = _scene(plates, condition, person, person)
            strips[number, condition] = tuple(judge.measured(pixels, everybody) for _, pixels in scene.frames())
    return Set(tuple(usable), strips, judge.company(everybody), alike)


def found(stage: Set, count: int) -> Iterator[Figure]:
    """Yield for every kind which share of so many clips or frames does not pass."""
    for kind in WHAT:
        yield figure(kind, [case(stage, kind, number) for number in range(count)])


def case(stage: Set, kind: str, number: int) -> Ruled:
    """Return what one clip or frame of a kind comes to, always the same for its number."""
    chance = np.random.default_rng([sum(kind.encode()), number])
    one, two, other = (int(i) for i in chance.choice(len(stage.people), 3, replace=False))
    condition, start, whose = int(chance.integers(CONDITIONS)), int(chance.integers(2, 5)), int(chance.integers(2))
    right = stage.strips[one, condition]
    if kind in {"good", "whole", "half", "part"}:
        wrong = stage.strips[other, condition]
        from_to = {"good": (0, 0), "whole": (0, LENGTH), "half": (start, LENGTH), "part": (start, start + 2)}[kind]
        frames = [wrong[n] if from_to[0] <= n < from_to[1] else right[n] for n in range(len(right))]
        return _clip(stage, frames, (one,))
    cast = [one, two]
    if kind in {"beside", "frame with another"}:
        cast[whose] = other
    sides = [stage.strips[who, condition] for who in cast]
    turned = {"exchanged": start, "frame exchanged": 0}.get(kind, LENGTH)
    frames = [_both(*(s[n] for s in (sides if n < turned else sides[::-1]))) for n in range(len(right))]
    if kind.startswith("frame"):
        return _still(stage, frames[number % len(frames)], (one, two))
    return _clip(stage, frames, (one, two))


def _both(left: Frame, right: Frame) -> Frame:
    """Return a picture of two people, each from their own."""
    return tuple(
        replace(s, box=(s.box[0] + aside, *s.box[1:]))
        for frame, aside in ((left, -ASIDE), (right, ASIDE))
        for s in frame
    )


def _for(stage: Set, who: tuple[int, ...]) -> Company:
    """Return what a shot expects of these people, from left to right."""
    faces = [stage.company.expected[i] for i in who]
    if len(who) == 2:
        faces = [f.changed(place=place) for f, place in zip(faces, ("left", "right"), strict=True)]
    return Company(tuple(faces), (None,) * len(who), stage.company.calibration, stage.company.second)


def _seen(frame: Frame, who: tuple[int, ...]) -> Frame:
    def chosen(values: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(values[i] for i in who) if values else ()

    return tuple(replace(s, alike=chosen(s.alike), second=chosen(s.second)) for s in frame)


def _clip(stage: Set, frames: Sequence[Frame], who: tuple[int, ...]) -> Ruled:
    looks = [Look(6 * n, _seen(frame, who), n / 4, change=3.0) for n, frame in enumerate(frames)]
    findings = summed(looks, _for(stage, who), stage.alike).findings
    return outcome(findings, stage.company.calibration), findings


def _still(stage: Set, frame: Frame, who: tuple[int, ...]) -> Ruled:
    findings = ruled(_for(stage, who), _seen(frame, who))[1]
    return outcome(findings, stage.company.calibration), findings


def figure(kind: str, verdicts: Sequence[Ruled], note: str = "") -> Figure:
    """Return the share of verdicts that do not pass; what cannot be scored is neither raised nor caught."""
    raised = [v for v in verdicts if v[0] in {"fail", "fix"}]
    failed, asked = (sum(v[0] == result for v in verdicts) for result in ("fail", "not-scorable"))
    low, high = wilson(len(raised), len(verdicts))
    codes = sorted({f.code for v in raised for f in v[1]})
    what, aim = WHAT[kind]
    told = f"{len(raised)} of {len(verdicts)}, 95 % interval {low:.1%} to {high:.1%}; {failed} fail outright"
    told += f", {asked} not scorable" if asked else ""
    share = 100 * len(raised) / max(len(verdicts), 1)
    return Figure(
        what=f"{what}{note}", value=share, unit="%", aim=aim, note=f"{told}{': ' if codes else ''}{', '.join(codes)}"
    )


def wilson(hits: int, count: int) -> tuple[float, float]:
    """Return the 95 per cent interval of a share. Source: Wilson 1927."""
    if not count:
        return 0.0, 1.0
    z, share = 1.96, hits / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def _shows_one(person: Person, judge: Judge) -> bool:
    try:
        judge.company((_expected(person),))
        judge.measured(person.master, (_expected(person),))
    except InputError:
        return False
    return True


def _expected(person: Person) -> ExpectedFace:
    return ExpectedFace(who=person.name, asset=person.name, master=person.digest)


def _plates(near: Path) -> tuple[RGB, ...]:
    """Return the empty places of the project that clips are set in."""
    found = [p for lib in find(near).libraries.values() for p in sorted(lib.glob("locations/*/plates/*"))]
    pictures = [p for p in found if p.suffix in PICTURES and not p.stem.endswith("-front")]
    if not pictures:
        raise InputError("no plates are found to set clips in", "run it in a project whose library has locations")
    return tuple(imaging.decode(p) for p in pictures)


def _scene(plates: Sequence[RGB], condition: int, early: Person, late: Person) -> Scene:
    """Return somebody, and from the middle on somebody, in a condition: how large, how moved, and how filmed."""
    chance = np.random.default_rng([condition, 5])
    # From a close-up to twelve pixels between the eyes, the same steps for any number of conditions.
    side = 0.95 * (0.18 / 0.95) ** (condition / max(CONDITIONS - 1, 1))
    drift, zoom = chance.uniform(-0.1, 0.1, 2), float(chance.uniform(-0.15, 0.2))
    moved = float(drift[0]), float(drift[1])
    light = chance.uniform(0.65, 1.15) * chance.uniform(0.92, 1.08, 3)
    return Scene(
        plate=plates[int(chance.integers(len(plates)))],
        actors=lambda index: (Actor((early if index < LENGTH // 2 else late).views, (0.5, 0.5), side, moved, zoom),),
        light=(float(light[0]), float(light[1]), float(light[2])),
        blur=float(chance.uniform(0.0, 0.9)),
        noise=float(chance.uniform(0.0, 5.0)),
        quality=int(chance.integers(45, 95)),
        seed=condition,
    )


def _from_files(stage: Set, plates: Sequence[RGB], judge: Judge, folder: Path) -> Iterator[Figure]:
    """Draw, encode and judge a few clips of one person, good and with another from the middle on."""
    for kind in ("good", "half"):
        verdicts: list[Ruled] = []
        for number in range(FILES):
            right, wrong = (stage.people[(number + step) % len(stage.people)] for step in (0, 1))
            path = folder / "clip.mp4"
            written(_scene(plates, number % CONDITIONS, right, wrong if kind == "half" else right), path)
            verdict = judge.clip(path, (_expected(right),))
            verdicts.append((verdict.outcome, verdict.findings))
        yield figure(kind, verdicts, ", judged from files")


def _material(people: Sequence[Person], plates: Sequence[RGB]) -> costs.Material:
    """Return what the cost is measured on: pictures and clips of one person and of two."""
    expected = tuple(_expected(person) for person in people[:2])
    one = _scene(plates, 1, people[0], people[0])
    two = replace(
        one,
        actors=lambda _index: tuple(
            Actor(p.views, (x, 0.5), 0.5) for p, x in zip(people[:2], (0.28, 0.72), strict=True)
        ),
    )
    return costs.Material(((one, expected[:1]), (two, expected)))
