"""A try is kept only where neither judge finds anything worse in the whole take than before."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from charforge.domain.jobs import Draft, ExpectedFace, StillJob
from charforge.domain.takes import Finding, FixStep, Outcome, Remedy, Score, Take, Verdict
from charforge.events import silent
from charforge.qa.calibration import Bar, Calibration
from charforge.qa.ladder import shipped
from charforge.studio.fixing import Head, fix_still, heads
from charforge.studio.fixing.trying import Climb, State, tried

BAR = 0.4
MEANT = Calibration(judge="test", bars={p: Bar(bar=BAR) for p in ("frontal", "three-quarter", "profile")},
                    fix_band=0.1, stranger=0.1)  # fmt: skip
DRAFT = Draft(id="s01/0010/still", shot="s01/0010", stage="still", job=StillJob(backend="fake", width=8, height=8),
              faces="expected")  # fmt: skip
TAKE = Take(key="1" * 64, job=DRAFT.job, blob="2" * 64, media="image/png", size=1, backend="fake", revision="1")


def found(code: str, who: str = "", number: float | None = None) -> Finding:
    """Return a finding."""
    return Finding.model_validate({"code": code, "message": f"{code} of {who}", "who": who, "number": number,
                                   "limit": None if number is None else BAR})  # fmt: skip


def verdict(outcome: Outcome, mia: float, *findings: Finding, theo: float | None = None) -> Verdict:
    """Return a verdict on mia, and on theo where he is seen."""
    seen = {"mia": mia} | ({} if theo is None else {"theo": theo})
    scores = tuple(Score(who=who, judge="test", value=v, bar=BAR) for who, v in seen.items())
    return Verdict(take="0" * 64, outcome=outcome, scores=scores, findings=findings)


DRIFTED = verdict("fix", 0.33, found("drift", "mia", 0.33))
MENDED = verdict("pass", 0.6)


def step(
    before: Verdict,
    after: Verdict,
    second: tuple[Verdict, Verdict] = (DRIFTED, MENDED),
    *,
    who: str = "mia",
    forced: bool = False,
) -> FixStep:
    """Return what is written down of a try for somebody's face that turns one verdict into another."""
    judge = SimpleNamespace(company=lambda _: SimpleNamespace(calibration=MEANT, second=MEANT))
    desk: Any = SimpleNamespace(
        judge=judge, reporter=silent, project=SimpleNamespace(settings=SimpleNamespace(judges=("one", "two")))
    )
    state, new = State(DRAFT, TAKE, before), State(DRAFT, TAKE.changed(key="3" * 64), after)

    def nothing(*_: object) -> Any:
        return ""

    climb = Climb(desk, DRAFT, shipped(), nothing, lambda *_: new, lambda s: second[s is new], nothing, forced)
    (done,) = tried(climb, state, Remedy(step="transfer", draft=DRAFT, who=who)).steps
    return done


def test_a_face_that_both_judges_know_is_kept() -> None:
    """Whatever was found before and a repair does not answer."""
    assert step(DRIFTED, MENDED).reason == ""
    clothes, leaf = found("wardrobe"), found("stranger")
    before = verdict("fail", 0.33, found("drift", "mia", 0.33), clothes, leaf)
    assert step(before, verdict("fail", 0.6, clothes, leaf)).kept
    assert step(DRIFTED, verdict("not-scorable", 0.6, found("location"))).kept


@pytest.mark.parametrize(
    ("outcome", "new"),
    [
        ("fail", found("swapped")),
        ("fail", found("swapped", "mia")),
        ("fail", found("stranger")),
        ("fail", found("double", "theo")),
        ("fail", found("black")),
        ("fix", found("flicker")),
        ("fix", found("soft")),
    ],
)
@pytest.mark.parametrize("forced", [False, True])
def test_a_try_that_brings_something_new_is_undone(outcome: Outcome, new: Finding, *, forced: bool) -> None:
    """Whomever it concerns, and however much more alike the face is; also where a person asked for the try."""
    done = step(DRIFTED, verdict(outcome, 0.6, new), forced=forced)
    assert not done.kept
    assert done.after == 0.6
    # A take that fails already may not fail in one way more.
    failed = verdict("fail", 0.33, found("drift", "mia", 0.33), found("headcount"))
    done = step(failed, verdict("fail", 0.6, new, found("headcount")), forced=forced)
    assert not done.kept


@pytest.mark.parametrize(("outcome", "new"), [("fail", "stranger"), ("fix", "flicker"), ("not-scorable", "location")])
def test_a_forced_try_does_not_spoil_what_passes(outcome: Outcome, new: str) -> None:
    """Both judges like the face better, and the take passes no more."""
    second = verdict("pass", 0.7), verdict("pass", 0.8)
    assert step(MENDED, verdict("pass", 0.8), second, forced=True).kept
    done = step(MENDED, verdict(outcome, 0.8, found(new)), second, forced=True)
    assert done.reason.startswith(f"it made a {outcome} of a pass")


