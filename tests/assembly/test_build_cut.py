"""Laying circled takes on one frame count."""

from __future__ import annotations

import pytest

from charforge.assembly import build_cut
from charforge.domain.cut import Cut
from charforge.domain.jobs import ClipJob, Draft, Input, Plan, TakeOf, VoiceJob
from charforge.domain.script import Cue, Episode, Line, Scene, Shot, TitleCard, Transition, Video
from charforge.domain.takes import Take
from charforge.errors import AssemblyError

TALK = Shot(id="0010", framing="two-shot", lines=(Line(who="mia", text="Hello."), Line(who="theo", text="Hi.")))
CAFE = {"location": "coffee-shop@1", "light": "night"}


def clip(frames: int, digest: str = "a") -> Take:
    """Return a clip's take."""
    job = ClipJob(backend="fake", width=64, height=36, frames=frames, rate="24")
    return take(job, digest, frames=frames)


def voice(samples: int) -> Take:
    """Return a voice's take."""
    return take(VoiceJob(backend="fake", text="Hello."), "b", samples=samples, sample_rate=24000)


def take(job: ClipJob | VoiceJob, digest: str, **facts: int) -> Take:
    """Return a take of a job."""
    return Take(
        key="c" * 64, job=job, blob=digest * 64, media="video/mp4", size=1, backend="fake", revision="1", **facts
    )


def cut_of(
    *shots: Shot,
    lengths: tuple[int, ...],
    voices: dict[str, Take] | None = None,
    plan: Plan | None = None,
    card: TitleCard | None = None,
    tones: dict[str, str] | None = None,
) -> Cut:
    """Return the cut of one scene."""
    episode = Episode(id="e01", title="T", video=Video(width=64, height=64), scenes=(Scene(id="s01", shots=shots),))
    clips = {f"s01/{s.id}/clip": clip(n) for s, n in zip(shots, lengths, strict=True)}
    plan = plan or Plan(episode="e01", choices=(), drafts=())
    return build_cut(episode.changed(title_card=card), plan, clips, voices or {}, tones=tones)


def test_shots_follow_one_another_after_the_card() -> None:
    """Each shot starts where the one before it ends, the first after the card."""
    shots = [Shot(id=f"00{n}0", framing="wide") for n in (1, 2, 3)]
    cut = cut_of(*shots, lengths=(10, 20, 30), card=TitleCard(text="T", frames=48))
    assert [(p.slate, p.start, p.length, p.tail) for p in cut.pictures] == [
        ("e01_s01_0010", 48, 10, 0),
        ("e01_s01_0020", 58, 20, 0),
        ("e01_s01_0030", 78, 30, 0),
    ]
    assert cut.length() == 108


def test_dissolve_takes_its_frames_from_the_shot_before() -> None:
    """The tail handle lies under the next shot; the programme gets no longer by it."""
    second = Shot(id="0020", framing="wide", transition=Transition(kind="dissolve", frames=6))
    cut = cut_of(Shot(id="0010", framing="wide"), second, lengths=(30, 20))
    assert [(p.start, p.length, p.tail) for p in cut.pictures] == [(0, 24, 6), (24, 20, 0)]
    assert cut.length() == 44


def test_lines_are_paced_by_their_real_length() -> None:
    """Without word from the plan, lines stand as the planner would pace them."""
    voices = {"s01/0010/line/1": voice(24000), "s01/0010/line/2": voice(12001)}
    cut = cut_of(TALK, lengths=(80,), voices=voices)
    assert [(e.who, e.start, e.length) for e in cut.lines] == [("mia", 8, 24), ("theo", 40, 13)]


def test_lines_start_where_the_mouths_start() -> None:
    """Where the plan's blocking says when a mouth starts to move, the sound starts there."""
    job = ClipJob(
        backend="animatic",
        width=64,
        height=36,
        frames=80,
        rate="24",
        inputs=(Input(role="voice", name="theo/2", source=TakeOf(draft="s01/0010/line/2", part="sound")),),
        settings={"blocking": {"speech": [{"who": "theo", "name": "theo/2", "start": 50}]}},
    )
    plan = Plan(episode="e01", choices=(), drafts=(Draft(id="s01/0010/clip", shot="s01/0010", stage="clip", job=job),))
    voices = {"s01/0010/line/1": voice(24000), "s01/0010/line/2": voice(12001)}
    cut = cut_of(TALK, lengths=(80,), voices=voices, plan=plan, card=TitleCard(text="T", frames=10))
    assert [e.start for e in cut.lines] == [18, 60]


