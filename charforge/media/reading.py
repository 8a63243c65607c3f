"""Reads frames and sound out of files."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from charforge.errors import MediaError
from charforge.media.probe import AGAIN, opened, pictures
from charforge.media.showing import matrix, rgb

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from charforge.imaging.frames import RGB

    Samples = NDArray[np.float32]
    Planes = NDArray[np.uint8]

MISSING = 0.2
"""Share of the frames asked for that may not be decoded; VP8's hidden frames are counted and never shown."""
LARGE = 4096 * 2304
"""Pixels above which a frame is so large that few are held at once."""


def frames(
    path: Path, indices: Iterable[int] | None = None, *, every: int = 1, largest: int = 0
) -> Iterator[tuple[int, RGB]]:
    """Yield (index, picture) in order: the frames named, or every n-th, decoding only the groups they lie in.

    Pictures come as a screen shows them: upright, square pixels, SDR; those whose longer side is more than `largest`
    are scaled down to it, where that is not 0. Raises MediaError when the file cannot be read, when a named frame is
    beyond its end, and when more than MISSING of them cannot be decoded.
    """
    with opened(path) as container:
        groups, order, count = _groups(container, pictures(container, path))
    wanted = set(range(0, count, every) if indices is None else indices)
    beyond = [i for i in wanted if not 0 <= i < count]
    if beyond:
        message = f"{path} has {count} frames, there is no frame {max(beyond)}"
        raise MediaError(message)
    shown = 0
    # Opened anew, since what has no index cannot be wound back.
    with opened(path) as container, _damage(path):
        stream = pictures(container, path)
        squeezed = stream.sample_aspect_ratio
        _bound(stream)
        for index, frame in _decode(container, stream, groups, order, wanted):
            if index in wanted and not frame.is_corrupt:
                shown += 1
                yield index, rgb(frame, squeezed, largest)
    if len(wanted) - shown > MISSING * len(wanted):
        message = f"{path} is damaged: {len(wanted) - shown} of {len(wanted)} frames cannot be decoded"
        raise MediaError(message, AGAIN)


def planes(path: Path) -> Iterator[Planes]:
    """Yield every frame as (height * 3 / 2, width) uint8: yuv420p planes one after another, BT.709 limited range."""
    with opened(path) as container:
        stream = pictures(container, path)
        stream.thread_type = "AUTO"
        with _damage(path):
            for frame in container.decode(stream):
                yield _planes(frame)


def sound(path: Path, rate: int, channels: int = 1) -> Samples:
    """Return a file's sound as (samples, channels) float32 at this rate; raise MediaError when it has none."""
    blocks = list(sound_blocks(path, rate, channels))
    return np.concatenate(blocks) if blocks else np.zeros((0, channels), np.float32)


def sound_blocks(path: Path, rate: int, channels: int = 1) -> Iterator[Samples]:
    """Yield a file's sound block by block, each (samples, channels) float32 at this rate."""
    import av

    with opened(path) as container:
        if not container.streams.audio:
            message = f"{path} has no sound"
            raise MediaError(message)
        resampler = av.AudioResampler(format="flt", layout="mono" if channels == 1 else "stereo", rate=rate)
        with _damage(path):
            for frame in container.decode(container.streams.audio[0]):
                frame.pts = None
                for block in resampler.resample(frame):
                    yield block.to_ndarray().reshape(-1, channels)
        for block in resampler.resample(None):
            yield block.to_ndarray().reshape(-1, channels)


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Say of a file that it is damaged where ffmpeg cannot go on."""
    import av

    try:
        yield
    except av.error.FFmpegError as error:
        message = f"{path} is damaged: {error.strerror}"
        raise MediaError(message, AGAIN) from error


def _bound(stream: Any) -> None:  # noqa: ANN401 - untyped
    """Decode on several threads, but few where each holds a frame of many megabytes."""
    stream.thread_type = "AUTO"
    context = stream.codec_context
    if context.width * context.height > LARGE:
        context.thread_count = 2


def _groups(
    container: Any,  # noqa: ANN401 - untyped
    stream: Any,  # noqa: ANN401 - untyped
) -> tuple[list[list[int]], dict[int, int] | None, int]:
    """Return the times in each group of pictures, in decoding order, the frame number of each time, and their count.

    Numbers are None where times are missing or stand twice, as in files without any: frames then count as they come.
    """
    groups: list[list[int]] = []
    times: list[int | None] = []
    for packet in container.demux(stream):
        if not packet.size:
            continue
        if packet.is_keyframe or not groups:
            groups.append([])
        groups[-1].append(packet.pts)
        if not packet.is_discard:
            times.append(packet.pts)
    if None in times or len(set(times)) < len(times):
        return groups, None, len(times)
    return groups, {time: index for index, time in enumerate(sorted(t for t in times if t is not None))}, len(times)


def _decode(
    container: Any,  # noqa: ANN401 - untyped
    stream: Any,  # noqa: ANN401 - untyped
    groups: list[list[int]],
    order: dict[int, int] | None,
    wanted: set[int],
) -> Iterator[tuple[int, Any]]:
    """Decode the groups that hold wanted frames, and no other; all of them where frames have no times."""
    if order is None:
        yield from enumerate(container.decode(stream))
        return
    needed = {time for group in groups if any(order.get(t) in wanted for t in group) for time in group}
    for packet in container.demux(stream):
        if packet.size and packet.pts not in needed:
            continue
        # No other frame is made of those that none refers to.
        stream.codec_context.skip_frame = "DEFAULT" if order.get(packet.pts) in wanted else "NONREF"
        for frame in packet.decode():
            index = order.get(frame.pts)
            if index is not None:
                yield index, frame


def _planes(frame: Any) -> Planes:  # noqa: ANN401 - untyped
    """Return a frame's planes, converted only where they are not yuv420p in limited range."""
    if frame.format.name != "yuv420p" or int(frame.color_range) == 2:
        frame = frame.reformat(
            format="yuv420p", src_colorspace=matrix(frame), dst_colorspace="ITU709", dst_color_range="MPEG"
        )
    return np.asarray(frame.to_ndarray(), dtype=np.uint8)


def rgb_of(frame: Planes) -> RGB:
    """Return yuv420p planes, BT.709 limited range, as RGB."""
    import av

    made = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="yuv420p")
    made.colorspace, made.color_range = 1, 1
    return rgb(made)
