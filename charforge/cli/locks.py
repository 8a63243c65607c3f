"""Commands that lock and verify the library, and those on numbered versions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charforge.cli.options import AsJson, OfKind, kind_of
from charforge.cli.output import print_json

if TYPE_CHECKING:
    from charforge.studio.packing import PackReport

Names = Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Only these assets, such as mia.")]
Name = Annotated[str, typer.Argument(help="An asset, such as mia or coffee-shop.")]
Number = Annotated[int, typer.Argument(metavar="N", min=1, help="A version's number.")]


def lock(names: Names = None, *, as_json: AsJson = False) -> None:
    """Record the sha256 of every file of every asset in library.lock, or of the named assets alone.

    charforge lock

    charforge lock mia theo

    From then on any change is found before anything is rendered. Other assets' entries stay as they were.
    """
    from charforge.studio.library import lock as run

    locked = run(Path.cwd(), names or ())
    anew = [a for a in locked.assets if not names or a.name in names]
    count = sum(len(a.files) for a in anew)
    listed = ", ".join(f"{a.name}@{a.version}" for a in anew)
    others = len(locked.assets) - len(anew)
    rest = f"; {others} more in the lock, as before" if others else ""
    word = "asset" if len(anew) == 1 else "assets"
    print_json(locked) if as_json else print(f"locked {len(anew)} {word}, {count} files: {listed}{rest}")


def verify(
    what: Annotated[
        list[str] | None, typer.Argument(metavar="NAME|FILE.charpack", help="Only these assets, or packs.")
    ] = None,
    *,
    trusted: Annotated[
        Path | None, typer.Option("--trusted", help="Of packs, take only those signed with this public key (PEM).")
    ] = None,
    deep: Annotated[bool, typer.Option("--deep", help="Read every byte, even of files that look untouched.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare every file of every library with its lock, or a pack with what it says; exit code 2 if it differs.

    charforge verify

    charforge verify mia

    charforge verify mia.charpack

    Files whose size, times and inode are as they were when they were last read are not read again.
    """
    from charforge.studio.library import verify as run

    packs = [Path(word) for word in what or () if "." in word or "/" in word]
    names = [word for word in what or () if Path(word) not in packs]
    if trusted is not None and (names or not packs):
        raise typer.BadParameter("only packs are signed; name one, such as mia.charpack", param_hint="--trusted")
    sound = [_pack(pack, trusted) for pack in packs]
    problems = run(Path.cwd(), names, deep=deep) if names or not packs else ()
    if as_json:
        print_json({"packs": sound, "problems": problems} if packs else problems)
    else:
        from charforge.cli import tables_packs

        for report in sound:
            tables_packs.verified(report)
        if names or not packs:
            print("\n".join(str(p) for p in problems) or "library: every file is as it was locked")
    if problems:
        raise typer.Exit(2)


def versions(
    name: Name,
    *,
    delete: Annotated[int | None, typer.Option(metavar="N", min=1, help="Take this version out of the asset.")] = None,
    kind: OfKind = None,
    as_json: AsJson = False,
) -> None:
    """Show every version of an asset: its state, what it adds, whether it is locked, which shot lists show it.

    charforge versions mia

    charforge versions mia --delete 3

    A version that another goes on from, or that a shot list needs, is not deleted; pictures stay on disk.
    """
    from charforge.cli import tables_library as tables
    from charforge.studio import versioning

    if delete is None:
        found = versioning.versions(Path.cwd(), name, kind_of(kind))
        print_json(found) if as_json else tables.versions(found)
        return
    deleted = versioning.delete(Path.cwd(), name, delete, kind_of(kind))
    print_json(deleted) if as_json else tables.deleted(deleted)


def revert(name: Name, number: Number, *, kind: OfKind = None, as_json: AsJson = False) -> None:
    """Make a new newest version that is an older one again; nothing of the history is lost.

    charforge revert mia 2

    A version that holds from an episode on still holds from there; it is named.
    """
    from charforge.cli import tables_library as tables
    from charforge.studio.versioning import revert as run

    done = run(Path.cwd(), name, number, kind_of(kind))
    print_json(done) if as_json else tables.reverted(done)


def diff(
    name: Name,
    before: Annotated[int, typer.Argument(metavar="A", min=1, help="The version to start from.")],
    after: Annotated[int, typer.Argument(metavar="B", min=1, help="The version to compare with it.")],
    *,
    kind: OfKind = None,
    as_json: AsJson = False,
) -> None:
    """Show what one version has otherwise than another: references, state, rig, and how far colours moved.

    charforge diff mia 2 3
    """
    from charforge.cli import tables_library as tables
    from charforge.studio.versioning import diff as run

    found = run(Path.cwd(), name, before, after, kind_of(kind))
    print_json(found) if as_json else tables.diff(found)


def listed(*, as_json: AsJson = False) -> None:
    """List every asset of the project's library and of the shared ones: versions, lock, licence, release.

    charforge library list

    Shared libraries stand in charforge.yaml under libraries:, and are never written to.
    """
    from charforge.cli import tables_library as tables
    from charforge.studio.library import overview as run

    found = run(Path.cwd())
    print_json(found) if as_json else tables.listed(found)


def _pack(file: Path, trusted: Path | None) -> PackReport:
    """Return what a sound pack says of itself; raise InputError for one that is not."""
    from charforge.cli.console import reporter
    from charforge.studio import packing

    with reporter() as tell:
        return packing.verify(file, tell, trusted=trusted)
