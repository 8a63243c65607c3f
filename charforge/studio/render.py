"""Renders an episode, or finds that nothing has changed since it was rendered.

The rooms that make a film are imported only when there is something to make.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from charforge.errors import InputError
from charforge.events import Reporter
from charforge.studio import fresh
from charforge.studio.project import find
from charforge.studio.report import RenderReport


@dataclass(frozen=True, slots=True)
class Options:
    """What a person may ask of one render."""

    still: str | None = None
    clip: str | None = None
    voice: str | None = None
    stage: str = "film"
    """`stills` stops before any clip is made."""
    output: Path | None = None
    accept: bool = False
    """Go on with takes that failed QA."""


def render(file: Path, options: Options, tell: Reporter) -> RenderReport:
    """Return what was rendered; raise the errors of every stage, with finished takes kept."""
    project = find(file)
    _check_output(options.output)
    stamp = project.state / "fresh" / f"{file.stem}.json"
    wanted = fresh.fingerprint(project, file, repr(options))
    known = fresh.recall(stamp, wanted)
    if known is not None:
        return known
    from charforge.studio.film import film

    report, files = film(project, file, options, tell)
    # Model files can come without any package being installed, which is all that the stamp looks at.
    waiting = any("weights pull" in why for why in report.unjudged)
    if files and report.passed() and not waiting:
        fresh.remember(stamp, wanted, files, report)
    return report


def _check_output(output: Path | None) -> None:
    """Raise InputError when the master cannot have this name, before anything is rendered."""
    if output is None:
        return
    if output.suffix.lower() != ".mp4":
        raise InputError(
            f"the master is an MP4 film, and {output} is not named so", f"write: {output.with_suffix('.mp4')}"
        )
    if output.is_dir():
        raise InputError(f"{output} is a folder", f"write: {output}/film.mp4")
