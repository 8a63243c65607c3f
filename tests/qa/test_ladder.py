"""What is tried on a take that drifted, and what is kept."""

from __future__ import annotations

from typing import Any

import pytest

from charforge.domain.jobs import Alternative, ClipJob, Draft, ExpectedFace, Input, RepairJob, Spot, StillJob
from charforge.domain.takes import Finding, FixStep, GiveUp, Outcome, Remedy, Score, Verdict
from charforge.qa import keeps, remedy, shipped
from charforge.qa.ladder import Face, Fixer, Model, Other, Policy, Situation, Spare, considered, tuned

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
MASTER = Input(role="master", name="mia", source="a" * 64)
STILL = Draft(
    id="s02/0050/still",
    shot="s02/0050",
    stage="still",
    job=StillJob(
        backend="sdxl",
        prompt="close shot. mia. She turns the cup.",
        width=64,
        height=64,
        inputs=(Input(role="head", name="mia", source="b" * 64),),
        settings={"weights": "c" * 64, "adapter": {"weights": "d" * 64, "scale": 0.7}},
    ),
    expected=(ExpectedFace(who="mia", asset="mia@1", master="a" * 64),),
    faces="expected",
)
CLIP = STILL.changed(
    id="s02/0050/clip",
    stage="clip",
    job=ClipJob(backend="mover", prompt="She turns.", width=64, height=64, frames=24, rate="24", settings={"sway": 1}),
)
DRAWS = Model(name="sdxl", words=True, weight=("adapter", "scale"), seconds=10)
MOVES = Model(name="mover", words=True, motion=("sway",), seconds=20)
LAYS = Model(name="animatic", composites=True, seeds=False, seconds=2)
FACE = Face(
    who="mia",
    box=(20, 20, 10, 12),
    eyes=30,
    starts={"transfer": "e" * 64, "restore": "e" * 64},
    references=(MASTER,),
)
READY = (Fixer(name="restore"), Fixer(name="inswapper", missing="not installed"), Fixer(name="transfer"))


def verdict(outcome: Outcome, *values: float, finding: str = "") -> Verdict:
    """Return a verdict with scores against a bar of 0.4."""
    scores = tuple(Score(who="mia", judge="test", value=v, bar=0.4) for v in values)
    found = (Finding(code=finding, message=finding, who="mia"),) if finding else ()  # type: ignore[arg-type]
    return Verdict(take="0" * 64, outcome=outcome, scores=scores, findings=found)


FAILED = verdict("fail", 0.2, finding="drift")


def step(name: str, *, kept: bool = False, counted: float = 0.0, who: str = "") -> FixStep:
    """Return a step already tried."""
    return FixStep(step=name, before=0.3, after=0.3, judge="test", kept=kept, seconds=1, counted=counted, who=who)


def climbed(situation: Situation, policy: Policy | None = None) -> list[Remedy]:
    """Return every remedy in turn until the ladder gives up; none of them helps."""
    done: list[Remedy] = []
    rules = policy or shipped()
    while isinstance(
        found := remedy(situation, [step(r.step, counted=r.seconds, who=r.who) for r in done], rules), Remedy
    ):
        done.append(found)
    return done


def head(draft: Draft = HEAD) -> Situation:
    """Return a head that failed."""
    return Situation(planned=draft, verdict=FAILED)


def still(**known: Any) -> Situation:
    """Return a still that failed."""
    return Situation(**({"planned": STILL, "verdict": FAILED, "model": DRAWS} | known))


def test_the_rungs_of_a_head_come_in_the_order_of_the_data() -> None:
    """Other seeds first, then the nearest reference, then less turn, and the search, which is dear, last."""
    wanted = [*["best-of-n"] * 2, "better-reference", *["smaller-turn"] * 2, "identity-search"]
    assert [r.step for r in climbed(head())] == wanted


def test_a_better_candidate_is_drawn_from_another_seed_each_time() -> None:
    """Nothing but the seed changes."""
    first, second = (r.draft.job for r in climbed(head())[:2])
    assert first.settings == second.settings == HEAD.job.settings
    assert len({HEAD.job.seed, first.seed, second.seed}) == 3


