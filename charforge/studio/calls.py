"""Counts who appears where, from episodes whose names are settled."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from charforge.domain.assets import Character, Library
from charforge.domain.names import AssetName
from charforge.domain.script import CharacterInShot, Episode, Scene, Shot
from charforge.domain.sheets import Call, CharacterSheet, Marker, Part, SceneSheet
from charforge.domain.timing import FrameRate
from charforge.planner import shot_frames


def scene_sheets(episode: Episode, library: Library) -> tuple[SceneSheet, ...]:
    """Return every scene of an episode."""
    rate = FrameRate.parse(episode.video.rate)
    return tuple(_scene(episode, scene, library, rate) for scene in episode.scenes)


def character_sheets(scenes: Iterable[SceneSheet], library: Library) -> tuple[CharacterSheet, ...]:
    """Return every scene of each character, the one who is seen longest first."""
    calls = [(part.character, _call(scene, part)) for scene in scenes for part in scene.parts]
    ordered = sorted(calls, key=lambda pair: pair[0])
    found = [_character(name, tuple(c for _, c in own), library) for name, own in groupby(ordered, key=lambda p: p[0])]
    return tuple(sorted(found, key=lambda c: (-c.seconds, -c.lines, c.character)))


def _scene(episode: Episode, scene: Scene, library: Library, rate: FrameRate) -> SceneSheet:
    lengths = {shot.id: shot_frames(shot, library, rate) for shot in scene.shots}
    seconds = {name: float(rate.seconds(frames)) for name, (frames, _) in lengths.items()}
    times = _each(shot.story_time for shot in scene.shots)
    return SceneSheet(
        season=episode.season,
        episode=episode.id,
        scene=scene.id,
        title=scene.title,
        places=_each(_exact_place(shot, library) for shot in scene.shots),
        views=_each(shot.view for shot in scene.shots),
        lights=_each(shot.light for shot in scene.shots),
        weather=_each(shot.weather for shot in scene.shots),
        story_time=" to ".join(dict.fromkeys((times[0], times[-1]))) if times else "",
        props=_props(scene.shots, library),
        parts=_parts(scene, library, seconds),
        shots=len(scene.shots),
        frames=sum(frames for frames, _ in lengths.values()),
        seconds=round(sum(seconds.values()), 3),
        estimated=any(estimated for _, estimated in lengths.values()),
        lines=sum(len(shot.lines) for shot in scene.shots),
        meant={key: reason for shot in scene.shots for key, reason in shot.continuity.items()},
        line=scene.line,
    )


def _parts(scene: Scene, library: Library, seconds: dict[str, float]) -> tuple[Part, ...]:
    """Return who is seen or heard in a scene, each version of a character for itself, in the order they come."""
    named = (name for shot in scene.shots for name in (*_seen(shot), *(line.asset or line.who for line in shot.lines)))
    return tuple(_part(asset, scene, library, seconds) for asset in dict.fromkeys(named))


def _part(asset: str, scene: Scene, library: Library, seconds: dict[str, float]) -> Part:
    name = AssetName.parse(asset)
    character = library.character(name.name, name.version)
    shots = [shot for shot in scene.shots if asset in _seen(shot)]
    worn = (_worn(p, character) for shot in shots for p in shot.characters if p.asset == asset)
    lines = [line for shot in scene.shots for line in shot.lines if (line.asset or line.who) == asset]
    return Part(
        character=name.name,
        asset=asset,
        state=character.state if character else "",
        wardrobes=_each(worn),
        props=_props(shots, library),
        shots=len(shots),
        seconds=round(sum(seconds[shot.id] for shot in shots), 3),
        lines=len(lines),
        heard=sum(line.voice_over for line in lines),
    )


def _seen(shot: Shot) -> tuple[str, ...]:
    return tuple(person.asset for person in shot.characters)


def _worn(person: CharacterInShot, character: Character | None) -> str | None:
    """Return what somebody wears: what the shot says, else what the planner takes where it says nothing."""
    bodies = {r.wardrobe or "" for r in character.references if r.step == "body"} if character else set()
    return person.wardrobe or min(bodies, default=None) or None


def _exact_place(shot: Shot, library: Library) -> str | None:
    if shot.location is None:
        return None
    wanted = AssetName.parse(shot.location)
    place = library.location(wanted.name, wanted.version)
    return place.id if place else shot.location


def _props(shots: Iterable[Shot], library: Library) -> tuple[str, ...]:
    names = (AssetName.parse(name) for shot in shots for name in shot.props)
    found = ((name, library.prop(name.name, name.version)) for name in names)
    return _each(prop.id if prop else str(name) for name, prop in found)


def _each(words: Iterable[str | None]) -> tuple[str, ...]:
    """Return every word once, in the order they come."""
    return tuple(dict.fromkeys(word for word in words if word))


def _call(scene: SceneSheet, part: Part) -> Call:
    return Call(
        episode=scene.episode,
        scene=scene.scene,
        title=scene.title,
        places=scene.places,
        lights=scene.lights,
        story_time=scene.story_time,
        part=part,
    )


def _character(name: str, calls: tuple[Call, ...], library: Library) -> CharacterSheet:
    versions = sorted((c for c in library.characters if c.name == name), key=lambda c: c.version)
    return CharacterSheet(
        character=name,
        calls=calls,
        markers=tuple(_marker(version, calls) for version in versions),
        wardrobes=_each(word for call in calls for word in call.part.wardrobes),
        scenes=len({(call.episode, call.scene) for call in calls}),
        shots=sum(call.part.shots for call in calls),
        seconds=round(sum(call.part.seconds for call in calls), 3),
        lines=sum(call.part.lines for call in calls),
    )


def _marker(version: Character, calls: tuple[Call, ...]) -> Marker:
    scenes = _each(f"{call.episode}/{call.scene}" for call in calls if call.part.asset == version.id)
    return Marker(asset=version.id, state=version.state, from_episode=version.from_episode, scenes=scenes)
