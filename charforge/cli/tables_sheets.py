"""Call sheets as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from charforge.cli.tables import out, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from charforge.domain.sheets import CallSheet, CharacterSheet, EpisodeSheet, Part, SceneSheet


def call_sheet(sheet: CallSheet) -> None:
    """Print every scene, then every character's scenes, with what is wrong where it is wrong."""
    for error in sheet.errors:
        out().print(Text("error: ", style="red") + Text(error))
    for episode in sheet.episodes:
        _episode(episode)
    for character in sheet.characters:
        _character(character)
    _reached(sheet)


def _episode(episode: EpisodeSheet) -> None:
    """Print one row for each scene of an episode."""
    for word, style, lines in (
        ("error: ", "red", episode.errors),
        ("warning: ", "yellow", episode.warnings),
        ("note: ", "dim", episode.notes),
    ):
        for line in lines:
            out().print(Text(word, style=style) + Text(line))
    title = f" {episode.title}" if episode.title else ""
    measured = f"{len(episode.scenes)} scenes, {episode.shots} shots, {_time(episode.seconds)}, {episode.lines} lines"
    out().print(Text(f"{episode.episode}{title}: {measured if episode.scenes else 'cannot be read'}", style="bold"))
    if episode.scenes:
        headers = ("scene", "where", "light", "story time", "who", "props", "shots", "time", "lines")
        table(headers, [_scene(scene) for scene in episode.scenes])
    out().print()


def _scene(scene: SceneSheet) -> tuple[str, ...]:
    return (
        f"{scene.scene} {scene.title}".strip(),
        "\n".join((*scene.places, ", ".join(scene.views))),
        "\n".join((*scene.lights, *scene.weather)),
        scene.story_time,
        "\n".join(_part(part) for part in scene.parts) or "nobody",
        "\n".join(scene.props),
        str(scene.shots),
        f"{'~' if scene.estimated else ''}{_time(scene.seconds)}",
        str(scene.lines),
    )


def _part(part: Part) -> str:
    """Return who it is, in what, and how: ``mia@2 navy, after-the-fire``."""
    heard = "heard only" if not part.shots else ""
    how = (" + ".join(part.wardrobes), part.state if part.state != "default" else "", heard)
    return f"{part.asset} {', '.join(word for word in how if word)}".strip()


def _character(character: CharacterSheet) -> None:
    """Print one row for each scene of a character."""
    seen = f"{character.scenes} scenes, {character.shots} shots, {_time(character.seconds)}"
    out().print(Text(f"{character.character}: {seen}, {character.lines} lines", style="bold"))
    headers = ("scene", "where", "story time", "version", "state", "wardrobe", "props", "shots", "time", "lines")
    table(
        headers,
        [
            (
                f"{call.episode}/{call.scene} {call.title}".strip(),
                _joined((*call.places, *call.lights)),
                call.story_time,
                call.part.asset,
                call.part.state,
                _joined(call.part.wardrobes),
                _joined(call.part.props),
                str(call.part.shots),
                _time(call.part.seconds),
                f"{call.part.lines}" + (f" ({call.part.heard} heard only)" if call.part.heard else ""),
            )
            for call in character.calls
        ],
    )
    out().print()


def _reached(sheet: CallSheet) -> None:
    """Print the states and ages of those who have more than one."""
    rows = [
        (
            character.character,
            marker.asset,
            marker.state,
            marker.from_episode or "",
            _joined(marker.scenes) or "nowhere",
        )
        for character in sheet.characters
        for marker in character.markers
        if len(character.markers) > 1
    ]
    if rows:
        out().print(Text("states and ages", style="bold"))
        table(("character", "version", "state", "from", "seen in"), rows)


def _joined(words: Iterable[str]) -> str:
    return ", ".join(words)


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{minutes:.0f}:{rest:04.1f}" if minutes else f"{rest:.1f} s"
