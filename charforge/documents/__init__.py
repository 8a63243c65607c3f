"""Strict YAML with places kept, canonical JSON, and writing that never leaves half a file."""

from charforge.documents.canonical import canonical
from charforge.documents.files import sha256, write_atomic

__all__ = ["canonical", "sha256", "write_atomic"]
