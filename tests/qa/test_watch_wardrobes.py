"""Another garment is seen in any light; the same one in another light is not taken for it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from watched import LIBRARY, MIA, face, finder, picture, reference, seen

from charforge.backends.protocols import Detection
from charforge.imaging import decode_rgba
from charforge.imaging.grading import GRADES, encoded, toned
from charforge.imaging.lighting import linear
from charforge.qa.watchers import Eyes, Person
from charforge.qa.watchers.wardrobes import Wardrobe

BODIES = {
    ("mia", "navy"): "navy-0",
    ("mia", "apron"): "apron-0",
    ("theo", "olive"): "olive-0",
    ("theo", "grey"): "grey-0",
}
FACE = face(MIA, 0.5)
EYES = Eyes(face=finder({(1024, 512): FACE}))


def body(who: str, garment: str, where: str = "") -> np.ndarray:
    """Return a body without a head."""
    return decode_rgba(LIBRARY / f"characters/{who}/body/{BODIES[who, garment]}{where}.webp")


def dressed(who: str, garment: str, where: str = "") -> np.ndarray:
    """Return Mia's head over somebody's chest, 1024 high and 512 wide."""
    cut = body(who, garment, where)
    middle = cut.shape[1] // 2
    tall = cut.shape[0]
    chest = cut[tall // 5 : 4 * tall // 5, middle - tall // 8 : middle + tall // 8, :3]
    head = cv2.resize(picture(MIA), (512, 512), interpolation=cv2.INTER_AREA)
    return np.vstack([head, cv2.resize(chest, (512, 512), interpolation=cv2.INTER_AREA)])


def in_light(pixels: np.ndarray, name: str) -> np.ndarray:
    """Return a picture as a room looks in another light."""
    return np.clip(encoded(toned(linear(pixels), GRADES[name].room)) * 255 + 0.5, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("light", ["", "golden-hour", "night", "overcast", "dusk"])
@pytest.mark.parametrize(("who", "garment"), list(BODIES))
def test_the_wardrobe_is_known_in_any_light(who: str, garment: str, light: str) -> None:
    """The light that falls on the face falls on the cloth."""
    person = Person("mia", garments=(reference(dressed(who, garment)),))
    worn = dressed(who, garment)
    assert seen(Wardrobe([person], EYES, None), [in_light(worn, light) if light else worn], [FACE]) == ()


@pytest.mark.parametrize("light", ["", "golden-hour", "night"])
@pytest.mark.parametrize(("who", "garment"), [k for k in BODIES if k != ("mia", "navy")])
def test_another_garment_is_seen_in_any_light(who: str, garment: str, light: str) -> None:
    """By whom, with how far it is off."""
    person = Person("mia", garments=(reference(dressed("mia", "navy")),))
    worn = dressed(who, garment)
    (found,) = seen(Wardrobe([person], EYES, None), [in_light(worn, light) if light else worn], [FACE])
    assert (found.code, found.who) == ("wardrobe", "mia")
    assert found.number is not None
    assert found.limit is not None
    assert found.number > found.limit


def test_a_body_in_the_shots_own_light_is_compared_as_it_is() -> None:
    """As the compositor's bodies are, which lie in the library for each light."""
    lit = [reference(body("mia", "navy", f"-coffee-shop-{light}")) for light in ("night", "golden-hour")]
    right, wrong = (Person("mia", lit=tuple(lit)), Person("mia", lit=(reference(body("mia", "apron")),)))
    worn = dressed("mia", "navy", "-coffee-shop-golden-hour")
    assert seen(Wardrobe([right], EYES, None), [worn], [FACE]) == ()
    assert [f.code for f in seen(Wardrobe([wrong], EYES, None), [worn], [FACE])] == ["wardrobe"]


def test_a_close_up_without_cloth_says_nothing() -> None:
    """Where too little is in view nothing is judged."""
    person = Person("mia", garments=(reference(dressed("mia", "navy")),))
    head = dressed("theo", "olive")[:512]
    assert seen(Wardrobe([person], EYES, None), [head], [FACE]) == ()


def test_faces_are_given_to_whom_their_garments_fit() -> None:
    """With two people in the picture neither is held to the other's wardrobe."""
    pixels = np.hstack([dressed("theo", "olive"), dressed("mia", "navy")])
    right = Detection((FACE.box[0] + 512, *FACE.box[1:]), FACE.points + np.array([512, 0], np.float32), 0.95)
    people = [
        Person("mia", garments=(reference(dressed("mia", "navy")),)),
        Person("theo", garments=(reference(dressed("theo", "olive")),)),
    ]
    assert seen(Wardrobe(people, EYES, None), [pixels], [FACE, right]) == ()
    wrong = np.hstack([dressed("mia", "apron"), dressed("mia", "navy")])
    assert [f.who for f in seen(Wardrobe(people, EYES, None), [wrong], [FACE, right])] == ["theo"]