def test_the_identity_search_keeps_pose_and_turn() -> None:
    """The last rung asks for what the shot asked for, under the constraint."""
    last = climbed(head())[-1].draft.job
    assert last.settings == {**HEAD.job.settings, "strategy": "constrained", "steps": 24}


def test_the_next_best_reference_is_the_nearest_locked_pose() -> None:
    """The locked pose nearest in turn is taken, and expected at its own turn."""
    nearest = climbed(head())[2].draft
    assert (nearest.job.settings["strategy"], nearest.job.settings["pose"]) == ("locked", "left25")
    assert nearest.expected[0].turn == -25


def test_a_locked_pose_is_not_replaced_by_itself() -> None:
    """A draft that already uses a locked pose goes to the next one, and no seed is tried on it."""
    locked = HEAD.changed(job=HEAD.job.changed(settings={**HEAD.job.settings, "strategy": "locked", "turn": -25.0}))
    found = climbed(head(locked))
    assert [r.draft.job.settings["pose"] for r in found if r.step == "better-reference"] == ["front"]
    assert "best-of-n" not in {r.step for r in found}


def test_the_turn_shrinks_by_a_third() -> None:
    """Each try of a smaller turn takes a third away, in the job and in what is expected."""
    found = [r.draft for r in climbed(head(HEAD.changed(alternatives=()))) if r.step == "smaller-turn"]
    assert [(d.job.settings["turn"], d.expected[0].turn) for d in found] == [(-26.7, -26.7), (-17.8, -17.8)]


def test_a_frontal_head_has_no_smaller_turn() -> None:
    """Where there is no turn, that rung is skipped."""
    frontal = HEAD.changed(alternatives=(), job=HEAD.job.changed(settings={**HEAD.job.settings, "turn": 0.0}))
    assert {r.step for r in climbed(head(frontal))} == {"best-of-n", "identity-search"}


def test_a_still_is_repaired_before_it_is_made_anew() -> None:
    """Restoring and transferring come first, then what the model can be asked for, then other pictures and models."""
    spare = Spare(label="front", given=MASTER)
    other = Other(model=Model(name="flux", seconds=5), draft=STILL.changed(job=STILL.job.changed(backend="flux")))
    known = still(faces=(FACE,), fixers=READY, spares=(spare,), others=(other,), simple="close shot. mia.")
    patient = tuned(shipped(), {"idle": 100, "seconds": 1000})
    assert [r.step for r in climbed(known, patient)] == [
        "restore",
        "transfer",
        *["stronger-reference"] * 2,
        "simpler-prompt",
        "better-reference",
        *["best-of-n"] * 3,
        "other-model",
    ]


def test_a_sharp_large_face_is_not_restored_and_a_small_or_soft_one_is() -> None:
    """The upscaler is for small faces, and for takes that are soft."""
    large = FACE.changed(eyes=80.0)
    soft = verdict("fail", 0.2, finding="drift").changed(findings=(Finding(code="soft", message="soft"),))
    sure = {"fixers": READY, "faces": (large,)}
    assert "restore" not in {r.step for r in climbed(still(**sure))}
    assert "restore" in {r.step for r in climbed(still(**sure, verdict=soft))}
    assert "restore" in {r.step for r in climbed(still(fixers=READY, faces=(FACE,)))}


def test_a_transfer_starts_from_what_it_is_told_and_shows_whose_face_it_is() -> None:
    """The job names the picture, the box, the references and the best backend that is ready; the draft stays its."""
    found = next(r for r in climbed(still(fixers=READY, faces=(FACE,))) if r.step == "transfer")
    job = found.draft.job
    assert isinstance(job, RepairJob)
    assert (job.backend, job.step, job.box, job.track) == ("transfer", "transfer", (20, 20, 10, 12), None)
    assert job.input("picture") == "e" * 64
    assert job.input("master", "mia") == "a" * 64
    assert (found.who, found.draft.id, found.draft.expected) == ("mia", STILL.id, STILL.expected)


def test_a_repair_that_is_not_installed_costs_nothing_and_is_told() -> None:
    """Without a repair the ladder goes on with what makes the take anew, and a dry run says why."""
    missing = tuple(f.changed(missing="not installed") for f in READY)
    situation = still(fixers=missing, faces=(Face(who="mia"),))
    assert climbed(situation)[0].step == "stronger-reference"
    told = {t.step: t.reason for t in considered(situation, (), shipped())}
    assert told["transfer"] == "inswapper: not installed; transfer: not installed"


