"""Options that many commands have, and what their words mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from charforge.domain.assets import Kind

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
OfKind = Annotated[
    str | None, typer.Option("--kind", help="character, location, prop or look, where two share a name.")
]


def kind_of(word: str | None) -> Kind | None:
    """Return the kind that a word means; refuse any other word."""
    from charforge.library.folders import KINDS

    kind = next((kind for kind in KINDS if kind == word), None)
    if word is not None and kind is None:
        raise typer.BadParameter(f"{word!r} is not one of {', '.join(KINDS)}", param_hint="--kind")
    return kind
