"""Decides how every shot is made: models, references, prompts and lengths; pure once its data is loaded."""

from charforge.planner.drafts import with_turns
from charforge.planner.load import Knowledge, load
from charforge.planner.plan import Means, Pins, Ready, plan_pictures, plan_voices

__all__ = ["Knowledge", "Means", "Pins", "Ready", "load", "plan_pictures", "plan_voices", "with_turns"]
