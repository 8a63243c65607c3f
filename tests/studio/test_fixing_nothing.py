"""A shot without what is to be fixed is told so."""

from __future__ import annotations

from pathlib import Path

import pytest

from charforge.errors import InputError
from charforge.events import silent
from charforge.studio.fixing.byhand import Asked, fix
from charforge.studio.render import Options, render

SHOT = "e01_s02_0010"


@pytest.mark.parametrize("dry", [True, False])
def test_a_clip_that_is_not_there_cannot_be_fixed(episode: Path, dry: bool) -> None:
    """Nothing to look at is no take that passes; asked for all there is, the still alone is looked at."""
    render(episode, Options(stage="stills"), silent)
    with pytest.raises(InputError, match="s02/0010 has no clip") as told:
        fix(episode, SHOT, Asked(of="clip", dry=dry), silent)
    assert told.value.hint == f"render it first: charforge render {episode}"
    assert fix(episode, SHOT, Asked(dry=dry), silent).passed()
