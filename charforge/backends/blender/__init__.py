"""StillBackend `blender`: renders the views of a set with Cycles, in a process of its own."""

from charforge.backends.blender.backend import Blender

__all__ = ["Blender"]
