"""Puts drifted takes before the fix ladder as it stands: a project whose library knows one picture of one person.

The takes are another tool's: nothing here can draw them anew, so of the shipped ladder only what repairs a finished
picture applies, and every other rung says why it does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from charforge import imaging
from charforge import library as assets
from charforge.domain.jobs import Choice, Draft, ExpectedFace, StillJob
from charforge.domain.takes import Take
from charforge.events import silent
from charforge.planner import Described, episode_of
from charforge.studio.check import load_library
from charforge.studio.desk import Desk
from charforge.studio.fixing import Chances, State, mend
from charforge.studio.project import SETTINGS_FILE, find

if TYPE_CHECKING:
    from pathlib import Path

    from charforge.backends.protocols import RGB
    from charforge.domain.takes import FixStep

WHO = "lead"
TOOL = "animatic"
"""Stands for the tool that made the takes, which cannot be asked for others."""
CHARACTER = """\
name: lead
notes: {}
rights: {release: synthetic, licence: CC0-1.0}
embedding: {primary: headshot/front.png}
versions:
  - id: 1
    references:
      - {file: headshot/front.png, step: headshot, turn: 0}
"""


@dataclass(frozen=True, slots=True)
class Mended:
    """What the ladder made of a take."""

    pixels: RGB
    outcome: str
    """QA's verdict on what stands."""
    began: str
    """QA's verdict on the take."""
    steps: tuple[FixStep, ...]


def opened(root: Path, master: RGB, threads: int = 1) -> Desk:
    """Write a project with one locked picture of a person; return its desk."""
    folder = root / "library/characters" / WHO
    (folder / "headshot").mkdir(parents=True)
    (folder / "character.yaml").write_text(CHARACTER, "utf-8")
    (folder / "headshot/front.png").write_bytes(imaging.encode_png(master))
    (root / SETTINGS_FILE).write_text(f"threads: {threads}\n", "utf-8")
    assets.lock(root / "library")
    project = find(root)
    library = load_library(project)
    return Desk(project, library, episode_of(Described(who=(WHO,), name="0010"), library), silent)


def mended(desk: Desk, pixels: RGB, number: int) -> Mended:
    """Return what the project's ladder makes of another tool's still of the person, the shot's by its number."""
    (character,) = desk.library.characters
    shot = next(f"{scene.id}/{shot.id}" for scene, shot in desk.episode.shots())
    height, width = pixels.shape[:2]
    draft = Draft(
        id=f"{shot}/{number:03d}/still",
        shot=shot,
        stage="still",
        job=StillJob(backend=TOOL, width=width, height=height),
        expected=(ExpectedFace.of(character, WHO),),
        faces="expected",
    )
    blob = desk.store.blobs.put(imaging.encode_png(pixels))
    take = Take(
        key=blob, job=draft.job, blob=blob, media="image/png", size=1, backend=TOOL, revision="1", width=width,
        height=height,
    )  # fmt: skip
    choice = Choice(shot=shot, slate="", framing="close", still="", clip="", template="", frames=1)
    first = State(draft, take, desk.verdict(draft, take))
    done = mend(Chances(desk, draft, choice, {}, desk.project.ladder), first)
    stands = imaging.decode(desk.store.blob(done.take.blob))
    return Mended(stands, done.verdict.outcome, first.verdict.outcome, done.steps)
