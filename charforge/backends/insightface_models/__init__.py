"""Models in insightface's formats: packs that tell faces apart, and the swapper that puts one on another."""

from charforge.backends.insightface_models.inswapper import InSwapper
from charforge.backends.insightface_models.pack import InsightFace

__all__ = ["InSwapper", "InsightFace"]
