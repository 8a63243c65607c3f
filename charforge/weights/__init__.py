"""Model files: what they are, where they can be had, whether they are here and are the right ones.

A sha256 names a file; a source is only a place to get it. Files lie in one cache for all projects of a user.
"""

from charforge.weights.cache import home_folder, path_of, state
from charforge.weights.files import ModelFile, listed, named
from charforge.weights.home import LocalHome, not_commercial
from charforge.weights.hub import non_commercial, pull_hub
from charforge.weights.own import digest, hub_id, locate
from charforge.weights.own import files as read_files
from charforge.weights.pull import pull, verify

__all__ = [
    "LocalHome",
    "ModelFile",
    "digest",
    "home_folder",
    "hub_id",
    "listed",
    "locate",
    "named",
    "non_commercial",
    "not_commercial",
    "path_of",
    "pull",
    "pull_hub",
    "read_files",
    "state",
    "verify",
]
