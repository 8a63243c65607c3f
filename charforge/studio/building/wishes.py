"""What a still model is asked for, in words; one sentence for each picture of the build order."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from charforge.backends.portrait.casting import Target

NEGATIVE = "two people, hat, sunglasses, scarf, text, watermark, blurred, deformed face"
HEADSHOT = (
    "A head-and-shoulders portrait from the front, the whole head and the shoulders in the picture, looking into the "
    "camera, neutral face, lips closed, both eyes open."
)
FULL = "Standing, seen from the front from head to feet, arms hanging down, looking into the camera."
SMILES = {
    "happy": "a warm, open smile that narrows the eyes",
    "surprised": "surprise: brows raised high, eyes wide, lips slightly parted",
    "sad": "sadness: inner brows raised, corners of the mouth turned down",
    "focused": "concentration: brows drawn down, eyes narrowed, lips pressed together",
    "neutral": "a calm, neutral face, lips closed",
}
HELD = "The same clothes and the same hairstyle."


def angle(turn: float, pitch: float | None = None) -> str:
    """Return the sentence for a head that is turned, and lifted where `pitch` says so."""
    edge = "left" if turn < 0 else "right"
    if abs(turn) >= 75:
        held = f"In full profile, facing the {edge} edge of the picture."
    elif abs(turn) >= 5:
        held = (
            f"The head is turned by {abs(turn):.0f} degrees towards the {edge} edge of the picture, "
            f"{'a three-quarter view' if abs(turn) >= 35 else 'a slight turn'}, the eyes looking the same way."
        )
    else:
        held = "From the front."
    if pitch:
        held += f" The chin is {'lifted' if pitch > 0 else 'lowered'} by {abs(pitch):.0f} degrees."
    return f"A head-and-shoulders portrait. {held} Neutral face, lips closed."


def expression(name: str) -> str:
    """Return the sentence for an expression; a name that is none of the usual ones is said as it is."""
    return f"A head-and-shoulders portrait from the front, the face showing {SMILES.get(name, name)}."


def of(target: Target) -> str:
    """Return the sentence for a target of the build order."""
    if target.expression is not None:
        return expression(target.expression)
    return angle(target.turn or 0.0, target.pitch)
