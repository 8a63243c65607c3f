"""Turns the text of a shot list into an Episode."""

from __future__ import annotations

import os
from pathlib import Path

from charforge.documents.schema import validate
from charforge.documents.yaml import Node, line_of, node_at, parse
from charforge.domain.script import (
    CharacterInShot,
    Cue,
    Episode,
    Line,
    Move,
    Scene,
    Shot,
    TitleCard,
    Transition,
    Video,
)
from charforge.domain.timing import FrameRate
from charforge.errors import Problem
from charforge.shotlist.checks import Checker, Place
from charforge.shotlist.written import (
    WrittenEpisode,
    WrittenScene,
    WrittenShot,
    WrittenTransition,
    bare_name,
    frames,
)

PLACED = ("location", "view", "light", "weather", "story_time", "props")
"""Keys whose lines a shot keeps, because names are checked after parsing."""


def parse_episode(data: bytes, path: Path | str) -> tuple[Episode | None, tuple[Problem, ...]]:
    """Return the episode, or None with every problem in the order of the file's lines.

    Raises InputError where the text cannot be read as YAML at all.
    """
    document = parse(data, path)
    written, problems = validate(WrittenEpisode, document, path)
    if written is None:
        return None, _ordered(problems)
    checker = Checker(written, document.root, path)
    found = _ordered((*problems, *checker.problems()))
    if found:
        return None, found
    return _Maker(written, document.root).episode(_printable(path)), ()


def _printable(path: Path | str) -> str:
    """Return a path as text; bytes of a name that are not UTF-8 become a replacement character."""
    return os.fsencode(path).decode("utf-8", "replace")


def _ordered(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    return tuple(sorted(dict.fromkeys(problems), key=lambda p: p.line))


class _Maker:
    """Makes the episode from what was written, once it has been found right."""

    def __init__(self, written: WrittenEpisode, root: Node) -> None:
        self.written = written
        self.root = root
        self.rate = FrameRate.parse(written.video.rate)

    def episode(self, source: str) -> Episode:
        """Return the whole episode."""
        written = self.written
        width, height = written.video.sides()
        card = written.title_card
        return Episode(
            id=written.episode or "",
            season=written.season,
            title=written.title,
            language=written.language,
            video=Video(rate=written.video.rate, width=width, height=height),
            look=written.look,
            title_card=card
            and TitleCard(text=card.text, subtitle=card.subtitle, frames=frames(card.duration, self.rate)),
            scenes=tuple(self._scene(scene, ("scenes", i)) for i, scene in enumerate(written.scenes)),
            source=source,
        )

    def _scene(self, scene: WrittenScene, place: Place) -> Scene:
        return Scene(
            id=scene.id or "",
            title=scene.title,
            story_time=scene.story_time,
            states={**self.written.states, **scene.states},
            shots=tuple(self._shot(shot, scene, (*place, "shots", i)) for i, shot in enumerate(scene.shots)),
            line=line_of(self.root, place),
        )

    def _shot(self, shot: WrittenShot, scene: WrittenScene, place: Place) -> Shot:
        return Shot(
            id=shot.id or "",
            framing=shot.framing or "medium",
            angle=shot.angle,
            lens=shot.lens,
            move=Move(kind=shot.move.kind, amount=shot.move.amount),
            characters=self._people(shot, scene, place),
            location=shot.location or scene.location,
            view=shot.view or scene.view,
            light=shot.light or scene.light,
            weather=shot.weather or scene.weather,
            story_time=shot.story_time or scene.story_time,
            continuity={**scene.continuity, **shot.continuity},
            props=shot.props,
            lines=self._lines(shot, place),
            cues=tuple(Cue(music=cue.music, gain_db=cue.gain_db) for cue in shot.cues),
            action=shot.action,
            duration=None if shot.duration == "auto" else frames(shot.duration, self.rate),
            transition=self._transition(shot.transition),
            faces=shot.faces or ("none" if shot.framing == "insert" else "expected"),
            line=line_of(self.root, place),
            where=self._where(place),
        )

    def _where(self, place: Place) -> dict[str, int]:
        """Return the lines of what a shot may take over from its scene."""
        scene = place[:2]
        owned = {key: place if node_at(self.root, (*place, key)) else scene for key in PLACED}
        return {
            key: line_of(self.root, (*owner, key), key=True)
            for key, owner in owned.items()
            if node_at(self.root, (*owner, key))
        }

    def _lines(self, shot: WrittenShot, place: Place) -> tuple[Line, ...]:
        return tuple(
            Line(
                who=bare_name(line.who),
                asset=self._asset(line.who),
                text=line.text,
                voice_over=line.voice_over,
                line=line_of(self.root, (*place, "lines", i)),
            )
            for i, line in enumerate(shot.lines)
        )

    def _people(self, shot: WrittenShot, scene: WrittenScene, place: Place) -> tuple[CharacterInShot, ...]:
        states = {**self.written.states, **scene.states}
        return tuple(
            CharacterInShot(
                **person.model_dump(exclude={"who", "state"}),
                who=bare_name(person.who),
                asset=self._asset(person.who),
                state=person.state or states.get(bare_name(person.who)),
                line=line_of(self.root, (*place, "characters", i)),
            )
            for i, person in enumerate(shot.characters)
        )

    def _asset(self, who: str) -> str:
        """Return what a name of the shot list stands for; a version written in the shot wins over the cast's."""
        name = bare_name(who)
        asset = self.written.cast.get(name, name)
        return asset if name == who else f"{bare_name(asset)}{who[len(name) :]}"

    def _transition(self, written: WrittenTransition) -> Transition:
        length = written.frames or (frames(written.duration, self.rate) if written.duration else 0)
        return Transition(kind=written.kind, frames=length)
