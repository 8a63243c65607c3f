"""Stable Diffusion XL through diffusers: stills, and the repair of a face in a finished picture.

The weights are the user's own folder in diffusers' layout. Who somebody is comes from an IP-Adapter FaceID, a model of
the user's own too, through the very face model that it was trained on: another one's embedding fits in length and
says nothing. Source: the published FaceID adapters take `normed_embedding` of insightface's buffalo_l pack.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from charforge import imaging
from charforge.backends.diffusers_common import Base, Dress, files, fitted, pixels, regions, seeded, shelf_of, versions
from charforge.backends.diffusers_common.settings import PLAN, Asked, asked, divisible, number
from charforge.backends.protocols import Picture
from charforge.errors import RenderFailed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from charforge.backends.diffusers_common import Loaded
    from charforge.backends.protocols import RGB, Home, Kit, Vector
    from charforge.domain.jobs import RepairJob, StillJob

    Box = tuple[float, float, float, float]

CLASSES = ("StableDiffusionXLPipeline",)
INPAINT = "StableDiffusionXLInpaintPipeline"
STILL_SETTINGS = frozenset({"boxes"})
REPAIR_SETTINGS = frozenset({"prompt", "negative", "strength"})
STRENGTH = 0.5
DEEPEST = 16
"""Halvings; no picture is large enough for more."""
PROMPT = "a detailed photograph of a face"
"""Where a repair says nothing of what is to be seen."""


@dataclass(frozen=True, slots=True)
class _Faces:
    """Who is to be recognised."""

    embeddings: tuple[Vector, ...] = ()
    boxes: tuple[Box, ...] = ()
    """Where each of them stands, as shares of the picture's width and height; empty where that is free."""


