"""Wardrobes by re-colouring what the master wears; each is a version of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from charforge import imaging
from charforge.documents import sha256
from charforge.domain.assets import Origin
from charforge.errors import InputError
from charforge.imaging import garments, recolour
from charforge.library import NewVersion
from charforge.studio.building import dyed_bodies
from charforge.studio.building.shot import Shot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charforge.backends.protocols import RGB
    from charforge.imaging.garments import Garment
    from charforge.library.written import WrittenReference
    from charforge.studio.building.work import Work

DYES = {"navy": "#1f3a5f", "rust": "#a34a28", "moss": "#5b6b3a", "sand": "#c8b48a"}
"""Colours of the default wardrobes; the first two that differ from what the master wears are used."""
DEFAULTS = 2
DIFFERENT = 30.0
"""Least difference, in Lab, of a default wardrobe from what the master wears."""
SAME_CLOTH = 25.0
"""Largest difference between the nearest shades of a garment in an angle and in the master."""


@dataclass(frozen=True, slots=True)
class Dressed:
    """A picture of the character and the garment in it."""

    reference: WrittenReference
    pixels: RGB
    garment: Garment


@dataclass(frozen=True, slots=True)
class Bare:
    """A picture of the character without a garment that can be told apart."""

    name: str
    pixels: RGB
    reason: str


def recoloured(work: Work, wanted: Sequence[tuple[str, str]]) -> bool:
    """Make wardrobes, (name, `#rrggbb`) each, of the master and its angles; return whether there is a clean garment.

    Where the master's garment cannot be told apart nothing is written and the reason is noted. With nothing wanted,
    the default set is made.
    """
    dressed, bare = _dressed(work)
    if not dressed:
        for name in [name for name, _ in wanted] or ["wardrobes"]:
            work.miss(name, "wardrobe", f"{bare[0].name}: {bare[0].reason}", pixels=bare[0].pixels)
        build = f"charforge build {work.bench.name} --wardrobe NAME"
        hint = f"bring photographs: {build} --from FOLDER; or have them drawn: {build} --still MODEL"
        work.note(f"no wardrobe can be made by re-colouring: {bare[0].reason}; {hint}")
        return False
    chosen = list(wanted) or _defaults(work, dressed[0].garment)
    for name, code in chosen:
        shots = [_shot(work, d, name, code) for d in dressed]
        work.keep(*(shot for shot in shots if work.passes(shot)), new=NewVersion())
        dyed_bodies.dye(work, name, code)
        for head in bare:
            work.miss(f"{name} {head.name}", "wardrobe", head.reason, pixels=head.pixels)
    if not wanted:
        work.note(f"wardrobes by re-colouring: {', '.join(f'{name} ({code})' for name, code in chosen)}")
    return True


def colour_of(name: str, code: str | None) -> str:
    """Return the colour of a wardrobe as `#rrggbb`; raise InputError when none is known."""
    said = code or DYES.get(name) or ""
    try:
        recolour.lab_of(said)
    except ValueError:
        hint = f"write it like --colour '{DYES['navy']}'; or bring photographs with --from, or a model with --still"
        raise InputError(f"the colour of the wardrobe {name} is {said or 'not said'}", hint) from None
    return said.lower()


def refuse_known(work: Work, name: str) -> None:
    """Raise InputError for a wardrobe that is there already."""
    known = work.present.wardrobes()
    if name in known and not (work.options.again or work.options.retake):
        hint = f"name another, or make it anew as a new version: --again; {work.bench.name} has: {', '.join(known)}"
        raise InputError(f"{work.bench.name} has the wardrobe {name} already", hint)


def _dressed(work: Work) -> tuple[list[Dressed], list[Bare]]:
    """Return the master and its angles with their garments, and those that have none that is clean."""
    found: list[Dressed] = []
    bare: list[Bare] = []
    for reference in _heads(work):
        pixels = imaging.decode(work.bench.folder / reference.file)
        try:
            found.append(Dressed(reference, pixels, _garment(work, pixels, found)))
        except garments.NoCleanGarment as error:
            bare.append(Bare(PurePosixPath(reference.file).stem, pixels, str(error)))
        # Without the master's own there is nothing to compare the others with.
        if not found:
            break
    return found, bare


def _garment(work: Work, pixels: RGB, found: Sequence[Dressed]) -> Garment:
    """Return the garment in a picture; raise NoCleanGarment without one that is clean and the master's."""
    seen = work.bench.look(pixels)
    if seen is None:
        raise garments.NoCleanGarment("no face in it can be measured")
    garment = garments.find(pixels, seen.matte, seen.marks.points)
    apart = garments.apart(garment, found[0].garment) if found else 0.0
    if apart > SAME_CLOTH:
        message = f"what is worn there is {apart:.0f} from the master's colour; {SAME_CLOTH:.0f} may be"
        raise garments.NoCleanGarment(message)
    return garment


def _heads(work: Work) -> list[WrittenReference]:
    """Return the master headshot, then the angles."""
    references = {r.file: r for r in reversed(work.present.references) if r.step in ("headshot", "angle")}
    master = references.pop(work.present.primary)
    angles = (r for r in references.values() if r.step == "angle")
    return [master, *sorted(angles, key=lambda r: r.turn or 0.0)]


def _defaults(work: Work, garment: Garment) -> list[tuple[str, str]]:
    known = work.present.wardrobes()
    apart = {n: float(np.linalg.norm(recolour.lab_of(code) - garment.colour)) for n, code in DYES.items()}
    free = [name for name in DYES if name not in known]
    chosen = [name for name in free if apart[name] >= DIFFERENT][:DEFAULTS]
    return [(name, DYES[name]) for name in chosen]


def _shot(work: Work, dressed: Dressed, name: str, code: str) -> Shot:
    """Return a picture in its new colour, its identity measured again."""
    reference = dressed.reference
    pixels = recolour.dye(dressed.pixels, dressed.garment, recolour.lab_of(code))
    changed = recolour.skin_change(dressed.pixels, pixels, dressed.garment)
    seen = work.bench.look(pixels, work.bench.master)
    scores = None if seen is None else work.bench.scores(seen)
    settings = {
        "colour": code,
        "of": reference.file,
        "sha256": sha256(work.bench.folder / reference.file),
        "garment": f"{100 * float(dressed.garment.alpha.mean()):.1f} % of the picture",
        "skin_change": f"{changed:.2f}",
    }
    front = reference.file == work.present.primary
    return Shot(
        name="front" if front else PurePosixPath(reference.file).stem,
        step="wardrobe",
        pixels=pixels,
        origin=Origin(derived="recoloured", settings=settings),
        made_from=reference.file,
        scores=scores,
        turn=reference.turn or 0.0,
        pitch=reference.pitch or 0.0,
        wardrobe=name,
        short=()
        if changed <= recolour.SKIN_LIMIT
        else (f"skin changed by {changed:.1f}, more than {recolour.SKIN_LIMIT:.0f}",),
    )
