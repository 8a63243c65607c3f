"""Turns an episode and a library into a plan: first the voices, then the pictures that follow their lengths."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal

from charforge.domain.jobs import Choice, Draft, ExpectedVoice, Input, Plan, VoiceJob
from charforge.domain.names import AssetName, Slate
from charforge.domain.pacing import pace
from charforge.domain.timing import FrameRate
from charforge.errors import PlanError
from charforge.planner.drafts import Pictures, picture_drafts
from charforge.planner.gathering import ShotPlan
from charforge.planner.lengths import DEFAULT_SHOT_SECONDS, spoken_seconds
from charforge.planner.lookups import look_of
from charforge.planner.own import GUESSED, own_settings, refuse_long_clip
from charforge.planner.routing import Able, Route, route

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from charforge.domain.assets import Character, Library
    from charforge.domain.models import OwnModel
    from charforge.domain.script import Episode, Line, Scene, Shot
    from charforge.planner.catalogue import Model
    from charforge.planner.load import Knowledge

HEADS = "portrait"
"""The model that draws the heads a compositor puts on plates."""


@dataclass(frozen=True, slots=True)
class Pins:
    """Models asked for by name, for the whole run."""

    still: str | None = None
    clip: str | None = None
    voice: str | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """Backends that are installed, by role."""

    still: frozenset[str] = field(default_factory=frozenset)
    clip: frozenset[str] = field(default_factory=frozenset)
    voice: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Means:
    """What there is to plan with."""

    library: Library
    knowledge: Knowledge
    ready: Ready
    pins: Pins = Pins()
    own: Mapping[str, OwnModel] = field(default_factory=dict)
    """Models whose weights the project brings, by name; looked into when one is chosen."""


def plan_voices(episode: Episode, means: Means) -> tuple[Draft, ...]:
    """Return a draft for every spoken line; raise PlanError when somebody has no voice."""
    return tuple(
        _voice_draft(scene, shot, number, line, means, episode.language)
        for scene, shot in episode.shots()
        for number, line in enumerate(shot.lines, 1)
    )


def plan_pictures(
    episode: Episode, means: Means, voice_frames: Mapping[str, int] | None = None, *, clips: bool = True
) -> Plan:
    """Return the whole plan; without `voice_frames` (draft id -> frames) lengths are estimates.

    Stills can be planned without `clips`, so that they can be made before there is a model that moves them.
    """
    rate = FrameRate.parse(episode.video.rate)
    voices = plan_voices(episode, means)
    shots = episode.shots()
    choices: list[Choice] = []
    drafts: list[Draft] = list(voices)
    for index, (scene, shot) in enumerate(shots):
        following = shots[index + 1][1] if index + 1 < len(shots) else None
        tail = following.transition.frames if following and following.transition.kind == "dissolve" else 0
        spoken = tuple(d for d in voices if d.shot == f"{scene.id}/{shot.id}")
        starts, frames = _length(shot, spoken, rate, voice_frames)
        still = _route(shot, "still", means)
        clip = _route(shot, "clip", means, still.model) if clips else None
        _refuse_unknown_look(episode, still.model, means.library)
        estimated = bool(spoken) and voice_frames is None and shot.duration is None
        _refuse_long_transition(shot, round(frames * GUESSED) if estimated else frames)
        if clip is not None:
            refuse_long_clip(shot, clip.model, frames + tail, float(rate.fps), estimated=estimated)
        model = None if clip is None else clip.model
        look = look_of(episode, means.library)
        decided = ShotPlan(episode, scene, shot, still.model, model, frames, tail, starts, spoken, look)
        _refuse_far_turn(shot, still, means)
        made = picture_drafts(decided, means.library, means.knowledge, means.own)
        drafts.extend(made.drafts)
        choices.append(_choice(decided, still, clip, made, estimated=estimated))
    return Plan(episode=episode.id, choices=tuple(choices), drafts=tuple(drafts))


def _route(shot: Shot, kind: Literal["still", "clip", "voice"], means: Means, still: Model | None = None) -> Route:
    ready = getattr(means.ready, kind)
    pin = getattr(means.pins, kind)
    return route(shot, kind, means.knowledge.catalogue, Able(ready, frozenset(means.own), still), pin)


def _choice(decided: ShotPlan, still: Route, clip: Route | None, made: Pictures, *, estimated: bool) -> Choice:
    prices = [r.model.price.usd for r in (still, clip) if r is not None]
    moved = () if clip is None or clip.reason == still.reason else (clip.reason,)
    return Choice(
        shot=decided.id,
        slate=str(Slate(decided.episode.id, decided.scene.id, decided.shot.id)),
        framing=decided.shot.framing,
        still=still.model.name,
        clip=clip.model.name if clip else "",
        voices=tuple(sorted({d.job.backend for d in decided.spoken})),
        template=made.template,
        references=made.references,
        frames=decided.frames,
        estimated=estimated,
        price=None if None in prices else sum(p for p in prices if p is not None),
        seconds=_total(d.estimate for d in (*made.drafts, *decided.spoken)),
        reasons=(still.reason, *moved, *made.reasons),
    )


def _total(seconds: Iterable[float | None]) -> float | None:
    """Return the sum, or None when a part of it is not known."""
    known = list(seconds)
    return None if None in known else sum(s for s in known if s is not None)


def _refuse_unknown_look(episode: Episode, model: Model, library: Library) -> None:
    if model.looks is None or episode.look in model.looks or look_of(episode, library) is not None:
        return
    known = (*model.looks, *sorted({look.name for look in library.looks}))
    close = get_close_matches(episode.look, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(known)}"
    raise PlanError(f"neither {model.name} nor the library has a look {episode.look!r}", hint)


def _refuse_far_turn(shot: Shot, still: Route, means: Means) -> None:
    """Raise PlanError for a head turned further than the model that draws heads can."""
    drawn_by = means.knowledge.catalogue.named(HEADS) if still.model.composites else still.model
    widest = drawn_by.widest_turn if drawn_by else None
    for person in shot.characters:
        if widest is not None and abs(person.turn) > widest:
            message = f"shot {shot.id} turns {person.who} by {person.turn:+.0f} degrees"
            raise PlanError(message, f"the model that draws heads reaches -{widest:.0f} to +{widest:.0f}")


def _refuse_long_transition(shot: Shot, frames: int) -> None:
    if shot.transition.frames > frames:
        message = f"shot {shot.id} is {frames} frames long, its {shot.transition.kind} takes {shot.transition.frames}"
        raise PlanError(message, "make the transition shorter or the shot longer")


def _length(
    shot: Shot, spoken: tuple[Draft, ...], rate: FrameRate, voice_frames: Mapping[str, int] | None
) -> tuple[tuple[int, ...], int]:
    """Return where each line starts and how long the shot is, in frames."""
    lengths = tuple(
        voice_frames[d.id] if voice_frames is not None else rate.frames_covering(_estimate(d)) for d in spoken
    )
    starts, needed = pace(lengths, rate)
    if shot.duration is None:
        return starts, needed if spoken else rate.frames(DEFAULT_SHOT_SECONDS)
    if voice_frames is not None and starts and starts[-1] + lengths[-1] > shot.duration:
        message = f"shot {shot.id} is {shot.duration} frames long, its lines need {needed}"
        raise PlanError(message, "write duration: auto, a longer duration, or shorter lines")
    return starts, shot.duration


def _estimate(draft: Draft) -> float:
    job = draft.job
    assert isinstance(job, VoiceJob)
    return spoken_seconds(job.text, job.speed)


def _voice_draft(  # noqa: PLR0913, PLR0917 - where a line stands, and what it is planned with
    scene: Scene, shot: Shot, number: int, line: Line, means: Means, language: str
) -> Draft:
    speaker = speaking_character(shot, line, means.library)
    if speaker.voice is None:
        message = f"{speaker.id} speaks in shot {shot.id} but has no locked voice"
        raise PlanError(message, "add voice: to the character and run: charforge lock")
    pin = means.pins.voice or speaker.voice.engine
    ready = Able(means.ready.voice, frozenset(means.own))
    engine = route(shot, "voice", means.knowledge.catalogue, ready, pin).model
    # The style and the settings are the locked engine's; another one could make nothing of them.
    locked = engine.name == speaker.voice.engine
    style = speaker.voice.style if locked else None
    job = VoiceJob(
        backend=engine.run_by,
        text=line.text,
        speed=speaker.voice.speed,
        pitch=(speaker.voice.pitch or None) if locked else None,
        seed=0,
        inputs=() if style is None else (Input(role="style", name=speaker.name, source=style),),
        settings={**own_settings(engine, means.own), **(speaker.voice.settings if locked else {})},
    )
    return Draft(
        id=f"{scene.id}/{shot.id}/line/{number}",
        shot=f"{scene.id}/{shot.id}",
        stage="voice",
        job=job,
        voice=ExpectedVoice(
            who=line.who,
            asset=speaker.id,
            sample=speaker.voice.sample if locked else None,
            words=line.text,
            language=language,
        ),
        estimate=engine.seconds.still,
    )


def speaking_character(shot: Shot, line: Line, library: Library) -> Character:
    """Return who speaks a line; raise PlanError when the library does not know them."""
    on_screen = next((c.asset for c in shot.characters if c.who == line.who), None)
    wanted = AssetName.parse(on_screen or line.asset or line.who)
    found = library.character(wanted.name, wanted.version)
    if found is None:
        message = f"{line.who} speaks in shot {shot.id} but is not in the library"
        raise PlanError(message, "see: charforge check")
    return found
