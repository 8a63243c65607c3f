"""Commands that carry assets: one file each, with everything in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charforge.cli.options import AsJson, OfKind, kind_of
from charforge.cli.output import print_json

Key = Annotated[Path | None, typer.Option("--sign", help="An ed25519 private key (PEM) to sign with.")]
Trusted = Annotated[Path | None, typer.Option("--trusted", help="Take only a pack signed with this public key (PEM).")]
File = Annotated[Path, typer.Argument(help="A .charpack file.")]


def pack(  # noqa: PLR0913 - one option each
    name: Annotated[str | None, typer.Argument(help="The asset's name, such as mia.")] = None,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file, or with --all the folder. [default: build/packs]")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Pack every locked asset, each into its own file.")] = False,
    kind: OfKind = None,
    episode: Annotated[str | None, typer.Option(help="The episode it is packed at the end of, such as e01.")] = None,
    sign: Key = None,
    as_json: AsJson = False,
) -> None:
    """Write a locked asset into one file: pictures, embeddings, voice, notes, rights, and the hash of each.

    Packed twice, the bytes are the same. Any kind of asset can be packed, as it is locked. Examples:

    charforge pack mia -o mia.charpack

    charforge pack mia --sign key.pem (a key: openssl genpkey -algorithm ed25519 -out key.pem)

    charforge pack --all -o archive/
    """
    from charforge.cli import tables_packs
    from charforge.cli.console import reporter
    from charforge.errors import InputError
    from charforge.studio import packing

    if everything == (name is not None):
        raise InputError("name one asset, or give --all", "charforge pack mia -o mia.charpack")
    with reporter() as tell:
        if name is None:
            made = packing.pack_all(Path.cwd(), tell, to=out, episode=episode, key=sign)
        else:
            made = (packing.pack(Path.cwd(), name, tell, to=out, kind=kind_of(kind), episode=episode, key=sign),)
    print_json(made[0] if name else made) if as_json else tables_packs.packed(made)


def unpack(  # noqa: PLR0913 - one option each
    file: File,
    *,
    name: Annotated[str | None, typer.Option("--as", help="Another name for it in this library.")] = None,
    library: Annotated[Path | None, typer.Option(help="Another library than the project's own.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an asset of this name that differs.")] = False,
    trusted: Trusted = None,
    as_json: AsJson = False,
) -> None:
    """Check a pack, whoever it comes from, and put its asset into the library.

    Nothing is written before every byte was checked. It is not locked: look it over, then lock it. Examples:

    charforge unpack mia.charpack

    charforge unpack mia.charpack --as mia-old --trusted studio.pub
    """
    from charforge.cli import tables_packs
    from charforge.cli.console import reporter
    from charforge.studio import packing

    with reporter() as tell:
        done = packing.unpack(Path.cwd(), file, tell, name=name, library=library, force=force, trusted=trusted)
    print_json(done) if as_json else tables_packs.unpacked(done)


def inspect(file: File, *, trusted: Trusted = None, as_json: AsJson = False) -> None:
    """Show what a pack holds and who signed it, reading only its directory and manifest.

    Its files are not looked into: `charforge verify mia.charpack` checks every byte. Example:

    charforge inspect mia.charpack
    """
    from charforge.cli import tables_packs
    from charforge.studio import packing

    found = packing.inspect(file, trusted=trusted)
    print_json(found) if as_json else tables_packs.inspected(found)


def wrap(
    episode: Annotated[str, typer.Argument(help="An episode, such as e01, or its shot list.")],
    *,
    everything: Annotated[
        bool, typer.Option("--everything", help="Places, props and the look of the episode, too.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The folder. [default: build/wrap/EPISODE]")] = None,
    sign: Key = None,
    as_json: AsJson = False,
) -> None:
    """Archive an episode's cast at its end: a pack of every character in it, and wrap.json with the hash of each.

    Example: charforge wrap e01
    """
    from charforge.cli import tables_packs
    from charforge.cli.console import reporter
    from charforge.studio import wrapping

    with reporter() as tell:
        done = wrapping.wrap(Path.cwd(), episode, tell, everything=everything, to=out, key=sign)
    print_json(done) if as_json else tables_packs.wrapped(done)
