"""Makes the takes of pinned shots anew, from the shot list and the library as they are now."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import pairwise

from charforge.domain.jobs import Plan
from charforge.domain.names import Slate
from charforge.domain.script import Episode, Transition
from charforge.domain.takes import Take
from charforge.errors import CharforgeError, InputError
from charforge.events import Noted
from charforge.studio.desk import Desk
from charforge.studio.film import pictures
from charforge.studio.progress import Progress
from charforge.studio.regressing.looking import shot_of
from charforge.studio.regressing.pins import Kind
from charforge.studio.render import Options

STAND_IN = "fake"
"""Voice that speaks the lines of shots whose stills alone are made."""
Made = dict[tuple[str, Kind], Take | CharforgeError]
"""By slate and kind: the new take, or why there is none."""


def renewed(desk: Desk, wanted: Collection[tuple[str, Kind]], options: Options) -> Made:
    """Return a new take for every pinned one that is wanted of an episode, planned and mended as in a film.

    All are made together, so that models load once; where that fails, one shot after another, so that every shot that
    can still be made is.
    """
    found: Made = {}
    whole = desk.episode
    clips = {slate for slate, kind in wanted if kind == "clip"}
    there = []
    for slate in dict.fromkeys(slate for slate, _ in wanted):
        try:
            there.append((slate, shot_of(whole, slate)[1]))
        except InputError as error:
            found.update({(s, k): error for s, k in wanted if s == slate})
    for stage in ("stills", "film"):
        group = [pair for pair in there if (pair[0] in clips) == (stage == "film")]
        found.update(_together(desk, whole, group, options, stage))
    desk.episode = whole
    return {key: take for key, take in found.items() if key in wanted}


def _together(desk: Desk, whole: Episode, group: list[tuple[str, str]], options: Options, stage: str) -> Made:
    """Return the takes of some shots: rendered at once where nothing fails, else one by one."""
    if not group:
        return {}
    try:
        return _made(desk, whole, group, options, stage)
    except CharforgeError as error:
        if len(group) == 1:
            slate = group[0][0]
            return {(slate, "still"): error, (slate, "clip"): error}
        desk.reporter(Noted(f"{error.message.splitlines()[0]}; the shots are made one by one"))
    found: Made = {}
    for pair in group:
        found.update(_together(desk, whole, [pair], options, stage))
    return found


def _made(desk: Desk, whole: Episode, group: list[tuple[str, str]], options: Options, stage: str) -> Made:
    names = {name for _, name in group}
    desk.episode = _cut(whole, names, moving=stage == "film")

    def only(plan: Plan) -> Plan:
        drafts = tuple(d for d in plan.drafts if d.shot in names)
        return plan.changed(choices=tuple(c for c in plan.choices if c.shot in names), drafts=drafts)

    done = Progress()
    # Stills only wait for lines; a clip is wanted also of a still that QA rejects, to see what became of it.
    voice = options.voice if stage == "film" else STAND_IN
    asked = Options(options.still, options.clip, voice, stage=stage, accept=True)
    pictures(desk, asked, done, only)
    found: Made = {}
    for slate, name in group:
        kinds: Iterable[Kind] = ("still", "clip") if stage == "film" else ("still",)
        for kind in kinds:
            found[slate, kind] = done.takes[f"{name}/{kind}"]
    return found


def _cut(whole: Episode, names: set[str], *, moving: bool) -> Episode:
    """Return an episode of some shots alone; where they move, of those after them too, which say how long a clip is.

    A dissolve into the next shot is filmed at the end of the one before it. Stills have no length.
    """
    order = [f"{scene.id}/{shot.id}" for scene, shot in whole.shots()]
    kept = set(names)
    if moving:
        kept |= {after for before, after in pairwise(order) if before in names}
    scenes = []
    for scene in whole.scenes:
        shots = tuple(shot for shot in scene.shots if f"{scene.id}/{shot.id}" in kept)
        if not moving:
            shots = tuple(shot.changed(duration=None, transition=Transition()) for shot in shots)
        if shots:
            scenes.append(scene.changed(shots=shots))
    return whole.changed(scenes=tuple(scenes))


def episode_of(slate: str) -> str:
    """Return the episode that a slate belongs to."""
    return Slate.parse(slate).episode
