"""Reads what a media file holds."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from charforge.errors import MediaError

AGAIN = "copy or export the file again, or render its take again"
"""What to do about a damaged file."""
COVER = 1024
"""The disposition of a picture that is attached to a sound file. Source: AV_DISPOSITION_ATTACHED_PIC."""

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
    whole: bool = True
    """False where the file breaks off before the end that its own header promises."""
    reach: Fraction = Fraction(0)
    """Seconds at which what is there ends."""
    ticks: tuple[int, ...] = ()
    """When each frame is shown, in order, in units of `base`; empty where the file does not say."""
    base: Fraction = Fraction(1)
    """Seconds of a tick."""

    def time(self, frame: int) -> float:
        """Return when a frame is shown, in seconds after the first, whether or not the rate varies."""
        if self.ticks:
            return float((self.ticks[min(frame, len(self.ticks) - 1)] - self.ticks[0]) * self.base)
        return float(frame / self.rate) if self.rate else 0.0

    def frame(self, time: float) -> int:
        """Return the frame shown nearest to a time, in seconds after the first, whether or not the rate varies."""
        last = max(self.frames - 1, 0)
        near = bisect_left(range(last + 1), time, key=self.time)
        return min((n for n in (near - 1, near) if 0 <= n <= last), key=lambda n: abs(self.time(n) - time))


def opened(path: Path) -> AbstractContextManager[Any]:
    """Open a file for reading; raise MediaError when it is no media file."""
    import av

    try:
        return av.open(str(path))  # type: ignore[no-any-return]
    except (av.error.FFmpegError, OSError) as error:
        raise _unreadable(path, error.strerror or "") from error


def _unreadable(path: Path, reason: str) -> MediaError:
    """Return why a file cannot be opened, from its first bytes where ffmpeg's own reason says little."""
    try:
        with path.open("rb") as stream:
            head = stream.read(12)
    except OSError:
        head = b"?"
    if not head:
        return MediaError(f"{path} cannot be read: the file is empty", AGAIN)
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide"}:
        return MediaError(f"{path} cannot be read: it breaks off before its index, which stands at its end", AGAIN)
    return MediaError(f"{path} cannot be read as sound or pictures: {reason}", AGAIN)


def pictures(container: Any, path: Path) -> Any:  # noqa: ANN401 - untyped
    """Return the first stream of moving pictures; a cover picture of a sound file is none. Raises MediaError."""
    found = _video(container)
    if found is None:
        message = f"{path} has no pictures" + (", only sound" if container.streams.audio else "")
        raise MediaError(message, "give a clip with a video stream, or a picture")
    return found


def _video(container: Any) -> Any | None:  # noqa: ANN401 - untyped
    return next((s for s in container.streams.video if not s.disposition & COVER), None)


def probe(path: Path) -> Probe:
    """Return what a file holds; raise MediaError when it cannot be read."""
    with opened(path) as container:
        video = _video(container)
        packets = _packets(container, video)
        return Probe(
            width=video.width if video else 0,
            height=video.height if video else 0,
            rate=Fraction(video.average_rate or video.guessed_rate or 0) if video else Fraction(0),
            frames=len(packets.ticks),
            codec=video.codec_context.name if video else "",
            profile=(video.codec_context.profile or "") if video else "",
            pixel_format=(video.codec_context.pix_fmt or "") if video else "",
            colour=_colour(video) if video else ("", "", "", ""),
            duration=Fraction(container.duration or 0, 1_000_000),
            audio=tuple(_audio(s) for s in container.streams.audio),
            subtitles=tuple(
                SubtitleStream(
                    s.codec_context.name, s.metadata.get("language", ""), tuple(packets.texts.get(s.index, ()))
                )
                for s in container.streams.subtitles
            ),
            chapters=tuple(_chapters(container)),
            metadata=dict(container.metadata),
            whole=packets.whole(container, video),
            reach=packets.reach,
            ticks=packets.shown(),
            base=Fraction(video.time_base or 1) if video else Fraction(1),
        )


@dataclass(slots=True)
class _Packets:
    """What the packets of a file tell."""

    ticks: list[int | None] = field(default_factory=list)
    """Of each picture that is shown, in decoding order."""
    hidden: int = 0
    """Pictures that are only decoded from."""
    reach: Fraction = Fraction(0)
    """Seconds at which the last packet of any stream ends."""
    texts: dict[int, list[tuple[Fraction, Fraction, str]]] = field(default_factory=dict)

    def shown(self) -> tuple[int, ...]:
        """Return when each picture is shown, in order, or nothing where the file does not say."""
        known = sorted({tick for tick in self.ticks if tick is not None})
        return tuple(known) if len(known) == len(self.ticks) else ()

    def whole(self, container: Any, video: Any) -> bool:  # noqa: ANN401 - untyped
        """Return whether the packets are all that the file's own header promises, where it can be trusted."""
        if container.format.name.startswith("mov"):
            return video is None or len(self.ticks) + self.hidden >= video.frames
        if container.format.name.startswith("matroska") and container.duration:
            promised = Fraction(container.duration, 1_000_000)
            return promised - self.reach < max(promised / 10, Fraction(1))
        return True


def _packets(container: Any, video: Any) -> _Packets:  # noqa: ANN401 - untyped
    found = _Packets()
    start = Fraction(container.start_time or 0, 1_000_000)
    timed = {s.index for s in container.streams.subtitles if s.codec_context.name in ("mov_text", "subrip")}
    for packet in container.demux() if container.streams else ():
        if not packet.size:
            continue
        end = None
        if packet.pts is not None and packet.time_base:
            end = (packet.pts + (packet.duration or 0)) * packet.time_base
            found.reach = max(found.reach, end - start)
        if packet.stream is video:
            if packet.is_discard:
                found.hidden += 1
            else:
                found.ticks.append(packet.pts)
        elif packet.stream_index in timed and end is not None:
            text = _text(bytes(packet), packet.stream.codec_context.name)
            if text:
                texts = found.texts.setdefault(packet.stream_index, [])
                texts.append((packet.pts * packet.time_base, end, text))
    return found


def _text(payload: bytes, codec: str) -> str:
    """Return a subtitle's text; mov_text puts its length in two bytes before it. Source: 3GPP TS 26.245."""
    if codec == "mov_text":
        payload = payload[2 : 2 + int.from_bytes(payload[:2], "big")]
    return payload.decode("utf-8", "replace")


def _subtitles(stream: Any, texts: list[tuple[Fraction, Fraction, str]]) -> SubtitleStream:  # noqa: ANN401 - untyped
    return SubtitleStream(stream.codec_context.name, stream.metadata.get("language", ""), tuple(texts))


def _audio(stream: Any) -> AudioStream:  # noqa: ANN401 - untyped
    context = stream.codec_context
    return AudioStream(context.name, context.sample_rate, context.channels, stream.metadata.get("language", ""))


_RANGES = {1: "tv", 2: "pc"}
_MATRICES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020nc"}
_CURVES = {1: "bt709", 6: "smpte170m", 13: "iec61966-2-1", 16: "smpte2084", 18: "arib-std-b67"}
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
