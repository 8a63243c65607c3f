"""The standard test clip: four seconds of one person in front of grey, the same for everybody on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charforge.domain.assets import Location, Mark, Reference, Rights, View
from charforge.domain.script import CharacterInShot, Episode, Scene, Shot, Video
from charforge.planner.references import first_worn

if TYPE_CHECKING:
    from charforge.domain.assets import Character

NAME = "screen-test"
PLAYER = "player"
"""Whom the shot list calls everybody: what a clip's small movements start from, so that all blink in the same frame."""
SIDE, RATE, FRAMES = 1024, "24", 96
VIEW, LIGHT = "grey", "even"
GREY = 118
"""The plate's grey, 18 per cent of white in sRGB."""
WORDS = "looks into the camera, turns the head a little to the left, then to the right, blinks, and smiles"
PARTS: tuple[tuple[str, int, float, str | None], ...] = (
    ("0010", 36, 0.0, None),
    ("0020", 18, -20.0, None),
    ("0030", 18, 20.0, None),
    ("0040", 24, 0.0, "happy"),
)
"""Shot, frames, turn and expression, for models that move layers: front with a blink, left, right, a smile."""


def screen_test(character: Character, plate: str, *, parts: bool) -> tuple[Episode, Location]:
    """Return the test as an episode, and its place; `plate` is the digest of the grey picture.

    With `parts` the action is cut into shots; without, one shot says it in words.
    """
    wanted = PARTS if parts else (("0010", FRAMES, 0.0, None),)
    worn = first_worn(character)
    shots = tuple(
        Shot(
            id=name,
            # Without a body, nothing but the face may be seen.
            framing="close" if worn is not None else "extreme-close",
            characters=(_player(character, turn, expression, worn or None),),
            location=NAME,
            view=VIEW,
            light=LIGHT,
            action="" if parts else WORDS,
            duration=frames,
        )
        for name, frames, turn, expression in wanted
    )
    video = Video(rate=RATE, width=SIDE, height=SIDE)
    scene = Scene(id=character.name, shots=shots)
    return Episode(id=NAME, video=video, scenes=(scene,), source="the screen test"), _backdrop(plate)


def _player(character: Character, turn: float, expression: str | None, wardrobe: str | None) -> CharacterInShot:
    return CharacterInShot(
        who=PLAYER, asset=character.id, turn=turn, expression=expression, wardrobe=wardrobe, position="centre"
    )


def _backdrop(plate: str) -> Location:
    """Return an even grey wall, two metres behind the person."""
    view = View(
        name=VIEW,
        marks={"centre": Mark(x=0.5, y=0.42, head=0.3, depth=1.6)},
        horizon=0.42,
        background_depth=3.6,
        shows="bust",
    )
    picture = Reference(file="grey.png", digest=plate, step="plate", view=VIEW, light=LIGHT, layer="background")
    rights = Rights(licence="CC0-1.0", release="own-work")
    return Location(name=NAME, version=1, folder=NAME, rights=rights, references=(picture,), views={VIEW: view})
