"""StillBackend `flux2-klein`: draws what a prompt says with the people, places and things of reference pictures.

FLUX.2 klein looks at several pictures of any shape at once and needs no training for a face. It runs any folder of
that family in diffusers' layout: klein 4B and 9B, distilled or base, and the variant that keeps its references' keys.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ClassVar

from charforge import imaging
from charforge.backends.diffusers_common import Base, fitted, pixels, seeded, shelf_of, versions
from charforge.backends.diffusers_common.settings import Asked, asked, divisible
from charforge.backends.protocols import Picture
from charforge.errors import RenderFailed, WeightsError

if TYPE_CHECKING:
    from charforge.backends.diffusers_common import Loaded
    from charforge.backends.protocols import RGB, Home, Kit
    from charforge.domain.jobs import Input, StillJob

CLASSES = ("Flux2KleinPipeline", "Flux2KleinKVPipeline")
ROLES = ("master", "head", "body", "plate", "prop", "insert", "picture")
"""Inputs that it can look at."""
MOST = 10
"""References. Source: FLUX.2's guide to editing with several pictures, https://docs.bfl.ml/guides/prompting_editing_overview"""
GOOD = 4
"""References that klein is made for; more are looked at less closely. Source: as of MOST."""
SMALLEST, LONGEST = 64, 8
"""Pixels of a picture's shorter side; how many times as long a reference's longer one may be. Source: diffusers'
Flux2ImageProcessor."""


class Flux2Klein:
    """StillBackend `flux2-klein`.

    Inputs: reference pictures with the roles in ROLES, looked at in their order in the job, each content once; a
    prompt may call them image 1, image 2 and so on. Settings: those of `diffusers_common.settings` but for an adapter.
    A distilled model works without guidance, and so without a negative prompt; the notes say which guidance was used.
    """

    name: ClassVar[str] = "flux2-klein"
    licence: ClassVar[str] = "that of its weights: klein 4B is Apache-2.0, klein 9B is for non-commercial use"
    weights: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = "diffusers"
    brings: ClassVar[str] = "a FLUX.2 klein folder in diffusers' layout, with safetensors files"

    def __init__(self, home: Home) -> None:
        self._home = home
        self._shelf = shelf_of(home)

    @property
    def revision(self) -> str:
        """Names this code and the libraries; the weights are in the job."""
        return versions("1")

    def resident(self, job: StillJob) -> tuple[str, ...]:
        """Return weights and dtype, then LoRAs."""
        wanted = _wanted(job)
        return (f"{wanted.weights}:{wanted.dtype}", *wanted.dress.names())

    def still(self, job: StillJob, kit: Kit) -> Picture:
        """Return the picture; raise RenderFailed, WeightsError, OutOfMemory or BadOutput with what to do."""
        wanted = _wanted(job)
        references = [_reference(given, kit) for given in _distinct(job)]
        base = Base(wanted.weights, wanted.dtype, CLASSES, whole=("vae",))
        notes: dict[str, float | str] = {"references": _counted(len(references))}

        def draw(loaded: Loaded) -> Any:  # noqa: ANN401 - an array of floats
            notes["guidance"] = wanted.guidance if _guidable(loaded.pipe) else "none: the model is distilled"
            return _drawn(loaded, job, wanted, references, kit)

        made = pixels(self._shelf.work(base, draw, wanted.dress))
        notes |= self._shelf.notes(base, wanted.working)
        return Picture(fitted(made, job.width, job.height), notes=notes)


def _wanted(job: StillJob) -> Asked:
    """Return the job's settings; raise RenderFailed for those that this family does not know."""
    wanted = asked(job.settings)
    if wanted.dress.adapter:
        message = "flux2-klein wears no adapter: it sees who somebody is in the reference pictures"
        raise RenderFailed(message, "remove adapter: from the model in charforge.yaml")
    return wanted


