"""Mends stills and clips: repairs the face that failed, or has the take made anew, up the ladder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from charforge import imaging, media
from charforge.backends import registry
from charforge.backends.protocols import RGB
from charforge.domain.jobs import RepairJob, TakeOf
from charforge.domain.takes import Remedy, Verdict
from charforge.qa.clips import sampled
from charforge.qa.ladder import REPAIRS, RULES, Face, Situation, changed_face, shows, spilled
from charforge.studio.fixing.faces import faces, measured, start
from charforge.studio.fixing.means import Chances
from charforge.studio.fixing.trying import Climb, State, climbed, kept_steps

BEFORE = "before the repair"
"""What a repair calls the take that it starts from."""
SEEN = 5
"""Frames of a clip's repair that are looked at for harm."""


def mend(chances: Chances, state: State, *, forced: bool = False) -> State:
    """Return a still or clip as far as the ladder mends it; forced, one that passes is tried once all the same."""
    desk, picture = chances.desk, _Picture(chances, forced)
    climb = Climb(
        desk, chances.planned, chances.policy, picture.situation, picture.make, picture.second, picture.harm, forced
    )  # fmt: skip
    done = climbed(climb, state)
    kept_steps(desk, chances.planned.id, done.steps)
    return done


def situation(chances: Chances, state: State, *, forced: bool = False) -> Situation:
    """Return all that is known of a take that failed, and what could be tried on it."""
    return _Picture(chances, forced).situation(state)


@dataclass(frozen=True)
class _Picture:
    chances: Chances
    forced: bool
    seen: dict[str, tuple[Face, ...]] = field(default_factory=dict)
    """The faces to repair in each take that was looked at."""

    def situation(self, state: State) -> Situation:
        chances = self.chances
        if state.take.key not in self.seen:
            self.seen[state.take.key] = faces(chances, state, forced=self.forced)
        failed = self.seen[state.take.key]
        steps = {rung.step for rung in chances.policy.steps}
        return Situation(
            planned=chances.planned,
            verdict=state.verdict,
            model=chances.model,
            faces=failed,
            simple=chances.simple if "simpler-prompt" in steps else "",
            spares=chances.spares(tuple(f.who for f in failed)) if "better-reference" in steps else (),
            anchor=chances.anchor,
            others=chances.others if "other-model" in steps else (),
            fixers=chances.fixers,
            forced=self.forced,
        )

    def make(self, state: State, wanted: Remedy) -> State:
        desk, planned = self.chances.desk, self.chances.planned
        asked, given = wanted.draft, dict(self.chances.takes)
        if isinstance(asked.job, RepairJob):
            # Named as the take that it is, so that the new one knows what it was before.
            given[BEFORE] = start(desk, state.take, wanted.step, wanted.who)
            inputs = tuple(
                i.changed(source=TakeOf(draft=BEFORE)) if i.role in ("picture", "clip") else i for i in asked.job.inputs
            )
            asked = asked.changed(job=asked.job.changed(inputs=inputs))
        take = desk.runner.run((asked,), given, origin=wanted.step)[planned.id]
        # A repaired take is still the one that was planned, or made anew since.
        draft = state.draft if wanted.step in REPAIRS else wanted.draft
        return State(draft, take, desk.verdict(draft, take))

    def second(self, state: State) -> Verdict:
        desk, draft = self.chances.desk, state.draft
        if draft.stage != "clip":
            return desk.confirmed(draft, state.take)
        key = f"second clip {desk.judge.cache_key(state.take.blob, draft.expected, draft.faces)}"
        known = desk.ledger.verdict(key)
        if known is None:
            path = desk.store.blob(state.take.blob)
            facts = media.probe(path)
            frames = media.frames(path, sampled(facts.frames, facts.rate))
            known = desk.judge.watched(
                frames, draft.expected, draft.faces, moves=False, take=state.take.key, second=True
            )  # fmt: skip
            desk.ledger.keep_verdict(key, known)
        return known

    def harm(self, _: State, after: State, wanted: Remedy) -> str:
        """Return what a repair changed besides who it is, compared with what it started from."""
        desk, job = self.chances.desk, after.take.job
        if not isinstance(job, RepairJob):
            return ""
        started = job.input("clip" if job.track else "picture") or ""
        key = f"{started} {after.take.blob} {wanted.who} {self._means(job)}"
        known: str | None = desk.ledger.note("harm", key)
        if known is None:
            files = desk.store.blob(started), desk.store.blob(after.take.blob)
            known = self._clip(job, *files) if job.track else self._still(job, *files)
            desk.ledger.keep("harm", key, known)
        return known

    def _means(self, job: RepairJob) -> str:
        """Return everything that harm is measured by, so that what was found by other means is not used."""
        box, limits = self.chances.desk.toolbox, self.chances.policy.limits
        eyes = [[box.tool_name(role), box.tool(role).revision] for role in ("face", "landmark")]
        spots = [[s.frame, *s.box, s.strength] for s in job.track or ()]
        parts = [RULES, SEEN, limits.model_dump(), eyes, _margin(job), job.box, spots]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _still(self, job: RepairJob, before: Path, after: Path) -> str:
        one, other = imaging.decode(before), imaging.decode(after)
        told = spilled(one, other, job.box, _margin(job))
        if told:
            return told
        return self._face(one, other, job.box)

    def _clip(self, job: RepairJob, before: Path, after: Path) -> str:
        """Return what most of the frames looked at say, since one frame may be measured badly."""
        spots = [s for s in job.track or () if s.strength == 1] or list(job.track or ())
        chosen = {s.frame: s for s in spots[:: max(len(spots) // SEEN, 1)][:SEEN]}
        told = []
        for (number, one), (_, other) in zip(
            media.frames(before, chosen), media.frames(after, chosen), strict=True
        ):  # fmt: skip
            box, allowed = chosen[number].box, self.chances.policy.limits.outside
            told.append(spilled(one, other, box, _margin(job), allowed=allowed) or self._face(one, other, box))
        bad = [text for text in told if text]
        return bad[0] if 2 * len(bad) > len(told) else ""

    def _face(self, before: RGB, after: RGB, box: tuple[int, int, int, int]) -> str:
        marks = measured(self.chances.desk, before, box), measured(self.chances.desk, after, box)
        return changed_face(*marks, self.chances.policy.limits) or shows(before, after, *marks)


def _margin(job: RepairJob) -> float:
    margin: float = registry.backend_class("repair", job.backend).margin
    return margin
