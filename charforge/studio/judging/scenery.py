"""Says what footage is expected to show besides faces: what people wear, where, and in which light."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Character, Library, Location
from charforge.errors import InputError
from charforge.qa.watchers import Eyes, Person, Reference, Surroundings
from charforge.qa.watching import Watch
from charforge.studio.surroundings import master, plates, reference, watch


@dataclass(frozen=True, slots=True)
class Scenery:
    """What is known of every file's surroundings."""

    people: tuple[Person, ...] = ()
    plates: tuple[Reference, ...] = ()
    """Every locked view of the place; none where nobody said which it is."""
    lips: bool = False
    """Whether clips are of one shot each in which whatever is heard is said on screen."""

    def watch(self, eyes: Eyes, rate: float | None) -> Watch:
        """Return who looks at a file besides the judge of faces; `rate` is None for a still."""
        return watch(Surroundings(people=self.people, plates=self.plates, rate=rate), eyes)


def dressed(
    wardrobes: Mapping[str, str], at: str, cast: Sequence[Character], library: Library, file: Callable[[str], Path]
) -> Scenery:
    """Return what people wear and where: wardrobes by character, and `coffee-shop/night`, `coffee-shop`, or nothing.

    Raises InputError for a name that is none, with those that there are.
    """
    place, _, light = at.partition("/")
    views = plates(_located(library, place, light), light, file) if at else ()
    people = []
    for who, wardrobe in wardrobes.items():
        character = next((c for c in cast if c.name == who), None)
        if character is None:
            named = ", ".join(c.name for c in cast) or "no character"
            raise InputError(f"--wardrobe {who}={wardrobe}: {who} is not cast", f"--cast names {named}")
        people.append(_person(character, wardrobe, (place, light) if light else None, file))
    return Scenery(tuple(people), views)


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
        return Person(character.name, garments=portraits, lit=lit, face=master(character, file))
    lights = sorted({f"{r.place}/{r.light}" for r in bodies})
    if lights:
        wanted = f"not at {'/'.join(light)}" if light else "only in the light of places"
        hint = f"add --at {lights[0]}" + (f", or another of: {', '.join(lights[1:])}" if lights[1:] else "")
        raise InputError(f"{character.name}'s wardrobe {wardrobe} is known {wanted}", hint)
    known = sorted({r.wardrobe for r in character.references if r.wardrobe})
    near = did_you_mean(wardrobe, known) or f"there are: {', '.join(known) or 'none'}"
    raise InputError(f"{character.name} has no wardrobe {wardrobe!r} with a picture of it", near)


def _located(library: Library, place: str, light: str) -> Location:
    """Return the place, which is locked in this light; with no light named, in any."""
    found = library.location(place)
    lights = {r.light for r in found.references if r.light} if found is not None else set()
    if found is None or not lights or (light and light not in lights):
        wanted = f"{place}/{light}" if light else place
        known = sorted({f"{where.name}/{r.light}" for where in library.locations for r in where.references if r.light})
        near = did_you_mean(wanted, known) or f"there are: {', '.join(known) or 'none'}"
        raise InputError(f"--at {wanted}: no such place and light are locked", near)
    return found
