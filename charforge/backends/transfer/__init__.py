"""Makes a drifted face the master's again, over the points of both: offline, without a model that draws."""

from charforge.backends.transfer.backend import Transfer

__all__ = ["Transfer"]
