"""The commands on locked assets, and their short forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from charforge.cli import building, checking, locks, merging, noting, oneoffs, packs, training, voices
from charforge.cli.groups import Commands

if TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer(
    cls=Commands,
    help="Characters, places, props and voices: cast, build, lock, check, pack.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

SHORT: dict[str, Callable[..., None]] = {
    "cast": building.cast,
    "build": building.build,
    "lock": locks.lock,
    "verify": locks.verify,
    "versions": locks.versions,
    "revert": locks.revert,
    "diff": locks.diff,
    "promote": oneoffs.promote,
    "screen-test": oneoffs.screen_test,
    "portraits": oneoffs.portraits,
    "pack": packs.pack,
    "unpack": packs.unpack,
    "inspect": packs.inspect,
    "wrap": packs.wrap,
}
"""Commands that can be typed without `library`."""

LONG: dict[str, Callable[..., None]] = {
    "check": checking.check,
    "list": locks.listed,
    "merge": merging.merge,
    "note": noting.note,
    "train": training.train,
    "voice": voices.voice,
}
"""Commands whose names mean something else without `library`."""

for _name, _command in (SHORT | LONG).items():
    app.command(name=_name)(_command)
