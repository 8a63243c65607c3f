"""Pages that show a series of portraits, and a screen test, with what was measured beside every picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from charforge import imaging
from charforge.pages import Card, Pill, card_page, inline

if TYPE_CHECKING:
    from charforge.backends.protocols import RGB
    from charforge.pages.cards import Tone
    from charforge.studio.portraits import Portrait, PortraitSeries
    from charforge.studio.screentest import ScreenTest, Seen

TONES: dict[str, Tone] = {"pass": "good", "fix": "warn", "not-scorable": "warn", "fail": "bad"}


def portraits_page(made: PortraitSeries) -> bytes:
    """Return the page of a series."""
    good = sum(p.row.verdict == "pass" for p in made.pictures)
    lead = (
        f"{good} of {len(made.pictures)} portraits of {made.character} pass. Likeness is to the master, by two face "
        "models that share no ancestry; the bar is the first one's."
    )
    return card_page(f"Portraits of {made.character}", lead, [_portrait(p) for p in made.pictures])


def _portrait(portrait: Portrait) -> Card:
    row = portrait.row
    who, first = next(iter(row.identity.items()), ("", None))
    passed = row.verdict == "pass"
    return Card(
        title=f"{portrait.background}, {portrait.mood}",
        picture=inline(imaging.decode(Path(portrait.file))),
        tone=TONES[row.verdict],
        verdict=row.verdict,
        pills=(
            Pill(f"likeness {_told(first)}", TONES[row.verdict], f"the bar is {_told(row.bar.get(who))}"),
            Pill(f"second judge {_told(portrait.second)}"),
            Pill(row.model),
        ),
        reasons=row.findings,
        command=f"charforge promote {row.slate} --to {portrait.who}" if passed else "",
    )


def screen_test_page(made: ScreenTest, frames: Sequence[RGB], approved: RGB) -> bytes:
    """Return the page of a screen test: its judged frames, and the build of those that could be compared."""
    found = made.geometry
    build = "No frame could be compared in build."
    if found.middle is not None:
        build = (
            f"Eyes {found.middle.eyes:+.1f} px ({found.middle.eyes_share:+.1f} % of their distance, limit "
            f"{found.eyes_limit:g} px), jawline {found.middle.jaw:.1f} px ({found.middle.jaw_share:.1f} %, limit "
            f"{found.jaw_limit:g} px): medians of the {found.frames} frames that look as the approved picture does."
        )
    lead = (
        f"{'Passed' if made.passed() else 'Failed'}. Likeness {_told(made.middle)} ({_told(made.lowest)} at worst), by "
        f"the second judge {_told(made.second_middle)} ({_told(made.second_lowest)}). {build}"
    )
    cards = [_frame(seen, pixels) for seen, pixels in zip(made.seen, frames, strict=True)]
    title = f"Screen test of {made.character} by {made.model}"
    return card_page(title, lead, cards, notes=made.wrong, master=inline(approved, 256))


def _frame(seen: Seen, pixels: RGB) -> Card:
    known = seen.likeness is not None and seen.bar is not None and seen.likeness >= seen.bar
    tone: Tone = "good" if known else "warn" if seen.likeness is None else "bad"
    pills = [
        Pill(f"likeness {_told(seen.likeness)}", tone, f"the bar is {_told(seen.bar)}"),
        Pill(f"second judge {_told(seen.second)}"),
    ]
    if seen.turn is not None:
        pills.append(Pill(f"turn {seen.turn:+.0f}°"))
    if seen.compared:
        pills.append(Pill("compared in build", "good"))
    return Card(title=f"frame {seen.frame}", picture=inline(pixels), tone=tone, pills=tuple(pills))


def _told(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"
