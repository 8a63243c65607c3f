"""Plan to takes: what is stale and why, and making what is missing."""

from charforge.runners.binding import bind
from charforge.runners.reasons import why
from charforge.runners.run import Runner
from charforge.runners.tools import Toolbox

__all__ = ["Runner", "Toolbox", "bind", "why"]
