"""Reporters: events become a live display, plain lines or JSON lines on standard error."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from time import monotonic
from typing import TYPE_CHECKING, Self, TextIO

from charforge.events import (
    Counted,
    Event,
    Fixed,
    Judged,
    Noted,
    Progressed,
    StageEnded,
    StageStarted,
    TakeReady,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from rich.console import Console
    from rich.progress import Progress, TaskID

QUIET = 20.0
"""Seconds without a line after which a plain log tells how far a take is; services end jobs that stay silent."""


def sentence(event: Event) -> str | None:
    """Return the event as one line for people, or None when it is not worth a line."""
    line = None
    match event:
        case StageStarted(stage, total, unit) if total:
            line = f"{stage}: {total} {unit}"
        case StageEnded(stage, seconds):
            line = f"{stage}: done in {seconds:.1f} s"
        case TakeReady(_, draft, take, reused) if not reused:
            line = f"  {draft}: rendered by {take.backend} in {take.seconds:.1f} s"
        case Judged(draft, verdict) if not verdict.passed():
            scores = " ".join(f"{s.who} {s.value:.2f}" for s in verdict.scores)
            findings = "; ".join(f.message for f in verdict.findings)
            line = f"  {draft}: {verdict.outcome} {scores} {findings}".rstrip()
        case Fixed(draft, step):
            kept = "kept" if step.kept else f"undone: {step.reason}" if step.reason else "undone"
            line = f"  {draft}: {step.step} {step.before:.2f} -> {step.after:.2f} ({step.judge}), {kept}"
        case Noted(text):
            line = f"  {text}"
        case _:
            pass
    return line


def step(event: Progressed) -> str:
    """Return what is under way and how far it is."""
    return f"{event.item}: step {event.done} of {event.total}"


class PlainReporter:
    """Writes one line per event; for logs, pipes and continuous integration.

    Steps of a take have a line only where nothing else was written for QUIET seconds of the clock.
    """

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = monotonic) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock
        self._said = clock()
        self._bytes: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open."""

    def __call__(self, event: Event) -> None:
        """Write the event's line, if it has one."""
        line = sentence(event)
        match event:
            case StageStarted(stage, _, "bytes"):
                self._bytes.add(stage)
            case Progressed(stage) if stage not in self._bytes and self._clock() - self._said >= QUIET:
                line = step(event) if event.item == stage else f"{stage} {step(event)}"
            case Counted(stage, _, done, total) if self._clock() - self._said >= QUIET:
                line = f"{stage}: {done} of {total}"
            case _:
                pass
        if line is not None:
            self._said = self._clock()
            print(line, file=self._stream, flush=True)


class JsonReporter(PlainReporter):
    """Writes one JSON object per event."""

    def __call__(self, event: Event) -> None:
        """Write the event as a line of JSON."""
        fields = {
            f.name: value.model_dump(mode="json", exclude_none=True) if hasattr(value, "model_dump") else value
            for f in dataclasses.fields(event)
            for value in (getattr(event, f.name),)
        }
        line = json.dumps({"event": type(event).__name__, **fields}, ensure_ascii=False)
        print(line, file=self._stream, flush=True)


class LiveReporter:
    """Shows a progress bar per stage, with notable events above it."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._console = console
        self._bar: Progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[item]}"),
            console=console,
            transient=False,
        )
        self._tasks: dict[str, TaskID] = {}
        self._done: dict[str, float] = {}
        self._bytes: set[str] = set()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last state of the bars on the screen."""
        self._bar.stop()

    def __call__(self, event: Event) -> None:
        """Move the bars, and print what deserves a line of its own."""
        match event:
            case StageStarted(stage, total, unit) if total:
                self._done[stage] = 0
                self._bytes |= {stage} if unit == "bytes" else set()
                self._tasks[stage] = self._bar.add_task(stage, total=total, item="")
            case TakeReady(stage, draft, _, _):
                self._done[stage] = self._done.get(stage, 0) + 1
                self._move(stage, self._done[stage], draft)
            case Progressed(stage, item, done, total):
                part = done / total if total else 0
                shown = item if stage in self._bytes else step(event)
                self._move(stage, self._done.get(stage, 0) + min(part, 0.99), shown)
            case Counted(stage, item, done, _):
                self._done[stage] = done
                self._move(stage, done, item)
            case StageEnded(stage, _):
                self._finish(stage)
            case Fixed() | Noted():
                self._console.print(sentence(event), highlight=False, markup=False)
            case Judged(_, verdict) if not verdict.passed():
                self._console.print(sentence(event), highlight=False, markup=False)
            case _:
                pass

    def _move(self, stage: str, done: float, item: str) -> None:
        if stage in self._tasks:
            self._bar.update(self._tasks[stage], completed=done, item=item)

    def _finish(self, stage: str) -> None:
        if stage in self._tasks:
            task = self._bar.tasks[self._bar.task_ids.index(self._tasks[stage])]
            self._bar.update(self._tasks[stage], completed=task.total, item="")


def reporter(*, json_lines: bool = False) -> PlainReporter | LiveReporter:
    """Return the reporter that suits where standard error goes."""
    if json_lines:
        return JsonReporter()
    plain = not sys.stderr.isatty() or os.environ.get("CI") or os.environ.get("NO_COLOR") is not None
    if plain:
        return PlainReporter()
    from rich.console import Console

    return LiveReporter(Console(stderr=True))
