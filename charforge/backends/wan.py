"""ClipBackend `wan-i2v`: lets an approved still move, from its first frame on, or from a first to a last one.

It runs any folder of the Wan image-to-video family in diffusers' layout: Wan 2.1 (one transformer and an image
encoder; separate weights for first and last frame), Wan 2.2 A14B (two experts, one for much noise and one for little)
and Wan 2.2 TI2V 5B. Which of them takes a last frame is read from the transformer's configuration.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from charforge import imaging
from charforge.backends.diffusers_common import Base, fitted, refuse_black, samples, seeded, shelf_of, versions
from charforge.backends.diffusers_common.settings import Asked, asked, divisible, whole
from charforge.backends.protocols import Frames
from charforge.domain.timing import FrameRate
from charforge.errors import RenderFailed, WeightsError
from charforge.imaging.retiming import needed, retimed

if TYPE_CHECKING:
    from charforge.backends.diffusers_common import Loaded
    from charforge.backends.protocols import RGB, Home, Kit
    from charforge.domain.jobs import ClipJob

KIND = "WanImageToVideoPipeline"
CLASSES = (KIND, "WanPipeline")
"""The 5B model's folder names the second, which also makes clips from text alone."""
EXACT = ("vae", "image_encoder")
"""Parts that compute in float32. Source: diffusers' documentation of Wan, which loads them so for their quality."""
SETTINGS = frozenset({"rate", "max_frames"})
RATE, MOST = 16, 81
"""Frames per second and of a clip that Wan was trained on. Source: Wan 2.1's model card (5B: 24 and 121)."""
STRIDE, FEWEST = 4, 5
"""A clip has a multiple of STRIDE frames and one more, since the VAE packs as many into one. Source: Wan's report."""
SQUEEZE = 1.08
"""How much the shapes of the film and of what the model draws may differ for a picture to be squeezed to the model's
shape and stretched back, instead of being cut off twice."""

Ends = Literal["first", "both", "either"]
"""Which frames a model must be given: only the first, first and last, or the last where it is wished for."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a job wants of the model."""

    asked: Asked
    rate: Fraction
    """The model's frames per second."""
    count: int
    """Frames that the model makes."""
    first: RGB
    last: RGB | None
    """Both at the model's own size."""

    @classmethod
    def of(cls, job: ClipJob, kit: Kit) -> _Wish:
        """Return what a job wants; raise RenderFailed where no model of this family can."""
        wanted, rate = _wanted(job), _rate(job)
        count = _count(job, rate)
        first, last = (_framed(kit, job.input(role), wanted.working) for role in ("first", "last"))
        if first is None:
            message = "wan-i2v moves an approved still, and this job has no first frame"
            raise RenderFailed(message, "render the shot's still first, or choose another model: --clip NAME")
        return cls(wanted, rate, count, first, last)


class WanImageToVideo:
    """ClipBackend `wan-i2v`.

    Inputs: `first`, and `last` where the weights can. Settings: those of `diffusers_common.settings` but for an
    adapter; `rate`, the model's own frames per second (16); `max_frames`, the longest clip it makes (81), read as the
    next length that the VAE packs. The clip is made at the model's rate and size; frames between are drawn by motion,
    and the first (and last) frame is the given picture itself. The note `first` says how far the model's own first
    frame was from it, in mean grey levels.
    With two experts, LoRAs go to the one for much noise.
    """

    name: ClassVar[str] = "wan-i2v"
    licence: ClassVar[str] = "that of its weights: Wan 2.1 and 2.2 are Apache-2.0"
    weights: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = "diffusers"
    brings: ClassVar[str] = "a Wan image-to-video folder in diffusers' layout, with safetensors files"

    def __init__(self, home: Home) -> None:
        self._home = home
        self._shelf = shelf_of(home)

    @property
    def revision(self) -> str:
        """Names this code and the libraries; the weights are in the job."""
        return versions("1", "ftfy")

    def resident(self, job: ClipJob) -> tuple[str, ...]:
        """Return weights and dtype, then LoRAs."""
        wanted = _wanted(job)
        return (f"{wanted.weights}:{wanted.dtype}", *wanted.dress.names())

    def clip(self, job: ClipJob, kit: Kit) -> Frames:
        """Return the frames; raise RenderFailed, WeightsError, OutOfMemory or BadOutput with what to do."""
        wish = _Wish.of(job, kit)
        base = Base(wish.asked.weights, wish.asked.dtype, CLASSES, kind=KIND, exact=EXACT)

        def draw(loaded: Loaded) -> list[RGB]:
            _check(loaded.pipe, wish)
            return _drawn(loaded, job, wish, kit)

        frames = self._shelf.work(base, draw, wish.asked.dress)
        notes = self._shelf.notes(base, wish.asked.working) | {"frames": float(wish.count)}
        for place, given in ((0, wish.first), (-1, wish.last)):
            if given is not None:
                notes["last" if place else "first"] = _apart(frames[place], given)
                frames[place] = given
        rate = FrameRate.parse(job.rate).fps
        shown = retimed(frames, wish.rate, job.frames, rate, whole=wish.last is not None)
        sized = (_shaped(frame, job.width, job.height).tobytes() for frame in shown)
        return Frames(rate, job.width, job.height, "rgb24", sized, job.frames, notes)


