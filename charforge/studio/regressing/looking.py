"""Looks at one take as the film's QA does, and writes down who is in it and how surely."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

import charforge
from charforge.documents.schema import did_you_mean
from charforge.domain.assets import Character, Library
from charforge.domain.jobs import Draft, ExpectedFace, RepairJob
from charforge.domain.names import Slate
from charforge.domain.script import Episode, Shot
from charforge.domain.takes import Score, Take, Verdict
from charforge.errors import InputError
from charforge.events import Reporter
from charforge.runners import Toolbox
from charforge.store import Ledger
from charforge.studio import calibrating
from charforge.studio.desk import Desk
from charforge.studio.project import Project
from charforge.studio.regressing.pins import Kind, Pin, PinnedFace, PinnedJudge, Which
from charforge.studio.regressing.shelf import Shelf
from charforge.studio.repaired import unrepaired

PACKAGES = (
    "ai-edge-litert", "av", "bpy", "coqui-tts", "diffusers", "dlib", "dlib-bin", "hibari-tts", "imageio-ffmpeg",
    "insightface", "numpy", "onnxruntime", "onnxruntime-gpu", "opencv-python", "opencv-python-headless", "openvino",
    "peft", "pillow", "safetensors", "tokenizers", "torch", "transformers",
)  # fmt: skip
"""What can change a picture or a score without any file of the project changing."""


def desk_of(project: Project, library: Library, episode: Episode, shelf: Shelf, tell: Reporter) -> Desk:
    """Return a desk whose takes and verdicts are the test's own, so that everything is really made and looked at."""
    desk = Desk(project, library, episode, tell)
    desk.store = shelf.test
    desk.ledger = Ledger(shelf.test, episode.id)
    return desk


def looked(desk: Desk, slate: str, kind: Kind, take: Take) -> Pin:
    """Return a take as it is judged now; its bytes are in the desk's store.

    Raises InputError where the shot, or somebody in it, is no longer in the shot list or the library.
    """
    draft = expecting(desk, slate, kind, take)
    verdict = desk.verdict(draft, take)
    # The second judge reads pictures, not clips.
    second = desk.confirmed(draft, take) if kind == "still" and draft.expected else None
    return Pin(
        take=take.key,
        picture=take.blob,
        backend=take.backend,
        revision=take.revision,
        verdict=verdict.outcome,
        findings=tuple(sorted({finding.code for finding in verdict.findings})),
        people={face.who: _face(face, verdict, second) for face in draft.expected},
    )


def expecting(desk: Desk, slate: str, kind: Kind, take: Take) -> Draft:
    """Return the draft of a take with whom the shot list and the library expect in it now, turned as it was made.

    Raises InputError for a repaired take when nothing says any more what it was before.
    """
    shot, name = shot_of(desk.episode, slate)
    job = unrepaired(desk.store, take).job
    if isinstance(job, RepairJob):
        wrong = f"a face in the {kind} of {slate} was repaired, and what it was before is no longer known"
        raise InputError(wrong, f"render the shot again, then pin it: charforge test --pin {slate}")
    blocking = job.settings.get("blocking") or {}
    turns = {p["who"]: float(p["turn"]) for p in blocking.get("people", ())}
    known = {character.id: character for character in desk.library.characters}
    expected = tuple(
        ExpectedFace.of(_known(known, person.asset, desk.library), person.who, turns.get(person.who, person.turn))
        for person in shot.characters
    )
    return Draft(id=f"{name}/{kind}", shot=name, stage=kind, job=job, expected=expected, faces=shot.faces)


def shot_of(episode: Episode, slate: str) -> tuple[Shot, str]:
    """Return a shot and its name within the episode; raise InputError when the episode has none of this slate."""
    wanted = Slate.parse(slate)
    for scene, shot in episode.shots():
        if (scene.id, shot.id) == (wanted.scene, wanted.shot):
            return shot, f"{scene.id}/{shot.id}"
    names = [str(Slate(episode.id, scene.id, shot.id)) for scene, shot in episode.shots()]
    hint = (
        did_you_mean(str(wanted), names) or f"{episode.id} has {', '.join(names[:8])}{' …' if len(names) > 8 else ''}"
    )
    hint = f"{hint}; to forget a pinned one: charforge test --unpin {slate}"
    raise InputError(f"{episode.id} has no shot {wanted.scene}/{wanted.shot}", hint)


def judges(project: Project, tools: Toolbox) -> dict[Which, PinnedJudge]:
    """Return the project's face judges as they are now."""
    which: tuple[Which, Which] = ("first", "second")
    found: dict[Which, PinnedJudge] = {}
    for place, name in zip(which, project.settings.judges, strict=True):
        face = tools.get("face", name)
        found[place] = PinnedJudge(name=name, revision=face.revision, calibration=calibrating.of(project, face).version)
    return found


def packages() -> dict[str, str]:
    """Return the installed packages that can change a picture or a score, charforge among them."""
    return {"charforge": charforge.__version__, **dict(_versions(PACKAGES))}


def _versions(names: Iterable[str]) -> Iterable[tuple[str, str]]:
    for name in names:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue


def _known(known: dict[str, Character], asset: str, library: Library) -> Character:
    found = known.get(asset)
    if found is None or found.primary is None:
        there = ", ".join(sorted(c.id for c in library.characters)) or "none"
        raise InputError(f"{asset} is not in the library, or has no master", f"there are: {there}")
    return found


def _face(face: ExpectedFace, verdict: Verdict, second: Verdict | None) -> PinnedFace:
    one = _lowest(face.who, verdict)
    other = None if second is None else _lowest(face.who, second)
    return PinnedFace(
        asset=face.asset,
        master=face.master,
        first=None if one is None else round(one.value, 4),
        first_bar=None if one is None else round(one.bar, 4),
        second=None if other is None else round(other.value, 4),
        second_bar=None if other is None else round(other.bar, 4),
    )


def _lowest(who: str, verdict: Verdict) -> Score | None:
    """Return the score of somebody that lies least above its bar: a clip may have several."""
    return min((s for s in verdict.scores if s.who == who), key=lambda s: s.value - s.bar, default=None)
