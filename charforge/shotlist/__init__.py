"""Text becomes an Episode: strict YAML, every problem with its line, names checked against the library."""

from charforge.shotlist.continuity import Finding, continuity
from charforge.shotlist.lint import lint
from charforge.shotlist.names import check_names, named
from charforge.shotlist.read import read_episode
from charforge.shotlist.seasons import peek, read_season
from charforge.shotlist.states import settle

__all__ = ["Finding", "check_names", "continuity", "lint", "named", "peek", "read_episode", "read_season", "settle"]
