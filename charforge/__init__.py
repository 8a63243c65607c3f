"""charforge is a production pipeline for films made with generative models."""

__version__ = "0.1.0"