def test_what_the_second_judge_finds_new_undoes_a_try_too() -> None:
    """He sees somebody else, whom the first judge takes for nobody."""
    before = verdict("fail", 0.33, found("drift", "mia", 0.2), found("headcount"))
    after = verdict("fail", 0.6, found("stranger"), found("headcount"))
    assert step(DRIFTED, MENDED, (before, after)).reason == "it brought something new: stranger of "


def test_a_neighbour_who_drifts_farther_than_may_be_mended_undoes_a_try() -> None:
    """A near miss that becomes none, by less than a neighbour's face may lose; one that stays near is kept."""
    drift = found("drift", "mia", 0.2)
    before = verdict("fail", 0.2, drift, found("drift", "theo", 0.305), theo=0.305)
    assert step(before, verdict("fix", 0.6, found("drift", "theo", 0.302), theo=0.302)).kept
    worse = verdict("fail", 0.6, found("drift", "theo", 0.295), theo=0.295)
    assert step(before, worse).reason == "it brought something new: drift of theo"


def test_one_stranger_more_undoes_a_try() -> None:
    """Although there was one before."""
    before = verdict("fail", 0.2, found("drift", "mia", 0.2), found("stranger"))
    assert not step(before, verdict("fail", 0.6, found("stranger"), found("stranger"))).kept
    assert step(before, verdict("fail", 0.6, found("stranger"))).kept


def test_a_neighbour_who_was_missing_may_drift() -> None:
    """That is no new fault of theirs."""
    before = verdict("fail", 0.2, found("drift", "mia", 0.2), found("missing", "theo"))
    assert step(before, verdict("fail", 0.6, found("drift", "theo", 0.1), theo=0.1)).kept


def test_somebody_who_was_missing_may_drift_less_than_all_the_way() -> None:
    """The next try may start from there."""
    lost = verdict("fail", 0.0, found("missing", "mia")).changed(scores=())
    assert step(lost, verdict("fix", 0.35, found("drift", "mia", 0.35)), (lost, DRIFTED)).kept


def test_a_take_made_anew_may_trade_a_worse_fault_for_a_lesser_one() -> None:
    """It has pixels of its own; what is as bad as before is no gain."""
    fails, soft = verdict("fail", 0.2, found("drift", "mia", 0.2)), verdict("fix", 0.6, found("soft"))
    assert step(fails, soft, (fails, MENDED), who="").kept
    assert not step(DRIFTED, soft, who="").kept
    assert not step(fails, verdict("fail", 0.6, found("black")), (fails, MENDED), who="").kept


@pytest.mark.parametrize("covered", [False, True])
def test_a_head_that_spoils_the_still_it_is_put_into_is_undone(
    monkeypatch: pytest.MonkeyPatch, *, covered: bool
) -> None:
    """Drawn anew it is more alike, and where it covers somebody else the still is left as it was."""
    monkeypatch.setattr(heads, "with_turns", lambda draft, _: draft)
    mia = ExpectedFace(who="mia", asset="mia@1", master="4" * 64)
    job = StillJob(backend="portrait", width=8, height=8, settings={"strategy": "plain", "turn": 0.0})
    drawn = DRAFT.changed(id="s01/0010/head/mia", stage="head", job=job, expected=(mia,))
    first, anew = TAKE.changed(key="5" * 64), TAKE.changed(key="6" * 64)
    stills = {"5" * 64: TAKE.changed(key="7" * 64), "6" * 64: TAKE.changed(key="8" * 64)}
    spoilt = verdict("fail", 0.6, found("missing", "theo")) if covered else MENDED
    told = {"5" * 64: MENDED, "6" * 64: MENDED, "7" * 64: DRIFTED, "8" * 64: spoilt}

    def run(drafts: tuple[Draft, ...], takes: Any = None, **_: object) -> dict[str, Take]:
        return {drawn.id: anew} if takes is None else {DRAFT.id: stills[takes[drawn.id].key]}

    def judged(_: Draft, take: Take) -> Verdict:
        return told[take.key]

    desk: Any = SimpleNamespace(
        judge=SimpleNamespace(company=lambda _: SimpleNamespace(calibration=MEANT, second=MEANT)),
        runner=SimpleNamespace(run=run),
        ledger=SimpleNamespace(note=lambda *_: None, keep=lambda *_: None),
        reporter=silent,
        project=SimpleNamespace(settings=SimpleNamespace(judges=("one", "two"))),
        verdict=judged,
        confirmed=lambda draft, take: judged(draft, take) if take.key == "7" * 64 else MENDED,
    )
    ladder = shipped().only("best-of-n")
    done = fix_still(desk, DRAFT, stills[first.key], {drawn.id: Head(drawn, drawn, first, MENDED)}, ladder)
    steps = done.heads[drawn.id].steps
    assert {s.kept for s in steps} == {not covered}
    assert done.still.key == ("7" if covered else "8") * 64
    assert all(s.reason == ("it made a fail of a fix: missing of theo" if covered else "") for s in steps)
