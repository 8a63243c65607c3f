"""Repairs takes that failed: up the ladder, each rung scored again by both judges and undone when it does not help."""

from charforge.studio.fixing.heads import Head, Mended, fix_head, fix_still
from charforge.studio.fixing.means import Chances
from charforge.studio.fixing.pictures import mend
from charforge.studio.fixing.sequences import anchors
from charforge.studio.fixing.trying import State

__all__ = ["Chances", "Head", "Mended", "State", "anchors", "fix_head", "fix_still", "mend"]