def test_a_face_that_nobody_found_cannot_be_repaired() -> None:
    """Where no face could be theirs, the take is made anew."""
    told = {t.step: t.reason for t in considered(still(fixers=READY, faces=(Face(who="mia"),)), (), shipped())}
    assert told["transfer"] == "no face in the picture could be mia's"


def test_the_reference_counts_more_at_each_try_up_to_a_limit() -> None:
    """The weight rises by a quarter, the phrase is said once, and a try that would change nothing is not made."""
    policy = shipped()
    first, second = (r.draft.job for r in climbed(still()) if r.step == "stronger-reference")
    assert isinstance(first, StillJob)
    assert first.settings["adapter"]["scale"] == pytest.approx(0.875)
    assert second.settings["adapter"]["scale"] == pytest.approx(0.7 * 1.25**2, abs=1e-4)
    assert first.prompt == f"close shot. mia. She turns the cup. {policy.phrases['still']}"
    heavy = STILL.changed(job=STILL.job.changed(settings={"adapter": {"scale": 1.2}}))
    assert len([r for r in climbed(still(planned=heavy)) if r.step == "stronger-reference"]) == 1


def test_a_clip_moves_a_fifth_less_at_each_try() -> None:
    """Where the model says how much moves, the setting shrinks, and the words ask for calm."""
    known = Situation(planned=CLIP, verdict=FAILED, model=MOVES)
    found = [r.draft.job for r in climbed(known) if r.step == "stronger-reference"]
    assert [job.settings["sway"] for job in found] == pytest.approx([0.8, 0.64])
    assert all(isinstance(job, ClipJob) and "slow, small movements" in job.prompt for job in found)


def test_a_compositor_is_asked_for_nothing_that_it_cannot_do() -> None:
    """Locked layers have no weight, words, seeds or other pictures: only repairs of the finished picture are left."""
    situation = still(model=LAYS, faces=(FACE.changed(eyes=80.0),), fixers=READY)
    assert [r.step for r in climbed(situation)] == ["transfer"]
    told = {t.step: t.reason for t in considered(situation, (), shipped()) if not t.draft}
    assert all(told.values())
    assert "reads no text" in told["simpler-prompt"]
    assert "rig" in told["better-reference"]


def test_a_better_reference_takes_the_place_of_the_one_that_was_shown() -> None:
    """The person's picture is exchanged, nothing else."""
    spares = tuple(Spare(label=x, given=Input(role="head", name="mia", source=x * 64)) for x in ("e", "f"))
    found = [r.draft.job for r in climbed(still(spares=spares)) if r.step == "better-reference"]
    assert [job.input("head", "mia") for job in found] == ["e" * 64, "f" * 64]
    assert {len(job.inputs) for job in found} == {1}


def test_a_second_anchor_stands_beside_the_reference() -> None:
    """The scene's first shot is shown besides the master, right after it."""
    anchor = Input(role="head", name="mia", source="e" * 64)
    found = climbed(still(anchor=anchor))[0]
    assert found.step == "second-anchor"
    assert [i.digest() for i in found.draft.job.inputs] == ["b" * 64, "e" * 64]


def test_a_clip_is_repaired_where_it_can_be_followed() -> None:
    """The repair names its frames and costs by their number."""
    track = tuple(Spot(frame=n, box=(1, 1, 8, 8)) for n in range(10))
    known = Situation(planned=CLIP, verdict=FAILED, model=MOVES, faces=(FACE.changed(track=track),), fixers=READY)
    found = next(r for r in climbed(known) if r.step == "transfer")
    rung = next(r for r in shipped().steps if r.step == "transfer")
    assert isinstance(found.draft.job, RepairJob)
    assert found.draft.job.track == track
    assert found.draft.job.input("clip") == "e" * 64
    assert found.seconds == pytest.approx((rung.seconds or 0) + 10 * rung.per_frame)


