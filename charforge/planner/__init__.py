"""Decides how every shot is made: models, references, prompts and lengths; pure once its data is loaded."""

from charforge.planner.catalogue import Catalogue, Model
from charforge.planner.load import Knowledge, load
from charforge.planner.plan import Means, Pins, Ready, plan_pictures, plan_voices
from charforge.planner.redrafts import of_still, with_turns

__all__ = [
    "Catalogue",
    "Knowledge",
    "Means",
    "Model",
    "Pins",
    "Ready",
    "load",
    "of_still",
    "plan_pictures",
    "plan_voices",
    "with_turns",
]