class Sdxl:
    """StillBackend and RepairBackend `sdxl`.

    Inputs of a still: `head`, or `master` where somebody has none, one person for each input name; used with an
    adapter only. Inputs of a repair: `picture`, and `head` or `master` of the one person. Settings: those of
    `diffusers_common.settings`; for a still `boxes`: {name: [x, y, width, height]} in pixels of the job, where each
    person stands; for a repair `prompt`, `negative`, and `strength` 0 to 1, how much of the face is drawn anew.
    """

    name: ClassVar[str] = "sdxl"
    licence: ClassVar[str] = "the weights' own; SDXL 1.0 is under CreativeML Open RAIL++-M"
    weights: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    extra: ClassVar[str] = "diffusers"
    brings: ClassVar[str] = (
        "a folder of SDXL weights in diffusers' layout (safetensors); LoRAs and an IP-Adapter FaceID as .safetensors"
    )
    margin: ClassVar[float] = 0.25
    """A repair changes nothing farther outside the box than this share of its longer side."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._shelf = shelf_of(home)
        self._known: dict[tuple[str, str], Vector] = {}
        self._sizes: dict[str, tuple[int, int]] = {}
        """Levels of the VAE and the UNet, by digest of the weights."""

    @property
    def revision(self) -> str:
        """Names the libraries and this way of asking them; the weights are in the job's settings."""
        return versions("1")

    def resident(self, job: StillJob | RepairJob) -> tuple[str, ...]:
        """Return weights and dtype, then the adapter and the LoRAs."""
        wanted = asked(job.settings, STILL_SETTINGS | REPAIR_SETTINGS)
        return (f"{wanted.weights}:{wanted.dtype}", *_dress(wanted, job).names())

    def still(self, job: StillJob, kit: Kit) -> Picture:
        """Return the picture; raise RenderFailed, WeightsError, OutOfMemory or BadOutput with what to do."""
        wanted = asked(job.settings, STILL_SETTINGS)
        base, dress = self._base(wanted), _dress(wanted, job)
        faces = self._faces(wanted, job, kit) if dress.adapter else _Faces()

        unread: list[str] = []

        def draw(loaded: Loaded) -> Any:  # noqa: ANN401 - an array of floats
            unread[:] = _unread(loaded.pipe.tokenizer, job.prompt)
            call = self._call(loaded, wanted, job.seed, kit) | _identity(faces, wanted)
            return loaded.pipe(prompt=job.prompt, negative_prompt=job.negative or None, **call).images[0]

        drawn = pixels(self._shelf.work(base, draw, dress))
        notes = self._shelf.notes(base, wanted.working) | ({"unread": unread[0]} if unread else {})
        return Picture(fitted(drawn, job.width, job.height), notes=notes)

    def repair(self, job: RepairJob, kit: Kit) -> Picture:
        """Return the picture with the face in its box drawn anew; every pixel beyond the margin is as it was."""
        wanted = asked(job.settings, REPAIR_SETTINGS)
        strength = number(job.settings, "strength", 0, 1, STRENGTH)
        if int(wanted.steps * strength) < 1:
            message = f"{wanted.steps} steps at strength {strength:g} draw nothing"
            raise RenderFailed(message, "write more steps or a higher strength")
        picture = imaging.decode(kit.file(_given(job, "picture")))
        _within(job.box, picture)
        base, dress = self._base(wanted), _dress(wanted, job)
        faces = self._faces(wanted, job, kit) if dress.adapter else _Faces()
        at = regions.region(job.box, self.margin, wanted.working)
        seen = regions.cropped(picture, at, wanted.working)

        def draw(loaded: Loaded) -> Any:  # noqa: ANN401
            words = {"prompt": job.settings.get("prompt", PROMPT), "negative_prompt": job.settings.get("negative")}
            call = self._call(loaded, wanted, job.seed, kit) | _identity(faces, wanted) | words
            parts = {"image": _pil(seen), "mask_image": _pil(_mask(at, wanted.working)), "strength": strength}
            return loaded.view(INPAINT)(**parts, **call).images[0]

        drawn = pixels(self._shelf.work(base, draw, dress))
        return Picture(regions.pasted(picture, drawn, at), notes=self._shelf.notes(base, wanted.working))

    def _base(self, wanted: Asked) -> Base:
        """Return what must be resident, once the size is one that the model can draw."""
        base = Base(wanted.weights, wanted.dtype, CLASSES, (("add_watermarker", False),))
        if wanted.weights not in self._sizes:
            folder = self._home.model(wanted.weights)
            self._sizes[wanted.weights] = _levels(folder, "vae"), _levels(folder, "unet")
        vae, unet = self._sizes[wanted.weights]
        # What is wrong with the folder itself is said when it is loaded.
        if vae and unet:
            factor = 2 ** (vae - 1)
            divisible(wanted.working, factor, factor * 2 ** (unet - 1))
        return base

    def _call(self, loaded: Loaded, wanted: Asked, seed: int, kit: Kit) -> dict[str, Any]:
        """Return what both pipelines are told."""
        return {
            "width": wanted.working[0],
            "height": wanted.working[1],
            "num_inference_steps": wanted.steps,
            "guidance_scale": wanted.guidance,
            "generator": seeded(seed),
            "output_type": "np",
            "callback_on_step_end": loaded.steps(kit),
        }

    def _faces(self, wanted: Asked, job: StillJob | RepairJob, kit: Kit) -> _Faces:
        """Return the embedding of everybody who is given."""
        people = _people(job)
        embeddings = tuple(self._embedding(wanted, *given, who, kit) for who, given in people.items())
        said = job.settings.get("boxes")
        if not said:
            return _Faces(embeddings)
        if not isinstance(said, dict) or set(said) != set(people):
            message = f"boxes is {said!r}, the people are {', '.join(people)}"
            raise RenderFailed(message, PLAN)
        size = (job.width, job.height) if job.kind == "still" else wanted.working
        return _Faces(embeddings, tuple(_shares(said[who], size) for who in people))

    def _embedding(self, wanted: Asked, role: str, digest: str, who: str, kit: Kit) -> Vector:
        """Return what the largest face of a picture is to the adapter's own face model, of length 1."""
        known = self._known.get((wanted.face_model, digest))
        if known is not None:
            return known
        judge = kit.face(wanted.face_model)
        file = kit.file(digest)
        picture = imaging.decode(file)
        found = judge.detect(picture)
        if not found:
            message = f"{judge.name} finds no face in the {role} of {who or 'the character'}, {file}"
            hint = "put a sharp picture with room around the whole face in its place, then: charforge lock NAME"
            raise RenderFailed(message, hint)
        embedding = np.asarray(judge.embed(picture, found[0]), np.float32).reshape(-1)
        takes = files.header(self._home.model(wanted.dress.adapter)).get("image_proj.proj.0.weight", (0, 0))[1]
        if takes and embedding.size != takes:
            message = f"{judge.name} gives {embedding.size} numbers for a face, the adapter takes {takes}"
            raise RenderFailed(message, "write as face_model the sha256 of the model that the adapter was trained on")
        self._known[wanted.face_model, digest] = embedding / max(float(np.linalg.norm(embedding)), 1e-9)
        return self._known[wanted.face_model, digest]


