"""Two people who wear each other's clothes are found out by their faces, which no fit of the clothes can tell."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from watched import LIBRARY, picture, reference, seen

from charforge.backends.sface import SFace
from charforge.imaging import decode_rgba
from charforge.qa.watchers import Eyes, Person
from charforge.qa.watchers.copied import Copied
from charforge.qa.watchers.wardrobes import Wardrobe
from charforge.weights import LocalHome

pytestmark = pytest.mark.models

WORN = {"mia": "navy", "theo": "olive"}
LIGHTS = ("golden-hour", "night")


@pytest.fixture(scope="module")
def eyes(home: LocalHome) -> Eyes:
    """Return eyes that know faces."""
    return Eyes(face=SFace(home))


@cache
def body(who: str, light: str = "") -> np.ndarray:
    """Return somebody's body in their wardrobe, in the light of the coffee shop or in none."""
    where = f"-coffee-shop-{light}" if light else ""
    return decode_rgba(LIBRARY / f"characters/{who}/body/{WORN[who]}-0{where}.webp")


def dressed(who: str, wearing: str, light: str = "") -> np.ndarray:
    """Return somebody's head over the chest of whoever they are dressed as, 1024 high and 512 wide."""
    cut = body(wearing, light)
    tall, middle = cut.shape[0], cut.shape[1] // 2
    chest = cut[tall // 5 : 4 * tall // 5, middle - tall // 8 : middle + tall // 8, :3]
    head = picture(f"characters/{who}/headshot/front.png")
    return np.vstack([cv2.resize(part, (512, 512), interpolation=cv2.INTER_AREA) for part in (head, chest)])


def people(light: str = "") -> list[Person]:
    """Return both, with their wardrobes in this light, or in portraits where it is none."""
    return [
        Person(
            who,
            lit=(reference(body(who, light)),) if light else (),
            garments=() if light else (reference(dressed(who, who)),),
            face=reference(picture(f"characters/{who}/headshot/front.png")),
        )
        for who in WORN
    ]


def told(eyes: Eyes, wearing: tuple[str, str], light: str = "", *, swap: bool = False) -> dict[str, str]:
    """Return what is said of mia and theo, beside each other, dressed as these two."""
    both = [dressed(who, as_, light) for who, as_ in zip(WORN, wearing, strict=True)]
    pixels = np.hstack(both[::-1] if swap else both)
    assert eyes.face is not None
    found = seen(Wardrobe(people(light), eyes, None), [pixels], eyes.face.detect(pixels))
    assert all(f.code == "wardrobe" and f.box is not None for f in found)
    return {f.who: f.message for f in found}


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("light", ["", *LIGHTS])
def test_swapped_wardrobes_are_found_and_told_whose_they_are(eyes: Eyes, light: str, swap: bool) -> None:
    """On whichever side they stand; and nobody is told who wears their own."""
    assert told(eyes, ("mia", "theo"), light, swap=swap) == {}
    assert told(eyes, ("theo", "mia"), light, swap=swap) == {
        "mia": "mia wears what theo should wear",
        "theo": "theo wears what mia should wear",
    }


@pytest.mark.parametrize("light", LIGHTS)
def test_two_in_one_wardrobe_are_told_apart(eyes: Eyes, light: str) -> None:
    """Only whoever it is not meant for is told."""
    assert told(eyes, ("theo", "theo"), light) == {"mia": "mia wears what theo should wear"}


def test_nobody_is_named_who_is_not_known(eyes: Eyes) -> None:
    """Without masters faces go to whom their clothes fit, and a swap is not seen."""
    unknown = [Person(p.who, lit=p.lit) for p in people("night")]
    pixels = np.hstack([dressed("mia", "theo", "night"), dressed("theo", "mia", "night")])
    assert eyes.face is not None
    assert seen(Wardrobe(unknown, eyes, None), [pixels], eyes.face.detect(pixels)) == ()


def test_somebody_else_in_a_wardrobe_is_the_judges_business(eyes: Eyes) -> None:
    """A face that is nobody's is held to the wardrobe that fits it, beside one that is known."""
    pixels = np.hstack([dressed("theo", "mia", "night"), dressed("theo", "theo", "night")])
    assert eyes.face is not None
    faces = eyes.face.detect(pixels)
    found = seen(Wardrobe(people("night"), eyes, None), [pixels], faces)
    assert "mia" not in {f.who for f in found}


@pytest.mark.parametrize("copies_first", [True, False])
def test_a_master_may_also_be_the_picture_that_a_model_was_shown(eyes: Eyes, copies_first: bool) -> None:
    """Both watchers of a still of two people measure the same picture, each in its own way, in any order."""
    shown = [replace(p, given=(p.face,)) for p in people("night") if p.face is not None]
    pixels = np.hstack([dressed("mia", "theo", "night"), dressed("theo", "mia", "night")])
    fresh = Eyes(face=eyes.face)
    assert fresh.face is not None
    faces = fresh.face.detect(pixels)
    both = Copied(shown, fresh, None), Wardrobe(shown, fresh, None)
    codes = [f.code for w in (both if copies_first else both[::-1]) for f in seen(w, [pixels], faces)]
    assert sorted(codes) == ["copy-paste", "wardrobe", "wardrobe"]
