"""Gives a character a voice: from a recording, from a blend, or from an engine's own speakers."""

from charforge.studio.voicing.keeping import TEXT
from charforge.studio.voicing.recording import voice
from charforge.studio.voicing.setting import Wish, change

__all__ = ["TEXT", "Wish", "change", "voice"]
