"""Makes a still of somebody in a described scene, without a shot list."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, get_args

from charforge import library as assets
from charforge.documents.files import unwritable
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Character, Library
from charforge.domain.names import AssetName
from charforge.domain.script import Episode, Framing
from charforge.domain.takes import Score, Verdict
from charforge.domain.value import Value
from charforge.errors import InputError, Problem
from charforge.events import Noted, Reporter
from charforge.planner import Described, episode_of, reseeded
from charforge.shotlist import check_names
from charforge.store import locked
from charforge.studio.check import load_library
from charforge.studio.desk import Desk
from charforge.studio.film import counting, pictures
from charforge.studio.progress import Progress, row
from charforge.studio.project import find
from charforge.studio.render import Options
from charforge.studio.report import ShotRow

FOLDER = "one-offs"
FRAMINGS = get_args(Framing)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person wants a picture of, and how hard to try."""

    wish: Described
    still: str | None = None
    tries: int = 3
    output: Path | None = None


class StillReport(Value):
    """A still that was made without a shot list."""

    file: str
    row: ShotRow
    second: dict[str, float] = {}
    """Similarity to each character's master, by the second judge."""
    tries: int
    notes: tuple[str, ...] = ()
    seconds: float

    def passed(self) -> bool:
        """Return whether QA knows everybody in the picture."""
        return self.row.verdict == "pass"


def still(near: Path, asked: Asked, tell: Reporter) -> StillReport:
    """Make one picture as a film makes its stills: planned, rendered, judged, mended, and tried again with other seeds.

    Raises InputError and PlanError for what cannot be made; the best try is kept where none passes.
    """
    began = monotonic()
    project = find(near)
    output = png(asked.output)
    library = load_library(project)
    episode = cast(asked.wish, library)
    done = Progress()
    drawn = asked.still or project.settings.still
    # Every picture of a model that draws whole ones may cost money: there are as many as were asked for.
    desk = Desk(project.unmended() if drawn else project, library, episode, counting(tell, done))
    with locked(desk.store, episode.id):
        desk.judge.meet()
        tries: list[_Try] = []
        while len(tries) < max(1, asked.tries) and not (tries and tries[-1].row.verdict == "pass"):
            tries.append(_tried(desk, done, asked.still, len(tries)))
    best = max(tries, key=_rank)
    notes = _unread(desk, best.row, asked.wish)
    for note in notes:
        tell(Noted(note))
    file = output or project.build / FOLDER / f"{best.row.slate}.png"
    copied(best.blob, file)
    return StillReport(
        file=str(file), row=best.row, second=best.second, tries=len(tries), notes=notes, seconds=monotonic() - began
    )


def cast(wish: Described, library: Library) -> Episode:
    """Return the episode of a described picture; raise InputError with every name that the library does not know."""
    if not wish.who:
        raise InputError("nobody is asked for", 'name who is in it: charforge still mia "she waits"')
    for name in wish.who:
        character_named(name, library)
    if len({AssetName.parse(name).name for name in wish.who}) < len(wish.who):
        raise InputError(f"somebody is named twice: {', '.join(wish.who)}")
    assets.refuse_unsound(library, *(("location", wish.at),) if wish.at else ())
    episode = episode_of(wish, library)
    nowhere = wish.at is None
    problems = [p for p in check_names(episode, library) if not (nowhere and "says no location" in p.message)]
    if problems:
        raise InputError([Problem(p.message, hint=p.hint) for p in problems])
    return episode


def copied(blob: Path, file: Path) -> None:
    """Lay a take's picture where people look for it; raise StoreError when that cannot be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.name}.tmp")
        shutil.copyfile(blob, temporary)
        temporary.replace(file)
    except OSError as error:
        raise unwritable(file, error) from error


def seconded(verdicts: Sequence[Verdict]) -> dict[str, float]:
    """Return the lowest score of each person."""
    found: dict[str, Score] = {}
    for score in (s for v in verdicts for s in v.scores):
        if score.who not in found or score.value < found[score.who].value:
            found[score.who] = score
    return {who: score.value for who, score in found.items()}


@dataclass(frozen=True, slots=True)
class _Try:
    row: ShotRow
    second: dict[str, float]
    blob: Path


def _tried(desk: Desk, done: Progress, model: str | None, number: int) -> _Try:
    options = Options(still=model, stage="stills")
    (choice,) = pictures(desk, options, done, lambda plan: reseeded(plan, number)).choices
    name = f"{choice.shot}/still"
    draft, take = done.drafts[name], done.takes[name]
    second = seconded([desk.confirmed(draft, take)])
    return _Try(row(desk, choice, done), second, desk.store.blob(take.blob))


def _rank(tried: _Try) -> tuple[bool, float]:
    margins = [value - tried.row.bar.get(who, 0.0) for who, value in tried.row.identity.items()]
    return tried.row.verdict == "pass", min(margins, default=-1.0)


def _unread(desk: Desk, made: ShotRow, wish: Described) -> tuple[str, ...]:
    """Say plainly where the words of a wish were not read."""
    names = made.model.split("+")
    models = [m for name in names if (m := desk.catalogue.named(name)) is not None]
    if not wish.action or all(m.reads_text for m in models):
        return ()
    readers = [m.name for m in desk.catalogue.models if "still" in m.kinds and m.reads_text and not m.only_pinned]
    note = (
        f"{made.model} puts locked pictures together and reads no text: {wish.action!r} did not shape the picture, "
        f"only --at --view --light --framing --wardrobe --expression and --turn did; "
        f"to have it read: --still {' or '.join(readers)} (see: charforge backends)"
    )
    return (note,)


def character_named(name: str, library: Library) -> Character:
    """Return a character by name, with its version or without; raise InputError with the names that there are.

    Raises LockMismatch where its files are not as they were locked.
    """
    try:
        wanted = AssetName.parse(name)
    except ValueError as error:
        raise InputError(str(error), "write names as in the library: mia, or mia@2, or mia,theo") from error
    assets.refuse_unsound(library, ("character", wanted.name))
    found = library.character(wanted.name, wanted.version)
    if found is None or found.primary is None:
        known = sorted({c.name if c.name != wanted.name else c.id for c in library.characters})
        hint = did_you_mean(wanted.name, known) or f"there are: {', '.join(known) or 'none'}"
        raise InputError(f"there is no character {name!r} in the library", hint)
    return found


def png(file: Path | None) -> Path | None:
    """Return where the picture goes; raise InputError when it cannot have that name, before anything is rendered."""
    if file is not None and (file.suffix.lower() != ".png" or file.is_dir()):
        raise InputError(f"the picture is written as PNG, and {file} is not named so", f"write: -o {file.stem}.png")
    return file


def wished(who: str, action: str, *, size: str, framing: str | None = None, **options: Any) -> Described:  # noqa: ANN401
    """Return a wish as it was typed: names with commas, a size such as ``1024x1024``; raise InputError when wrong.

    `options` are further fields of `Described`.
    """
    sides = size.lower().split("x")
    if len(sides) != 2 or not all(s.isdecimal() and 64 <= int(s) <= 7680 and int(s) % 2 == 0 for s in sides):
        raise InputError(f"{size!r} is not a size", "write even numbers from 64 to 7680: 1024x1024")
    if framing is not None and framing not in FRAMINGS:
        raise InputError(f"there is no framing {framing!r}", did_you_mean(framing, FRAMINGS) or ", ".join(FRAMINGS))
    names = tuple(name.strip() for name in who.split(",") if name.strip())
    width, height = (int(side) for side in sides)
    return Described(names, action, framing=framing, width=width, height=height, **options)  # type: ignore[arg-type]
