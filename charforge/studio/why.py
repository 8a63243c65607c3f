"""Says why a shot would be rendered again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from charforge.domain.jobs import Draft
from charforge.domain.takes import Take
from charforge.domain.timing import FrameRate
from charforge.errors import InputError
from charforge.events import silent
from charforge.planner import Pins, of_still, plan_pictures, plan_voices, with_turns
from charforge.runners import why as reasons
from charforge.store import Ledger, Store
from charforge.studio.check import load_episode, load_library, means
from charforge.studio.circle import slate_of
from charforge.studio.desk import Desk
from charforge.studio.film import voice_frames
from charforge.studio.project import Project, find
from charforge.studio.repaired import unrepaired


def why(near: Path, shot: str, pins: Pins = Pins()) -> dict[str, tuple[str, ...]]:  # noqa: B008 - a frozen value
    """Return for each draft of a shot the reasons to render it again; an up-to-date draft has none."""
    slate = slate_of(shot)
    project = find(near)
    file = shot_list(project, slate.episode)
    library = load_library(project)
    episode = load_episode(file, project, library)
    if (slate.scene, slate.shot) not in {(scene.id, s.id) for scene, s in episode.shots()}:
        raise InputError(f"{episode.id} has no shot {slate.scene}/{slate.shot}", f"see: charforge plan {file}")
    desk = Desk(project, library, episode, silent)
    return _reasons(desk, f"{slate.scene}/{slate.shot}", pins)


def shot_list(project: Project, episode: str) -> Path:
    """Return the shot list that an episode was last rendered from, else the one named for it."""
    rendered = Ledger(Store(project.state), episode).note("shot list", episode)
    named = Path("shotlists", f"{episode}.yaml")
    for file in (project.root / name for name in (rendered, named) if name):
        if file.is_file():
            return file
    message = f"there is no shot list {project.root / named}, and {episode} was never rendered from another"
    raise InputError(message, "run it in the project's folder, with the episode's slate")


def _reasons(desk: Desk, wanted: str, pins: Pins) -> dict[str, tuple[str, ...]]:
    planning = means(desk.project, desk.library, pins, desk.models)
    voices = plan_voices(desk.episode, planning)
    takes = {d.id: t for d in voices if (t := latest(desk, d.id)) is not None}
    voiced = len(takes) == len(voices)
    rate = FrameRate.parse(desk.episode.video.rate)
    plan = plan_pictures(desk.episode, planning, voice_frames(takes, rate) if voiced else None)
    names = {digest: _named(desk, path) for digest, path in desk.locked.items()}
    found: dict[str, tuple[str, ...]] = {}
    for planned in (d for d in plan.drafts if d.shot == wanted):
        draft = as_made(desk, planned, takes)
        revision = desk.toolbox.revision(draft.job)
        found[draft.id] = reasons(draft, takes, desk.ledger, desk.store, revision=revision, names=names.get)
        # A clip is as long as its lines, whether it moves lips to them or not.
        lines = tuple(v.id for v in voices if v.shot == wanted) if draft.stage == "clip" else ()
        behind = [need for need in dict.fromkeys((*draft.needs(), *lines)) if found.get(need)]
        if behind and not found[draft.id]:
            found[draft.id] = tuple(f"follows {need}" for need in behind)
        newest = latest(desk, draft.id)
        if newest is not None and not (found[draft.id] and draft.stage == "head"):
            takes[draft.id] = newest
    return found


def _named(desk: Desk, path: Path) -> str:
    """Return a locked file's path within its library."""
    return next(str(path.relative_to(root)) for root in desk.project.libraries.values() if path.is_relative_to(root))


def as_made(desk: Desk, draft: Draft, takes: Mapping[str, Take]) -> Draft:
    """Return a draft as a render would change it: people turned as their heads came out, a clip like its still."""
    turns = {name: float(t.job.settings["turn"]) for name, t in takes.items() if "turn" in t.job.settings}
    turned = with_turns(draft, turns)
    still = takes.get(f"{draft.shot}/still")
    by_hand = desk.ledger.circled_by(f"{draft.shot}/still") == "person"
    if still is None or not by_hand or draft.stage != "clip":
        return turned
    return of_still(turned, unrepaired(desk.store, still).job)


def latest(desk: Desk, draft: str) -> Take | None:
    """Return the take that a draft's users build on: the circled one, else the last."""
    key = desk.ledger.circled(draft) or desk.ledger.latest(draft)
    return desk.store.find(key) if key else None
