"""Mends heads that the embedded generator draws, alone and in the still that they are put into.

A head is mended twice over: alone, as soon as it is drawn, and again when the still it was put into fails, since light,
size and blur cost likeness too. Both climb the same ladder within the same budget.
"""

from __future__ import annotations

from dataclasses import dataclass

from charforge.domain.jobs import Draft
from charforge.domain.takes import FixStep, Remedy, Take, Verdict
from charforge.planner import with_turns
from charforge.qa.ladder import Policy, Situation, of
from charforge.studio.desk import Desk
from charforge.studio.fixing.trying import Climb, State, climbed, harmed, kept_steps


@dataclass(frozen=True, slots=True)
class Head:
    """A head as it is now: the draft as planned, the draft that was kept, its take, and what was tried."""

    planned: Draft
    draft: Draft
    take: Take
    verdict: Verdict
    steps: tuple[FixStep, ...] = ()

    @property
    def turn(self) -> float:
        """Degrees that the kept head is turned, as asked for."""
        return self.draft.expected[0].turn


@dataclass(frozen=True, slots=True)
class Mended:
    """A still and the heads in it after the ladder."""

    draft: Draft
    still: Take
    verdict: Verdict
    heads: dict[str, Head]
    """By draft id."""


def fix_head(desk: Desk, draft: Draft, take: Take, policy: Policy | None = None) -> Head:
    """Return the head itself where it passes, else the best that the ladder finds within its budget."""

    def make(_: State, wanted: Remedy) -> State:
        made = desk.runner.run((wanted.draft,), origin=wanted.step)[draft.id]
        return State(wanted.draft, made, desk.verdict(wanted.draft, made))

    climb = Climb(
        desk,
        draft,
        policy or desk.project.ladder,
        lambda state: Situation(planned=draft, verdict=state.verdict),
        make,
        lambda state: desk.confirmed(state.draft, state.take),
        _harmless,
    )
    best = climbed(climb, State(draft, take, desk.verdict(draft, take)))
    kept_steps(desk, draft.id, best.steps)
    return Head(draft, best.draft, best.take, best.verdict, best.steps)


def fix_still(desk: Desk, draft: Draft, still: Take, heads: dict[str, Head], policy: Policy | None = None) -> Mended:
    """Return the still with its failing heads mended as far as the ladder goes; `heads` are those in it by draft id."""
    best = Mended(draft, still, desk.verdict(draft, still), dict(heads))
    for name, head in heads.items():
        who = head.draft.expected[0].who
        if of(best.verdict, who).passed():
            continue
        put = _Put(desk, draft, best.heads, name, who)
        climb = Climb(desk, head.planned, policy or desk.project.ladder, put.situation, put.make, put.second, put.harm)
        # The state is the head; what is judged is its person in the still.
        start = State(head.draft, head.take, of(best.verdict, who), head.steps)
        done = climbed(climb, start)
        kept = Head(head.planned, done.draft, done.take, desk.verdict(done.draft, done.take), done.steps)
        known = {**best.heads, name: kept}
        turned, made = put.still(done.draft, done.take)
        best = Mended(turned, made, desk.verdict(turned, made), known)
        kept_steps(desk, head.planned.id, done.steps)
    return best


@dataclass(frozen=True, slots=True)
class _Put:
    """One head of a still, put into it again with every change."""

    desk: Desk
    draft: Draft
    heads: dict[str, Head]
    name: str
    who: str

    def situation(self, state: State) -> Situation:
        return Situation(planned=self.heads[self.name].planned, verdict=state.verdict)

    def make(self, _: State, wanted: Remedy) -> State:
        made = self.desk.runner.run((wanted.draft,), origin=wanted.step)[self.name]
        turned, still = self.still(wanted.draft, made)
        return State(wanted.draft, made, of(self.desk.verdict(turned, still), self.who))

    def second(self, state: State) -> Verdict:
        turned, still = self.still(state.draft, state.take)
        return of(self.desk.confirmed(turned, still), self.who)

    def harm(self, before: State, after: State, _: Remedy) -> str:
        """Return what the other head made worse of the whole still, such as somebody else whom it covers."""
        stills = [self.still(state.draft, state.take) for state in (before, after)]
        one, other = (self.desk.verdict(*still) for still in stills)
        second_one, second_other = (self.desk.confirmed(*still) for still in stills)
        return harmed(self.desk, (one, other), (second_one, second_other), self.who)

    def still(self, head: Draft, take: Take) -> tuple[Draft, Take]:
        """Return the still with a head in it, and its draft."""
        turns = {i: h.turn for i, h in self.heads.items()} | {self.name: head.expected[0].turn}
        takes = {i: h.take for i, h in self.heads.items()} | {self.name: take}
        turned = with_turns(self.draft, turns)
        return turned, self.desk.runner.run((turned,), takes)[self.draft.id]


def _harmless(_: State, __: State, ___: Remedy) -> str:
    """Say nothing: what is drawn anew has no pixels to harm."""
    return ""
