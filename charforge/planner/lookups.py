"""Finds what a shot names in the locked library; every function raises PlanError where it is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from charforge.domain.names import AssetName
from charforge.errors import PlanError
from charforge.planner.cameras import set_camera, view_name

if TYPE_CHECKING:
    from charforge.domain.assets import Character, Library, Location, Look, Prop, Reference, View
    from charforge.domain.script import CharacterInShot, Episode, Shot


def cast_of(person: CharacterInShot, shot: Shot, library: Library) -> Character:
    """Return the locked character of somebody in a shot."""
    wanted = AssetName.parse(person.asset)
    return _found(library.character(wanted.name, wanted.version), "character", person.asset, shot)


def place_of(shot: Shot, library: Library) -> Location:
    """Return a shot's locked location."""
    if shot.location is None:
        known = ", ".join(sorted({place.name for place in library.locations})) or "none"
        message = f"shot {shot.id} is nowhere, and the model that makes it puts people on plates of a location"
        raise PlanError(message, f"say where: --at PLACE, or location: in a shot list; there are: {known}")
    wanted = AssetName.parse(shot.location or "")
    return _found(library.location(wanted.name, wanted.version), "location", str(wanted), shot)


def prop_of(name: str, shot: Shot, library: Library) -> Prop:
    """Return a locked prop of a shot."""
    wanted = AssetName.parse(name)
    return _found(library.prop(wanted.name, wanted.version), "prop", name, shot)


def look_of(episode: Episode, library: Library) -> Look | None:
    """Return the locked look that an episode names; None where the name is a model's own."""
    try:
        wanted = AssetName.parse(episode.look)
    except ValueError:
        return None
    return library.look(wanted.name, wanted.version)


T = TypeVar("T")


def _found(asset: T | None, kind: str, name: str, shot: Shot) -> T:
    if asset is None:
        message = f"shot {shot.id}: the library has no {kind} {name!r}"
        raise PlanError(message, "see: charforge check")
    return asset


def view_of(shot: Shot, place: Location) -> View:
    """Return the view of a place that a shot names, else its first."""
    name = shot.view or next(iter(place.views), "")
    view = place.views.get(name)
    if view is None:
        message = f"{place.id} has no view {name!r}; it has: {', '.join(place.views)}"
        raise PlanError(message, "see: charforge check")
    return framed(shot, place, view) or view


def framed(shot: Shot, place: Location, view: View) -> View | None:
    """Return the view that was rendered for this framing of a view, where there is one in the shot's light."""
    if not any(other.of == view.name for other in place.views.values()):
        return None
    camera = set_camera(shot, view.marks, 16 / 9)
    own = place.views.get(view_name(view.name, shot, camera)) if camera else None
    if own is None or camera is None or not set(camera.marks) <= own.marks.keys():
        return None
    lit = any((r.step, r.view, r.light) == ("plate", own.name, shot.light) for r in place.references)
    return own if lit else None


def master_of(character: Character) -> str:
    """Return the digest of the picture that a character is compared with."""
    if character.primary is None:
        message = f"{character.id} has no primary reference"
        raise PlanError(message, "add embedding: {primary: headshot/front.png} to the character")
    return character.primary


def digest_of(reference: Reference) -> str:
    """Return a locked reference's digest."""
    if reference.digest is None:
        message = f"{reference.file} is not locked"
        raise PlanError(message, "run: charforge lock")
    return reference.digest
