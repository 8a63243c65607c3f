"""The watchers of a take: what is not known is not watched, and verdicts are kept under what was."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from watched import MIA, face, finder, picture, plate, reference, seen

from charforge.qa.watchers import Eyes, Person, Surroundings, revisions, watchers

MIA_SHOWN = Person("mia", given=(reference(picture(MIA)),), garments=(reference(picture(MIA)),))
EYES = Eyes(face=finder({(1024, 1024): face(MIA)}))


def names(surroundings: Surroundings, eyes: Eyes | None = None) -> set[str]:
    """Return which watchers a take gets."""
    return {type(w).__name__ for w in watchers(surroundings, eyes)}


def test_a_still_of_nobody_is_watched_for_its_picture_alone() -> None:
    """Nothing that needs time, people or a place."""
    assert names(Surroundings()) == {"Letterbox", "Black", "Soft"}


def test_a_clip_is_watched_for_what_time_brings() -> None:
    """But a held shot may stand still."""
    assert names(Surroundings(rate=24)) - names(Surroundings()) == {"Flicker", "Frozen"}
    assert names(Surroundings(rate=24, moves=False)) - names(Surroundings()) == {"Flicker"}


def test_people_are_watched_with_the_models_that_are_there() -> None:
    """Copies and wardrobes need somebody who finds faces in references."""
    shown = Surroundings(people=(MIA_SHOWN,))
    assert names(shown, EYES) - names(shown) == {"Copied", "Wardrobe"}


def test_bodies_are_watched_where_they_can_be_measured() -> None:
    """One person, a picture from head to foot, and the models for it."""
    here = Surroundings(people=(Person("mia", body=reference(picture(MIA))),))
    model: Any = object()
    assert "Body" in names(here, Eyes(EYES.face, model, model))
    assert "Body" not in names(here, EYES)


def test_watchers_are_fresh_for_every_take() -> None:
    """What one take showed says nothing about the next."""
    black = np.zeros((90, 160, 3), np.uint8)
    first, second = watchers(Surroundings()), watchers(Surroundings())
    assert [f.code for w in first for f in seen(w, [black])] == ["black"]
    assert [f for w in second for f in seen(w, [plate("pottery")])] == []


def test_references_are_measured_once() -> None:
    """What was measured is kept with the models, from take to take."""
    loads = []

    def load() -> np.ndarray:
        loads.append(1)
        return plate("pottery")

    from charforge.qa.watchers import Reference

    here = Surroundings(plate=Reference("0" * 64, load))
    for _ in range(3):
        for watcher in watchers(here, EYES):
            seen(watcher, [plate("pottery")])
    assert len(loads) == 1


@pytest.mark.parametrize(
    "other",
    [
        Surroundings(people=(MIA_SHOWN,), rate=24),
        Surroundings(plates=(reference(plate("pottery")),), rate=24),
        Surroundings(plate=reference(plate("pottery")), rate=24),
        Surroundings(rate=24, moves=False),
        Surroundings(rate=Fraction(24000, 1001)),
        Surroundings(rate=24, pasted=True),
    ],
)
def test_what_is_expected_is_part_of_a_verdicts_key(other: Surroundings) -> None:
    """Every part of it, as JSON."""
    import json

    plain = Surroundings(rate=24)
    assert json.dumps(other.key()) != json.dumps(plain.key())
    assert json.dumps(plain.key()) == json.dumps(Surroundings(rate=24).key())


def test_revisions_name_watchers_and_models() -> None:
    """So that a verdict by older rules, or another model, is not used."""
    found = revisions(Surroundings(rate=24), EYES)
    assert "letterbox-2" in found
    assert "test" in found
