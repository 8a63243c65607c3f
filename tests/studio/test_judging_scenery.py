"""What people should wear is told by name, and what cannot be known is refused with what can."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from charforge import library as assets
from charforge.domain.assets import Character, Library
from charforge.domain.takes import FaceCode, PictureCode, SoundCode
from charforge.errors import InputError
from charforge.studio.judging.scenery import dressed, parsed
from charforge.studio.judging.wording import CODES

SHELF = Path(__file__).parents[2] / "library"


@pytest.fixture(scope="module")
def shelf() -> Library:
    """Return the pilot's locked library."""
    return assets.load(SHELF)


def mia(shelf: Library) -> Character:
    """Return the pilot's mia."""
    found = shelf.character("mia", None)
    assert found is not None
    return found


def nowhere(digest: str) -> Path:
    """Return where a file would be."""
    return Path(digest)


def test_a_wardrobe_is_known_in_the_light_of_a_place(shelf: Library) -> None:
    """Its pictures in that very light are what is compared."""
    (person,) = dressed(parsed(["mia=navy"]), "coffee-shop/night", [mia(shelf)], shelf, nowhere).people
    lit = [
        r.digest for r in mia(shelf).references if (r.wardrobe, r.light, r.place) == ("navy", "night", "coffee-shop")
    ]
    assert person.who == "mia"
    assert [reference.digest for reference in person.lit] == lit
    assert lit


@pytest.mark.parametrize(
    ("words", "at", "told", "hint"),
    [
        ("mia", "", "says nobody's wardrobe", "mia=navy"),
        ("ann=navy", "", "ann is not cast", "names mia"),
        ("mia=nvy", "", "no wardrobe 'nvy'", "navy"),
        ("mia=navy", "", "only in the light of places", "--at coffee-shop/golden-hour"),
        ("", "coffe-shop", "no such place", "coffee-shop/"),
        ("mia=navy", "coffee-shop/nigt", "no such place and light", "coffee-shop/night"),
        ("mia=navy", "pottery/afternoon", "not at pottery/afternoon", "--at coffee-shop/golden-hour"),
    ],
)
def test_what_cannot_be_known_is_refused(shelf: Library, words: str, at: str, told: str, hint: str) -> None:
    """With what to type instead."""
    with pytest.raises(InputError, match=told) as refused:
        dressed(parsed([words] if words else []), at, [mia(shelf)], shelf, nowhere)
    assert hint in refused.value.hint


@pytest.mark.parametrize("at", ["coffee-shop/night", "coffee-shop"])
def test_a_place_is_known_by_every_view_of_it(shelf: Library, at: str) -> None:
    """In any light, that which was named first; the place is that of nobody's clothes."""
    scenery = dressed({}, at, [mia(shelf)], shelf, nowhere)
    place = shelf.location("coffee-shop")
    assert place is not None
    views = {r.digest: r.light for r in place.references if r.step == "plate" and r.layer != "foreground"}
    assert {reference.digest for reference in scenery.plates} == set(views)
    night = [views[reference.digest] == "night" for reference in scenery.plates]
    assert at == "coffee-shop" or night == sorted(night, reverse=True)
    assert scenery.people == ()


def test_every_code_has_words_for_the_page() -> None:
    """Whatever is found can be told to somebody who reads it for the first time."""
    assert set(CODES) == {code for codes in (FaceCode, PictureCode, SoundCode) for code in get_args(codes)}
