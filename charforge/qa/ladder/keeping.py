"""Decides whether a try is kept: both judges must gain, and nothing else may be harmed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge.qa.severity import level

if TYPE_CHECKING:
    from charforge.backends.protocols import RGB, Landmarks
    from charforge.domain.takes import Finding, Verdict
    from charforge.qa.calibration import Calibration
    from charforge.qa.ladder.policy import Limits

RULES = 2
"""Counts the changes of what harm a repair does and how that is measured, here and in `pasting`, so that what older
ones found harmless is looked at again."""
NOISE = 0.01
"""Gain of a score below which nothing was gained."""
WORSE = {"pass": 0, "not-scorable": 1, "fix": 2, "fail": 3}
WEIGHTS = {"fix": 1, "fail": 2}
"""What findings weigh; those that only ask or tell weigh nothing, since no repair of a face answers them."""
SHOWN = (
    "browDownLeft", "browDownRight", "browInnerUp", "eyeBlinkLeft", "eyeBlinkRight", "eyeWideLeft", "eyeWideRight",
    "jawOpen", "mouthFrownLeft", "mouthFrownRight", "mouthPucker", "mouthSmileLeft", "mouthSmileRight",
)  # fmt: skip
"""Blendshapes that make an expression; where the eyes look, and small asymmetries, differ between people."""


def keeps(before: Verdict, after: Verdict, second_before: Verdict, second_after: Verdict) -> bool:
    """Return whether a try helped: to the first judge, and to the second, who had no part in making it.

    It must not be judged worse by either, and must raise the second judge's lowest margin, or carry both over the bar.
    """
    return not undone(before, after, second_before, second_after)


def undone(before: Verdict, after: Verdict, second_before: Verdict, second_after: Verdict) -> str:
    """Return why a try did not help, or nothing where it is to be kept."""
    if after.passed() and not before.passed() and second_after.passed():
        return ""
    told = {
        "no face can be scored any more": after.outcome == "not-scorable" and not _scored(after),
        f"it made a {after.outcome} of a {before.outcome}": WORSE[after.outcome] > WORSE[before.outcome],
        "the first judge gained nothing": _gain(before, after) <= 0,
        "the second judge gained nothing": _gain(second_before, second_after) <= NOISE,
        f"the second judge made a {second_after.outcome} of a {second_before.outcome}": (
            WORSE[second_after.outcome] > WORSE[second_before.outcome]
        ),
    }
    return next((reason for reason, true in told.items() if true), "")


def _scored(verdict: Verdict) -> bool:
    """Return whether every face could be scored, whatever else a person is asked."""
    return bool(verdict.scores) and all(f.code != "not-scorable" for f in verdict.findings)


def lowest(verdict: Verdict) -> float | None:
    """Return the similarity of the least alike face; None where nobody was scored, or somebody was not found."""
    if any(f.code == "missing" for f in verdict.findings):
        return None
    return min((s.value for s in verdict.scores), default=None)


def margin(verdict: Verdict) -> float:
    """Return how far the least alike face stands above its bar; -1 where somebody was not found."""
    if any(f.code == "missing" for f in verdict.findings):
        return -1.0
    return min((s.value - s.bar for s in verdict.scores), default=-1.0)


def _gain(before: Verdict, after: Verdict) -> float:
    """Return by how much a verdict got better: in the score itself, and in how far it stands above its bar.

    A head that came out more turned has a lower bar, which is no gain.
    """
    gained = margin(after) - margin(before)
    was, now = lowest(before), lowest(after)
    return gained if was is None or now is None else min(gained, now - was)


def of(verdict: Verdict, who: str) -> Verdict:
    """Return what a verdict says of one person, so that nothing is kept or undone for somebody else's face."""
    findings = tuple(f for f in verdict.findings if f.who == who)
    scores = tuple(s for s in verdict.scores if s.who == who)
    return verdict.changed(scores=scores, findings=findings, outcome=verdict.outcome if findings else "pass")