def _unread(tokenizer: Any, prompt: str) -> list[str]:  # noqa: ANN401
    """Return the end of a prompt that is longer than the text encoders read, as its tokens spell it."""
    room = tokenizer.model_max_length - 2
    # A token spells at least one byte.
    beyond = tokenizer(prompt).input_ids[1:-1][room:] if len(prompt.encode()) > room else []
    return [tokenizer.decode(beyond)] if beyond else []


def _people(job: StillJob | RepairJob) -> dict[str, tuple[str, str]]:
    """Return role and digest of everybody's picture by name: the head, or the master where there is none."""
    heads, masters = ({i.name: i for i in reversed(job.inputs) if i.role == role} for role in ("head", "master"))
    names = dict.fromkeys(i.name for i in job.inputs if i.role in {"head", "master"})
    return {name: (given.role, given.digest()) for name in names for given in [heads.get(name) or masters[name]]}


def _dress(wanted: Asked, job: StillJob | RepairJob) -> Dress:
    """Return what the pipeline wears; a picture of nobody needs no adapter."""
    return wanted.dress if _people(job) else replace(wanted.dress, adapter="", scale=0.0)


def _given(job: RepairJob, role: str) -> str:
    digest = job.input(role)
    if digest is None:
        message = f"the repair has no {role}"
        raise RenderFailed(message, PLAN)
    return digest


def _within(box: tuple[int, int, int, int], picture: RGB) -> None:
    x, y, width, height = box
    inside = min(x, y) >= 0 and x + width <= picture.shape[1] and y + height <= picture.shape[0]
    if not inside or min(width, height) < 1:
        message = f"the box {box} is not within the picture of {picture.shape[1]}x{picture.shape[0]}"
        raise RenderFailed(message, "this is an error in the remedy; please report it")


def _levels(folder: Path, part: str) -> int:
    """Return how many sizes a part works at, each half of the one before; 0 where its configuration does not say."""
    if not (folder / part / "config.json").is_file():
        return 0
    found = files.config(folder, part).get("block_out_channels")
    return len(found) if isinstance(found, list) and len(found) <= DEEPEST else 0


def _shares(box: Any, size: tuple[int, int]) -> Box:  # noqa: ANN401 - as written in the job
    if not isinstance(box, (list, tuple)) or len(box) != 4 or not all(isinstance(v, (int, float)) for v in box):
        message = f"a box is {box!r}, not x, y, width and height"
        raise RenderFailed(message, PLAN)
    return box[0] / size[0], box[1] / size[1], box[2] / size[0], box[3] / size[1]


def _identity(faces: _Faces, wanted: Asked) -> dict[str, Any]:
    """Return what makes the faces those of given people: embeddings, with zeros as their negative, and places."""
    if not faces.embeddings:
        return {}
    import torch

    ours = torch.from_numpy(np.stack(faces.embeddings))[None]
    # Without guidance the pipeline draws no negative.
    both = torch.cat([torch.zeros_like(ours), ours]) if wanted.guidance > 1 else ours
    told: dict[str, Any] = {"ip_adapter_image_embeds": [both.to(getattr(torch, wanted.dtype))]}
    if faces.boxes:
        told["cross_attention_kwargs"] = {"ip_adapter_masks": [_places(faces.boxes, wanted.working)]}
    return told


def _places(boxes: Sequence[Box], working: tuple[int, int]) -> Any:  # noqa: ANN401 - a tensor
    """Return one mask for each person, (1, people, height, width)."""
    import torch

    masks = torch.zeros(1, len(boxes), working[1], working[0])
    for number_, (x, y, w, h) in enumerate(boxes):
        left, right = round(x * working[0]), round((x + w) * working[0])
        masks[0, number_, round(y * working[1]) : round((y + h) * working[1]), left:right] = 1
    return masks


def _mask(at: regions.Region, working: tuple[int, int]) -> RGB:
    """Return the repair's mask at the model's size, grey as three equal planes."""
    import cv2

    grey = cv2.resize(regions.mask(at), working, interpolation=cv2.INTER_AREA)
    return np.repeat((grey > 0).astype(np.uint8)[..., None] * 255, 3, axis=2)


def _pil(picture: RGB) -> Any:  # noqa: ANN401
    from PIL import Image

    return Image.fromarray(picture)
