"""Pages of HTML that stand alone in one file: style, pictures and plots lie within, no script runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

if TYPE_CHECKING:
    from charforge.pages.cards import Card


def page(template: str, **values: Any) -> bytes:  # noqa: ANN401 - what the template shows
    """Return a page of this package's `templates`; every value is escaped."""
    return _environment().get_template(f"{template}.html.j2").render(values).encode()


def card_page(  # noqa: PLR0913 - the parts of a page
    title: str, lead: str, cards: Sequence[Card], *, next_step: str = "", notes: Sequence[str] = (), master: str = ""
) -> bytes:
    """Return a page of pictures, each with what was measured; `master` is shown beside the title."""
    return page("cards", title=title, lead=lead, cards=cards, next_step=next_step, notes=notes, master=master)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("charforge.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
