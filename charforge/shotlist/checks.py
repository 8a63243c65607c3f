"""What a shot list must hold beyond its schema: who speaks, what overlaps, what is twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from charforge.documents.schema import did_you_mean
from charforge.documents.yaml import Node, Scalar, line_of, node_at
from charforge.domain.names import AssetName
from charforge.domain.timing import FrameRate
from charforge.errors import Problem
from charforge.shotlist.written import WrittenEpisode, WrittenScene, WrittenShot, bare_name, frames

MAX_PEOPLE = 4
Place = tuple[str | int, ...]


class Checker:
    """Looks over a parsed shot list, place by place."""

    def __init__(self, episode: WrittenEpisode, root: Node, path: Path | str) -> None:
        self.episode = episode
        self.root = root
        self.path = path
        self.rate = FrameRate.parse(episode.video.rate)

    def problems(self) -> tuple[Problem, ...]:
        """Return everything that is wrong, in order."""
        return tuple(self._all())

    def _problem(self, message: str, place: Place, hint: str = "") -> Problem:
        return Problem(message, self.path, line_of(self.root, place), hint)

    def _all(self) -> Iterator[Problem]:
        episode = self.episode
        if episode.charforge is None and not self._written(("charforge",)):
            yield self._problem("'charforge' is missing", (), "start the file with charforge: 1")
        if episode.episode is None and not self._written(("episode",)):
            yield self._problem("'episode' is missing", (), "name it, like episode: e01")
        if not episode.scenes and not self._written(("scenes", 0)):
            yield self._problem("there are no scenes", ("scenes",))
        card = episode.title_card
        if card and frames(card.duration, self.rate) == 0:
            yield self._problem("the title card is less than a frame long", ("title_card", "duration"))
        yield from self._states(episode.states, ())
        seen: dict[str, Place] = {}
        for i, scene in enumerate(episode.scenes):
            place: Place = ("scenes", i)
            if scene.id is None and not self._written((*place, "id")):
                yield self._problem("the scene has no id", place, "write id: s01")
            yield from self._twice(scene.id, seen, (*place, "id"), "scene")
            yield from self._scene(scene, place, first=i == 0)

    def _written(self, place: Place) -> bool:
        node = node_at(self.root, place)
        return node is not None and not (isinstance(node, Scalar) and node.null)

    def _twice(self, name: str | None, seen: dict[str, Place], place: Place, what: str) -> Iterator[Problem]:
        if name is not None and name in seen:
            first = line_of(self.root, seen[name])
            yield self._problem(f"the {what} id {name} is used twice; it first stands on line {first}", place)
        elif name is not None:
            seen[name] = place

    def _scene(self, scene: WrittenScene, place: Place, *, first: bool) -> Iterator[Problem]:
        if not scene.shots and not self._written((*place, "shots", 0)):
            yield self._problem(f"scene {scene.id or ''} has no shots", place)
        yield from self._states(scene.states, place)
        seen: dict[str, Place] = {}
        for i, shot in enumerate(scene.shots):
            here: Place = (*place, "shots", i)
            if shot.id is None and not self._written((*here, "id")):
                yield self._problem("the shot has no id", here, 'write id: "0010"; count in tens')
            if shot.framing is None and not self._written((*here, "framing")):
                yield self._problem("the shot has no framing", here, "write framing: medium, close, wide …")
            yield from self._twice(shot.id, seen, (*here, "id"), "shot")
            yield from self._people(shot, here)
            yield from self._lines(shot, here)
            yield from self._faces(shot, here)
            yield from self._timing(shot, here, first=first and i == 0)

    def _states(self, states: dict[str, str], place: Place) -> Iterator[Problem]:
        for who in states:
            yield from self._known(who, (*place, "states", who))

    def _people(self, shot: WrittenShot, place: Place) -> Iterator[Problem]:
        if len(shot.characters) > MAX_PEOPLE:
            message = f"{len(shot.characters)} characters in one shot; at most {MAX_PEOPLE} can be told apart"
            yield self._problem(message, (*place, "characters"))
        seen: set[str] = set()
        taken: dict[str, str] = {}
        for i, person in enumerate(shot.characters):
            here = (*place, "characters", i)
            yield from self._known(person.who, (*here, "who"))
            if bare_name(person.who) in seen:
                yield self._problem(f"{bare_name(person.who)} is in this shot twice", here)
            seen.add(bare_name(person.who))
            if person.position and person.position in taken:
                message = f"{person.who} and {taken[person.position]} are both at {person.position}"
                yield self._problem(message, (*here, "position"))
            if person.position:
                taken[person.position] = person.who

    def _known(self, who: str, place: Place) -> Iterator[Problem]:
        cast = self.episode.cast
        if who in cast or (bare_name(who) in cast and _is_exact(who)):
            return
        if self._written(("cast",)):
            hint = did_you_mean(who, cast) or f"cast: {', '.join(cast) or 'nobody'}"
            yield self._problem(f"{who!r} is not in the cast", place, hint)
            return
        # A file without a cast list calls people by the names of the library.
        try:
            AssetName.parse(who)
        except ValueError as error:
            yield self._problem(str(error), place)

    def _lines(self, shot: WrittenShot, place: Place) -> Iterator[Problem]:
        present = {bare_name(person.who) for person in shot.characters}
        # Where the list, or a name in it, is wrong, that has been told already, and who is in the shot is not known.
        unclear = not shot.characters and self._written((*place, "characters"))
        unclear |= any(any(self._known(who, place)) for who in present)
        for i, line in enumerate(shot.lines):
            here = (*place, "lines", i, "who")
            unknown = list(self._known(line.who, here))
            yield from unknown
            if not unknown and not line.voice_over and bare_name(line.who) not in present and not unclear:
                hint = "add them to characters, or write voice_over: true"
                yield self._problem(f"{line.who} speaks but is not in the shot", here, hint)

    def _faces(self, shot: WrittenShot, place: Place) -> Iterator[Problem]:
        if shot.framing == "insert" and shot.faces == "expected":
            yield self._problem("an insert shows no face", (*place, "faces"), "write faces: none, or another framing")
        if shot.characters and (shot.faces == "none" or shot.framing == "insert"):
            message = "a shot without faces lists characters"
            hint = "remove them (who is only heard needs no entry), or choose a framing that shows them"
            yield self._problem(message, (*place, "characters"), hint)
        if shot.framing == "two-shot" and len(shot.characters) != 2:
            yield self._problem(f"a two-shot shows two characters, not {len(shot.characters)}", (*place, "framing"))

    def _timing(self, shot: WrittenShot, place: Place, *, first: bool) -> Iterator[Problem]:
        length = None if shot.duration == "auto" else frames(shot.duration, self.rate)
        if length == 0:
            yield self._problem(f"{shot.duration} is less than a frame", (*place, "duration"))
        yield from self._transition(shot, (*place, "transition"), length, first=first)

    def _transition(self, shot: WrittenShot, place: Place, length: int | None, *, first: bool) -> Iterator[Problem]:
        change = shot.transition
        if change.frames is not None and change.duration is not None:
            yield self._problem("a transition has frames or a duration, not both", place)
        over = change.frames or (frames(change.duration, self.rate) if change.duration else 0)
        if change.kind == "cut":
            if over:
                yield self._problem("a cut takes no time", place, "remove its frames, or write kind: dissolve")
            return
        if over == 0:
            yield self._problem(f"a {change.kind} needs a length", place, "write frames: 12")
        if length and over > length:
            yield self._problem(f"a {change.kind} of {over} frames is longer than its shot of {length}", place)
        if change.kind == "dissolve" and first:
            yield self._problem("the first shot has nothing to dissolve from", place, "write kind: fade-in")


def _is_exact(who: str) -> bool:
    """Return whether a name of the cast is written with a version that can be one."""
    try:
        return AssetName.parse(who).version is not None
    except ValueError:
        return False
