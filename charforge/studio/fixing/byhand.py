"""Fixes one shot because a person asks for it: all of the ladder, or one step of it, or only tells what it would do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import get_args

from charforge.documents.schema import did_you_mean
from charforge.domain.jobs import Choice, Draft, Plan
from charforge.domain.names import Slate
from charforge.domain.steps import Step
from charforge.domain.takes import Take, Verdict
from charforge.domain.timing import FrameRate
from charforge.errors import InputError
from charforge.events import Reporter
from charforge.planner import Pins, plan_pictures, plan_voices
from charforge.qa.ladder import Policy, Situation, considered, lowest, tuned
from charforge.store import locked
from charforge.studio.check import load_episode, load_library, means
from charforge.studio.circle import slate_of
from charforge.studio.desk import Desk
from charforge.studio.film import voice_frames
from charforge.studio.fixing.heads import Head, fix_head, fix_still
from charforge.studio.fixing.means import Chances
from charforge.studio.fixing.pictures import mend, situation
from charforge.studio.fixing.report import Attempt, FixReport, Mending
from charforge.studio.fixing.trying import State
from charforge.studio.oneoffs import copied
from charforge.studio.project import find
from charforge.studio.why import as_made, latest, shot_list

FOLDER = "fixes"
WORST = ("fail", "fix", "not-scorable")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for."""

    step: str | None = None
    """One step of the ladder, tried even on a take that passes."""
    of: str | None = None
    """`still` or `clip`; both by default."""
    dry: bool = False
    seconds: float | None = None
    money: float | None = None
    pins: Pins = field(default_factory=Pins)


def fix(near: Path, shot: str, asked: Asked, tell: Reporter) -> FixReport:
    """Return what was tried on a shot that was rendered, and what helped; nothing is tried in a dry run.

    What passes now is circled as if by hand, so that the next render builds on it. Raises InputError for a shot, step
    or stage that there is none of.
    """
    slate, project = slate_of(shot), find(near)
    _refuse(asked)
    library = load_library(project)
    episode = load_episode(shot_list(project, slate.episode), project, library)
    name = f"{slate.scene}/{slate.shot}"
    if name not in {f"{scene.id}/{s.id}" for scene, s in episode.shots()}:
        raise InputError(f"{episode.id} has no shot {name}", f"see: charforge plan {episode.source}")
    desk = Desk(project, library, episode, tell)
    policy = tuned(project.ladder, {"seconds": asked.seconds, "money": asked.money})
    with locked(desk.store, episode.id):
        bench = _Bench(desk, name, asked, policy.only(asked.step) if asked.step else policy)
        done = tuple(bench.stills()) + tuple(bench.clips())
    verdicts = bench.verdicts.values()
    return FixReport(
        slate=str(Slate(slate.episode, slate.scene, slate.shot)),
        dry=asked.dry,
        seconds=policy.seconds,
        money=policy.money,
        mended=done,
        verdict=next((o for o in WORST if o in {v.outcome for v in verdicts}), "pass"),
        hint=bench.hint,
    )


def _refuse(asked: Asked) -> None:
    """Raise InputError for what nobody can be asked for."""
    if asked.step is not None and asked.step not in get_args(Step):
        known = get_args(Step)
        raise InputError(
            f"the ladder has no step {asked.step!r}",
            did_you_mean(asked.step, known) or f"there are: {', '.join(known)}",
        )
    if asked.of not in (None, "still", "clip"):
        raise InputError(f"{asked.of!r} is neither still nor clip")


