"""Contact sheets and pages of what was cast and built."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from charforge.pages import Card, Pill, card_page, curve, inline
from charforge.studio.building.shot import PITCHED

if TYPE_CHECKING:
    from markupsafe import Markup

    from charforge.backends.protocols import RGB
    from charforge.domain.checks import Outcome, Rule
    from charforge.pages.cards import Tone
    from charforge.studio.building.candidates import Face
    from charforge.studio.building.shot import Shot
    from charforge.studio.reports.building import BuildReport, CandidateReport, ShotReport

    Entry = tuple[ShotReport, RGB | None, Shot | None]
    Bars = Callable[[float], tuple[float, float]]

TONES: dict[Outcome, Tone] = {"ok": "good", "warn": "warn", "fail": "bad"}


def cast_page(name: str, found: Sequence[Face], reported: Sequence[CandidateReport], *, again: int) -> bytes:
    """Return the page of candidates, each with its seed, its checks and what to type; `again` is the next seed."""
    measured = {face.seed: [rule for rule in face.checked.rules if rule.number is not None] for face in found}
    cards = [
        Card(
            title=f"seed {face.seed}",
            picture=inline(face.pixels),
            tone="good" if face.usable else "bad",
            verdict="usable" if face.usable else "not usable",
            pills=tuple(pill(rule) for rule in measured[face.seed] if rule.outcome != "ok"),
            folded=tuple(pill(rule) for rule in measured[face.seed] if rule.outcome == "ok"),
            reasons=face.why_not,
            command=said.pick,
        )
        for face, said in zip(found, reported, strict=True)
    ]
    usable = sum(face.usable for face in found)
    lead = (
        f"{usable} of {len(found)} faces show a whole head; the easiest to work with come first. Picking one makes it "
        "calm and frontal. What the rules of a headshot say is of the faces as they were drawn."
    )
    notes = (f"other faces: charforge cast {name} --first-seed {again}",)
    return card_page(f"Casting {name}", lead, cards, notes=notes)


def pill(rule: Rule) -> Pill:
    """Return a rule in a few words; the rest is shown when it is pointed at."""
    number = "?" if rule.number is None else f"{_short(rule.number)} {rule.unit}".strip()
    return Pill(f"{rule.name} {number}", TONES[rule.outcome], f"wanted {rule.limit}. {rule.fix}".strip())


def _short(number: float) -> str:
    return f"{number:.0f}" if abs(number) >= 100 or number == int(number) else f"{number:.2g}"


def build_page(report: BuildReport, shots: Sequence[Entry], master: RGB, bars: Bars) -> bytes:
    """Return the page of a build: every picture with its scores, its angles, and the trade-off where there is one."""
    cards = [_card(said, pixels, shot, bars) for said, pixels, shot in shots]
    counts = {state: sum(s.state == state for s in report.shots) for state in ("made", "there", "forced", "missed")}
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count) or "nothing was to be made"
    lead = (
        f"Version {report.version}: {told}. Likeness is to the master, by two face models that share no ancestry; "
        "each has its bar, measured, for how far the head is turned."
    )
    title = f"Building {report.name}"
    return card_page(
        title, lead, cards, next_step=report.next.rpartition(": ")[2], notes=report.notes, master=inline(master, 256)
    )


def _card(said: ShotReport, pixels: RGB | None, shot: Shot | None, bars: Bars) -> Card:
    tone: Tone = {"made": "good", "there": "plain", "forced": "warn"}.get(said.state, "bad")  # type: ignore[assignment]
    plot, caption = _plot(said, shot, bars)
    return Card(
        title=said.name,
        picture="" if pixels is None else inline(pixels),
        tone=tone,
        verdict={"missed": "not kept", "there": "there already"}.get(said.state, said.state),
        pills=tuple(_measures(said, shot)),
        reasons=said.short,
        plot=plot,
        caption=caption,
    )


def _measures(said: ShotReport, shot: Shot | None) -> Iterator[Pill]:
    if said.turn is not None:
        lifted = f", chin {said.pitch:+.0f}°" if said.pitch and abs(said.pitch) >= PITCHED else ""
        yield Pill(f"turn {said.turn:+.0f}°{lifted}")
    for number, value in enumerate((said.likeness, said.second)):
        if value is not None:
            bar = None if said.bars is None else said.bars[number]
            tone: Tone = "plain" if bar is None else "good" if value >= bar else "bad"
            more = "" if bar is None else f"at least {bar:.2f} at this turn"
            yield Pill(f"{('likeness', 'second judge')[number]} {value:.2f}", tone, more)
    if shot is not None and shot.held is not None:
        for region in ("hair", "skin", "garment"):
            apart = getattr(shot.held, region)
            if apart is not None:
                yield Pill(f"{region} {apart:.0f}", more=f"colour difference from the master's {region} (Lab)")
    if said.backend:
        yield Pill(said.backend)


def _plot(said: ShotReport, shot: Shot | None, bars: Bars) -> tuple[Markup | None, str]:
    """Return the trade-off of a search: likeness against what was reached."""
    if shot is None or len(shot.curve) < 2:
        return None, ""
    across = "degrees" if shot.step == "angle" else "strength"
    reached = max(abs(shot.turn), abs(shot.pitch)) if shot.step == "angle" else None
    plot = curve(shot.curve, across=across, bar=bars(shot.turn)[0], kept=reached)
    return plot, f"likeness by the first judge against {across}, over {said.drawn} heads that were drawn"
