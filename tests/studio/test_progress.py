"""What a render came to for a shot."""

from __future__ import annotations

from charforge.domain.jobs import Draft, StillJob, VoiceJob
from charforge.domain.takes import Finding, Verdict
from charforge.studio.progress import Progress, shot_verdict

TAKE = "a" * 64


def asked(*codes: str) -> Verdict:
    """Return a verdict that asks a person, for these reasons."""
    findings = tuple(Finding.model_validate({"code": code, "message": code}) for code in codes)
    return Verdict(take=TAKE, outcome="not-scorable", findings=findings)


def came(still: Verdict, line: Verdict | None = None) -> str:
    """Return what is said of a shot whose head passed, with this still and line."""
    done = Progress()
    job = StillJob(backend="fake", width=64, height=64)
    drafts = {
        "head/mia": ("head", job),
        "still": ("still", job),
        "line/1": ("voice", VoiceJob(backend="fake", text="Hm")),
    }
    for name, (stage, work) in drafts.items():
        draft = {"id": f"s/1/{name}", "shot": "s/1", "stage": stage, "job": work}
        done.drafts[f"s/1/{name}"] = Draft.model_validate(draft)
    passed = Verdict(take=TAKE, outcome="pass")
    done.verdicts.update({"s/1/head/mia": passed, "s/1/still": still, "s/1/line/1": line or passed})
    return shot_verdict("s/1", done)


def test_a_face_that_is_too_small_passes_where_its_head_did() -> None:
    """And so does a line that is too short to tell whose it is."""
    assert came(asked("not-scorable")) == "pass"
    assert came(Verdict(take=TAKE, outcome="pass"), asked("not-scorable")) == "pass"


def test_another_place_or_other_clothes_are_not_excused_by_a_face() -> None:
    """Whoever it is: a person is asked."""
    assert came(asked("location")) == "not-scorable"
    assert came(asked("not-scorable", "wardrobe")) == "not-scorable"
