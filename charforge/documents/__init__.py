"""Strict YAML with places kept, canonical JSON, and writing that never leaves half a file."""

from charforge.documents.canonical import canonical
from charforge.documents.files import write_atomic

__all__ = ["canonical", "write_atomic"]
