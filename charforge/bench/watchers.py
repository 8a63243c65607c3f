"""Measures what share of good material the watchers raise, and what share of planted faults they find.

The good material is the user's own, pictures and clips; the faults are planted here, so that what is right is known
without anybody looking. Everything is decided by the files and a fixed seed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from charforge import imaging, media
from charforge.backends import registry
from charforge.bench import planting
from charforge.bench.clips import wilson
from charforge.domain.value import Value
from charforge.errors import InputError
from charforge.qa.clips import sampled
from charforge.qa.watchers import Eyes, Person, Reference, Surroundings, watchers
from charforge.weights import LocalHome

if TYPE_CHECKING:
    from charforge.backends.protocols import RGB, Detection, FaceBackend

PICTURES = {".jpg", ".jpeg", ".png", ".webp"}
CLIPS = {".mp4", ".mkv", ".mov", ".webm", ".avi"}
LONGEST = 120
"""Judged frames of a clip that are looked at: half a minute."""
EXTENT = (1080, 1920)
"""Size of the frame that the watchers are timed on."""


class Rate(Value):
    """How often one finding is raised where it should not be, and where it should."""

    code: str
    good: int
    raised: int
    """Good pictures, clips or pairs that it was raised for."""
    planted: int
    found: int
    """Planted faults that it was raised for."""

    def rows(self) -> tuple[str, ...]:
        """Return the code, the shares with their counts, and 95 per cent intervals."""
        return (self.code, *_share(self.raised, self.good), *_share(self.found, self.planted))


@dataclass(slots=True)
class _Tally:
    """Counts of each code."""

    counts: dict[str, list[int]] = field(default_factory=dict)

    def add(self, code: str, raised: bool, *, planted: bool) -> None:
        row = self.counts.setdefault(code, [0, 0, 0, 0])
        row[2 * planted] += 1
        row[2 * planted + 1] += raised

    def rates(self) -> tuple[Rate, ...]:
        return tuple(
            Rate(code=code, good=g, raised=r, planted=p, found=f) for code, (g, r, p, f) in sorted(self.counts.items())
        )


def rates(
    pictures: Path | None, clips: Path | None, places: Path | None, told: Callable[[int, int], None] = lambda *_: None
) -> tuple[Rate, ...]:
    """Return the rates on good pictures, good clips, and places: a folder of pictures of each."""
    face = registry.create("face", "sface", LocalHome())
    tally = _Tally()
    stills = _files(pictures, PICTURES)
    moving = _files(clips, CLIPS)
    for done, path in enumerate(stills):
        told(done, len(stills) + len(moving))
        other = stills[(done + len(stills) // 2) % len(stills)]
        _still(tally, imaging.decode(path), imaging.decode(other), face, np.random.default_rng(done))
    for done, path in enumerate(moving):
        told(len(stills) + done, len(stills) + len(moving))
        _clip(tally, path, np.random.default_rng(done))
    _places(tally, places)
    return tally.rates()


def milliseconds(runs: int = 15) -> dict[str, float]:
    """Return the median processor time of each watcher for a judged frame of a 1080p clip, models not counted."""
    rng = np.random.default_rng(1)
    frames = [rng.integers(0, 255, (*EXTENT, 3), np.uint8) for _ in range(3)]
    spent: dict[str, list[float]] = {}
    for run in range(runs):
        for watcher in watchers(Surroundings(rate=24)):
            start = time.process_time()
            watcher.look(run, frames[run % 3], ())
            spent.setdefault(type(watcher).__name__, []).append(time.process_time() - start)
    return {name: 1000 * median(times) for name, times in spent.items()}


def _still(tally: _Tally, pixels: RGB, other: RGB, face: FaceBackend, rng: np.random.Generator) -> None:
    """Judge a picture as it is and with each fault planted."""
    plain = Surroundings()
    for code, fault in (("letterbox", planting.boxed), ("soft", planting.blurred), ("black", planting.blackened)):
        tally.add(code, _found(code, plain, [pixels]), planted=False)
        tally.add(code, _found(code, plain, [fault(pixels, rng)]), planted=True)
    faces, eyes = face.detect(pixels), Eyes(face=face)
    if not faces:
        return
    own, stranger = _reference(pixels), _reference(other)
    copied = planting.copied(pixels, rng)
    for reference, take, planted in ((stranger, pixels, False), (own, copied, True)):
        here = Surroundings(people=(Person("somebody", given=(reference,)),))
        seen = face.detect(take)
        tally.add("copy-paste", _found("copy-paste", here, [take], seen[:1], eyes), planted=planted)
    here = Surroundings(people=(Person("somebody", garments=(own,)),))
    if not _measurable(own, eyes):
        return
    for planted in (False, True):
        take = planting.relit(planting.dyed(pixels, faces[0], rng) if planted else pixels, rng)
        tally.add("wardrobe", _found("wardrobe", here, [take], faces[:1], eyes), planted=planted)


def _measurable(reference: Reference, eyes: Eyes) -> bool:
    """Return whether a portrait shows enough of what is worn to be judged by it."""
    from charforge.qa.watchers.cloth import worn

    pixels = reference.load()
    faces = eyes.face.detect(pixels) if eyes.face is not None else ()
    return bool(faces) and worn(pixels, faces[0]) is not None


def _clip(tally: _Tally, path: Path, rng: np.random.Generator) -> None:
    """Judge a clip's frames as they are and with each fault planted."""
    known = media.probe(path)
    chosen = sampled(known.frames, known.rate)[:LONGEST]
    frames = [pixels for _, pixels in media.frames(path, chosen)]
    if len(frames) < planting.SHORTEST:
        return
    step = chosen[1] - chosen[0]
    here = Surroundings(rate=known.rate)
    for code, fault in (("frozen", planting.frozen), ("flicker", planting.flickering), ("black", planting.blacked_out)):
        tally.add(code, _found(code, here, frames, step=step), planted=False)
        tally.add(code, _found(code, here, fault(frames, rng), step=step), planted=True)


