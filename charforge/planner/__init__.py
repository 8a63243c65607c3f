"""Decides how every shot is made: models, references, prompts and lengths; pure once its data is loaded."""

from charforge.planner.catalogue import Catalogue, Model
from charforge.planner.lengths import shot_frames
from charforge.planner.load import Knowledge, load
from charforge.planner.lookups import look_of
from charforge.planner.oneoff import Described, Edit, edit_draft, episode_of, series_of
from charforge.planner.plan import Means, Pins, Ready, plan_pictures, plan_voices
from charforge.planner.redrafts import constrained, of_still, reseeded, with_turns

__all__ = [
    "Catalogue",
    "Described",
    "Edit",
    "Knowledge",
    "Means",
    "Model",
    "Pins",
    "Ready",
    "constrained",
    "edit_draft",
    "episode_of",
    "load",
    "look_of",
    "of_still",
    "plan_pictures",
    "plan_voices",
    "reseeded",
    "series_of",
    "shot_frames",
    "with_turns",
]
