"""Knows what a take of a shot is expected to show besides faces: its place, what people wear, whether it moves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

from charforge import imaging
from charforge.domain.assets import Character, Library, Location
from charforge.domain.assets import Reference as Locked
from charforge.domain.jobs import Job
from charforge.domain.script import CharacterInShot, Episode, Shot
from charforge.qa.watchers import Eyes, Person, Reference, Surroundings, revisions, watchers
from charforge.qa.watching import NOBODY, Watch

SHOWN = ("master", "head", "picture")
"""Roles of the inputs that show a model a person."""


def watch(surroundings: Surroundings, eyes: Eyes) -> Watch:
    """Return who looks at a take besides the judge of faces."""
    key = json.dumps([surroundings.key(), revisions(surroundings, eyes)])
    return Watch(lambda: watchers(surroundings, eyes), key)


def reference(locked: Locked, file: Callable[[str], Path]) -> Reference:
    """Return a locked picture as watchers look at it; bodies keep their alpha."""
    digest = locked.digest or ""
    load = imaging.decode_rgba if locked.step == "body" else imaging.decode
    return Reference(digest, lambda: load(file(digest)))


def master(character: Character, file: Callable[[str], Path]) -> Reference | None:
    """Return what tells a character's face from somebody else's; None for one without a face."""
    digest = character.primary
    return None if digest is None else Reference(digest, lambda: imaging.decode(file(digest)))


def plates(
    place: Location, light: str | None, file: Callable[[str], Path], view: str | None = None
) -> tuple[Reference, ...]:
    """Return every locked view of a place in any light; this view's and this light's first, which is quicker."""
    known = [r for r in place.references if r.step == "plate" and r.digest and r.layer != "foreground"]
    nearest = sorted(known, key=lambda r: (r.view != view, r.light != light, r.file))
    return tuple(reference(r, file) for r in nearest)


class Around:
    """What is expected around the faces of an episode's takes."""

    def __init__(self, episode: Episode, library: Library, file: Callable[[str], Path], eyes: Eyes) -> None:
        """Take the episode, its library, a lookup of locked files by digest, and the models to see with."""
        self._shots: dict[str, Shot] = {f"{scene.id}/{shot.id}": shot for scene, shot in episode.shots()}
        self._characters = {c.id: c for c in library.characters}
        self._places = {place.id: place for place in library.locations}
        self._file = file
        self._eyes = eyes

    def of(self, shot: str, job: Job, *, moves: bool, pasted: bool, rate: Fraction | None) -> Watch:
        """Return who looks at what came of a job; `pasted` says that its backend pastes what it is shown by design."""
        written = self._shots.get(shot)
        if written is None:
            return NOBODY
        plate = job.input("plate")
        known = Surroundings(
            people=tuple(self._people(written, job)),
            plates=self._plates(written),
            plate=None if plate is None else Reference(plate, lambda: imaging.decode(self._file(plate))),
            moves=moves,
            pasted=pasted,
            rate=rate,
        )
        return watch(known, self._eyes)

    def _plates(self, shot: Shot) -> tuple[Reference, ...]:
        """Return every locked view of the shot's place, its own view and light first; none for an insert."""
        place = self._places.get(shot.location or "")
        if place is None or shot.framing == "insert":
            return ()
        return plates(place, shot.light, self._file, shot.view)

    def _people(self, shot: Shot, job: Job) -> Iterator[Person]:
        for person in shot.characters:
            character = self._characters.get(person.asset)
            if character is not None:
                yield self._person(person, character, shot, job)

    def _person(self, person: CharacterInShot, character: Character, shot: Shot, job: Job) -> Person:
        place = (shot.location or "").partition("@")[0]
        worn = [r for r in character.references if r.wardrobe == person.wardrobe and r.digest is not None]
        lit = [r for r in worn if r.step == "body" and (r.place, r.light) == (place, shot.light)]
        shown = [i.digest() for i in job.inputs if i.role in SHOWN and i.name in {"", person.who}]
        return Person(
            person.who,
            given=tuple(reference(r, self._file) for r in character.references if r.digest in shown),
            garments=tuple(reference(r, self._file) for r in worn if r.step == "wardrobe"),
            lit=tuple(reference(r, self._file) for r in lit),
            body=next((reference(r, self._file) for r in worn if r.step != "body" and r.reach == "full"), None),
            face=master(character, self._file),
        )
