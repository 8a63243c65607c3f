"""What the reporters write of a take under way."""

from __future__ import annotations

import io

from rich.console import Console

from charforge.cli.console import QUIET, LiveReporter, PlainReporter
from charforge.events import Counted, Event, Noted, Progressed, StageStarted

CLIP = "s01/0010/clip"


def lines(*events: tuple[float, Event]) -> list[str]:
    """Return what a log holds after events that came at given seconds."""
    now = 0.0
    log = io.StringIO()
    tell = PlainReporter(log, lambda: now)
    for seconds, event in events:
        now = seconds
        tell(event)
    return log.getvalue().splitlines()


def at(done: int) -> Progressed:
    """Return a step of a clip."""
    return Progressed("clip", CLIP, done, 40)


def test_a_long_clip_is_never_silent_for_long() -> None:
    """Steps that come every second give a line when the log was quiet for a while, and none before."""
    told = lines((0, StageStarted("clip", 2)), *((float(n), at(n)) for n in range(1, 41)))
    assert told == ["clip: 2 takes", f"clip {CLIP}: step 20 of 40", f"clip {CLIP}: step 40 of 40"]


def test_a_quick_take_has_no_lines_of_its_own() -> None:
    """Whatever else is written counts as a sign of life."""
    told = lines((QUIET - 1, at(1)), (QUIET, Noted("a note")), (2 * QUIET - 1, at(2)), (2 * QUIET, at(3)))
    assert told == ["  a note", f"clip {CLIP}: step 3 of 40"]


def test_bytes_are_not_steps() -> None:
    """A download says nothing of its millions of bytes."""
    fetched = (1000.0, Progressed("weights", "acme/model", 5_000_000, 9_000_000))
    assert lines((0, StageStarted("weights", 9_000_000, "bytes")), fetched) == ["weights: 9000000 bytes"]


def screen(*events: Event) -> str:
    """Return the lines that stay on a terminal of 80 columns."""
    written = io.StringIO()
    with LiveReporter(Console(file=written, force_terminal=True, width=80, color_system=None)) as tell:
        for event in events:
            tell(event)
    return written.getvalue().rpartition("\r")[2]


def test_a_terminal_shows_the_step_beside_the_count() -> None:
    """In the usual 80 columns the count of takes, the take and its step all have room."""
    last = screen(StageStarted("clip", 12), at(12))
    assert "0/12" in last
    assert f"{CLIP}: step 12 of 40" in last


def test_a_terminal_shows_no_steps_of_bytes() -> None:
    """What is fetched is named alone."""
    last = screen(StageStarted("weights", 900, "bytes"), Progressed("weights", "acme/model", 500, 900))
    assert "acme/model" in last
    assert "step" not in last


def test_a_count_moves_the_bar_and_breaks_a_long_silence() -> None:
    """Of many files a terminal shows how many are done; a log says so now and then."""
    last = screen(StageStarted("judging", 12, "files"), Counted("judging", "dailies/7.png", 7, 12))
    assert "7/12" in last
    assert "dailies/7.png" in last
    counted = [(float(n), Counted("judging", f"{n}.png", n, 60)) for n in range(1, 60)]
    assert lines((0, StageStarted("judging", 60, "files")), *counted) == [
        "judging: 60 files",
        "judging: 20 of 60",
        "judging: 40 of 60",
    ]
