"""Lays circled takes on one frame count."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from charforge.domain.cut import Card, Chapter, Cut, LineEvent, MusicEvent, PictureEvent, ToneEvent
from charforge.domain.jobs import ClipJob, TakeOf
from charforge.domain.names import AssetName, Slate
from charforge.domain.pacing import pace
from charforge.domain.timing import FrameRate
from charforge.errors import AssemblyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from charforge.domain.jobs import Plan
    from charforge.domain.script import Episode, Framing, Scene, Shot
    from charforge.domain.takes import Take

POSTER: tuple[Framing, ...] = ("two-shot", "medium-close", "close", "medium", "medium-wide", "extreme-close", "wide")
"""Framings in the order in which they make good posters."""


def build_cut(
    episode: Episode,
    plan: Plan,
    clips: Mapping[str, Take],
    voices: Mapping[str, Take],
    *,
    tones: Mapping[str, str] | None = None,
) -> Cut:
    """Return the edited programme from the circled clips and voices, by draft id.

    `tones` gives the room tone (ToneEvent.tone) of a location (``coffee-shop``) or of a location in a light
    (``coffee-shop/night``). Raises AssemblyError when a take is missing or lengths disagree.
    """
    card = episode.title_card
    pictures = _pictures(episode, clips, card.frames if card else 0)
    starts = {p.slate: p.start for p in pictures}
    lines = tuple(_lines(episode, plan, voices, starts))
    cut = Cut(
        episode=episode.id,
        title=episode.title or episode.id,
        language=episode.language,
        rate=episode.video.rate,
        width=episode.video.width,
        height=episode.video.height,
        card=Card(text=card.text, subtitle=card.subtitle, length=card.frames) if card else None,
        pictures=pictures,
        lines=lines,
        chapters=_chapters(episode, pictures),
        tones=_tones(episode, pictures, tones or {}),
        poster=_poster(episode, pictures),
    )
    end = cut.length()
    late = next((line for line in lines if line.start + line.length > end), None)
    if late is not None:
        message = f"the line {late.text!r} ends {late.start + late.length - end} frames after the last shot"
        raise AssemblyError(message, "make the last shot longer, or write duration: auto")
    return cut.changed(music=tuple(_music(episode, starts, end)))


def _pictures(episode: Episode, clips: Mapping[str, Take], start: int) -> tuple[PictureEvent, ...]:
    shots = episode.shots()
    events: list[PictureEvent] = []
    for index, (scene, shot) in enumerate(shots):
        following = shots[index + 1][1].transition if index + 1 < len(shots) else None
        tail = following.frames if following and following.kind == "dissolve" else 0
        take = _take(clips, f"{scene.id}/{shot.id}/clip")
        length = _clip_frames(take) - tail
        if length < max(1, shot.transition.frames):
            message = (
                f"shot {scene.id}/{shot.id} has {length} frames, fewer than its {shot.transition.kind} of "
                f"{shot.transition.frames}"
            )
            raise AssemblyError(message, "make the shot longer or the transition shorter")
        slate = str(Slate(episode.id, scene.id, shot.id))
        event = PictureEvent(
            slate=slate,
            scene=scene.id,
            blob=take.blob,
            start=start,
            length=length,
            tail=tail,
            transition=shot.transition,
        )
        events.append(event)
        start += length
    if not events:
        raise AssemblyError("the episode has no shots", "add shots to a scene")
    return tuple(events)


def _take(takes: Mapping[str, Take], draft: str) -> Take:
    if draft not in takes:
        message = f"nothing is circled for {draft}"
        raise AssemblyError(message, "run: charforge render, or circle a take")
    return takes[draft]


def _clip_frames(take: Take) -> int:
    planned = take.job.frames if isinstance(take.job, ClipJob) else None
    frames = take.frames if take.frames is not None else planned
    if frames is None or (planned is not None and frames != planned):
        message = f"the clip {take.key[:12]} has {frames} frames, its job asks for {planned}"
        raise AssemblyError(message, "render the shot again")
    return frames


def _lines(episode: Episode, plan: Plan, voices: Mapping[str, Take], starts: Mapping[str, int]) -> Iterator[LineEvent]:
    rate = FrameRate.parse(episode.video.rate)
    spoken = _speech_starts(plan)
    for scene, shot in episode.shots():
        ids = tuple(f"{scene.id}/{shot.id}/line/{n}" for n in range(1, len(shot.lines) + 1))
        takes = tuple(_take(voices, draft) for draft in ids)
        lengths = tuple(_sound_frames(take, rate) for take in takes)
        paced, _ = pace(lengths, rate)
        at = starts[str(Slate(episode.id, scene.id, shot.id))]
        for draft, line, take, start, length in zip(ids, shot.lines, takes, paced, lengths, strict=True):
            begin = at + spoken.get(draft, start)
            yield LineEvent(who=line.who, text=line.text, blob=take.blob, start=begin, length=length)


def _speech_starts(plan: Plan) -> dict[str, int]:
    """Return the frame of its clip at which each line's mouth starts to move, where the plan's blocking says it."""
    found: dict[str, int] = {}
    for draft in plan.drafts:
        if draft.stage != "clip":
            continue
        sounds = {
            i.name: i.source.draft for i in draft.job.inputs if i.role == "voice" and isinstance(i.source, TakeOf)
        }
        for speech in draft.job.settings.get("blocking", {}).get("speech", ()):
            if speech["name"] in sounds:
                found[sounds[speech["name"]]] = int(speech["start"])
    return found


def _sound_frames(take: Take, rate: FrameRate) -> int:
    if not take.samples or not take.sample_rate:
        message = f"the voice take {take.key[:12]} does not say how long it is"
        raise AssemblyError(message, "render the line again")
    return rate.frames_covering(Fraction(take.samples, take.sample_rate))


def _chapters(episode: Episode, pictures: tuple[PictureEvent, ...]) -> tuple[Chapter, ...]:
    """Return one chapter a scene; the first begins with the title card."""
    chapters: list[Chapter] = []
    for scene in (s for s in episode.scenes if s.shots):
        own = [p for p in pictures if p.scene == scene.id]
        start = own[0].start if chapters else 0
        end = own[-1].start + own[-1].length
        chapters.append(Chapter(title=scene.title or scene.id, start=start, length=end - start))
    return tuple(chapters)


def _music(episode: Episode, starts: Mapping[str, int], end: int) -> Iterator[MusicEvent]:
    """Yield each cue until the next one, or until the end."""
    cues = [
        (starts[str(Slate(episode.id, scene.id, shot.id))], cue) for scene, shot in episode.shots() for cue in shot.cues
    ]
    for index, (start, cue) in enumerate(cues):
        stop = cues[index + 1][0] if index + 1 < len(cues) else end
        begin = 0 if index == 0 and start == next(iter(starts.values())) else start
        if cue.music != "stop" and stop > begin:
            yield MusicEvent(file=cue.music, start=begin, length=stop - begin, gain_db=cue.gain_db)


def _tones(episode: Episode, pictures: tuple[PictureEvent, ...], tones: Mapping[str, str]) -> tuple[ToneEvent, ...]:
    """Return the room tone under each run of shots in the same place."""
    events: list[ToneEvent] = []
    for (_, shot), picture in zip(episode.shots(), pictures, strict=True):
        place = AssetName.parse(shot.location).name if shot.location else ""
        tone = tones.get(f"{place}/{shot.light}", tones.get(place, "room"))
        if events and events[-1].tone == tone:
            last = events.pop()
            events.append(ToneEvent(tone=tone, start=last.start, length=last.length + picture.length))
        else:
            events.append(ToneEvent(tone=tone, start=picture.start, length=picture.length))
    return tuple(events)


def _poster(episode: Episode, pictures: tuple[PictureEvent, ...]) -> int:
    """Return the middle frame of the shot that shows its people best."""

    def rank(pair: tuple[tuple[Scene, Shot], PictureEvent]) -> tuple[bool, int, int]:
        (_, shot), _ = pair
        order = POSTER.index(shot.framing) if shot.framing in POSTER else len(POSTER)
        strength = max((abs(c.turn) for c in shot.characters), default=90.0)
        return (not shot.characters, order, int(strength))

    _, picture = min(zip(episode.shots(), pictures, strict=True), key=rank)
    return picture.start + picture.length // 2
