"""Groups of commands."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

WHOLE = 1000
"""Characters; longer than any sentence of a command."""


class Commands(TyperGroup):
    """A group whose help says of each command the whole first sentence, where Typer cuts it off."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - Typer keeps these types to itself
        """Write one row for each command, over as many lines as it takes."""
        named = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str(WHOLE)) for name, command in named if command and not command.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
