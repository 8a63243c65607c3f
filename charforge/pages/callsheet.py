"""The page of a call sheet, to read and to print on A4."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charforge.pages.page import page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from charforge.domain.sheets import CallSheet


def call_sheet_page(sheet: CallSheet, pictures: Mapping[str, str]) -> bytes:
    """Return the page; `pictures` are addresses by ``mia@2`` and by ``coffee-shop@1/night``, as `inline` gives them."""
    return page("callsheet", sheet=sheet, title=f"Call sheet: {sheet.title}", pictures=pictures, clock=clock)


def clock(seconds: float) -> str:
    """Return seconds as minutes and seconds: ``1:07``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