def test_line_that_outlasts_the_programme_is_refused() -> None:
    """A line may run under the next shot, not past the end."""
    voices = {"s01/0010/line/1": voice(24000), "s01/0010/line/2": voice(48000)}
    shot = Shot(id="0020", framing="wide")
    assert cut_of(TALK, shot, lengths=(80, 20), voices=voices).lines[1].start == 40
    with pytest.raises(AssemblyError, match="ends 8 frames after the last shot"):
        cut_of(TALK, lengths=(80,), voices=voices)


def test_missing_take_is_named() -> None:
    """A draft for which nothing is circled is named."""
    with pytest.raises(AssemblyError, match="nothing is circled for s01/0010/line/1"):
        cut_of(TALK, lengths=(80,))


def test_transition_longer_than_its_shot_is_refused() -> None:
    """A shot cannot be shorter than its own transition."""
    shot = Shot(id="0010", framing="wide", transition=Transition(kind="fade-out", frames=24))
    with pytest.raises(AssemblyError, match="fewer than its fade-out of 24"):
        cut_of(shot, lengths=(12,))


def test_clip_that_is_not_as_long_as_its_job_is_refused() -> None:
    """A take whose clip has other than the asked-for frames does not enter a cut."""
    episode = Episode(id="e01", scenes=(Scene(id="s01", shots=(Shot(id="0010", framing="wide"),)),))
    odd = clip(24).changed(frames=23)
    with pytest.raises(AssemblyError, match="has 23 frames, its job asks for 24"):
        build_cut(episode, Plan(episode="e01", choices=(), drafts=()), {"s01/0010/clip": odd}, {})


def test_music_runs_to_the_next_cue() -> None:
    """A cue lasts until the next one, `stop` ends it, and the first shot's cue begins under the title card."""
    shots = (
        Shot(id="0010", framing="wide", cues=(Cue(music="a.flac", gain_db=-20),)),
        Shot(id="0020", framing="wide", cues=(Cue(music="stop"),)),
        Shot(id="0030", framing="wide", cues=(Cue(music="b.flac"),)),
    )
    cut = cut_of(*shots, lengths=(10, 20, 30), card=TitleCard(text="T", frames=48))
    assert [(m.file, m.start, m.length, m.gain_db) for m in cut.music] == [
        ("a.flac", 0, 58, -20.0),
        ("b.flac", 78, 30, -18.0),
    ]


def test_room_tone_follows_the_place() -> None:
    """Shots in one place and light share a run of tone; a place without one gets the plain room."""
    shots = (
        Shot(id="0010", framing="wide", **CAFE),
        Shot(id="0020", framing="wide", **CAFE),
        Shot(id="0030", framing="wide", location="coffee-shop", light="day"),
        Shot(id="0040", framing="wide", location="pottery"),
    )
    cut = cut_of(*shots, lengths=(5, 6, 7, 8), tones={"coffee-shop": "murmur", "coffee-shop/night": "night"})
    assert [(t.tone, t.start, t.length) for t in cut.tones] == [("night", 0, 11), ("murmur", 11, 7), ("room", 18, 8)]


def test_chapters_are_the_scenes_and_cover_everything() -> None:
    """Scenes become chapters that follow one another from the first frame to the last."""
    scenes = (
        Scene(id="s01", title="One", shots=(Shot(id="0010", framing="wide"),)),
        Scene(id="s02", shots=(Shot(id="0010", framing="wide"), Shot(id="0020", framing="wide"))),
    )
    episode = Episode(id="e01", title_card=TitleCard(text="T", frames=48), scenes=scenes)
    clips = {f"{s}/clip": clip(20) for s in ("s01/0010", "s02/0010", "s02/0020")}
    cut = build_cut(episode, Plan(episode="e01", choices=(), drafts=()), clips, {})
    assert [(c.title, c.start, c.length) for c in cut.chapters] == [("One", 0, 68), ("s02", 68, 40)]


def test_poster_shows_people() -> None:
    """The poster is the middle of a shot with people rather than of a wide plate."""
    person = {"who": "mia", "asset": "mia"}
    shots = (
        Shot(id="0010", framing="wide"),
        Shot(id="0020", framing="close", characters=({**person, "turn": 60},)),
        Shot(id="0030", framing="close", characters=(person,)),
    )
    assert cut_of(*shots, lengths=(10, 20, 30)).poster == 45
