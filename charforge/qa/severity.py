"""Decides what findings amount to."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

import yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charforge.domain.takes import Finding, Outcome, Verdict
    from charforge.qa.calibration import Calibration

Severity = Literal["fail", "near", "fix", "ask", "note"]
ORDER = ("fail", "fix", "not-scorable", "pass")
"""Outcomes, the worst first."""


@cache
def severities() -> dict[str, Severity]:
    """Return what each code amounts to, as `severity.yaml` says."""
    text = (resources.files("charforge.qa") / "severity.yaml").read_text("utf-8")
    return {code: level for level, codes in yaml.safe_load(text).items() for code in codes}


def severity_version() -> str:
    """Return a name for what the codes amount to; kept verdicts of another are not used."""
    return hashlib.sha256(repr(sorted(severities().items())).encode()).hexdigest()[:12]


def outcome(findings: Sequence[Finding], calibration: Calibration) -> Outcome:
    """Return the worst that the findings amount to: fail, then fix, then not-scorable, then pass."""
    levels = {level(f, calibration) for f in findings}
    if "fail" in levels:
        return "fail"
    if "fix" in levels:
        return "fix"
    return "not-scorable" if "ask" in levels else "pass"


def with_more(verdict: Verdict, findings: Sequence[Finding]) -> Verdict:
    """Return a verdict with further findings, none of faces; they may make its outcome worse, and never better."""
    levels = {severities()[f.code] for f in findings}
    wanted: list[Outcome] = ["fail"] if "fail" in levels else ["fix"] if "fix" in levels else []
    wanted += ["not-scorable"] if "ask" in levels else []
    worst = min((verdict.outcome, *wanted), key=ORDER.index)
    return verdict.changed(outcome=worst, findings=(*verdict.findings, *findings))


def level(finding: Finding, calibration: Calibration) -> Severity:
    """Return what one finding amounts to; a near miss is none any more too far under its bar."""
    listed = severities()[finding.code]
    if listed != "near":
        return listed
    short = (finding.limit or 0.0) - (finding.number or 0.0)
    return "fail" if short > (calibration.fix_band if finding.band is None else finding.band) else "fix"
