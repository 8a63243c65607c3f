"""What a render has made so far, and what it came to for each shot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from charforge.domain.jobs import Choice, Draft
from charforge.domain.names import Slate
from charforge.domain.takes import FixStep, Score, Take, Verdict
from charforge.qa.severity import severities
from charforge.studio.desk import Desk
from charforge.studio.fixing import Head
from charforge.studio.report import ShotRow


@dataclass
class Progress:
    """What has been made so far."""

    takes: dict[str, Take] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    fixes: dict[str, tuple[FixStep, ...]] = field(default_factory=dict)
    heads: dict[str, Head] = field(default_factory=dict)
    rendered: list[Take] = field(default_factory=list)
    reused: int = 0
    unjudged: tuple[str, ...] = ()
    """What nobody listened to, and why."""


def shot_verdict(shot: str, done: Progress) -> str:
    """Return the worst verdict of a shot.

    A face too small to score in the still passes where its head did; a line too short to tell the voice by is no fault.
    Another place or other clothes are.
    """
    verdicts = {i: v for i, v in done.verdicts.items() if done.drafts[i].shot == shot}
    heads = [v for i, v in verdicts.items() if done.drafts[i].stage == "head"]
    sure = bool(heads) and all(v.passed() for v in heads)
    excused = {i for i, v in verdicts.items() if _unscored(v) and (sure or done.drafts[i].stage == "voice")}
    outcomes = {"pass" if v.outcome == "not-scorable" and i in excused else v.outcome for i, v in verdicts.items()}
    return next((o for o in ("fail", "fix", "not-scorable") if o in outcomes), "pass")


def _unscored(verdict: Verdict) -> bool:
    """Return whether a person is asked about nothing but whose face or voice it is."""
    return all(f.code == "not-scorable" for f in verdict.findings if severities()[f.code] == "ask")


def row(desk: Desk, choice: Choice, done: Progress) -> ShotRow:
    """Return what a render came to for one shot."""
    mine = {i: d for i, d in done.drafts.items() if d.shot == choice.shot}
    made = {t.key for t in done.rendered}
    judged = [(mine[i].stage == "voice", done.verdicts[i]) for i in mine if i in done.verdicts]
    lowest = _lowest([s for heard, v in judged if not heard for s in v.scores])
    voices = _lowest([s for heard, v in judged if heard for s in v.scores])
    return ShotRow(
        shot=choice.shot,
        slate=str(slate(desk, choice.shot, done)),
        model=_models(desk, choice, done),
        frames=choice.frames,
        seconds=sum(done.takes[i].seconds for i in mine if i in done.takes and done.takes[i].key in made),
        identity={who: s.value for who, s in lowest.items()},
        bar={who: s.bar for who, s in lowest.items()},
        voice={who: s.value for who, s in voices.items()},
        verdict=shot_verdict(choice.shot, done),
        fixes=tuple(step for i in mine for step in done.fixes.get(i, ())),
        findings=(
            *(f.message for i in mine if i in done.verdicts for f in done.verdicts[i].findings),
            *(text for i in mine if i in done.heads for text in _given_up(done.heads[i])),
        ),
    )


def _lowest(scores: list[Score]) -> dict[str, Score]:
    """Return everybody's score that is the least above its bar, or the farthest under it."""
    people = sorted({s.who for s in scores})
    return {who: min((s for s in scores if s.who == who), key=lambda s: s.value - s.bar) for who in people}


def _given_up(head: Head) -> Iterator[str]:
    """Say what of a shot's wish a repair gave up, so that a film-maker is not surprised by the picture."""
    asked, shown = (d.job.settings.get("turn") for d in (head.planned, head.draft))
    if asked is not None and shown is not None and asked != shown:
        yield f"{head.draft.expected[0].who}: turn {asked:+.0f} asked, {shown:+.0f} shown"


def _models(desk: Desk, choice: Choice, done: Progress) -> str:
    """Return the models of a shot's still and clip: as planned, or that of the take a person circled instead."""
    names = []
    for stage, planned in (("still", choice.still), ("clip", choice.clip)):
        take, model = done.takes.get(f"{choice.shot}/{stage}"), desk.catalogue.named(planned)
        if planned:
            circled = take is not None and model is not None and take.backend != model.run_by
            names.append(take.backend if circled and take is not None else planned)
    return "+".join(dict.fromkeys(names))


def slate(desk: Desk, shot: str, done: Progress) -> Slate:
    """Return the slate of a shot's still."""
    (scene, name), still = shot.split("/"), f"{shot}/still"
    return Slate(desk.episode.id, scene, name, desk.ledger.number(still, done.takes[still].key))
