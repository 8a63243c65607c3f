"""Makes a series of portraits of one person over several backgrounds and in several moods."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import monotonic

from charforge import imaging
from charforge.documents import write_atomic
from charforge.domain.assets import Character, Library
from charforge.domain.jobs import Choice, Plan
from charforge.domain.script import Episode, Framing
from charforge.domain.value import Value
from charforge.errors import InputError, Problem
from charforge.events import Reporter
from charforge.pages import contact_sheet
from charforge.planner import Described, Pins, constrained, reseeded, series_of
from charforge.shotlist import check_names
from charforge.shotlist.names import EXPRESSIONS
from charforge.store import locked
from charforge.studio.backgrounds import Background, background, softened, walled
from charforge.studio.check import load_library, means
from charforge.studio.desk import Desk
from charforge.studio.film import counting, pictures
from charforge.studio.oneoff_pages import portraits_page
from charforge.studio.oneoffs import character_named, copied, seconded
from charforge.studio.progress import Progress, row
from charforge.studio.project import Project, find
from charforge.studio.render import Options
from charforge.studio.report import ShotRow

SERIES = "portraits"
WIDTH, HEIGHT = 1024, 1280
POSES: tuple[tuple[Framing, float], ...] = (
    ("close", 0.0),
    ("medium-close", 0.0),
    ("close", 8.0),
    ("medium-close", -8.0),
    ("close", -8.0),
    ("medium-close", 8.0),
)
"""Framing and turn of the first picture of a background in a mood, of the second, and so on from the start."""


@dataclass(frozen=True, slots=True)
class Series:
    """What a person asks for."""

    name: str
    backgrounds: tuple[str, ...]
    moods: tuple[str, ...] = ("neutral",)
    count: int | None = None
    """None: every background in every mood once."""
    still: str | None = None
    wardrobe: str | None = None
    width: int = WIDTH
    height: int = HEIGHT
    tries: int = 2


class Portrait(Value):
    """One picture of the series."""

    file: str
    who: str
    background: str
    mood: str
    row: ShotRow
    second: float | None = None
    """Likeness by the second judge."""
    tries: int


class PortraitSeries(Value):
    """A finished series."""

    character: str
    sheet: str
    page: str
    pictures: tuple[Portrait, ...]
    seconds: float

    def passed(self) -> bool:
        """Return whether QA knows the person in every picture."""
        return all(p.row.verdict == "pass" for p in self.pictures)


@dataclass
class _Work:
    """One run's desk and what it has made so far."""

    desk: Desk
    done: Progress
    rows: dict[str, ShotRow] = field(default_factory=dict)
    second: dict[str, float | None] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)


def portraits(near: Path, asked: Series, tell: Reporter) -> PortraitSeries:
    """Render the series, those that fail once more with other seeds, and lay it out on a sheet.

    Raises InputError for what is not in the library, before anything is rendered.
    """
    began = monotonic()
    project = find(near)
    library = load_library(project)
    character = character_named(asked.name, library)
    grounds = tuple(background(text, library) for text in asked.backgrounds)
    if not grounds or not asked.moods:
        raise InputError("a series needs a background and a mood", "--backgrounds coffee-shop,'#d8d2c8' --moods happy")
    pairs = _pairs(asked, grounds)
    work = _work(project, library, grounds, tell)
    reads = _reads(work.desk, asked)
    asked = replace(asked, wardrobe=asked.wardrobe or _worn(character, grounds))
    wishes = tuple(_wish(asked, character, pair, reads=reads) for pair in pairs)
    with locked(work.desk.store, SERIES):
        _made(work, wishes, asked)
    return _laid(project, character, work, (pairs, wishes, began))


def _work(project: Project, library: Library, grounds: tuple[Background, ...], tell: Reporter) -> _Work:
    done = Progress()
    heard = counting(tell, done)
    bare = Desk(project, library, Episode(id=SERIES, scenes=()), heard)
    return _Work(Desk(project, walled(bare, grounds), bare.episode, heard), done)


_Pair = tuple[Background, str, int]
"""Background, mood, and how often the two met before."""


