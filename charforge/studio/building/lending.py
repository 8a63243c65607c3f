"""Lends a character the bodies of another, which the compositor puts heads on."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from charforge import imaging
from charforge import library as assets
from charforge.documents import write_atomic
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Character, Origin, Reference
from charforge.errors import InputError
from charforge.library.definitions import define
from charforge.library.folders import KINDS, AssetFolder
from charforge.library.loading import versions_of
from charforge.library.locking import locked_files
from charforge.library.standing import known, present
from charforge.library.written import WrittenRights
from charforge.studio.reports.building import ShotReport

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import RGB
    from charforge.studio.building.work import Work

DYED = "recoloured"
"""How the origin of a dyed body calls it."""
FREE = ("CC0-1.0", "PDDL-1.0", "Unlicense")
"""Licences under which a body may go into an asset of any other."""
GREY = 160
"""What a body is laid on where it is shown."""


def lend(work: Work, name: str) -> None:
    """Copy another character's locked bodies into the character's folder, as references of the newest version.

    Raises InputError, with nothing written, where there are none or where rights forbid it.
    """
    lender, folder = _lender(work, name)
    # What was dyed for the lender's wardrobes is dyed anew for the borrower's.
    bodies = [r for r in lender.references if r.step == "body" and not (r.origin and r.origin.derived == DYED)]
    if not bodies:
        raise InputError(f"{lender.id} has no body to lend", _hint(work))
    _refuse_forbidden(work, lender)
    _refuse_dressed(work, lender)
    copied = [(body, *_copied(work, lender, folder, body)) for body in bodies]
    there = {r.file for r in work.present.references}
    new = [reference for _, reference, _ in copied if reference.file not in there]
    if new:
        assets.record(work.bench.project.library, work.bench.name, new)
    for _, reference, data in copied:
        work.shots.append(
            (_told(reference, "made" if reference in new else "there"), shown(imaging.decode_rgba(data)), None)
        )
    work.present = present(work.bench.project.library, work.bench.name)
    worn = ", ".join(sorted({body.wardrobe or "" for body in bodies}))
    work.note(f"bodies of {lender.id} are lent, in: {worn}")


def advise(work: Work) -> None:
    """Note how a character without a body comes to one, where somebody has some to lend."""
    if any(r.step == "body" for r in work.present.references):
        return
    lenders = _lenders(work)
    if lenders:
        command = f"charforge build {work.bench.name} --body-from {lenders[0] if len(lenders) == 1 else 'NAME'}"
        whose = f"{lenders[0]}'s" if len(lenders) == 1 else f"one of {', '.join(lenders)}"
        work.note(f"{work.bench.name} has no body, which the embedded compositor needs; to lend {whose}: {command}")


def shown(body: NDArray[np.uint8]) -> RGB:
    """Return a body (height, width, 4) laid on grey."""
    share = body[..., 3:].astype(np.float32) / 255
    return np.asarray(np.rint(body[..., :3] * share + GREY * (1 - share)), np.uint8)


def _lender(work: Work, name: str) -> tuple[Character, Path]:
    """Return a character as its newest version is locked, and its folder; raise InputError when there is none."""
    bench = work.bench
    found = assets.folder_of(bench.project.libraries, "character", name)
    if found is None or name == bench.name:
        others = [c for root in bench.project.libraries.values() for c in known(root) if c != bench.name]
        hint = did_you_mean(name, others) or _hint(work)
        raise InputError(f"there is no other character {name!r} to lend a body", hint)
    library, path = found
    digests = locked_files(path.parents[1], "character", name)
    if not digests:
        raise InputError(f"{name} is not locked", f"charforge lock {name}")
    versions = versions_of(AssetFolder("character", name, path), digests, library)
    newest = max((v for v in versions if isinstance(v, Character)), key=lambda v: v.version)
    return newest, path


def _lenders(work: Work) -> list[str]:
    """Return who else has bodies, in all libraries of the project."""
    found: list[str] = []
    for root in work.bench.project.libraries.values():
        for name in known(root):
            definition, _ = define(AssetFolder("character", name, root / KINDS["character"] / name))
            versions = definition.written.versions if definition else ()
            if name not in (*found, work.bench.name) and any(r.step == "body" for v in versions for r in v.references):
                found.append(name)
    return found


def _hint(work: Work) -> str:
    lenders = _lenders(work)
    return f"bodies have: {', '.join(lenders)}" if lenders else "nobody has bodies yet: docs/library.md, Bodies"


def _refuse_forbidden(work: Work, lender: Character) -> None:
    """Raise InputError where the lender's rights do not reach as far as the borrower's."""
    mine = _rights(work)
    own = lender.rights
    if own.release == "none":
        message = f"nobody has released the likeness of {lender.name} (release: none)"
        raise InputError(message, f"write rights: {{release: …}} into {lender.name}'s file, or lend another's")
    if own.licence not in (*FREE, mine.licence):
        message = f"the licence of {lender.name}, {own.licence!r}, does not let its pictures become {mine.licence!r}"
        raise InputError(message, f"lend from somebody under {FREE[0]}, or give both the same licence")
    if own.hosted == "forbid" and mine.hosted == "allow":
        message = f"pictures of {lender.name} may not go to hosted models, and those of {work.bench.name} may"
        raise InputError(message, f"write hosted: forbid into the rights of {work.bench.name}")


def _rights(work: Work) -> WrittenRights:
    definition, problems = define(AssetFolder("character", work.bench.name, work.bench.folder))
    if definition is None:
        raise InputError(problems)
    return definition.written.rights


def _refuse_dressed(work: Work, lender: Character) -> None:
    """Raise InputError for a character who has bodies already, unless they are this lender's."""
    mine = [r for r in work.present.references if r.step == "body" and not (r.origin and r.origin.derived == DYED)]
    others = [r.file for r in mine if not (r.origin and r.origin.settings) or _whose(r.origin.settings) != lender.name]
    if others and not work.options.force:
        message = f"{work.bench.name} has bodies already, such as {others[0]}"
        raise InputError(message, f"to have those of {lender.name} beside them, add --force")


def _whose(settings: dict[str, object]) -> str:
    return str(settings.get("from", "")).split("@")[0]


def _copied(work: Work, lender: Character, folder: Path, body: Reference) -> tuple[Reference, bytes]:
    """Return the reference of a body's copy, which is written; raise InputError where it is not as it was locked."""
    data = (folder / body.file).read_bytes()
    if hashlib.sha256(data).hexdigest() != body.digest:
        raise InputError(
            f"{folder / body.file} is not as it was locked", f"restore it, or: charforge lock {lender.name}"
        )
    name = PurePosixPath(body.file)
    # A file of another content keeps its name for the versions that it belongs to.
    file = f"body/{lender.name}-{name.stem}-{str(body.digest)[:6]}{name.suffix}"
    write_atomic(work.bench.folder / file, data)
    settings = {"from": lender.id, "file": body.file, "sha256": body.digest}
    origin = Origin(derived="lent", settings=settings)
    return body.changed(file=file, digest=None, made_from=None, score=None, second=None, origin=origin), data


def _told(reference: Reference, state: str) -> ShotReport:
    shows = [reference.wardrobe, f"{reference.turn or 0:+.0f}", reference.place, reference.light, reference.layer]
    return ShotReport(
        name=" ".join(part for part in shows if part),
        step="body",
        state=state,
        file=reference.file,
        turn=reference.turn,
        pitch=reference.pitch,
        backend="lent",
    )
