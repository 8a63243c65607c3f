"""A contact sheet shows every picture whole, in order."""

from __future__ import annotations

import numpy as np
import pytest

from charforge.pages import contact_sheet


def test_every_picture_is_on_the_sheet_in_order() -> None:
    """Pictures stand in rows, left to right."""
    colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250)]
    sheet = contact_sheet([(str(c), np.full((40, 40, 3), c, np.uint8)) for c in colours], columns=2, width=100)
    places = [(60, 60), (60, 172), (202, 60)]
    assert [tuple(int(v) for v in sheet[y, x]) for y, x in places] == colours


def test_an_empty_sheet_is_refused() -> None:
    """There is nothing to lay out."""
    with pytest.raises(ValueError, match="needs a picture"):
        contact_sheet([])
