"""Reads frames and sound out of files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from charforge.errors import MediaError
from charforge.media.probe import opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from charforge.imaging.frames import RGB

    Samples = NDArray[np.float32]
    Planes = NDArray[np.uint8]


def frames(path: Path, indices: Iterable[int] | None = None, *, every: int = 1) -> Iterator[tuple[int, RGB]]:
    """Yield (index, picture) in order: the frames named, or every n-th, decoding only the groups they lie in.

    Raises MediaError when the file cannot be read or a named frame is beyond its end.
    """
    import av

    with opened(path) as container:
        stream = _video(container, path)
        groups, order = _groups(container, stream)
        wanted = set(range(0, len(order), every) if indices is None else indices)
        beyond = [i for i in wanted if not 0 <= i < len(order)]
        if beyond:
            message = f"{path} has {len(order)} frames, there is no frame {max(beyond)}"
            raise MediaError(message)
        container.seek(0)
        try:
            for index, frame in _decode(container, stream, groups, order, wanted):
                yield index, rgb(frame)
        except av.error.FFmpegError as error:
            message = f"{path} is damaged: {error.strerror}"
            raise MediaError(message, "render its take again") from error


def planes(path: Path) -> Iterator[Planes]:
    """Yield every frame as (height * 3 / 2, width) uint8: yuv420p planes one after another, BT.709 limited range."""
    import av

    with opened(path) as container:
        stream = _video(container, path)
        stream.thread_type = "AUTO"
        try:
            for frame in container.decode(stream):
                yield _planes(frame)
        except av.error.FFmpegError as error:
            message = f"{path} is damaged: {error.strerror}"
            raise MediaError(message, "render its take again") from error


def rgb(frame: Any) -> RGB:  # noqa: ANN401 - untyped
    """Return a decoded frame as RGB, taking an untagged matrix for BT.709."""
    made = frame.reformat(format="rgb24", src_colorspace=_matrix(frame), interpolation="BILINEAR")
    return np.asarray(made.to_ndarray(), dtype=np.uint8)


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
        try:
            for frame in container.decode(container.streams.audio[0]):
                frame.pts = None
                for block in resampler.resample(frame):
                    yield block.to_ndarray().reshape(-1, channels)
        except av.error.FFmpegError as error:
            message = f"{path} is damaged: {error.strerror}"
            raise MediaError(message, "render its take again") from error
        for block in resampler.resample(None):
            yield block.to_ndarray().reshape(-1, channels)


def _video(container: Any, path: Path) -> Any:  # noqa: ANN401 - untyped
    if not container.streams.video:
        message = f"{path} has no pictures"
        raise MediaError(message)
    return container.streams.video[0]


def _groups(container: Any, stream: Any) -> tuple[list[list[int]], dict[int, int]]:  # noqa: ANN401 - untyped
    """Return the times in each group of pictures, in decoding order, and the frame number of each time."""
    groups: list[list[int]] = []
    for packet in container.demux(stream):
        if not packet.size:
            continue
        if packet.is_keyframe or not groups:
            groups.append([])
        groups[-1].append(packet.pts)
    order = {time: index for index, time in enumerate(sorted(t for group in groups for t in group))}
    return groups, order


def _decode(
    container: Any,  # noqa: ANN401 - untyped
    stream: Any,  # noqa: ANN401 - untyped
    groups: list[list[int]],
    order: dict[int, int],
    wanted: set[int],
) -> Iterator[tuple[int, Any]]:
    """Decode the groups that hold wanted frames, and no other."""
    needed = {time for group in groups if any(order[t] in wanted for t in group) for time in group}
    stream.thread_type = "AUTO"
    for packet in container.demux(stream):
        if packet.size and packet.pts not in needed:
            continue
        for frame in packet.decode():
            index = order.get(frame.pts)
            if index in wanted:
                yield index, frame


def _matrix(frame: Any) -> str:  # noqa: ANN401 - untyped
    return {5: "ITU601", 6: "ITU601"}.get(int(frame.colorspace), "ITU709")


def _planes(frame: Any) -> Planes:  # noqa: ANN401 - untyped
    """Return a frame's planes, converted only where they are not yuv420p in limited range."""
    if frame.format.name != "yuv420p" or int(frame.color_range) == 2:
        frame = frame.reformat(
            format="yuv420p", src_colorspace=_matrix(frame), dst_colorspace="ITU709", dst_color_range="MPEG"
        )
    return np.asarray(frame.to_ndarray(), dtype=np.uint8)


def rgb_of(frame: Planes) -> RGB:
    """Return yuv420p planes, BT.709 limited range, as RGB."""
    import av

    made = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="yuv420p")
    made.colorspace, made.color_range = 1, 1
    return rgb(made)
