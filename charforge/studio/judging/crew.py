"""Judges many files at once, in their order, until somebody has seen enough."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event, Lock, local
from time import monotonic

from charforge.domain.jobs import ExpectedFace
from charforge.domain.takes import Finding, Score, Verdict
from charforge.errors import CharforgeError, InputError, MediaError, in_one_line
from charforge.events import Progressed, Reporter
from charforge.qa import Calibration, Judge
from charforge.qa.severity import outcome
from charforge.qa.watchers import Eyes
from charforge.studio.judging import files
from charforge.studio.judging.looking import Look, Stopped
from charforge.studio.judging.memory import Memory
from charforge.studio.judging.scenery import Scenery
from charforge.studio.judging.viewing import View, seen
from charforge.studio.reports.judging import FileVerdict, Meaning

STAGE = "judging"
OF_ABSENT = frozenset({"not-scorable", "away", "ill-posed", "wardrobe", "body"})
"""What is said of somebody who may well not be in a file at all."""
FAULT = "this is a fault of charforge: please report it, with the file"


@dataclass(frozen=True, slots=True)
class Seat:
    """A judge, and what else it sees with."""

    judge: Judge
    eyes: Eyes


@dataclass
class Crew:
    """Judges who work side by side, each with models of its own."""

    hire: Callable[[], Seat]
    """Returns a new judge."""
    scenery: Scenery
    calibration: Calibration
    expected: Sequence[ExpectedFace]
    reporter: Reporter
    workers: int = 1
    some: bool = False
    """Whether a file may show any of the expected; otherwise all of them."""
    memory: Memory = field(default_factory=lambda: Memory(None))
    pictures: bool = False
    """Whether each verdict comes with a picture of what it is about."""
    _stop: Event = field(default_factory=Event)
    _own: local = field(default_factory=local)
    _idle: list[Seat] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def take_on(self, seat: Seat) -> None:
        """Let a judge who is there already be the first to work."""
        self._idle.append(seat)

    def judged(self, found: Sequence[Path]) -> Iterator[tuple[FileVerdict, View | None]]:
        """Yield each file's verdict, in their order; broken files are among them, without a picture.

        Whoever stops listening, by Ctrl-C or otherwise, waits for no file that is under way.
        """
        coming: list[Future[tuple[FileVerdict, View | None]]] = []
        pool = ThreadPoolExecutor(self.workers, STAGE)
        try:
            coming += [pool.submit(self._one, file) for file in found]
            for future in coming:
                yield future.result()
        finally:
            self._stop.set()
            pool.shutdown(wait=True, cancel_futures=True)

    def _one(self, file: Path) -> tuple[FileVerdict, View | None]:
        began = monotonic()
        name = files.shown(file)
        seat = self._seat()
        step = partial(self._tell, name)
        look = Look(seat.judge, seat.eyes, self.scenery, self.expected, self._stop, step, self.memory)
        try:
            found = look.at(file)
            verdict = found.verdict
            if self.some:
                verdict = without_absent(verdict, self.expected, self.calibration)
            seconds = monotonic() - began
            view = seen(file, verdict, found.kind) if self.pictures else None
        except (InputError, MediaError) as error:
            return _broken(file, error.message, error.hint, monotonic() - began), None
        except (CharforgeError, Stopped):
            raise
        except Exception as error:  # noqa: BLE001 - decoders meet bytes that nobody foresaw; the others are judged
            return _broken(file, f"{type(error).__name__}: {in_one_line(error)}", FAULT, monotonic() - began), None
        meanings = tuple(meaning(score, self.calibration) for score in verdict.scores)
        row = FileVerdict(
            file=name, verdict=verdict, seconds=seconds, kind=found.kind, known=found.known, meanings=meanings
        )
        return row, view

    def _seat(self) -> Seat:
        """Return this thread's judge."""
        if not hasattr(self._own, "seat"):
            with self._lock:
                self._own.seat = self._idle.pop() if self._idle else self.hire()
        seat: Seat = self._own.seat
        return seat

    def _tell(self, name: str, done: int, total: int) -> None:
        # One clip's frames beside another's would only flicker.
        if self.workers == 1:
            with suppress(Exception):
                self.reporter(Progressed(STAGE, name, done, total))


def without_absent(verdict: Verdict, expected: Sequence[ExpectedFace], calibration: Calibration) -> Verdict:
    """Return a verdict for which one of the expected is enough: what is said of those who are not seen is no finding.

    Where nobody of them is seen, one finding says so. The only one who is seen may not be missing from most of it.
    """
    seen = {score.who for score in verdict.scores}
    absent = [f for f in verdict.findings if f.code == "missing"]
    kept = tuple(
        f
        for f in verdict.findings
        if (f.code != "missing" or seen == {f.who})
        and not (f.code in OF_ABSENT and seen and f.who and f.who not in seen)
    )
    if absent and not seen:
        names = " or ".join(face.who for face in expected)
        kept = (absent[0].changed(who="", message=f"{names} is expected, and nobody of them is found"), *kept)
    return verdict.changed(findings=kept, outcome=outcome(kept, calibration))


def meaning(score: Score, calibration: Calibration) -> Meaning:
    """Return what a score says; a bar that was raised above a look-alike still stands for 50 per cent."""
    turn = score.turn or 0.0
    raised = max(score.bar - calibration.bar(turn, score.face_px), 0.0)
    value = score.value - raised
    percent = calibration.percent(value, turn, score.face_px)
    return Meaning(score=score, percent=percent, words=calibration.words(value, turn, score.face_px))


def _broken(file: Path, message: str, hint: str, seconds: float) -> FileVerdict:
    """Return the row of a file that cannot be judged; it fails, and says why."""
    name = files.shown(file)
    why = message.splitlines()[0].removeprefix(f"{file}: ").removeprefix(f"{file} ")
    unreadable = Finding(code="unreadable", message=why)
    nothing = hashlib.sha256(str(file).encode("utf-8", "surrogateescape")).hexdigest()
    verdict = Verdict(take=nothing, outcome="fail", findings=(unreadable,))
    return FileVerdict(file=name, verdict=verdict, seconds=seconds, error=why, hint=hint)