def _distinct(job: StillJob) -> list[Input]:
    """Return the inputs to look at, each content once; raise RenderFailed for what cannot be looked at."""
    distinct: dict[str, Input] = {}
    for given in job.inputs:
        if given.role not in ROLES:
            message = f"flux2-klein can do nothing with the input {given.role} {given.name}".rstrip()
            raise RenderFailed(message, f"its inputs are: {', '.join(ROLES)}")
        distinct.setdefault(given.digest(), given)
    if len(distinct) > MOST:
        message = f"flux2-klein looks at {MOST} reference pictures at most, and this shot has {len(distinct)}"
        raise RenderFailed(message, "put fewer people or props into the shot, or choose another model: --still NAME")
    return list(distinct.values())


def _reference(given: Input, kit: Kit) -> RGB:
    """Return a reference picture; raise RenderFailed where the model cannot look at it."""
    found = imaging.decode(kit.file(given.digest()), f"{given.role} {given.name}".rstrip())
    short, long = sorted(found.shape[:2])
    if short < SMALLEST or long > LONGEST * short:
        what = f"{given.role} {given.name}".rstrip()
        message = f"the reference {what} is {found.shape[1]}x{found.shape[0]} pixels, which flux2-klein cannot look at"
        hint = f"give a picture of at least {SMALLEST} pixels a side that is at most {LONGEST} times as long as wide"
        raise RenderFailed(message, hint)
    return found


def _drawn(loaded: Loaded, job: StillJob, wanted: Asked, references: list[RGB], kit: Kit) -> Any:  # noqa: ANN401
    """Return what the pipeline draws at the working size, floats."""
    from PIL import Image

    pipe = loaded.pipe
    divisible(wanted.working, pipe.vae_scale_factor * 2, SMALLEST)
    layers = _layers(pipe)
    options: dict[str, Any] = {}
    if _guidable(pipe):
        options["guidance_scale"] = wanted.guidance
        if job.negative and wanted.guidance > 1:
            options["negative_prompt_embeds"] = _negative(pipe, job.negative, layers)
    made = pipe(
        prompt=job.prompt,
        image=[Image.fromarray(reference) for reference in references] or None,
        width=wanted.working[0],
        height=wanted.working[1],
        num_inference_steps=wanted.steps,
        generator=seeded(job.seed),
        text_encoder_out_layers=layers,
        output_type="np",
        callback_on_step_end=loaded.steps(kit),
        **options,
    )
    return made.images[0]


def _layers(pipe: Any) -> tuple[int, ...]:  # noqa: ANN401
    """Return the layers of the text encoder that the transformer reads: the pipeline's own, where it is deep enough.

    In a shallower encoder they are spread as evenly as those in the real one, (9, 18, 27) of 36.
    """
    usual = tuple(inspect.signature(pipe.__call__).parameters["text_encoder_out_layers"].default)
    depth, width = pipe.text_encoder.config.num_hidden_layers, pipe.text_encoder.config.hidden_size
    if pipe.transformer.config.joint_attention_dim != len(usual) * width:
        message = f"the text encoder ({width} wide) and the transformer of this model do not fit together"
        raise WeightsError(message, "download the folder again, all of it, then: charforge doctor")
    if depth >= max(usual):
        return usual
    return tuple(depth * number // (len(usual) + 1) for number in range(1, len(usual) + 1))


def _guidable(pipe: Any) -> bool:  # noqa: ANN401
    """Tell whether a model works with guidance: distilled ones do not."""
    takes = "guidance_scale" in inspect.signature(pipe.__call__).parameters
    return takes and not getattr(pipe.config, "is_distilled", False)


def _negative(pipe: Any, text: str, layers: tuple[int, ...]) -> Any:  # noqa: ANN401 - a tensor
    """Return the embedding of what the picture shall not show, which the pipeline only takes in this form."""
    import torch

    with torch.no_grad():
        return pipe.encode_prompt(prompt=text, text_encoder_out_layers=layers)[0]


def _counted(number: int) -> float | str:
    return float(number) if number <= GOOD else f"{number}, and the model is made for {GOOD} at most"
