"""What is tried on a head that drifted, and what is kept."""

from __future__ import annotations

import pytest

from charforge.domain.jobs import Alternative, ClipJob, Draft, ExpectedFace, StillJob
from charforge.domain.takes import FixStep, GiveUp, Outcome, Remedy, Score, Verdict
from charforge.qa import keeps, policy, remedy

HEAD = Draft(
    id="s02/0050/head/mia",
    shot="s02/0050",
    stage="head",
    job=StillJob(
        backend="portrait",
        width=1024,
        height=1024,
        settings={"strategy": "plain", "pose": "left25", "turn": -40.0, "expression": "neutral"},
    ),
    expected=(ExpectedFace(who="mia", asset="mia@1", master="a" * 64, turn=-40.0),),
    faces="expected",
    alternatives=(
        Alternative(pose="right25", turn=25),
        Alternative(pose="front", turn=0),
        Alternative(pose="left25", turn=-25),
    ),
)


def verdict(outcome: Outcome, *values: float) -> Verdict:
    """Return a verdict with scores against a bar of 0.4."""
    scores = tuple(Score(who="mia", judge="test", value=v, bar=0.4) for v in values)
    return Verdict(take="0" * 64, outcome=outcome, scores=scores)


def tried(*steps: str, seconds: float = 1.0) -> tuple[FixStep, ...]:
    """Return steps already tried."""
    return tuple(FixStep(step=s, before=0.3, after=0.3, judge="test", kept=False, seconds=seconds) for s in steps)


def climbed(draft: Draft = HEAD, seconds: float = 120.0) -> list[Remedy]:
    """Return every remedy in turn until the ladder gives up."""
    done: list[Remedy] = []
    while isinstance(
        found := remedy(draft, verdict("fail", 0.2), tried(*(r.step for r in done)), policy(seconds)), Remedy
    ):
        done.append(found)
    return done


def test_rungs_come_in_the_order_of_the_data() -> None:
    """Other seeds first, then the nearest reference, then less turn, and the search, which is dear, last."""
    wanted = [*["better-candidate"] * 2, "next-best-reference", *["smaller-turn"] * 2, "identity-search"]
    assert [r.step for r in climbed()] == wanted


def test_a_better_candidate_is_drawn_from_another_seed_each_time() -> None:
    """Nothing but the seed changes."""
    first, second = (r.draft.job for r in climbed()[:2])
    assert first.settings == second.settings == HEAD.job.settings
    assert len({HEAD.job.seed, first.seed, second.seed}) == 3


def test_the_identity_search_keeps_pose_and_turn() -> None:
    """The last rung asks for what the shot asked for, under the constraint."""
    last = climbed()[-1].draft.job
    assert last.settings == {**HEAD.job.settings, "strategy": "constrained", "steps": 24}


def test_the_next_best_reference_is_the_nearest_locked_pose() -> None:
    """The locked pose nearest in turn is taken, and expected at its own turn."""
    nearest = climbed()[2].draft
    assert (nearest.job.settings["strategy"], nearest.job.settings["pose"]) == ("locked", "left25")
    assert nearest.expected[0].turn == -25


def test_a_locked_pose_is_not_replaced_by_itself() -> None:
    """A draft that already uses a locked pose goes to the next one, and no seed is tried on it."""
    locked = HEAD.changed(job=HEAD.job.changed(settings={**HEAD.job.settings, "strategy": "locked", "turn": -25.0}))
    found = climbed(locked)
    assert [r.draft.job.settings["pose"] for r in found if r.step == "next-best-reference"] == ["front"]
    assert "better-candidate" not in {r.step for r in found}


def test_the_turn_shrinks_by_a_third() -> None:
    """Each try of a smaller turn takes a third away, in the job and in what is expected."""
    bare = HEAD.changed(alternatives=())
    turns = [
        (r.draft.job.settings["turn"], r.draft.expected[0].turn) for r in climbed(bare) if r.step == "smaller-turn"
    ]
    assert turns == [(-26.7, -26.7), (-17.8, -17.8)]


def test_a_frontal_head_has_no_smaller_turn() -> None:
    """Where there is no turn, that rung is skipped."""
    frontal = HEAD.changed(alternatives=(), job=HEAD.job.changed(settings={**HEAD.job.settings, "turn": 0.0}))
    assert {r.step for r in climbed(frontal)} == {"better-candidate", "identity-search"}


def test_the_same_question_has_the_same_answer() -> None:
    """A remedy depends on its arguments alone and leaves the planned draft as it was."""
    before = HEAD.model_dump_json()
    first, second = (remedy(HEAD, verdict("fix", 0.3), tried("better-candidate"), policy(60)) for _ in range(2))
    assert first == second
    assert HEAD.model_dump_json() == before


def test_the_budget_of_time_ends_the_climb() -> None:
    """No rung is begun that would end beyond the budget."""
    assert "identity-search" not in {r.step for r in climbed(seconds=30.0)}
    spent = remedy(HEAD, verdict("fail", 0.2), tried("better-candidate"), policy(1.0))
    assert isinstance(spent, GiveUp)
    assert "seconds" in spent.reason


def test_a_slow_machine_climbs_as_far_as_a_fast_one() -> None:
    """A try counts what it is known to cost, so that a busy or interrupted run ends with the same film."""
    slow, fast = (
        remedy(HEAD, verdict("fail", 0.2), tried("better-candidate", seconds=s), policy(60)) for s in (600.0, 0.0)
    )
    assert slow == fast
    assert isinstance(slow, Remedy)


@pytest.mark.parametrize("outcome", ["pass", "not-scorable"])
def test_nothing_is_tried_on_what_did_not_fail(outcome: Outcome) -> None:
    """Only failures and near misses are repaired."""
    assert isinstance(remedy(HEAD, verdict(outcome, 0.5), (), policy(120)), GiveUp)


def test_only_heads_are_repaired() -> None:
    """A clip cannot be climbed with this ladder."""
    clip = HEAD.changed(stage="clip", job=ClipJob(backend="fake", width=8, height=8, frames=2, rate="24"))
    assert isinstance(remedy(clip, verdict("fail", 0.2), (), policy(120)), GiveUp)


@pytest.mark.parametrize(
    ("before", "after", "second_before", "second_after", "kept"),
    [
        (verdict("fail", 0.2), verdict("pass", 0.6), verdict("fail", 0.2), verdict("pass", 0.5), True),
        (verdict("fail", 0.2), verdict("fix", 0.35), verdict("fail", 0.2), verdict("fix", 0.35), True),
        (verdict("fail", 0.2), verdict("pass", 0.6), verdict("fix", 0.3), verdict("fix", 0.25), False),
        (verdict("fix", 0.35), verdict("fix", 0.39), verdict("fix", 0.3), verdict("fix", 0.305), False),
        (verdict("fix", 0.35), verdict("fail", 0.2), verdict("fail", 0.1), verdict("pass", 0.5), False),
        (verdict("fail", 0.2), verdict("not-scorable"), verdict("fail", 0.2), verdict("not-scorable"), False),
        (verdict("fail"), verdict("fix", 0.3), verdict("fail"), verdict("fix", 0.3), True),
        (verdict("fix", 0.39), verdict("pass", 0.41), verdict("pass", 0.6), verdict("pass", 0.55), True),
    ],
)
def test_a_try_is_kept_only_when_the_second_judge_agrees(
    before: Verdict, after: Verdict, second_before: Verdict, second_after: Verdict, *, kept: bool
) -> None:
    """What only the first judge likes better, or what hardly helped, is undone."""
    assert keeps(before, after, second_before, second_after) is kept
