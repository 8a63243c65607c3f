"""Merges several pictures of a character into the one embedding that every score is taken against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from charforge import imaging
from charforge import library as assets
from charforge.backends.protocols import FaceBackend
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Character, Reference, Share
from charforge.domain.jobs import ExpectedFace
from charforge.errors import InputError
from charforge.library.definitions import lineage
from charforge.library.loading import versions_of
from charforge.library.locking import digests
from charforge.library.pictures import PICTURES
from charforge.library.versions import defined
from charforge.library.written import WrittenCharacter, WrittenCharacterVersion
from charforge.qa.masters import Masters
from charforge.studio import calibrating, machine
from charforge.studio.library import Place, own, place
from charforge.studio.project import Project, find
from charforge.studio.reports.library import MergeReport, MergeRow

Weighted = Sequence[tuple[str, float]]


def merge(near: Path, name: str, shares: Weighted, *, write: bool = True) -> MergeReport:
    """Take every score of a character against the weighted embedding of these pictures from now on.

    Files are paths within the asset's folder; only the ratio of the weights counts. The picture that is drawn from
    stays as it was. Raises InputError for fewer than two pictures, and for one that does not show one face; nothing
    is then written. Without `write` the scores are told, and nothing is written.
    """
    at = own(place(find(near), name, "character"))
    lying = digests(at.folder)
    character = _newest(at, lying)
    _refuse_strange(name, shares, lying)
    merged = tuple(Share(digest=lying[file], weight=weight) for file, weight in shares)
    before = ExpectedFace.of(character)
    rows, unseen = _scores(at, character, before, before.changed(merge=merged))
    primary = _primary(at, character)
    if write:
        assets.record(at.root, name, embedding={"primary": primary, "merge": [list(share) for share in shares]})
    return _report(at, (primary, tuple(shares)), rows, unseen, written=write)


def undo(near: Path, name: str) -> MergeReport:
    """Take every score of a character against the primary picture alone again; raise InputError without a merge."""
    at = own(place(find(near), name, "character"))
    lying = digests(at.folder)
    character = _newest(at, lying)
    if not character.merge:
        raise InputError(
            f"{name} is not merged", f"merge two pictures: charforge library merge {name} A.png=0.7 B.png=0.3"
        )
    before = ExpectedFace.of(character)
    rows, unseen = _scores(at, character, before, before.changed(merge=()))
    primary = _primary(at, character)
    assets.record(at.root, name, embedding={"primary": primary})
    return _report(at, (primary, ()), rows, unseen, written=True)


def _newest(at: Place, lying: dict[str, str]) -> Character:
    found = [a for a in versions_of(at.folder, lying) if isinstance(a, Character)]
    newest = max(found, key=lambda character: character.version)
    if newest.primary is None:
        raise InputError(f"{newest.name} has no master headshot", f"first: charforge cast {newest.name}")
    written = defined(at.folder).written
    line = lineage(written, next(version for version in written.versions if version.id == newest.version))
    apart = next((v.id for v in line if isinstance(v, WrittenCharacterVersion) and v.embedding), None)
    if apart is not None:
        message = f"{newest.name}@{apart} has a face of its own, which scores of {newest.id} are taken against"
        raise InputError(message, f"write merge: into the embedding: of version {apart}, in {at.folder.file}")
    return newest


def _primary(at: Place, character: Character) -> str:
    """Return the file that is drawn from, as the character's file names it."""
    written = defined(at.folder).written
    said = written.embedding if isinstance(written, WrittenCharacter) else None
    return said.picture if said else next(r.file for r in character.references if r.digest == character.primary)


def _refuse_strange(name: str, shares: Weighted, lying: dict[str, str]) -> None:
    """Raise InputError for pictures that cannot be merged."""
    for file, weight in shares:
        if file not in lying:
            hint = did_you_mean(file, lying) or "paths start in the asset's folder, like headshot/front.png"
            raise InputError(f"{name} has no file {file}", hint)
        if Path(file).suffix.lower() not in PICTURES:
            raise InputError(f"{file} is no picture", "merge pictures that show the face")
        if not 0 < weight < float("inf"):
            raise InputError(f"{file}: {weight:g} is no weight", "write a number above 0, like 0.7")
    if len({lying[file] for file, _ in shares}) < max(2, len(shares)):
        raise InputError("a merge takes two or more different pictures", "write each once: A.png=0.7 B.png=0.3")


def _scores(
    at: Place, character: Character, before: ExpectedFace, after: ExpectedFace
) -> tuple[tuple[MergeRow, ...], tuple[str, ...]]:
    """Return each reference's scores by both judges against either identity, and the references without a face."""
    paths = {r.digest: at.folder.path / r.file for r in character.references if r.digest}
    paths |= {digest: at.folder.path / file for file, digest in digests(at.folder).items()}
    first, second = _judges(at.project)
    kept = at.project.state / "embeddings"
    masters = [Masters(first, judge, lambda digest: paths[digest], kept) for judge in (first, second)]
    calibrations = [calibrating.of(at.project, judge) for judge in (first, second)]
    identities = [(eye.face(before), eye.face(after)) for eye in masters]
    rows: list[MergeRow] = []
    unseen: list[str] = []
    for reference in _pictures(character):
        pixels = imaging.decode(at.folder.path / reference.file)
        faces = first.detect(pixels)
        if not faces:
            unseen.append(reference.file)
            continue
        values = [
            [judge.similarity(judge.embed(pixels, faces[0]), identity) for identity in pair]
            for judge, pair in zip((first, second), identities, strict=True)
        ]
        bars = [calibration.bar(reference.turn or 0.0) for calibration in calibrations]
        rows.append(
            MergeRow(
                file=reference.file,
                step=reference.step,
                before=(values[0][0], values[1][0]),
                after=(values[0][1], values[1][1]),
                bars=(bars[0], bars[1]),
            )
        )
    return tuple(rows), tuple(unseen)


def _pictures(character: Character) -> Iterator[Reference]:
    yield from (r for r in character.references if Path(r.file).suffix.lower() in PICTURES)


def _judges(project: Project) -> tuple[FaceBackend, FaceBackend]:
    tools = machine.toolbox(project)
    first, second = (tools.get("face", name) for name in project.settings.judges)
    return first, second


def _report(
    at: Place,
    embedding: tuple[str, tuple[tuple[str, float], ...]],
    rows: tuple[MergeRow, ...],
    unseen: tuple[str, ...],
    *,
    written: bool,
) -> MergeReport:
    primary, shares = embedding
    total = sum(weight for _, weight in shares)
    return MergeReport(
        name=at.folder.name,
        judges=at.project.settings.judges,
        primary=primary,
        merge=tuple((file, weight / total) for file, weight in shares),
        references=rows,
        without_face=unseen,
        written=written,
    )