def test_every_face_is_repaired_before_the_take_is_made_anew() -> None:
    """Two people who both failed are both transferred first."""
    other = FACE.changed(who="theo")
    found = climbed(still(faces=(FACE.changed(eyes=80.0), other.changed(eyes=80.0)), fixers=READY))
    assert [r.who for r in found[:3]] == ["mia", "theo", ""]
    assert [r.step for r in found[:3]] == ["transfer", "transfer", "stronger-reference"]


def test_a_take_made_anew_may_be_repaired_once_more() -> None:
    """A repair that was tried before the kept new take counts no longer."""
    known = still(faces=(FACE.changed(eyes=80.0),), fixers=READY)
    before = [step("transfer", who="mia"), step("stronger-reference", kept=True)]
    again, spent = (remedy(known, a, shipped()) for a in (before, [*before, step("transfer", who="mia")]))
    assert isinstance(again, Remedy)
    assert again.step == "transfer"
    assert isinstance(spent, Remedy)
    assert spent.step == "stronger-reference"


def test_the_same_question_has_the_same_answer() -> None:
    """A remedy depends on its arguments alone and leaves the planned draft as it was."""
    before = HEAD.model_dump_json()
    first, second = (remedy(head(), [step("best-of-n")], shipped()) for _ in range(2))
    assert first == second
    assert HEAD.model_dump_json() == before


def test_the_budget_of_time_ends_the_climb() -> None:
    """No rung is begun that would end beyond the budget."""
    assert "identity-search" not in {r.step for r in climbed(head(), tuned(shipped(), {"seconds": 30}))}
    spent = remedy(head(), [step("best-of-n", counted=1)], tuned(shipped(), {"seconds": 1}))
    assert isinstance(spent, GiveUp)
    assert "seconds" in spent.reason


def test_the_budget_of_money_ends_the_climb() -> None:
    """A model that costs is tried as often as can be paid for; one whose price nobody knows never is."""
    priced = still(model=DRAWS.changed(price=0.04))
    assert climbed(priced) == []
    assert len(climbed(priced, tuned(shipped(), {"money": 0.05}))) == 5
    unknown = remedy(still(model=DRAWS.changed(price=None)), (), tuned(shipped(), {"money": 100}))
    assert isinstance(unknown, GiveUp)
    assert "price" in unknown.reason


def test_a_model_that_nobody_timed_counts_a_minute() -> None:
    """Two tries fit into the shipped two minutes."""
    assert len(climbed(still(model=DRAWS.changed(seconds=None)))) == 2


def test_the_climb_ends_when_tries_in_a_row_gain_nothing() -> None:
    """What was kept in between begins the count anew."""
    patient = tuned(shipped(), {"idle": 2})
    idle = remedy(head(), [step("best-of-n")] * 2, patient)
    assert isinstance(idle, GiveUp)
    assert "gained nothing" in idle.reason
    kept = [step("best-of-n"), step("best-of-n", kept=True), step("better-reference")]
    assert isinstance(remedy(head(), kept, patient), Remedy)


@pytest.mark.parametrize("outcome", ["pass", "not-scorable"])
def test_nothing_is_tried_on_what_did_not_fail(outcome: Outcome) -> None:
    """Only failures and near misses are repaired, unless a person asks."""
    good = Situation(planned=HEAD, verdict=verdict(outcome, 0.5))
    assert isinstance(remedy(good, (), shipped()), GiveUp)
    assert isinstance(remedy(good.changed(forced=True), (), shipped()), Remedy)


def test_a_project_chooses_steps_order_tries_and_budget() -> None:
    """What it does not say stays as it is shipped."""
    order, rungs = ["identity-search", "best-of-n"], {"best-of-n": {"tries": 1}}
    mine = tuned(shipped(), {"seconds": 500, "money": None}, order, rungs)
    assert [r.step for r in climbed(head(), mine)] == ["identity-search", "best-of-n"]
    assert (mine.seconds, mine.money, mine.idle) == (500, 0, shipped().idle)


def test_a_dry_run_names_every_rung() -> None:
    """Each is either a draft with its cost or a reason."""
    told = list(considered(head(), (), shipped()))
    assert {t.step for t in told} == {r.step for r in shipped().steps}
    assert all(bool(t.draft) != bool(t.reason) for t in told)
    assert next(t for t in told if t.step == "transfer").reason == "it is for stills and clips only"


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
