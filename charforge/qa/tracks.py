"""Follows faces through the judged frames of a clip, and says where one turns into another. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from statistics import median
from typing import TYPE_CHECKING

from charforge.qa.assignment import assigned
from charforge.qa.masters import merged
from charforge.qa.pose import THREE_QUARTER
from charforge.qa.rules import unscorable

if TYPE_CHECKING:
    from charforge.backends.protocols import Vector
    from charforge.qa.calibration import Calibration
    from charforge.qa.rules import Company, Sighting

    Alike = Callable[[Vector, Vector], float]

REACH = 1.0
"""Face widths that a face may lie from where it is awaited and still be taken for the one that was there before."""
FAR = 4.0
"""The same for a face that is known again by its likeness."""
GAP = 4
"""Judged frames for which a face may be out of sight and be known again."""
GROWN = 2.0
"""How many times as wide a face may be in the next judged frame."""
PULL = 0.75
"""Face widths that full likeness outweighs when two faces are equally near."""
CUT = 45.0
"""Change of the whole picture (0 to 255) from which it is another shot, in which nobody keeps their place."""
STEADY = 0.15
"""How far over the verification bar faces of one person lie at least, a quarter of a second apart in one clip."""
TURNED = 20.0
"""Degrees of turn between two faces from which nothing more is asked than the bar: a head that turns is less alike."""
BESIDE = 3
"""Judged frames on either side that a change of person is measured over."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen in one judged frame."""

    frame: int
    seen: tuple[Sighting, ...] = ()
    time: float | None = None
    """Seconds from the clip's start."""
    black: bool = False
    change: float | None = None
    """Difference to the frame judged before it, 0 to 255; None for the first."""


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """A face in one of the judged frames."""

    at: int
    """Number of the judged frame, from 0."""
    seen: Sighting


Track = tuple[Point, ...]
"""One face through the judged frames, in their order."""


@dataclass(frozen=True, slots=True)
class Change:
    """A face that turns into another on its way."""

    before: Track
    after: Track
    alike: float
    """How alike the two are."""


def follow(looks: Sequence[Look], alike: Alike, bar: float) -> tuple[Track, ...]:
    """Return the faces of a clip, each followed by its place, and by its likeness where places do not decide.

    A face that is out of sight for a while is taken up again only where it is known by its likeness, `bar` or above.
    """
    tracks: list[list[Point]] = []
    shot = 0
    for at, look in enumerate(looks):
        if look.change is not None and look.change > CUT:
            shot = len(tracks)
        near = [t for t in tracks[shot:] if at - t[-1].at <= GAP]
        worth = [[_worth(track, at, face, alike, bar) for face in look.seen] for track in near]
        taken: set[int] = set()
        for track, face in zip(near, assigned(worth), strict=True):
            if face is not None and _worth(track, at, look.seen[face], alike, bar) > NEVER:
                track.append(Point(at, look.seen[face]))
                taken.add(face)
        tracks += [[Point(at, face)] for n, face in enumerate(look.seen) if n not in taken]
    return tuple(tuple(track) for track in tracks)


NEVER = -1e6


def _worth(track: Sequence[Point], at: int, face: Sighting, alike: Alike, bar: float) -> float:
    """Return how well a face continues a track, NEVER when it cannot."""
    last = track[-1].seen
    width = (last.box[2] + face.box[2]) / 2
    if not 1 / GROWN < face.box[2] / max(last.box[2], 1) < GROWN:
        return NEVER
    x, y = _awaited(track, at)
    apart = hypot(face.box[0] + face.box[2] / 2 - x, face.box[1] + face.box[3] / 2 - y) / max(width, 1.0)
    known = None if last.vector is None or face.vector is None else alike(last.vector, face.vector)
    same = known is not None and known >= bar
    lost = at - track[-1].at > 1
    if apart > (FAR if same else REACH) or (lost and known is not None and not same):
        return NEVER
    return PULL * (bar if known is None else known) - apart


def _awaited(track: Sequence[Point], at: int) -> tuple[float, float]:
    """Return where the middle of a face is awaited, as it moved last."""
    last = track[-1]
    x, y = last.seen.box[0] + last.seen.box[2] / 2, last.seen.box[1] + last.seen.box[3] / 2
    if len(track) < 2 or last.at - track[-2].at != 1 or at - last.at != 1:
        return x, y
    before = track[-2].seen.box
    return 2 * x - before[0] - before[2] / 2, 2 * y - before[1] - before[3] / 2


