"""Says what footage is expected to show besides faces: what people wear, in which light."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Character, Library
from charforge.errors import InputError
from charforge.qa.watchers import Eyes, Person, Surroundings
from charforge.qa.watching import Watch
from charforge.studio.surroundings import reference, watch


@dataclass(frozen=True, slots=True)
class Scenery:
    """What is known of every file's surroundings."""

    people: tuple[Person, ...] = ()

    def watch(self, eyes: Eyes, rate: float | None) -> Watch:
        """Return who looks at a file besides the judge of faces; `rate` is None for a still."""
        return watch(Surroundings(people=self.people, rate=rate), eyes)


def dressed(
    wardrobes: Mapping[str, str], at: str, cast: Sequence[Character], library: Library, file: Callable[[str], Path]
) -> Scenery:
    """Return what people wear: wardrobes by character, and the place and light `coffee-shop/night`, or nothing.

    Raises InputError for a name that is none, with those that there are.
    """
    if at and not wardrobes:
        raise InputError("--at says in which light a wardrobe is worn", "add --wardrobe mia=navy, or leave --at out")
    place, _, light = at.partition("/")
    if at:
        _known_light(library, place, light)
    people = []
    for who, wardrobe in wardrobes.items():
        character = next((c for c in cast if c.name == who), None)
        if character is None:
            named = ", ".join(c.name for c in cast) or "no character"
            raise InputError(f"--wardrobe {who}={wardrobe}: {who} is not cast", f"--cast names {named}")
        people.append(_person(character, wardrobe, (place, light) if at else None, file))
    return Scenery(tuple(people))


def parsed(words: Sequence[str]) -> dict[str, str]:
    """Return wardrobes by character from words such as ``mia=navy``; raise InputError for any other."""
    found: dict[str, str] = {}
    for word in (part.strip() for each in words for part in each.split(",")):
        who, equals, wardrobe = word.partition("=")
        if not (who and equals and wardrobe):
            raise InputError(f"--wardrobe {word!r} says nobody's wardrobe", "write --wardrobe mia=navy")
        found[who] = wardrobe
    return found


def _person(character: Character, wardrobe: str, light: tuple[str, str] | None, file: Callable[[str], Path]) -> Person:
    worn = [r for r in character.references if r.wardrobe == wardrobe and r.digest is not None]
    portraits = tuple(reference(r, file) for r in worn if r.step == "wardrobe")
    bodies = [r for r in worn if r.step == "body" and r.place is not None]
    lit = tuple(reference(r, file) for r in bodies if (r.place, r.light) == light)
    if portraits or lit:
        return Person(character.name, garments=portraits, lit=lit)
    lights = sorted({f"{r.place}/{r.light}" for r in bodies})
    if lights:
        wanted = f"not at {'/'.join(light)}" if light else "only in the light of places"
        hint = f"add --at {lights[0]}" + (f", or another of: {', '.join(lights[1:])}" if lights[1:] else "")
        raise InputError(f"{character.name}'s wardrobe {wardrobe} is known {wanted}", hint)
    known = sorted({r.wardrobe for r in character.references if r.wardrobe})
    near = did_you_mean(wardrobe, known) or f"there are: {', '.join(known) or 'none'}"
    raise InputError(f"{character.name} has no wardrobe {wardrobe!r} with a picture of it", near)


def _known_light(library: Library, place: str, light: str) -> None:
    known = sorted({f"{where.name}/{r.light}" for where in library.locations for r in where.references if r.light})
    if f"{place}/{light}" not in known:
        near = did_you_mean(f"{place}/{light}", known) or f"there are: {', '.join(known) or 'none'}"
        raise InputError(f"--at {place}/{light}: no such place and light are locked", near)
