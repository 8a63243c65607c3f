"""Checks every name that an episode uses against the library, before anything is rendered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Asset, Character, Kind, Library, Location, Prop
from charforge.domain.names import AssetName
from charforge.domain.script import CharacterInShot, Episode, Shot
from charforge.errors import Problem

EXPRESSIONS = ("neutral", "happy", "surprised", "sad", "focused")
"""Every character can be asked for these; a generator makes those that are not locked yet."""

A = TypeVar("A", Character, Location, Prop)


def named(episode: Episode) -> Iterator[tuple[Kind, AssetName]]:
    """Yield everything of the library that an episode names, by kind; the look may be a grade that is in none."""
    for _, shot in episode.shots():
        yield from (("character", AssetName.parse(person.asset)) for person in shot.characters)
        yield from (("character", AssetName.parse(line.asset or line.who)) for line in shot.lines)
        yield from (("prop", AssetName.parse(prop)) for prop in shot.props)
        if shot.location:
            yield "location", AssetName.parse(shot.location)
    with suppress(ValueError):
        yield "look", AssetName.parse(episode.look)


def check_names(episode: Episode, library: Library) -> tuple[Problem, ...]:
    """Return every name that the library does not have, once, with the line where it is first used.

    Assets that were left out of the library as unsound are no unknown names; whoever reads the episode tells them.
    """
    found: dict[str, Problem] = {}
    asked: set[_Words] = set()
    for _, shot in episode.shots():
        for words, answers in _questions(shot, library):
            if words in asked:
                continue
            asked.add(words)
            for message, line, hint in answers:
                found.setdefault(message, Problem(message, episode.source, line, hint))
    return tuple(found.values())


_Told = tuple[str, int, str]
_Words = tuple[str | None, ...]


def _questions(shot: Shot, library: Library) -> Iterator[tuple[_Words, Iterator[_Told]]]:
    """Return what a shot asks of the library, as the words it uses and the answers, not yet worked out.

    The same words have the same answers, so a long episode asks each question once.
    """
    for person in shot.characters:
        words = ("person", person.asset, person.wardrobe, person.expression, person.state)
        yield words, _person(person, library)
    for line in shot.lines:
        asset = line.asset or line.who
        yield ("speaker", asset), _named(asset, library.characters, ("character", library), line.line or shot.line)
    for name in shot.props:
        yield ("prop", name), _named(name, library.props, ("prop", library), _line(shot, "props"))
    if shot.location:
        unsaid = shot.id if shot.view is None or shot.light is None else None
        yield ("place", shot.location, shot.view, shot.light, unsaid), _place(shot, shot.location, library)
        for person in shot.characters:
            yield ("mark", shot.location, shot.view, person.position), _mark(shot, person, library)
    else:
        known = ", ".join(sorted({a.name for a in library.locations})) or "none"
        told = (f"shot {shot.id} says no location", shot.line, f"the library has: {known}")
        yield ("nowhere", shot.id), iter((told,))


def _named(text: str, assets: tuple[A, ...], where: tuple[Kind, Library], line: int) -> Iterator[_Told]:
    _, told = _find(text, assets, *where)
    yield from ((message, line, hint) for message, hint in told)


def _place(shot: Shot, name: str, library: Library) -> Iterator[_Told]:
    location, told = _find(name, library.locations, "location", library)
    yield from ((message, _line(shot, "location"), hint) for message, hint in told)
    if location:
        yield from _setting(shot, location)


def _find(text: str, assets: tuple[A, ...], kind: Kind, library: Library) -> tuple[A | None, list[tuple[str, str]]]:
    """Return the asset that a text names, and what is wrong with the name."""
    wanted = AssetName.parse(text)
    same = [a for a in assets if a.name == wanted.name]
    if not same and library.left_out(kind, wanted.name) is not None:
        return None, []
    if not same:
        known = sorted({a.name for a in assets})
        hint = did_you_mean(wanted.name, known) or f"the library has: {', '.join(known) or 'none'}"
        return None, [(f"there is no {kind} named {wanted.name}", hint)]
    found = [a for a in same if wanted.version in (None, a.version)]
    if not found:
        versions = ", ".join(str(a.version) for a in sorted(same, key=lambda a: a.version))
        return None, [(f"{wanted.name} has no version {wanted.version}", f"there are: {versions}")]
    return max(found, key=lambda a: a.version), []


def _person(person: CharacterInShot, library: Library) -> Iterator[_Told]:
    character, told = _find(person.asset, library.characters, "character", library)
    yield from ((message, person.line, hint) for message, hint in told)
    if character is None:
        return
    if person.wardrobe:
        yield from _wardrobe(person, person.wardrobe, character, library)
    if person.expression:
        known = {*EXPRESSIONS, *(r.expression for r in character.references if r.expression)}
        yield from _word(person.expression, known, "expression", character, person.line)
    if person.state:
        versions = [c for c in library.characters if c.name == character.name]
        yield from _word(person.state, {c.state for c in versions}, "state", character, person.line)


def _wardrobe(person: CharacterInShot, word: str, character: Character, library: Library) -> Iterator[_Told]:
    """Say that a version has no such wardrobe, and which other version of the same character has it."""
    known = {r.wardrobe for r in character.references if r.wardrobe}
    others = [c for c in library.characters if c.name == character.name and word in {r.wardrobe for r in c.references}]
    if word in known or not others:
        yield from _word(word, known, "wardrobe", character, person.line)
        return
    other = max(others, key=lambda c: c.version)
    here = f"; {character.id} has: {', '.join(sorted(known))}" if known else ""
    hint = f"{other.id} has it: write who: {person.who}@{other.version}, or state: {other.state}{here}"
    yield f"{character.id} has no wardrobe {word!r}", person.line, hint


def _mark(shot: Shot, person: CharacterInShot, library: Library) -> Iterator[_Told]:
    """Say that a view has no place for somebody where the shot puts them."""
    location, _ = _find(shot.location or "", library.locations, "location", library)
    view = location.views.get(shot.view or "") if location else None
    if location is not None and view is not None and person.position is not None:
        yield from _word(person.position, view.marks, "mark", location, person.line, f" in the view {view.name}")


def _setting(shot: Shot, location: Location) -> Iterator[_Told]:
    lights = {r.light for r in location.references if r.light}
    if shot.view:
        yield from _word(shot.view, location.views, "view", location, _line(shot, "view"))
        lights = {r.light for r in location.references if r.light and r.view == shot.view} or lights
    elif shot.framing != "insert":
        yield f"shot {shot.id} at {location.id} says no view", shot.line, f"there are: {', '.join(location.views)}"
    if shot.light:
        where = f" in the view {shot.view}" if shot.view in location.views else ""
        yield from _word(shot.light, lights, "light", location, _line(shot, "light"), where)
    else:
        known = ", ".join(sorted(lights)) or "none"
        yield f"shot {shot.id} at {location.id} says no light", shot.line, f"there are: {known}"


def _line(shot: Shot, key: str) -> int:
    """Return where a shot's word stands: in the shot, or in its scene."""
    return shot.where.get(key, shot.line)


def _word(word: str, known: Iterable[str], kind: str, asset: Asset, line: int, where: str = "") -> Iterator[_Told]:  # noqa: PLR0913, PLR0917
    words = sorted(known)
    if word not in words:
        guess = did_you_mean(word, words)
        hint = f"{guess} there are: {', '.join(words) or 'none'}".strip()
        yield f"{asset.id} has no {kind} {word!r}{where}", line, hint
