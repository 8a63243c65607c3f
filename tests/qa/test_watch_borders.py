"""Black bars are seen; dark rooms and black backdrops are not taken for them."""

from __future__ import annotations

import numpy as np
import pytest
from watched import MIA, picture, plate, seen, smaller

from charforge.qa.watchers.borders import Letterbox, bars


@pytest.mark.parametrize("share", [0.02, 0.06, 0.125])
@pytest.mark.parametrize("across", [True, False])
def test_bars_are_seen_with_their_size(share: float, across: bool) -> None:
    """Above and below, or on both sides, however thin, and the picture's box is told."""
    boxed = smaller(plate("coffee-shop", light="night")).copy()
    turned = boxed if across else boxed.swapaxes(0, 1)
    thick = round(share * len(turned))
    turned[:thick] = turned[-thick:] = 3
    (found,) = seen(Letterbox(), [boxed])
    assert found.code == "letterbox"
    assert found.number == pytest.approx(2 * share, abs=0.01)
    assert found.box is not None
    assert found.box[2] * found.box[3] == pytest.approx(boxed.shape[0] * boxed.shape[1] * (1 - 2 * share), rel=0.02)


@pytest.mark.parametrize("place", ["coffee-shop", "pottery"])
@pytest.mark.parametrize("light", ["night", "afternoon"])
@pytest.mark.parametrize("view", ["table", "wide", "window"])
def test_a_dark_room_has_no_bars(place: str, light: str, view: str) -> None:
    """Plates of the library, at night too, are raised for nothing."""
    assert seen(Letterbox(), [plate(place, view, light)]) == ()


def test_somebody_before_black_is_not_letterboxed() -> None:
    """A backdrop that is black to the edges ends where the person begins, not along a line."""
    portrait = smaller(picture(MIA)).copy()
    rows, columns = np.mgrid[:640, :640]
    portrait[((columns - 320) / 200) ** 2 + ((rows - 400) / 330) ** 2 > 1] = 0
    assert seen(Letterbox(), [portrait]) == ()


def test_bars_must_be_in_every_frame_that_shows_something() -> None:
    """A shutter that closes for a moment is no letterbox; black frames say nothing."""
    whole = smaller(plate("pottery"))
    boxed = whole.copy()
    boxed[:40] = boxed[-40:] = 0
    assert seen(Letterbox(), [boxed, whole, boxed]) == ()
    assert seen(Letterbox(), [boxed, whole * 0, boxed])[0].code == "letterbox"


def test_one_bar_is_no_pair() -> None:
    """A black table edge at the foot alone is left alone."""
    picture = smaller(plate("pottery")).copy()
    picture[-60:] = 0
    assert not bars(picture).any()
