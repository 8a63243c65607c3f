"""Makes the bytes of one take: asks the backend, checks what it gave, and encodes it."""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from charforge import imaging, media
from charforge.domain.jobs import ClipJob, RepairJob, StillJob, VoiceJob
from charforge.domain.timing import FrameRate
from charforge.errors import BadOutput, RenderFailed
from charforge.imaging.frames import BLACK
from charforge.runners.mending import mended

if TYPE_CHECKING:
    from collections.abc import Iterator

    from charforge.backends.protocols import (
        ClipBackend,
        Frames,
        Kit,
        Picture,
        RepairBackend,
        Sound,
        StillBackend,
        VoiceBackend,
    )
    from charforge.domain.jobs import Job
    from charforge.domain.takes import Media


@dataclass(frozen=True, slots=True)
class Made:
    """The bytes of a take and what is known of them."""

    payload: bytes | Path
    media: Media
    facts: dict[str, int]
    """Fields of Take: width, height, frames, samples, sample_rate."""
    attachments: dict[str, bytes] = field(default_factory=dict)
    notes: dict[str, float | str] = field(default_factory=dict)


def make(job: Job, backend: StillBackend | ClipBackend | VoiceBackend | RepairBackend, kit: Kit) -> Made:
    """Return what the backend makes of a job; raise RenderFailed when it gives nothing usable."""
    match job:
        case StillJob():
            return _still(backend.still(job, kit), (job.width, job.height), job)  # type: ignore[union-attr]
        case RepairJob(track=None):
            return _still(backend.repair(job, kit), None, job)  # type: ignore[union-attr]
        case RepairJob():
            return _encoded(mended(job, backend, kit), job, kit)  # type: ignore[arg-type]
        case ClipJob():
            return _clip(backend.clip(job, kit), job, kit)  # type: ignore[union-attr]
        case VoiceJob():
            return _voice(backend.voice(job, kit), job, kit)  # type: ignore[union-attr]


def _still(picture: Picture, size: tuple[int, int] | None, job: Job) -> Made:
    pixels = picture.pixels
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise _failed(job, f"a picture of shape {pixels.shape} {pixels.dtype}, not (height, width, 3) uint8")
    height, width = pixels.shape[:2]
    if size is not None and (width, height) != size:
        raise _failed(job, f"a picture of {width}x{height}, not {size[0]}x{size[1]}")
    if int(pixels.max(initial=0)) <= BLACK:
        raise _bad(job, "a picture that is black all over")
    facts = {"width": width, "height": height}
    return Made(imaging.encode_png(pixels), "image/png", facts, dict(picture.attachments), dict(picture.notes))


def _clip(frames: Frames, job: ClipJob, kit: Kit) -> Made:
    if (frames.width, frames.height) != (job.width, job.height):
        raise _failed(job, f"frames of {frames.width}x{frames.height}, not {job.width}x{job.height}")
    if frames.count != job.frames or frames.rate != FrameRate.parse(job.rate).fps:
        raise _failed(job, f"{frames.count} frames at {frames.rate}, not {job.frames} at {job.rate}")
    return _encoded(frames, job, kit)


def _encoded(frames: Frames, job: Job, kit: Kit) -> Made:
    path = kit.scratch / "clip.mkv"
    shown = _Light(frames)
    media.encode_clip(replace(frames, frames=shown.watched()), path)
    if not shown.seen:
        raise _bad(job, "a clip that is black from its first frame to its last")
    facts = {"width": frames.width, "height": frames.height, "frames": frames.count}
    return Made(path, "video/x-matroska", facts, notes=dict(frames.notes))


def _voice(sound: Sound, job: VoiceJob, kit: Kit) -> Made:
    import soundfile

    samples = sound.samples
    if samples.ndim != 1 or samples.size == 0:
        raise _failed(job, f"a sound of shape {samples.shape}")
    peak = float(np.abs(samples).max())
    if peak == 0 or not np.isfinite(peak):
        raise _bad(job, "silence" if peak == 0 else "a sound with samples that are no numbers")
    if peak > 1:
        raise _failed(job, f"a sound with a peak of {peak:g}, not one between 0 and 1")
    if job.pitch:
        samples = media.pitched(samples, sound.rate, job.pitch, kit.scratch)
    stream = io.BytesIO()
    soundfile.write(stream, samples, sound.rate, format="FLAC", subtype="PCM_24")
    return Made(stream.getvalue(), "audio/flac", {"samples": samples.size, "sample_rate": sound.rate})


class _Light:
    """Watches frames go by until one of them shows something."""

    def __init__(self, frames: Frames) -> None:
        self.seen = False
        self._frames = frames
        # The luma of yuv420p comes first and is 16 where it is black.
        yuv = frames.pixel_format == "yuv420p"
        self._samples = frames.width * frames.height if yuv else None
        self._dark = 16 + BLACK if yuv else BLACK

    def watched(self) -> Iterator[bytes | memoryview]:
        """Yield every frame as it came."""
        for frame in self._frames.frames:
            self.seen = self.seen or int(np.frombuffer(frame, np.uint8)[: self._samples].max(initial=0)) > self._dark
            yield frame


def _bad(job: Job, what: str) -> BadOutput:
    return BadOutput(f"{job.backend} gave {what}", "check the model's weights and dtype, or change the prompt")


def _failed(job: Job, what: str) -> RenderFailed:
    return RenderFailed(f"{job.backend} gave {what}", "the backend is at fault; choose another or report it")
