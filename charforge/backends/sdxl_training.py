"""Trains a LoRA for Stable Diffusion XL on a character's references, through diffusers and peft.

Only the attention of the UNet learns, as low-rank changes in float32; the base stays as it is. Pictures are encoded
once, captions too, so that the text encoders and the VAE are gone while it learns. The same job gives the same file on
one device. Not kept between runs: a training that is stopped begins anew.
Source: Hu et al., "LoRA", 2021; the training script `train_text_to_image_lora_sdxl.py` of diffusers (Apache-2.0) for
the choice of layers, optimiser and loss.
"""

from __future__ import annotations

import gc
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from charforge import imaging
from charforge.backends.diffusers_common import files, fitted, prepare, seeded, versions
from charforge.backends.diffusers_common.opening import opened, out_of_memory, torch_dtype, usable
from charforge.backends.protocols import Trained
from charforge.errors import BadOutput, OutOfMemory, RenderFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charforge.backends.protocols import Home, Kit
    from charforge.domain.jobs import TrainJob

CLASSES = ("StableDiffusionXLPipeline",)
LAYERS = ("to_k", "to_q", "to_v", "to_out.0")
CLIP = 1.0
"""Length that gradients are cut to. Source: as of the module."""
SEEN = 25
"""Steps whose mean loss is told, at the beginning and at the end."""


@dataclass(frozen=True, slots=True)
class _Lesson:
    """Everything that is learned from, on the device."""

    latents: Any
    """(pictures, 4, side / 8, side / 8)."""
    words: Any
    pooled: Any
    times: Any
    """(1, 6): the size that the pictures have, where they were cut, and the size that is wanted."""


class SdxlTrainer:
    """TrainBackend `sdxl`."""

    name: ClassVar[str] = "sdxl"
    licence: ClassVar[str] = "the weights' own; a LoRA is bound to the licence of its base"
    weights: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = "diffusers"
    brings: ClassVar[str] = "a folder of SDXL weights in diffusers' layout (safetensors)"

    def __init__(self, home: Home) -> None:
        self._home = home

    @property
    def revision(self) -> str:
        """Names the libraries and this way of training."""
        return versions("1")

    def train(self, job: TrainJob, kit: Kit) -> Trained:
        """Return the LoRA as a safetensors file; raise BadOutput, OutOfMemory or WeightsError with what to do."""
        folder = self._home.model(job.weights)
        found = files.layout(folder, CLASSES)
        prepare()
        import torch

        torch.set_num_threads(max(self._home.threads, 1))
        device = usable(self._home.device)
        try:
            pipe = opened(folder, found, job.dtype, exact=("vae",), add_watermarker=False)
            lesson = _lesson(pipe, job, kit, device)
            unet = pipe.unet
            noise = _noise(pipe)
            del pipe
            gc.collect()
            return _learned(unet.to(device), noise, lesson, job, kit)
        except Exception as error:
            if not out_of_memory(error):
                raise
            message = f"{device} has too little memory to train at {job.side} pixels"
            raise OutOfMemory(message, f"--size {job.side // 2}, or a machine with more memory") from error


def _noise(pipe: Any) -> Any:  # noqa: ANN401 - a scheduler of diffusers
    """Return how the base was trained to be noisy."""
    from diffusers import DDPMScheduler

    return DDPMScheduler.from_config(pipe.scheduler.config)


