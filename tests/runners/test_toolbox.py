"""A toolbox creates each backend once, and lets go of it when told."""

from __future__ import annotations

from charforge.runners import Toolbox
from charforge.weights import LocalHome


def test_a_backend_is_made_once_and_again_after_it_was_released() -> None:
    """Released backends free their memory; asking again makes a new one."""
    tools = Toolbox(LocalHome())
    first = tools.get("voice", "fake")
    assert tools.get("voice", "fake") is first
    tools.release("voice")
    assert tools.get("voice", "fake") is not first
