"""What `--help` says to somebody who meets charforge for the first time."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from charforge.cli.app import app


@pytest.mark.parametrize("group", [(), ("library",), ("weights",), ("bench",)])
def test_help_says_of_every_command_what_it_does(group: tuple[str, ...]) -> None:
    """Nothing is cut off on a narrow terminal."""
    help_ = CliRunner().invoke(app, [*group, "--help"], env={"COLUMNS": "60"})
    assert help_.exit_code == 0
    listed = help_.stdout.partition("Commands:")[2]
    assert listed
    assert "..." not in listed