def posed(track: Sequence[Point], calibration: Calibration) -> tuple[tuple[Point, ...], str]:
    """Return the faces a track is judged by, and why when they are not well-posed.

    Well-posed is a face that can be scored, is turned to three-quarter at most, and is cut by no edge of the picture.
    """
    scorable = tuple(p for p in track if unscorable(p.seen, calibration) is None)
    whole = tuple(p for p in scorable if p.seen.whole)
    well = tuple(p for p in whole if abs(p.seen.turn) <= THREE_QUARTER)
    if well or not scorable:
        return well, ""
    if whole:
        return whole, f"the head is never turned by less than {THREE_QUARTER:.0f} degrees"
    return scorable, "the picture's edge always cuts the face"


def parted(track: Track, company: Company, alike: Alike) -> tuple[tuple[Track, ...], tuple[Change, ...]]:
    """Return a track cut where its person changes, and the changes."""
    shown, _ = posed(track, company.calibration)
    edges: list[Point] = []
    likes: list[float] = []
    start = 0
    for k in range(1, len(shown)):
        here = _break(shown, start, k, company, alike)
        later = [_break(shown, start, n, company, alike) for n in range(k + 1, min(k + BESIDE, len(shown)))]
        if here is not None and all(other is None or here <= other for other in later):
            edges.append(shown[k])
            likes.append(here)
            start = k
    cuts = [0, *(next(n for n, p in enumerate(track) if p is e) for e in edges), len(track)]
    parts = tuple(track[a:b] for a, b in pairwise(cuts))
    changes = (Change(parts[n], parts[n + 1], like) for n, like in enumerate(likes))
    return parts, tuple(changes)


def _break(shown: Sequence[Point], start: int, k: int, company: Company, alike: Alike) -> float | None:
    """Return how alike the faces before and from `k` are when they are two people's, else None.

    Two of the cast who are surely known are two people, and one who is as alike as a take to keep on both sides is one,
    however much the light or the detector's points jump; else the faces must be unlike, side by side and on the whole.
    Somebody much like the right person is so found out by how much the face is alike from frame to frame.
    """
    before, after = shown[max(k - BESIDE, start) : k], shown[k : k + BESIDE]
    one, other = _known(before, company), _known(after, company)
    earlier, later = ([p.seen.vector for p in side if p.seen.vector is not None] for side in (before, after))
    if not earlier or not later:
        return None
    # Two frames on either side tell of somebody who is there for half a second, three are steadier.
    pairs = ((earlier[-n:], later[:n]) for n in (2, BESIDE))
    likeness = min(alike(*(merged([(v, 1.0) for v in side]) for side in pair)) for pair in pairs)
    if one is not None and other is not None and one != other:
        return likeness
    if one is not None and one == other and all(_liked(side, one, company) for side in (before, after)):
        return None
    limit = changed_under(before[-1], after[0], company.calibration)
    return likeness if max(likeness, alike(earlier[-1], later[0])) < limit else None


def changed_under(before: Point, after: Point, calibration: Calibration) -> float:
    """Return the likeness under which two faces of one track are two people's."""
    bar = min(calibration.bar(p.seen.turn, p.seen.eyes) for p in (before, after))
    alike = max(1 - abs(after.seen.turn - before.seen.turn) / TURNED, 0.0)
    return bar + STEADY * alike if after.at - before.at == 1 else bar


def _liked(points: Sequence[Point], person: int, company: Company) -> bool:
    """Return whether faces are as alike to somebody as nearly all pictures of them."""
    bars = [company.calibration.likeness(p.seen.turn, p.seen.eyes) for p in points]
    over = [p.seen.alike[person] - bar for p, bar in zip(points, bars, strict=True) if bar is not None]
    return len(over) == len(points) and median(over) >= 0


def _known(points: Sequence[Point], company: Company) -> int | None:
    """Return whose faces these surely are, if anybody's."""
    people = range(len(company.expected))
    above = [(median(company.excess(i, p.seen) for p in points), i) for i in people]
    best = max(above, default=(-1.0, 0))
    return best[1] if best[0] >= 0 else None