@dataclass
class _Bench:
    """One shot on the bench."""

    desk: Desk
    shot: str
    asked: Asked
    policy: Policy
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    """What is said now of each draft that was looked at."""
    hint: str = ""
    changed: bool = False
    """Whether the still is another one now."""

    @cached_property
    def plan(self) -> Plan:
        """The episode's plan, with the lengths of the lines that were spoken."""
        desk = self.desk
        planning = means(desk.project, desk.library, self.asked.pins, desk.models)
        voices = plan_voices(desk.episode, planning)
        spoken = {d.id: t for d in voices if (t := latest(desk, d.id)) is not None}
        rate = FrameRate.parse(desk.episode.video.rate)
        return plan_pictures(
            desk.episode, planning, voice_frames(spoken, rate) if len(spoken) == len(voices) else None
        )  # fmt: skip

    @cached_property
    def takes(self) -> dict[str, Take]:
        """The takes of every draft of the shot, and of its lines."""
        mine = (d.id for d in self.plan.drafts if d.shot == self.shot)
        return {name: take for name in mine if (take := latest(self.desk, name)) is not None}

    @property
    def choice(self) -> Choice:
        return next(c for c in self.plan.choices if c.shot == self.shot)

    def stills(self) -> Iterator[Mending]:
        """Yield what became of the shot's heads and still."""
        if self.asked.of == "clip":
            return
        planned = self._draft("still")
        if planned is None or planned.id not in self.takes:
            raise self._none("still")
        heads = {h.planned.id: h for h in self._heads()}
        if self.asked.dry:
            yield from (self._told(self._head_situation(h), h.take, h.planned) for h in heads.values())
        elif heads and self._for_heads():
            yield from self._mended_heads(planned, heads)
        yield self._picture(as_made(self.desk, planned, self.takes))

    def clips(self) -> Iterator[Mending]:
        """Yield what became of the shot's clip, where it has one that shows the still as it now is."""
        planned = self._draft("clip")
        if self.asked.of == "still":
            return
        if planned is None or planned.id not in self.takes:
            if self.asked.of == "clip":
                raise self._none("clip")
            return
        if f"{self.shot}/still" in self.verdicts and self.changed:
            self.hint = "its clip is made anew by the next render, from what was fixed"
            return
        yield self._picture(as_made(self.desk, planned, self.takes))

    def _draft(self, stage: str) -> Draft | None:
        return next((d for d in self.plan.drafts if d.id == f"{self.shot}/{stage}"), None)

    def _none(self, stage: str) -> InputError:
        hint = f"render it first: charforge render {self.desk.episode.source}"
        return InputError(f"{self.shot} has no {stage}", hint)

    def _for_heads(self) -> bool:
        return any("head" in rung.stages for rung in self.policy.steps)

    def _heads(self) -> Iterator[Head]:
        """Yield the shot's heads as they are now."""
        for planned in (d for d in self.plan.drafts if d.shot == self.shot and d.stage == "head"):
            take = self.takes.get(planned.id)
            if take is None:
                continue
            turn = float(take.job.settings.get("turn", planned.expected[0].turn))
            expected = tuple(e.changed(turn=turn) for e in planned.expected)
            draft = planned.changed(job=take.job, expected=expected)
            yield Head(planned, draft, take, self.desk.verdict(draft, take))

    def _head_situation(self, head: Head) -> Situation:
        return Situation(planned=head.planned, verdict=head.verdict, forced=self.asked.step is not None)

    def _mended_heads(self, planned: Draft, heads: dict[str, Head]) -> Iterator[Mending]:
        """Yield what became of each head, alone and in the still; the still's own take follows them."""
        before = dict(heads)
        for name, head in before.items():
            if not head.verdict.passed():
                heads[name] = fix_head(self.desk, head.planned, head.take, self.policy)
        still = as_made(self.desk, planned, self.takes)
        mended = fix_still(self.desk, still, self.takes[still.id], heads, self.policy)
        for name, head in mended.heads.items():
            self.takes[name] = head.take
            self.changed = self.changed or head.take.key != before[name].take.key
            yield self._written(before[name].planned, (before[name].take, before[name].verdict), State(
                head.draft, head.take, head.verdict, head.steps))  # fmt: skip
        self.takes[still.id] = mended.still

    def _picture(self, planned: Draft) -> Mending:
        take = self.takes[planned.id]
        verdict = self.desk.verdict(planned, take)
        chances = Chances(self.desk, planned, self.choice, self.takes, self.policy)
        forced = self.asked.step is not None
        if self.asked.dry:
            return self._told(situation(chances, State(planned, take, verdict), forced=forced), take, planned)
        state = mend(chances, State(planned, take, verdict), forced=forced)
        self.takes[planned.id] = state.take
        if planned.stage == "still":
            self.changed = self.changed or state.take.key != take.key
        return self._written(planned, (take, verdict), state)

    def _told(self, known: Situation, take: Take, draft: Draft) -> Mending:
        """Return what the ladder would do, each rung as if those before it had failed."""
        self.verdicts[draft.id] = known.verdict
        would = tuple(
            Attempt(
                step=t.step,
                who=t.who,
                backend=t.backend,
                seconds=t.seconds if t.draft else None,
                price=t.price if t.draft else None,
                reason=t.reason,
            )
            for t in considered(known, (), self.policy)
        )
        nothing = known.verdict.outcome not in ("fix", "fail") and not known.forced
        return Mending(
            draft=draft.id, before=self._label(draft, take, known.verdict), would=() if nothing else would,
            first=(lowest(known.verdict), None),
        )  # fmt: skip

    def _written(self, draft: Draft, was: tuple[Take, Verdict], now: State) -> Mending:
        """Return what became of a take, and circle it."""
        desk = self.desk
        self.verdicts[draft.id] = now.verdict
        steps = [s for s in now.steps if s.second_before is not None]
        kept = [s for s in now.steps if s.kept]
        file = ""
        if kept:
            sure = now.verdict.passed() and draft.stage != "head"
            desk.ledger.circle(draft.id, now.take.key, by="person" if sure else "qa")
            number = desk.ledger.number(draft.id, now.take.key)
            kind = ".mkv" if draft.stage == "clip" else ".png"
            path = desk.project.build / desk.episode.id / FOLDER / f"{draft.id.replace('/', '_')}_t{number:02d}{kind}"
            copied(desk.store.blob(now.take.blob), path)
            file = str(path)
        elif desk.ledger.circled(draft.id) is None:
            # The newest take is the last that was tried, which is not the one to use.
            desk.ledger.circle(draft.id, was[0].key)
        return Mending(
            draft=draft.id,
            before=self._label(draft, *was),
            after=self._label(draft, now.take, now.verdict),
            first=(lowest(was[1]), lowest(now.verdict)),
            second=(steps[0].second_before, kept[-1].second_after if kept else steps[0].second_before)
            if steps
            else (None, None),
            steps=now.steps,
            file=file,
        )

    def _label(self, draft: Draft, take: Take, verdict: Verdict) -> str:
        return f"t{self.desk.ledger.number(draft.id, take.key) or 0:02d} {verdict.outcome}"
