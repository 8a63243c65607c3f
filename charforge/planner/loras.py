"""Chooses the LoRA of a character that a shot's model wears, and the word that stands for the person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from charforge.domain.assets import Character, Lora
    from charforge.domain.jobs import Settings
    from charforge.domain.script import CharacterInShot
    from charforge.planner.catalogue import Model


@dataclass(frozen=True, slots=True)
class Taught:
    """What a model has learned of the people in a shot."""

    settings: Settings = field(default_factory=dict)
    triggers: dict[str, str] = field(default_factory=dict)
    """Who is in the shot -> the word that the LoRA was trained on."""
    reasons: tuple[str, ...] = ()


def taught(model: Model, cast: tuple[tuple[CharacterInShot, Character], ...], settings: Settings) -> Taught:
    """Return the LoRA that fits the model's weights; of several people none, since their faces would mix."""
    fitting = [(person, lora) for person, character in cast if (lora := _fitting(character, model, settings))]
    if not fitting:
        return Taught()
    if len(cast) > 1:
        names = " and ".join(person.who for person, _ in fitting)
        return Taught(reasons=(f"the LoRA of {names} is left out: with several people faces would mix",))
    ((person, lora),) = fitting
    worn = [*settings.get("loras", ()), {"weights": lora.digest, "scale": lora.scale}]
    return Taught({"loras": worn}, {person.who: lora.trigger}, (f"{person.who}'s LoRA: {lora.trigger}",))


def _fitting(character: Character, model: Model, settings: Settings) -> Lora | None:
    """Return the newest of a character's LoRAs that fits."""
    return next(
        (
            lora
            for lora in reversed(character.loras)
            if lora.base == model.run_by and lora.weights in (None, settings.get("weights"))
        ),
        None,
    )
