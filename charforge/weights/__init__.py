"""Model files: what they are, where they can be had, whether they are here and are the right ones.

A sha256 names a file; a source is only a place to get it. Files lie in one cache for all projects of a user.
"""

from charforge.weights.cache import home_folder, path_of, state
from charforge.weights.files import ModelFile, listed, named
from charforge.weights.home import LocalHome
from charforge.weights.pull import pull, verify

__all__ = ["LocalHome", "ModelFile", "home_folder", "listed", "named", "path_of", "pull", "state", "verify"]