def _lesson(pipe: Any, job: TrainJob, kit: Kit, device: str) -> _Lesson:  # noqa: ANN401
    """Encode pictures and captions."""
    import torch

    factor = pipe.vae_scale_factor * 2 ** (len(pipe.unet.config.block_out_channels) - 1)
    if job.side % factor:
        message = f"this model cannot learn from pictures of {job.side} pixels"
        raise RenderFailed(
            message, f"write a size that is a multiple of {factor}: --size {job.side // factor * factor}"
        )
    latents, words, pooled = [], [], []
    source = seeded(job.seed)
    with torch.no_grad():
        pipe.vae.to(device)
        for digest in job.pictures:
            pixels = fitted(imaging.decode(kit.file(digest)), job.side, job.side)
            picture = torch.from_numpy(pixels.astype(np.float32) / 127.5 - 1).permute(2, 0, 1)[None].to(device)
            drawn = pipe.vae.encode(picture).latent_dist
            noise = torch.randn(drawn.mean.shape, generator=source).to(device)
            latents.append((drawn.mean + drawn.std * noise) * pipe.vae.config.scaling_factor)
        pipe.text_encoder.to(device)
        pipe.text_encoder_2.to(device)
        for caption in job.captions:
            said, _, summed, _ = pipe.encode_prompt(caption, do_classifier_free_guidance=False, device=device)
            words.append(said)
            pooled.append(summed)
    times = torch.tensor([[job.side, job.side, 0, 0, job.side, job.side]], device=device, dtype=torch.float32)
    return _Lesson(torch.cat(latents).float(), torch.cat(words).float(), torch.cat(pooled).float(), times)


def _learned(unet: Any, noise: Any, lesson: _Lesson, job: TrainJob, kit: Kit) -> Trained:  # noqa: ANN401
    """Teach the UNet and return what it learned."""
    import torch
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    unet.requires_grad_(requires_grad=False)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(job.seed)
        unet.add_adapter(
            LoraConfig(r=job.rank, lora_alpha=job.rank, init_lora_weights="gaussian", target_modules=LAYERS)
        )
    learning = [part for part in unet.parameters() if part.requires_grad]
    for part in learning:
        part.data = part.data.float()
    unet.enable_gradient_checkpointing()
    unet.train()
    rule = torch.optim.AdamW(learning, lr=job.rate, weight_decay=1e-2)
    source, losses = seeded(job.seed), []
    for step in range(job.steps):
        kit.step(step, job.steps)
        loss = _loss(unet, noise, lesson, job, source)
        if not torch.isfinite(loss):
            raise BadOutput(f"the training came to no number at step {step}", "write dtype: float32 for this model")
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learning, CLIP)
        rule.step()
        rule.zero_grad()
        losses.append(float(loss.detach()))
    kit.step(job.steps, job.steps)
    parts = {f"unet.{name}": part for name, part in get_peft_model_state_dict(unet).items()}
    return Trained(_written(parts, job), _told(losses))


def _loss(unet: Any, noise: Any, lesson: _Lesson, job: TrainJob, source: Any) -> Any:  # noqa: ANN401 - tensors
    """Return how far the UNet is from taking the noise off one picture."""
    import torch

    device = lesson.latents.device
    at = int(torch.randint(len(job.pictures), (1,), generator=source))
    clean = lesson.latents[at : at + 1]
    added = torch.randn(clean.shape, generator=source).to(device)
    when = torch.randint(noise.config.num_train_timesteps, (1,), generator=source).to(device)
    noisy = noise.add_noise(clean, added, when)
    told = {"text_embeds": lesson.pooled[at : at + 1], "time_ids": lesson.times}
    with torch.autocast(device.type, torch_dtype(job.dtype), enabled=job.dtype != "float32"):
        guessed = unet(noisy, when, lesson.words[at : at + 1], added_cond_kwargs=told).sample
    velocity = noise.config.prediction_type == "v_prediction"
    wanted = noise.get_velocity(clean, added, when) if velocity else added
    return torch.nn.functional.mse_loss(guessed.float(), wanted.float())


def _written(parts: dict[str, Any], job: TrainJob) -> bytes:
    import torch
    from safetensors.torch import save

    dtype = torch.float32 if job.dtype == "float32" else torch_dtype(job.dtype)
    plain = {name: part.detach().to("cpu", dtype).contiguous() for name, part in sorted(parts.items())}
    # safetensors writes several entries in an order of its own each time.
    said = json.dumps({"trigger": job.trigger, "base": job.weights}, sort_keys=True)
    return bytes(save(plain, {"charforge": said}))


def _told(losses: Sequence[float]) -> dict[str, float | str]:
    first, last = losses[:SEEN], losses[-SEEN:]
    return {"first_loss": round(sum(first) / len(first), 5), "last_loss": round(sum(last) / len(last), 5)}
