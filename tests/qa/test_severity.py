"""What findings amount to, and what more of them make of a verdict."""

from __future__ import annotations

import pytest

from charforge.domain.takes import Finding, Outcome, Score, Verdict
from charforge.qa.ladder import undone
from charforge.qa.severity import severities, with_more

TAKE = "a" * 64


def found(code: str) -> Finding:
    """Return a finding."""
    return Finding.model_validate({"code": code, "message": code})


@pytest.mark.parametrize(
    ("before", "codes", "after"),
    [
        ("pass", [], "pass"),
        ("pass", ["lips"], "pass"),
        ("pass", ["location"], "not-scorable"),
        ("not-scorable", ["flicker"], "fix"),
        ("fix", ["wardrobe"], "fix"),
        ("fix", ["lips", "clipping", "wardrobe"], "fail"),
        ("fail", ["wardrobe"], "fail"),
    ],
)
def test_more_findings_never_make_a_verdict_better(before: Outcome, codes: list[str], after: Outcome) -> None:
    """The worst of what it was and what they amount to."""
    verdict = with_more(Verdict(take=TAKE, outcome=before), [found(code) for code in codes])
    assert verdict.outcome == after
    assert [f.code for f in verdict.findings] == codes


def test_another_place_and_other_clothes_ask_a_person() -> None:
    """What was measured to be as good as never wrong is more than a note."""
    assert {severities()[code] for code in ("location", "wardrobe")} == {"ask"}


def test_a_face_is_mended_also_where_somebody_wears_the_wrong_thing() -> None:
    """A repair is not undone for clothes that it has nothing to do with."""

    def verdict(outcome: Outcome, value: float, *findings: Finding) -> Verdict:
        score = Score(who="mia", judge="sface", value=value, bar=0.4)
        return Verdict(take=TAKE, outcome=outcome, scores=(score,), findings=findings)

    before = verdict("fail", 0.2, found("drift"), found("wardrobe"))
    after = verdict("not-scorable", 0.6, found("wardrobe"))
    assert undone(before, after, verdict("fail", 0.2), verdict("pass", 0.6)) == ""
    blurred = verdict("not-scorable", 0.6, found("not-scorable"))
    assert undone(before, blurred, verdict("fail", 0.2), verdict("pass", 0.6)) == "no face can be scored any more"
