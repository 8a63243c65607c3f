"""Dyes a character's bodies, so that a re-coloured wardrobe can be put on by the compositor too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from charforge import imaging
from charforge import library as assets
from charforge.documents import sha256, write_atomic
from charforge.domain.assets import Fit, Origin, Reference
from charforge.imaging import bodies, recolour
from charforge.imaging.encoding import encode_webp
from charforge.library.standing import present
from charforge.studio.building.lending import DYED, shown
from charforge.studio.reports.building import ShotReport

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from charforge.imaging.garments import Garment
    from charforge.library.written import WrittenReference
    from charforge.studio.building.work import Work

OVAL = (234, 454, 10, 152)
"""Landmarks at the edges of the face: left, right, above, below."""

_Body = tuple["WrittenReference", "NDArray[np.uint8]", "Garment"]


def dye(work: Work, wardrobe: str, code: str) -> None:
    """Add dyed bodies to the newest version: one for each turn of the wardrobe that the master wears, or of the first.

    A dyed body is of no place's light: of several, the brightest is dyed, and the compositor lights it.
    """
    worn = _worn(work)
    chosen = list(_brightest(work, worn)) if worn else []
    if not chosen:
        return
    made: list[tuple[Reference, NDArray[np.uint8]]] = []
    for written, body, garment in chosen:
        pixels = bodies.dyed(body, garment, recolour.lab_of(code))
        turn = f"{written.turn or 0:.0f}" + ("" if written.layer is None else f"-{written.layer}")
        file = work.placed(f"body/{wardrobe}-{turn}-{written.reach or 'bust'}.webp")
        write_atomic(work.bench.folder / file, encode_webp(pixels))
        made.append((_reference(work, written, wardrobe, code).changed(file=file), pixels))
    assets.record(work.bench.project.library, work.bench.name, [reference for reference, _ in made])
    for reference, pixels in made:
        work.shots.append((_told(reference), shown(pixels), None))
    known = {file: entry["sha256"] for file, entry in work.journal.items()}
    work.present = present(work.bench.project.library, work.bench.name, known)
    work.note(f"bodies in {wardrobe} are those in {worn}, dyed")


def catch_up(work: Work) -> None:
    """Dye bodies for the wardrobes that were dyed before there was a body."""
    there = {r.wardrobe for r in work.present.references if r.step == "body"}
    dyed = (r for r in reversed(work.present.references) if r.step == "wardrobe" and r.origin)
    colours = {
        r.wardrobe: (r.origin.settings or {}).get("colour") for r in dyed if r.origin and r.origin.derived == DYED
    }
    for wardrobe, code in colours.items():
        if wardrobe and code and wardrobe not in there:
            dye(work, wardrobe, str(code))


def _worn(work: Work) -> str | None:
    """Return the wardrobe whose bodies are dyed."""
    known = sorted({r.wardrobe for r in _undyed(work) if r.wardrobe})
    master = next((r.wardrobe for r in work.present.references if r.file == work.present.primary), None)
    return master if master in known else next(iter(known), None)


def _undyed(work: Work) -> list[WrittenReference]:
    return [
        r
        for r in work.present.references
        if r.step == "body" and r.fit is not None and not (r.origin and r.origin.derived == DYED)
    ]


def _brightest(work: Work, worn: str) -> Iterator[_Body]:
    """Yield the brightest body of each turn, reach and layer."""
    face = _face(work)
    found: dict[tuple[object, ...], _Body] = {}
    for written in (r for r in _undyed(work) if r.wardrobe == worn):
        assert written.fit is not None
        body = imaging.decode_rgba(work.bench.folder / written.file)
        garment = bodies.worn(body, Fit(**written.fit.model_dump()), face)
        shows = written.turn, written.pitch, written.reach, written.layer
        if garment is not None and (shows not in found or garment.colour[0] > found[shows][2].colour[0]):
            found[shows] = written, body, garment
    yield from found.values()


def _face(work: Work) -> NDArray[np.float32]:
    """Return the colour of the skin in the middle of the master's face."""
    left, right, top, bottom = (work.bench.master.marks.points[n, :2] for n in OVAL)
    wide, high = right[0] - left[0], bottom[1] - top[1]
    rows = slice(int(top[1] + 0.3 * high), int(top[1] + 0.8 * high))
    columns = slice(int(left[0] + 0.2 * wide), int(right[0] - 0.2 * wide))
    skin = recolour.lab(work.bench.master.pixels[rows, columns]).reshape(-1, 3)
    return np.asarray(np.median(skin, axis=0), np.float32)


def _reference(work: Work, body: WrittenReference, wardrobe: str, code: str) -> Reference:
    settings = {"colour": code, "of": body.file, "sha256": sha256(work.bench.folder / body.file)}
    assert body.fit is not None
    return Reference(
        file=body.file,
        step="body",
        turn=body.turn,
        pitch=body.pitch,
        wardrobe=wardrobe,
        layer=body.layer,
        reach=body.reach,
        fit=Fit(**body.fit.model_dump()),
        made_from=body.file,
        origin=Origin(derived=DYED, settings=settings),
    )


def _told(reference: Reference) -> ShotReport:
    return ShotReport(
        name=f"{reference.wardrobe} body {reference.turn or 0:+.0f}",
        step="body",
        state="made",
        file=reference.file,
        turn=reference.turn,
        backend=DYED,
    )