def _wanted(job: ClipJob) -> Asked:
    """Return the job's settings; raise RenderFailed for those, and for inputs, that this family does not know."""
    wanted = asked(job.settings, SETTINGS)
    if wanted.dress.adapter:
        message = "wan-i2v wears no adapter: it sees who somebody is in the first frame"
        raise RenderFailed(message, "remove adapter: from the model in charforge.yaml")
    odd = next((given for given in job.inputs if given.role not in {"first", "last"}), None)
    if odd is not None:
        message = f"wan-i2v can do nothing with the input {odd.role} {odd.name}".rstrip()
        raise RenderFailed(message, "its inputs are: first, last")
    return wanted


def _rate(job: ClipJob) -> Fraction:
    """Return the model's own frames per second."""
    said = job.settings.get("rate", RATE)
    try:
        return FrameRate.parse(str(said)).fps
    except ValueError as error:
        raise RenderFailed(f"rate: {error}", "write the frames per second that the model was trained on: 16") from error


def _count(job: ClipJob, rate: Fraction) -> int:
    """Return how many frames the model makes for a job; raise RenderFailed where it makes no clip as long."""
    most = whole(job.settings, "max_frames", FEWEST, 10_000) if "max_frames" in job.settings else MOST
    target = FrameRate.parse(job.rate).fps
    longest = -(-(most - 1) // STRIDE) * STRIDE
    count = max(-(-(needed(job.frames, target, rate) - 1) // STRIDE) * STRIDE, FEWEST - 1)
    if count > longest:
        reach = int(longest * target / rate) + 1
        message = f"{job.frames} frames are longer than the clips of this model, which reach {reach} frames"
        hint = (
            f"shorten the shot to {float(reach / target):.2f} seconds, split it, or choose another model: --clip NAME"
        )
        raise RenderFailed(message, hint)
    return count + 1


def _framed(kit: Kit, digest: str | None, working: tuple[int, int]) -> RGB | None:
    """Return a given frame as the model is to see it."""
    return None if digest is None else _shaped(imaging.decode(kit.file(digest)), *working)


def _shaped(picture: RGB, width: int, height: int) -> RGB:
    """Return a picture at a size: squeezed where it has nearly that shape, so that going there and back loses nothing.

    Another shape is cut off on two sides.
    """
    import cv2

    tall, wide = picture.shape[:2]
    shape = wide * height / (tall * width)
    if (wide, tall) == (width, height) or not 1 / SQUEEZE <= shape <= SQUEEZE:
        return fitted(picture, width, height)
    filtering = cv2.INTER_AREA if width < wide else cv2.INTER_LANCZOS4
    return np.asarray(cv2.resize(picture, (width, height), interpolation=filtering), np.uint8)


def _check(pipe: Any, wish: _Wish) -> None:  # noqa: ANN401
    """Raise RenderFailed for a size or frames that these weights cannot do, WeightsError for another family's."""
    look = pipe.transformer.config
    least = pipe.vae.config.z_dim
    if look.in_channels != (least if pipe.config.expand_timesteps else 2 * least + STRIDE):
        message = "these Wan weights make clips from text alone and take no first frame"
        raise WeightsError(message, "name a folder of image-to-video weights, such as Wan2.2-I2V-A14B-Diffusers")
    step, working = pipe.vae_scale_factor_spatial * look.patch_size[1], wish.asked.working
    divisible(working, step, step)
    if max(working) // step > look.rope_max_seq_len:
        message = f"{working[0]}x{working[1]} is more than these weights can tell apart"
        longest = step * look.rope_max_seq_len
        pixels = longest**2 * min(working) // max(working)
        raise RenderFailed(message, f"write under the model in charforge.yaml: max_pixels: {pixels} or less")
    squeeze = pipe.vae_scale_factor_temporal
    if (wish.count - 1) // squeeze + 1 > look.rope_max_seq_len:
        message = f"{wish.count} frames are more than these weights can tell apart"
        most = int((look.rope_max_seq_len - 1) * squeeze / wish.rate)
        raise RenderFailed(message, f"write under the model in charforge.yaml: max_seconds: {most}, and split the shot")
    _check_steps(pipe.scheduler, wish.asked.steps)
    wants = _ends(pipe)
    if wish.last is not None and wants == "first":
        message = "these weights take no last frame"
        raise RenderFailed(message, "take the last frame out of the shot, or use Wan 2.1 FLF2V or Wan 2.2 A14B weights")
    if wish.last is None and wants == "both":
        message = "these weights draw the way from a first to a last frame, and this shot has no last one"
        raise RenderFailed(message, "give the shot a last frame, or use image-to-video weights such as Wan 2.1 I2V")


def _check_steps(scheduler: Any, steps: int) -> None:  # noqa: ANN401
    """Raise RenderFailed for more steps than the schedule can tell apart.

    It counts in whole numbers, and a shift crowds the first ones; where the first two are one, diffusers starts at the
    second and has none left for the last step.
    """
    if _starts_apart(scheduler, steps):
        return
    most = next(number for number in range(steps - 1, 0, -1) if _starts_apart(scheduler, number))
    message = f"the schedule of these weights cannot tell {steps} steps apart"
    raise RenderFailed(message, f"write under the model in charforge.yaml: steps: {most} or fewer")


def _starts_apart(scheduler: Any, steps: int) -> bool:  # noqa: ANN401
    scheduler.set_timesteps(steps)
    times = scheduler.timesteps
    return len(times) < 2 or bool(times[0] != times[1])


def _ends(pipe: Any) -> Ends:  # noqa: ANN401
    """Return which frames these weights take.

    Those that look at the frames with an image encoder have places for exactly as many pictures as they were trained
    on; those with two experts read frames from the latents alone; the 5B model reads the first only.
    """
    look = pipe.transformer.config
    if pipe.config.expand_timesteps:
        return "first"
    if look.image_dim is None:
        return "either"
    return "first" if look.pos_embed_seq_len is None else "both"


def _drawn(loaded: Loaded, job: ClipJob, wish: _Wish, kit: Kit) -> list[RGB]:
    """Return what the pipeline draws at the working size."""
    from PIL import Image

    first, last = (None if end is None else Image.fromarray(end) for end in (wish.first, wish.last))
    made = loaded.pipe(
        image=first,
        last_image=last,
        prompt=job.prompt,
        negative_prompt=job.negative or None,
        width=wish.asked.working[0],
        height=wish.asked.working[1],
        num_frames=wish.count,
        num_inference_steps=wish.asked.steps,
        guidance_scale=wish.asked.guidance,
        generator=seeded(job.seed),
        output_type="np",
        callback_on_step_end=loaded.steps(kit),
    )
    frames = [samples(frame) for frame in made.frames[0]]
    refuse_black(*frames)
    return frames


def _apart(one: RGB, other: RGB) -> float:
    """Return how far two pictures are apart in mean grey levels."""
    return round(float(np.abs(one.astype(np.float32) - other).mean()), 2)
