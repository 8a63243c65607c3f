"""Puts matted people on plates: stills and moving pictures without a video model."""

from charforge.backends.animatic.backend import Animatic

__all__ = ["Animatic"]
