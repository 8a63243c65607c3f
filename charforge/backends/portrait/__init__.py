"""The embedded face generator: casting, building a character's poses and rig, and drawing heads."""

from charforge.backends.portrait.backend import Portrait

__all__ = ["Portrait"]
