"""Looks at one file: a still, a clip or an animation, whatever made it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from charforge import imaging, media
from charforge.backends.protocols import RGB
from charforge.documents import sha256
from charforge.domain.jobs import ExpectedFace
from charforge.domain.takes import Verdict
from charforge.errors import InputError, MediaError
from charforge.imaging.animation import animation, moving
from charforge.media.probe import AGAIN, Probe
from charforge.qa import Judge
from charforge.qa.ahead import ahead
from charforge.qa.clips import PER_SECOND, sampled
from charforge.qa.hearing.limits import limits
from charforge.qa.severity import with_more
from charforge.qa.watchers import Eyes
from charforge.studio.footage import mouthing, sounding
from charforge.studio.judging import files
from charforge.studio.judging.memory import Memory
from charforge.studio.judging.scenery import Scenery

LARGEST = 3840
"""Longer side that a clip's frames are judged at; larger ones are scaled down, which keeps 8K within 25 MB a frame."""
UNEVEN = 1.5
"""How much longer than another a frame may be shown before they are chosen by time instead of by number."""


class Stopped(Exception):
    """Nobody waits for the verdict any more."""


@dataclass(frozen=True, slots=True)
class Film:
    """The frames of something that moves, from whatever it is read."""

    count: int
    wanted: tuple[int, ...]
    """Those that are judged."""
    time: Callable[[int], float]
    read: Callable[[Iterable[int]], Iterator[tuple[int, RGB]]]
    scale: float = 1.0
    """How many of the file's pixels lie along one of a frame that is read."""

    @property
    def rate(self) -> float:
        """Return how many frames a second it has on average."""
        last = self.time(self.count - 1)
        return (self.count - 1) / last if last else 1.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at a file came to."""

    verdict: Verdict
    kind: files.Kind
    known: bool = False
    """Whether it was judged before."""


@dataclass(slots=True)
class Look:
    """One file under way."""

    desk: Judge
    eyes: Eyes
    scenery: Scenery
    expected: Sequence[ExpectedFace]
    stop: Event
    step: Callable[[int, int], None]
    """Told how many frames of how many are judged."""
    memory: Memory

    def at(self, file: Path) -> Seen:
        """Return the verdict on a file; raise InputError or MediaError when it cannot be judged."""
        film = opened(file)
        kind: files.Kind = "clip" if film else "picture"
        watch = self.scenery.watch(self.eyes, film.rate if film else None)
        take = _digest(file)
        kinds = f"{kind} lips" if self.scenery.lips else kind
        key = f"{kinds} {limits().version} {self.desk.cache_key(take, self.expected, watch=watch)}"
        known = self.memory.verdict(key)
        if known is not None:
            return Seen(known, kind, known=True)
        if film is None:
            verdict = self.desk.still(file, self.expected, take=take, watch=watch)
        else:
            frames = ahead(self._frames(film))
            verdict = _placed(self.desk.watched(frames, self.expected, take=take, time=film.time, watch=watch), film)
            if files.kind(file) == "clip":
                verdict = with_more(verdict, sounding(file))
                if self.scenery.lips and self.eyes.face is not None and self.eyes.landmark is not None:
                    verdict = with_more(verdict, mouthing(file, self.eyes.face, self.eyes.landmark))
        self.memory.keep(key, verdict)
        return Seen(verdict, kind)

    def _frames(self, film: Film) -> Iterator[tuple[int, RGB]]:
        for number, (index, pixels) in enumerate(film.read(film.wanted)):
            if self.stop.is_set():
                raise Stopped
            self.step(number, len(film.wanted))
            yield index, pixels


def opened(file: Path) -> Film | None:
    """Return the frames of a file that moves, or None for a still; raise InputError or MediaError if it is broken."""
    if files.kind(file) == "clip":
        return _clip(file)
    found = animation(file)
    if found is None:
        return None
    wanted = _spread([found.time(i) for i in range(found.frames)])
    return Film(found.frames, wanted, found.time, lambda numbers: moving(file, numbers))


def picture(file: Path, frame: int | None) -> tuple[RGB, float]:
    """Return a still, or one frame of what moves, as judged, and how many of the file's pixels one stands for."""
    film = opened(file)
    if film is None:
        return imaging.decode(file), 1.0
    return next(pixels for _, pixels in film.read([frame or 0])), film.scale


def _clip(file: Path) -> Film:
    found = media.probe(file)
    if not found.frames:
        # What has no pictures at all says so itself.
        next(media.frames(file), None)
        raise MediaError(f"{file} holds no frame", AGAIN)
    if not found.whole:
        raise MediaError(f"{file} breaks off after {float(found.reach):.1f} of {float(found.duration):.1f} s", AGAIN)
    # What is squeezed is drawn wider than it is coded, yet never an 8K picture.
    scale = max(found.width, found.height, LARGEST) / LARGEST
    return Film(found.frames, _wanted(found), found.time, lambda n: media.frames(file, n, largest=LARGEST), scale)


def _placed(verdict: Verdict, film: Film) -> Verdict:
    """Return a verdict whose findings lie at the file's own times, also of an uneven rate, and in its own pixels."""
    found = []
    for finding in verdict.findings:
        box = finding.box and tuple(round(side * film.scale) for side in finding.box)
        time = finding.time if finding.frame is None else film.time(finding.frame)
        found.append(finding.changed(box=box, time=time))
    return verdict.changed(findings=tuple(found))


def _wanted(found: Probe) -> tuple[int, ...]:
    """Return the frames to judge: so many a second, also where frames are shown for longer and shorter."""
    gaps = [later - earlier for earlier, later in zip(found.ticks, found.ticks[1:], strict=False)]
    if gaps and max(gaps) > UNEVEN * min(gaps):
        return _spread([found.time(i) for i in range(found.frames)])
    return sampled(found.frames, found.rate)


def _spread(times: Sequence[float]) -> tuple[int, ...]:
    """Return the frames that stand on the screen every so often, the first and the last among them."""
    chosen = {0, len(times) - 1}
    due = 0.0
    for index, time in enumerate(times):
        if time >= due - 1e-6:
            chosen.add(index)
            due = (int(time * PER_SECOND + 1e-6) + 1) / PER_SECOND
    return tuple(sorted(chosen))


def _digest(file: Path) -> str:
    try:
        return sha256(file)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error
