"""What is judged beyond faces, one small module for each thing seen; `watchers` gives those that a take needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charforge.qa.watchers.bodies import Body
from charforge.qa.watchers.borders import Letterbox
from charforge.qa.watchers.copied import Copied
from charforge.qa.watchers.flicker import Flicker
from charforge.qa.watchers.focus import Soft
from charforge.qa.watchers.places import Place
from charforge.qa.watchers.small import Copies
from charforge.qa.watchers.stretches import Black, Frozen
from charforge.qa.watchers.surroundings import Eyes, Person, Reference, Surroundings
from charforge.qa.watchers.wardrobes import Wardrobe

if TYPE_CHECKING:
    from charforge.qa.watching import Watcher

__all__ = ["Eyes", "Person", "Reference", "Surroundings", "revisions", "watchers"]


def watchers(surroundings: Surroundings, eyes: Eyes | None = None) -> tuple[Watcher, ...]:
    """Return the watchers for one take, fresh; what is not known, or no model is there to see, is not watched."""
    here, eyes = surroundings, eyes or Eyes()
    copies, rate = Copies(), here.rate
    chosen: list[Watcher] = [Letterbox(), Black(rate), Soft(here.plate, eyes, rate)]
    if rate is not None:
        chosen.append(Flicker(copies, rate))
        if here.moves:
            chosen.append(Frozen(copies, rate))
    if here.plates:
        chosen.append(Place(here.plates, eyes, rate))
    if eyes.face is not None and not here.pasted and any(p.given for p in here.people):
        chosen.append(Copied(here.people, eyes, rate))
    if any(p.lit or (p.garments and eyes.face is not None) for p in here.people):
        chosen.append(Wardrobe(here.people, eyes, rate))
    if eyes.sees_bodies and len(here.people) == 1 and here.people[0].body is not None:
        chosen.append(Body(here.people[0], eyes, rate))
    return tuple(chosen)


def revisions(surroundings: Surroundings, eyes: Eyes | None = None) -> list[str]:
    """Return what the key of a kept verdict must hold of the watchers, besides `Surroundings.key()`."""
    eyes = eyes or Eyes()
    return [*(w.revision for w in watchers(surroundings, eyes)), *eyes.revisions()]