def _places(tally: _Tally, folder: Path | None) -> None:
    """Judge each picture of a place by all the others of it, and by those of each other place."""
    known = {f.name: _files(f, PICTURES) for f in sorted(folder.iterdir()) if f.is_dir()} if folder else {}
    references = {name: [_reference(imaging.decode(p), str(p)) for p in paths] for name, paths in known.items()}
    eyes = Eyes()
    for name, own in references.items():
        for at, view in enumerate(own):
            for other, plates in references.items():
                rest = tuple(p for i, p in enumerate(plates) if other != name or i != at)
                if rest:
                    raised = _found("location", Surroundings(plates=rest), [view.load()], (), eyes)
                    tally.add("location", raised, planted=other != name)


def _found(  # noqa: PLR0913 - everything a take is judged by
    code: str,
    here: Surroundings,
    frames: Sequence[RGB],
    faces: Sequence[Detection] = (),
    eyes: Eyes | None = None,
    *,
    step: int = 1,
) -> bool:
    """Return whether a finding of this code is raised."""
    chosen = watchers(here, eyes)
    for number, pixels in enumerate(frames):
        for watcher in chosen:
            watcher.look(number * step, pixels, faces)
    return any(finding.code == code for watcher in chosen for finding in watcher.findings())


def _reference(pixels: RGB, name: str = "") -> Reference:
    import hashlib

    return Reference(name or hashlib.sha256(pixels.tobytes()).hexdigest(), lambda: pixels)


def _files(folder: Path | None, kinds: Iterable[str]) -> list[Path]:
    """Return a folder's files of these kinds, sub-folders included; raise InputError when it holds none."""
    if folder is None:
        return []
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in kinds)
    if not found:
        raise InputError(f"{folder} holds no file of the kinds {', '.join(sorted(kinds))}", "name another folder")
    return found


def _share(hits: int, count: int) -> tuple[str, str]:
    if not count:
        return "-", "-"
    low, high = wilson(hits, count)
    return f"{hits} of {count} ({hits / count:.1%})", f"{low:.1%} to {high:.1%}"
