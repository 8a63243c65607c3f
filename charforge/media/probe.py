"""Reads what a media file holds."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from charforge.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class AudioStream:
    """One sound track."""

    codec: str
    rate: int
    channels: int
    language: str


@dataclass(frozen=True, slots=True)
class SubtitleStream:
    """One subtitle track."""

    codec: str
    language: str
    texts: tuple[tuple[Fraction, Fraction, str], ...]
    """Start and end in seconds, and the text; only tracks of timed text have them."""


@dataclass(frozen=True, slots=True)
class ChapterMark:
    """One chapter, in seconds."""

    title: str
    start: Fraction
    end: Fraction


@dataclass(frozen=True, slots=True)
class Probe:
    """The facts of a media file; picture fields are zero or empty when it has no picture."""

    width: int
    height: int
    rate: Fraction
    frames: int
    """Counted, not estimated."""
    codec: str
    profile: str
    pixel_format: str
    colour: tuple[str, str, str, str]
    """Range, matrix, primaries and transfer, as ffmpeg names them."""
    duration: Fraction
    """Seconds of the whole container."""
    audio: tuple[AudioStream, ...]
    subtitles: tuple[SubtitleStream, ...]
    chapters: tuple[ChapterMark, ...]
    metadata: dict[str, str]


def opened(path: Path) -> AbstractContextManager[Any]:
    """Open a file for reading; raise MediaError when it is no media file."""
    import av

    try:
        return av.open(str(path))  # type: ignore[no-any-return]
    except (av.error.FFmpegError, OSError) as error:
        message = f"{path} cannot be read as sound or pictures: {error.strerror}"
        raise MediaError(message, "look at the file; render its take again if it is damaged") from error


def probe(path: Path) -> Probe:
    """Return what a file holds; raise MediaError when it cannot be read."""
    with opened(path) as container:
        video = next(iter(container.streams.video), None)
        frames, texts = _packets(container)
        return Probe(
            width=video.width if video else 0,
            height=video.height if video else 0,
            rate=Fraction(video.average_rate or 0) if video else Fraction(0),
            frames=frames,
            codec=video.codec_context.name if video else "",
            profile=(video.codec_context.profile or "") if video else "",
            pixel_format=(video.codec_context.pix_fmt or "") if video else "",
            colour=_colour(video) if video else ("", "", "", ""),
            duration=Fraction(container.duration or 0, 1_000_000),
            audio=tuple(_audio(s) for s in container.streams.audio),
            subtitles=tuple(
                SubtitleStream(s.codec_context.name, s.metadata.get("language", ""), tuple(texts.get(s.index, ())))
                for s in container.streams.subtitles
            ),
            chapters=tuple(_chapters(container)),
            metadata=dict(container.metadata),
        )


def _packets(container: Any) -> tuple[int, dict[int, list[tuple[Fraction, Fraction, str]]]]:  # noqa: ANN401 - untyped
    """Count the pictures of the first video stream and collect the texts of timed text."""
    video = next(iter(container.streams.video), None)
    timed = [s for s in container.streams.subtitles if s.codec_context.name in ("mov_text", "subrip")]
    count = 0
    texts: dict[int, list[tuple[Fraction, Fraction, str]]] = {}
    streams = [s for s in (video, *timed) if s is not None]
    for packet in container.demux(*streams) if streams else ():
        if packet.stream is video:
            count += bool(packet.size)
        elif packet.size:
            text = _text(bytes(packet), packet.stream.codec_context.name)
            if text:
                start, length = packet.pts * packet.time_base, packet.duration * packet.time_base
                texts.setdefault(packet.stream.index, []).append((start, start + length, text))
    return count, texts


def _text(payload: bytes, codec: str) -> str:
    """Return a subtitle's text; mov_text puts its length in two bytes before it. Source: 3GPP TS 26.245."""
    if codec == "mov_text":
        payload = payload[2 : 2 + int.from_bytes(payload[:2], "big")]
    return payload.decode("utf-8", "replace")


def _audio(stream: Any) -> AudioStream:  # noqa: ANN401 - untyped
    context = stream.codec_context
    return AudioStream(context.name, context.sample_rate, context.channels, stream.metadata.get("language", ""))


_RANGES = {1: "tv", 2: "pc"}
_MATRICES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020nc"}
_CURVES = {1: "bt709", 6: "smpte170m", 13: "iec61966-2-1", 16: "smpte2084"}
"""Numbers of ITU-T H.273, in ffmpeg's names."""


def _colour(video: Any) -> tuple[str, str, str, str]:  # noqa: ANN401 - untyped
    context = video.codec_context
    return (
        _RANGES.get(int(context.color_range), ""),
        _MATRICES.get(int(context.colorspace), ""),
        _MATRICES.get(int(context.color_primaries), ""),
        _CURVES.get(int(context.color_trc), ""),
    )


def _chapters(container: Any) -> Iterator[ChapterMark]:  # noqa: ANN401 - untyped
    for chapter in container.chapters():
        base = Fraction(chapter["time_base"])
        yield ChapterMark(chapter["metadata"].get("title", ""), chapter["start"] * base, chapter["end"] * base)
