"""Voices of the user's own through coqui-tts: VITS and XTTS."""

from charforge.backends.coqui.backend import Coqui

__all__ = ["Coqui"]
