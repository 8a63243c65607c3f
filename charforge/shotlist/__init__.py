"""Text becomes an Episode: strict YAML, every problem with its line, names checked against the library."""

from charforge.shotlist.lint import lint
from charforge.shotlist.names import check_names
from charforge.shotlist.read import read_episode

__all__ = ["check_names", "lint", "read_episode"]
