"""One running build: what is there, what it made, and where that is kept as soon as it is made."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from charforge import imaging
from charforge import library as assets
from charforge.documents import write_atomic
from charforge.events import Noted
from charforge.imaging.encoding import encode_webp
from charforge.library import NewVersion
from charforge.library.order import Stage, demand, stage_of
from charforge.library.recording import apart
from charforge.library.standing import Present, present
from charforge.studio.reports.building import ShotReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charforge.backends.portrait.casting import Target
    from charforge.backends.protocols import RGB, Vector
    from charforge.library.written import WrittenReference
    from charforge.studio.building.bench import Bench
    from charforge.studio.building.options import Options
    from charforge.studio.building.shot import Shot

NEAR = 5.0
WIDE = 50.0
"""Degrees of turn from which a head is in profile."""


@dataclass
class Work:
    """A build of one character, from what is there to what is kept."""

    bench: Bench
    options: Options
    shots: list[tuple[ShotReport, RGB | None, Shot | None]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.journal: dict[str, dict[str, str]] = self._read_journal()
        made = {file: entry["sha256"] for file, entry in self.journal.items()}
        self.present: Present = present(self.bench.project.library, self.bench.name, made)
        self.standing = self.present.standing
        self._version: NewVersion | None = None
        if self.options.state is not None:
            self._version = NewVersion(state=self.options.state, from_episode=self.options.from_episode)

    @cached_property
    def journal_file(self) -> Path:
        """Where the build remembers what it made, until it ends."""
        return self.bench.project.state / "building" / f"{self.bench.name}.json"

    def note(self, text: str) -> None:
        """Say something that stops nothing, now and in the report."""
        self.notes.append(text)
        self.bench.tell(Noted(text))

    def demand(self, stage: Stage) -> None:
        """Raise InputError where a stage is not permitted yet, with what is missing."""
        demand(self.standing, stage)

    def there(self, target: Target) -> WrittenReference | None:
        """Return the reference that already shows what a target wishes for."""
        return next((r for r in self.present.references if r.step == target.step and _shows(r, target)), None)

    def keep(self, *shots: Shot, new: NewVersion | None = None) -> None:
        """Write pictures and record them in one go; what falls short in something was forced."""
        placed = [(s, s.kept_as or self.placed(s.file, new=new is not None)) for s in shots]
        for shot, file in placed:
            if not shot.kept_as:
                write_atomic(self.bench.folder / file, encode_webp(shot.pixels))
        references = [_forced(shot).reference().changed(file=file) for shot, file in placed]
        assets.record(self.bench.project.library, self.bench.name, references, new=new or self._version)
        self._version = None
        for shot, file in placed:
            self._remember(file, shot.style, shot.turn)
            self.shots.append((_reported(shot, "forced" if shot.short else "made", file), shot.pixels, shot))
            if (stage := stage_of(shot.step)) is not None:
                self.standing = self.standing.with_made(stage, [file])
        made = {file: entry["sha256"] for file, entry in self.journal.items()}
        self.present = present(self.bench.project.library, self.bench.name, made)

    def take(self, shot: Shot) -> bool:
        """Keep a picture when it is as wished, or when told to; return whether it was kept."""
        if not self.passes(shot):
            return False
        self.keep(shot)
        return True

    def passes(self, shot: Shot) -> bool:
        """Return whether a picture may be kept; note one that may not."""
        if shot.short and not self.options.force:
            self.shots.append((_reported(shot, "missed", ""), shot.pixels, shot))
            return False
        return True

    def miss(self, name: str, step: str, *reasons: str, pixels: RGB | None = None) -> None:
        """Note that a picture could not be made."""
        self.shots.append((ShotReport(name=name, step=step, state="missed", short=reasons), pixels, None))

    def found(self, reference: WrittenReference) -> None:
        """Note that a picture was there."""
        report = ShotReport(
            name=PurePosixPath(reference.file).stem,
            step=reference.step,
            state="there",
            file=reference.file,
            turn=reference.turn,
            pitch=reference.pitch,
            likeness=reference.score,
            second=reference.second,
            backend=(reference.origin and reference.origin.backend) or "",
        )
        self.shots.append((report, imaging.decode(self.bench.folder / reference.file), None))

    def styles(self) -> dict[str, tuple[Vector, float]]:
        """Return the style and turn of every head that this build, or the one it takes up, has kept, by pose."""
        return {
            PurePosixPath(file).stem: (
                np.frombuffer(base64.b64decode(entry["style"]), "<f4").reshape(8, 512),
                float(entry["turn"]),
            )
            for file, entry in self.journal.items()
            if "style" in entry
        }

    def end(self) -> None:
        """Forget what this build made: from now on it is locked, or it is not."""
        self.journal_file.unlink(missing_ok=True)

    def placed(self, file: str, *, new: bool = False) -> str:
        """Return where a file lies: beside that of an older version, whose bytes stay as they are."""
        new = new or self._version is not None
        older = {r.file for r in self.present.references} | ({self.present.rig} if self.present.rig else set())
        if file not in older or (file in self.present.own and not new):
            return file
        return apart(file, self.present.version + int(new))

    def _remember(self, file: str, style: Vector | None, turn: float) -> None:
        entry = {"sha256": hashlib.sha256((self.bench.folder / file).read_bytes()).hexdigest(), "turn": f"{turn:.2f}"}
        if style is not None:
            entry["style"] = base64.b64encode(style.astype("<f4").tobytes()).decode()
        self.journal[file] = entry
        write_atomic(self.journal_file, json.dumps(self.journal, indent=1).encode())

    def _read_journal(self) -> dict[str, dict[str, str]]:
        try:
            found: Any = json.loads(self.journal_file.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return {k: v for k, v in found.items() if isinstance(v, dict) and "sha256" in v} if found else {}


def _shows(reference: WrittenReference, target: Target) -> bool:
    """Tell whether a reference shows what a target wishes for."""
    if target.step == "expression":
        return reference.expression == target.expression
    turn, pitch = reference.turn or 0.0, reference.pitch or 0.0
    wished = target.turn or 0.0
    turned = abs(turn) >= WIDE and turn * wished > 0 if target.open_ended else abs(turn - wished) <= NEAR
    return turned and abs(pitch - (target.pitch or 0.0)) <= NEAR


def _forced(shot: Shot) -> Shot:
    """Return a shot that says in its origin that it was kept although it falls short."""
    if not shot.short:
        return shot
    score = 0.0 if shot.scores is None else round(min(shot.scores.first, shot.scores.second), 3)
    settings = {**(shot.origin.settings or {}), "short": "; ".join(shot.short)}
    return replace(shot, origin=shot.origin.changed(forced=score, settings=settings))


def _reported(shot: Shot, state: str, file: str) -> ShotReport:
    scores = shot.scores
    return ShotReport(
        name=shot.name if shot.wardrobe is None else f"{shot.wardrobe} {shot.name}",
        step=shot.step,
        state=state,
        file=file,
        turn=shot.turn,
        pitch=shot.pitch,
        likeness=None if scores is None else scores.first,
        second=None if scores is None else scores.second,
        bars=None if scores is None else scores.bars,
        short=shot.short,
        backend=shot.origin.backend or shot.origin.derived or ("photograph" if shot.origin.original else ""),
        drawn=shot.drawn,
        seconds=shot.seconds,
    )


def labelled(shots: Sequence[tuple[ShotReport, RGB | None, Shot | None]]) -> list[tuple[str, RGB]]:
    """Return the pictures of a build, each with its name and what became of it."""
    return [(f"{r.name}  {'' if r.state == 'made' else r.state}".rstrip(), p) for r, p, _ in shots if p is not None]