def neighbours(before: Verdict, after: Verdict, who: str, limits: Limits) -> str:
    """Return whose face suffered from the repair of somebody else's, or nothing."""
    lost = {f.who for f in after.findings if f.code == "missing"} - {f.who for f in before.findings}
    for name in sorted({s.who for s in before.scores} - {who}):
        one, other = margin(of(before, name)), margin(of(after, name))
        if name in lost or one - other > limits.neighbour:
            return f"{name}'s face became less like {name}: {one:+.2f} -> {other:+.2f} to the bar"
    return ""


def worsened(before: Verdict, after: Verdict, calibration: Calibration, who: str) -> str:
    """Return what a try made worse of the whole take, whomever it concerns, or nothing.

    The outcome may not get worse, nor may anything be found that was not found before, or weighs more now, or is found
    more often, as a second stranger is. What drifts is left to those who compare its numbers: that of `who`, whose face
    it was for, or all where it made the take anew (`who` is empty), which besides may bring something new where the
    outcome gets better.
    """
    got = _weights(before, calibration, who), _weights(after, calibration, who)
    new = [f.message for key, (weight, f) in got[1].items() if key not in got[0] or weight > got[0][key][0]]
    if WORSE[after.outcome] > WORSE[before.outcome]:
        return ": ".join((f"it made a {after.outcome} of a {before.outcome}", *new[:1]))
    better = WORSE[after.outcome] < WORSE[before.outcome]
    return f"it brought something new: {new[0]}" if new and (who or not better) else ""


def _weights(
    verdict: Verdict, calibration: Calibration, who: str
) -> dict[tuple[str, str], tuple[tuple[int, int], Finding]]:
    """Return by code and person how much the worst of it weighs and how often it was found, and the worst or latest."""
    found: dict[tuple[str, str], tuple[tuple[int, int], Finding]] = {}
    for finding in verdict.findings:
        weight = WEIGHTS.get(level(finding, calibration), 0)
        # Somebody who was missing and now drifts is not worse off.
        key = "missing" if finding.code == "drift" else finding.code, finding.who
        compared = finding.code == "drift" and who in {"", finding.who}
        (most, count), worst = found.get(key, ((0, 0), finding))
        if weight and not compared:
            found[key] = (max(most, weight), count + 1), finding if weight >= most else worst
    return found


def changed_face(before: Landmarks | None, after: Landmarks | None, limits: Limits) -> str:
    """Return how a repair changed expression or pose beyond the limits, or nothing; what was never measured cannot."""
    if before is None:
        return ""
    if after is None:
        return "the face can no longer be measured"
    turned = max(abs(after.turn - before.turn), abs(after.pitch - before.pitch), 2 * abs(after.roll - before.roll))
    if turned > limits.pose:
        return f"the head moved by {turned:.0f} degrees"
    strengths = {n: abs(after.blendshapes.get(n, 0.0) - before.blendshapes.get(n, 0.0)) for n in SHOWN}
    name = max(strengths, key=lambda n: strengths[n])
    return f"the expression changed: {name} by {strengths[name]:.2f}" if strengths[name] > limits.expression else ""


def spilled(before: RGB, after: RGB, box: tuple[int, int, int, int], margin_: float, *, allowed: float = 0.0) -> str:
    """Return how pixels farther outside a box than a share of its longer side differ, or nothing.

    Of a still none may; `allowed` is the mean difference in grey levels that encoding a clip leaves.
    """
    if before.shape != after.shape:
        return "the picture has another size"
    x, y, width, height = box
    reach = int(np.ceil(margin_ * max(width, height)))
    outside = np.ones(before.shape[:2], bool)
    outside[max(y - reach, 0) : max(y + height + reach, 0), max(x - reach, 0) : max(x + width + reach, 0)] = False
    apart = np.abs(before[outside].astype(np.int16) - after[outside])
    if not apart.size:
        return ""
    if allowed == 0:
        count = int((apart.max(axis=1) > 0).sum())
        return f"{count} pixels outside the face changed" if count else ""
    mean = float(apart.mean())
    return f"pixels outside the face changed by {mean:.1f} grey levels" if mean > allowed else ""
