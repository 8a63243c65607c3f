"""The backgrounds that a portrait may have, put into the library of one run: locked places out of focus, or colours."""

from __future__ import annotations

import re
from dataclasses import dataclass

from charforge import imaging
from charforge import library as assets
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Library, Location, Mark, Reference, Rights, View
from charforge.domain.names import AssetName
from charforge.errors import InputError
from charforge.imaging.lens import backdrop, out_of_focus
from charforge.studio.desk import Desk

SOFT = 0.022
"""Diameter of a blurred point over the plate's height: a portrait lens wide open, two metres before a wall."""
STUDIO = "studio"
"""View of a coloured backdrop."""
_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}){1,2}")


@dataclass(frozen=True, slots=True)
class Background:
    """One background as it was typed."""

    text: str
    place: str
    """Id of the location that stands for it: ``pottery@1``."""
    light: str | None = None
    view: str | None = None
    colour: tuple[int, int, int] | None = None

    @property
    def label(self) -> str:
        """How files are named for it."""
        return "-".join(filter(None, (self.place.split("@")[0], self.light if self.colour is None else None)))


def background(text: str, library: Library) -> Background:
    """Return a background: `#d8d2c8`, `pottery`, `pottery/night` or `pottery/night/table`.

    Raises InputError for what is neither a colour nor in the library.
    """
    if text.startswith("#"):
        if _COLOUR.fullmatch(text) is None:
            raise InputError(f"{text!r} is not a colour", "write it like '#d8d2c8'")
        digits = text[1:] if len(text) == 7 else "".join(2 * d for d in text[1:])
        colour = (int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16))
        return Background(text, f"colour-{digits.lower()}@1", "even", STUDIO, colour)
    place, light, view = (*text.split("/"), None, None)[:3]
    try:
        wanted = AssetName.parse(place or "")
    except ValueError as error:
        raise InputError(str(error), "write a place, a place with its light (pottery/night), or '#d8d2c8'") from error
    assets.refuse_unsound(library, ("location", wanted.name))
    found = library.location(wanted.name, wanted.version)
    if found is None:
        known = sorted({p.name for p in library.locations})
        hint = did_you_mean(wanted.name, known) or f"there are: {', '.join(known) or 'none'}, and colours as '#d8d2c8'"
        raise InputError(f"there is no location {place!r} in the library", hint)
    return Background(text, found.id, light, view)


def walled(desk: Desk, wanted: tuple[Background, ...]) -> Library:
    """Return the library with a location for each colour, its picture in the store."""
    colours = {b.place: b for b in wanted if b.colour is not None}
    return desk.library.changed(locations=(*desk.library.locations, *(_wall(desk, b) for b in colours.values())))


def softened(desk: Desk, used: frozenset[tuple[str | None, str | None, str | None]]) -> Library:
    """Return the library with these plates out of focus (location's id, view, light), nothing standing before people.

    Their pictures go into the store. Walls are even as they are.
    """
    places = (_softened(desk, p, used) if p.id in {at for at, _, _ in used} else p for p in desk.library.locations)
    return desk.library.changed(locations=tuple(places))


def _softened(desk: Desk, place: Location, used: frozenset[tuple[str | None, str | None, str | None]]) -> Location:
    kept = []
    for reference in place.references:
        if reference.layer == "foreground":
            continue
        shown = reference.step == "plate" and (place.id, reference.view, reference.light) in used
        if shown and STUDIO not in place.views and reference.digest is not None:
            sharp = imaging.decode(desk.file(reference.digest))
            soft = imaging.encode_png(out_of_focus(sharp, SOFT * sharp.shape[0]))
            kept.append(reference.changed(digest=desk.store.blobs.put(soft)))
        else:
            kept.append(reference)
    return place.changed(references=tuple(kept))


def _wall(desk: Desk, colour: Background) -> Location:
    """Return a location that is one lit wall."""
    assert colour.colour is not None
    name = AssetName.parse(colour.place).name
    digest = desk.store.blobs.put(imaging.encode_png(backdrop(colour.colour, 1280, 1280)))
    view = View(
        name=STUDIO,
        marks={"centre": Mark(x=0.5, y=0.42, head=0.3, depth=1.6)},
        horizon=0.42,
        background_depth=3.6,
        shows="bust",
    )
    plate = Reference(file="wall.png", digest=digest, step="plate", view=STUDIO, light="even", layer="background")
    rights = Rights(licence="CC0-1.0", release="own-work")
    return Location(name=name, version=1, folder=name, rights=rights, references=(plate,), views={STUDIO: view})
