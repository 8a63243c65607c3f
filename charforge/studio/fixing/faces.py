"""Finds whose face is to be repaired, where it is, and what a repair starts from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from charforge import imaging, media
from charforge.backends.protocols import RGB, Detection, Landmarks
from charforge.domain.jobs import Draft, RepairJob, Spot
from charforge.domain.takes import Take, Verdict
from charforge.qa.clips import sampled
from charforge.qa.ladder import FACES, REPAIRS, Face, failing, margin, of, track
from charforge.studio.desk import Desk
from charforge.studio.fixing.means import Chances
from charforge.studio.fixing.trying import State
from charforge.studio.repaired import lineage

LEAP = 0.6
"""How far the middle of a face moves at most from one frame to the next, in widths of the face."""
Box = tuple[int, int, int, int]


def faces(chances: Chances, state: State, *, forced: bool = False) -> tuple[Face, ...]:
    """Return the faces of a take that failed, the worst first; of a take that passes, all, where a person asks."""
    expected = state.draft.expected
    worst = sorted(expected, key=lambda e: margin(of(state.verdict, e.who)))
    wanted = [e.who for e in worst if (forced and state.verdict.passed()) or _failed(state.verdict, e.who)]
    # Looking for faces costs time, and is for nothing without a repair.
    if not wanted or all(f.missing for f in chances.fixers):
        return tuple(Face(who=who) for who in wanted)
    look = _in_clip if state.draft.stage == "clip" else _in_still
    found = look(chances, state, wanted)
    starts = {who: {step: start(chances.desk, state.take, step, who).blob for step in REPAIRS} for who in wanted}
    named = {e.who: e for e in expected}
    return tuple(
        face.changed(starts=starts[face.who], references=chances.references(named[face.who])) for face in found
    )


def start(desk: Desk, take: Take, step: str, who: str) -> Take:
    """Return the take that a repair starts from: this one, or what it was before an earlier repair of its kind.

    So a repair is never put on top of itself, however often it is asked for.
    """
    found = take
    known = tuple(lineage(desk.store, take))
    for repaired, before in pairwise(known):
        job = repaired.job
        if isinstance(job, RepairJob) and job.step == step and any(i.name == who for i in job.inputs):
            found = before
    return found


def nearest(found: Iterable[Detection], box: Box) -> Detection | None:
    """Return the detection whose middle is nearest to a box's, within half its width."""
    near = sorted((_apart(d.box, box), n, d) for n, d in enumerate(found))
    return near[0][2] if near and near[0][0] <= 0.5 * max(box[2], 1) else None


def measured(desk: Desk, pixels: RGB, box: Box) -> Landmarks | None:
    """Return the landmarks of the face in a box; None where none can be measured."""
    face = nearest(desk.toolbox.tool("face").detect(pixels), box)
    found: Landmarks | None = None if face is None else desk.toolbox.tool("landmark").landmarks(pixels, face)
    return found


def _failed(verdict: Verdict, who: str) -> bool:
    found = any(f.who == who and f.code in FACES for f in verdict.findings)
    return found or any(s.who == who and s.value < s.bar for s in verdict.scores)


def _in_still(chances: Chances, state: State, wanted: list[str]) -> Iterator[Face]:
    pixels = imaging.decode(chances.desk.store.blob(state.take.blob))
    for who, sighting in _theirs(chances.desk, pixels, state.draft):
        if who in wanted:
            yield Face(who=who) if sighting is None else Face(who=who, box=sighting.box, eyes=sighting.eyes)


def _in_clip(chances: Chances, state: State, wanted: list[str]) -> Iterator[Face]:
    desk, policy = chances.desk, chances.policy
    path = desk.store.blob(state.take.blob)
    facts = media.probe(path)
    count, judged = facts.frames, sampled(facts.frames, facts.rate)
    for who in wanted:
        absent = any(f.who == who and f.code in {"missing", "swapped"} for f in state.verdict.findings)
        stretches = failing(state.verdict.curve, who, count, judged, absent=absent) or ((0, count - 1),)
        low = max(stretches[0][0] - policy.fade, 0)
        high = min(stretches[-1][1] + policy.fade, count - 1)
        anchor = _anchor(state, who, low, high)
        ((_, pixels),) = media.frames(path, [anchor])
        sighting = dict(_theirs(desk, pixels, state.draft)).get(who)
        if sighting is None:
            yield Face(who=who)
            continue
        seen = dict(followed(desk, path, (low, anchor, high), sighting.box))
        spots: tuple[Spot, ...] = track(seen, stretches, count, fade=policy.fade, smooth=policy.smooth)
        yield Face(who=who, box=spots[0].box if spots else None, eyes=sighting.eyes, track=spots)


def _anchor(state: State, who: str, low: int, high: int) -> int:
    """Return the frame to look for somebody in: where they are most alike between two frames, else the middle."""
    seen = [s for s in state.verdict.curve if s.who == who and low <= (s.frame or 0) <= high]
    best = max(seen, key=lambda s: s.value - s.bar, default=None)
    return (low + high) // 2 if best is None else best.frame or 0


def followed(desk: Desk, path: Any, frames: tuple[int, int, int], box: Box) -> Iterator[tuple[int, Any]]:  # noqa: ANN401
    """Yield box and points of a face in the frames around one in which it is known, as far as it can be followed.

    `frames` are the first, the known and the last.
    """
    low, anchor, high = frames
    finder = desk.toolbox.tool("face")
    found = {n: finder.detect(pixels) for n, pixels in media.frames(path, range(low, high + 1))}
    for steps in (range(anchor, low - 1, -1), range(anchor + 1, high + 1)):
        last: Box | tuple[float, float, float, float] = box
        lost = 0
        for number in steps:
            near = min(found[number], key=lambda d: _apart(d.box, last), default=None)
            if near is None or _apart(near.box, last) > LEAP * last[2] * (lost + 1):
                lost += 1
                continue
            lost, last = 0, near.box
            yield number, (near.box, near.points)


def _theirs(desk: Desk, pixels: RGB, draft: Draft) -> list[tuple[str, Any]]:
    return list(zip((e.who for e in draft.expected), desk.judge.found(pixels, draft.expected), strict=True))


def _apart(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    """Return how far the middles of two boxes lie apart, in pixels."""
    across = one[0] + one[2] / 2 - other[0] - other[2] / 2
    down = one[1] + one[3] / 2 - other[1] - other[3] / 2
    return float((across**2 + down**2) ** 0.5)