def _pairs(asked: Series, grounds: tuple[Background, ...]) -> tuple[_Pair, ...]:
    """Return which background meets which mood, every combination as often as every other, give or take one."""
    every = [(ground, mood) for mood in asked.moods for ground in grounds]
    count, most = len(every) if asked.count is None else asked.count, len(every) * len(POSES)
    if not 0 < count <= most:
        hint = f"from 1 to {most}, or more backgrounds and moods"
        raise InputError(f"{count} different portraits cannot be made of {len(every)} combinations", hint)
    return tuple((*every[number % len(every)], number // len(every)) for number in range(count))


def _worn(character: Character, grounds: tuple[Background, ...]) -> str | None:
    """Return one wardrobe for the whole series: that which was rendered in most of its places."""
    places = [ground.place.split("@")[0] for ground in grounds]
    bodies = [r for r in character.references if r.step == "body" and r.wardrobe]
    known = sorted({r.wardrobe for r in bodies if r.wardrobe})
    return max(known, key=lambda w: len({r.place for r in bodies if r.wardrobe == w} & set(places)), default=None)


def _reads(desk: Desk, asked: Series) -> bool:
    """Return whether the model that was asked for by name reads words."""
    name = asked.still or means(desk.project, desk.library, Pins(), desk.models).pins.still
    model = desk.catalogue.named(name) if name else None
    return model is not None and model.reads_text


def _wish(asked: Series, character: Character, pair: _Pair, *, reads: bool) -> Described:
    ground, mood, again = pair
    framing, turn = POSES[again % len(POSES)]
    known = mood in {*EXPRESSIONS, *(r.expression for r in character.references)}
    words = "" if known or not reads else f"In a {mood} mood."
    if reads and ground.colour is not None:
        words = f"A studio portrait against a plain wall of the colour {ground.text}. {words}".strip()
    return Described(
        (asked.name,),
        words,
        at=None if reads and ground.colour is not None else ground.place,
        light=None if reads and ground.colour is not None else ground.light,
        view=None if reads and ground.colour is not None else ground.view,
        framing=framing,
        wardrobe=asked.wardrobe,
        expression=None if mood == "neutral" or (reads and not known) else mood,
        turn=turn,
        width=asked.width,
        height=asked.height,
    )


def _made(work: _Work, wishes: tuple[Described, ...], asked: Series) -> None:
    """Render and judge every wish; those that fail are rendered again with other seeds, and the better one is kept."""
    whole = series_of(wishes, work.desk.library, SERIES)
    problems = [p for p in check_names(whole, work.desk.library) if "says no location" not in p.message]
    if problems:
        raise InputError([Problem(p.message, hint=p.hint) for p in problems])
    left = whole.scenes[0].shots
    work.desk.library = softened(work.desk, frozenset((s.location, s.view, s.light) for s in left))
    for number in range(max(1, asked.tries)):
        if not left:
            break
        unique = tuple({shot.id: shot for shot in left}.values())
        work.desk.episode = whole.changed(scenes=(whole.scenes[0].changed(shots=unique),))
        if not number:
            work.desk.judge.meet()
        options = Options(still=asked.still, stage="stills")
        for choice in pictures(work.desk, options, work.done, partial(_searched, by=number)).choices:
            _keep(work, choice)
        left = tuple(shot for shot in unique if work.rows[shot.id].verdict != "pass")


def _searched(plan: Plan, by: int) -> Plan:
    """Return a plan with other seeds, its heads searched for from the start where they are not locked."""
    return constrained(reseeded(plan, by))


def _keep(work: _Work, choice: Choice) -> None:
    """Keep what a try came to, where it is the first or better than the one before."""
    name, draft = choice.shot.split("/")[1], f"{choice.shot}/still"
    found = row(work.desk, choice, work.done)
    work.tries[name] = work.tries.get(name, 0) + 1
    if name in work.rows and _margin(found) <= _margin(work.rows[name]):
        return
    take = work.done.takes[draft]
    work.rows[name] = found
    work.files[name] = work.desk.store.blob(take.blob)
    scores = seconded([work.desk.confirmed(work.done.drafts[draft], take)])
    work.second[name] = next(iter(scores.values()), None)


def _margin(found: ShotRow) -> tuple[bool, float]:
    over = [value - found.bar.get(who, 0.0) for who, value in found.identity.items()]
    return found.verdict == "pass", min(over, default=-1.0)


_Told = tuple[tuple[_Pair, ...], tuple[Described, ...], float]


def _laid(project: Project, character: Character, work: _Work, told: _Told) -> PortraitSeries:
    """Write the pictures by number, background and mood, the sheet with scores, and the report."""
    pairs, wishes, began = told
    folder = project.build / SERIES / character.name
    for old in folder.glob(f"{character.name}-[0-9]*.png"):
        old.unlink()
    found: list[Portrait] = []
    shots = [series_of((wish,), work.desk.library, SERIES).scenes[0].shots[0].id for wish in wishes]
    for number, ((ground, mood, _), shot) in enumerate(zip(pairs, shots, strict=True), 1):
        file = folder / f"{character.name}-{number:02d}-{ground.label}-{mood}.png"
        copied(work.files[shot], file)
        found.append(
            Portrait(
                file=str(file),
                who=character.name,
                background=ground.text,
                mood=mood,
                row=work.rows[shot],
                second=work.second[shot],
                tries=work.tries[shot],
            )
        )
    labelled = [(_label(number, p), imaging.decode(Path(p.file))) for number, p in enumerate(found, 1)]
    write_atomic(folder / "contact.png", imaging.encode_png(contact_sheet(labelled, columns=4, width=320)))
    made = PortraitSeries(
        character=character.id,
        sheet=str(folder / "contact.png"),
        page=str(folder / "index.html"),
        pictures=tuple(found),
        seconds=monotonic() - began,
    )
    write_atomic(folder / "index.html", portraits_page(made))
    text = json.dumps({**made.model_dump(mode="json"), "passed": made.passed()}, indent=2)
    write_atomic(folder / "report.json", f"{text}\n".encode())
    return made


def _label(number: int, portrait: Portrait) -> str:
    first = next(iter(portrait.row.identity.values()), None)
    scores = "/".join("--" if s is None else f"{s:.2f}" for s in (first, portrait.second))
    return f"{number:02d} {portrait.background} {portrait.mood} {scores} {portrait.row.verdict}"
