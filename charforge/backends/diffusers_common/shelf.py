"""The one resident pipeline of a home: loaded, dressed, moved to where its weights wait, and let go of."""

from __future__ import annotations

import gc
import shutil
import weakref
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, TypeVar

from charforge.backends.diffusers_common import files
from charforge.backends.diffusers_common.dress import Dress, wear
from charforge.backends.diffusers_common.opening import opened, out_of_memory, prepare, torch_dtype, untie, usable
from charforge.errors import BackendError, CharforgeError, OutOfMemory

if TYPE_CHECKING:
    from collections.abc import Callable

    from charforge.backends.protocols import Home, Kit
    from charforge.checkpoints import Layout

    T = TypeVar("T")

POLICIES = ("none", "model", "group")


@dataclass(frozen=True, slots=True)
class Base:
    """A pipeline to be resident."""

    weights: str
    """Digest of its folder, as `home.model` knows it."""
    dtype: str
    classes: tuple[str, ...]
    """Pipelines of diffusers that the backend runs; the folder's own `_class_name` must be one of them."""
    options: tuple[tuple[str, Any], ...] = ()
    """What their constructors are given besides the parts."""
    kind: str = ""
    """The pipeline that it is loaded as, where that is a sibling of the one that the folder names."""
    exact: tuple[str, ...] = ()
    """Components that compute in float32 whatever the dtype."""
    whole: tuple[str, ...] = ()
    """Components that are never taken apart into layers, since the pipeline itself reads into them."""


@dataclass(slots=True, weakref_slot=True)
class Loaded:
    """The resident pipeline, ready to be called."""

    base: Base
    folder: Path
    pipe: Any
    policy: str
    device: str
    dress: Dress = field(default_factory=Dress)
    """The adapter and LoRAs that it wears."""
    between: bool = False
    """True while progress is reported: nothing in the pipeline is half done then."""
    views: dict[str, Any] = field(default_factory=dict)
    disk: Path | None = None
    """Where layers wait that are not in memory; deleted with this."""

    def view(self, kind: str) -> Any:  # noqa: ANN401 - a pipeline
        """Return another pipeline over the same weights, such as `StableDiffusionXLInpaintPipeline`."""
        import diffusers

        if kind not in self.views:
            made = getattr(diffusers, kind).from_pipe(
                self.pipe, dtype=torch_dtype(self.base.dtype), **dict(self.base.options)
            )
            made.set_progress_bar_config(disable=True)
            self.views[kind] = made
        return self.views[kind]

    def steps(self, kit: Kit) -> Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]:
        """Return the `callback_on_step_end` that reports progress and lets the work be stopped between two steps."""

        def report(pipe: Any, index: int, _time: Any, tensors: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
            total = max(int(getattr(pipe, "num_timesteps", 0)), index + 1)
            self.between = True
            kit.step(index + 1, total)
            self.between = False
            return tensors

        return report


class Shelf:
    """Holds one pipeline of a home at a time; made by `shelf_of`."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._loaded: Loaded | None = None
        self._policies: dict[Base, str] = {}
        self._spoilt = False

    def work(self, base: Base, task: Callable[[Loaded], T], dress: Dress | None = None) -> T:
        """Return what a task makes of the pipeline, which is loaded and dressed first where it is not.

        When memory runs out the pipeline is loaded anew under the next offload policy and the task tried once more.
        Raises OutOfMemory, WeightsError, BackendError.
        """
        try:
            return self._attempt(base, task, dress or Dress())
        except Exception as error:
            if not out_of_memory(error):
                raise
            further = self._next_policy(base)
            if further is None:
                raise self._full(base) from error
        self._policies[base] = further
        try:
            return self._attempt(base, task, dress or Dress())
        except Exception as error:
            if not out_of_memory(error):
                raise
            raise self._full(base) from error

    def notes(self, base: Base, working: tuple[int, int]) -> dict[str, float | str]:
        """Return what every picture tells of how it was made."""
        return {
            "device": self._home.device,
            "dtype": base.dtype,
            "offload": self.policy(base),
            "working": f"{working[0]}x{working[1]}",
        }

    def policy(self, base: Base) -> str:
        """Return where the weights of a pipeline wait."""
        asked = self._policies.get(base, self._home.offload)
        if asked not in POLICIES:
            message = f"there is no offload policy {asked!r}"
            raise BackendError(message, f"write one of: {', '.join(POLICIES)}")
        return "none" if asked == "model" and self._home.device == "cpu" else asked

    def let_go(self) -> None:
        """Free the resident pipeline's memory."""
        self._loaded, self._spoilt = None, False
        gc.collect()
        _empty_cache(self._home.device)

    def _attempt(self, base: Base, task: Callable[[Loaded], T], dress: Dress) -> T:
        """Load, dress and run; a pipeline that was left in the middle of something is let go of."""
        found = self._checked(base, dress)
        if self._loaded is None:
            prepare()
        import torch

        torch.set_num_threads(max(self._home.threads, 1))
        loaded = None
        try:
            loaded = self._dressed(base, dress, found)
            loaded.between = False
            return task(loaded)
        except CharforgeError:
            raise
        except BaseException:
            if loaded is None or not loaded.between:
                self.let_go()
                # Its memory is free only when nobody looks at the error any more.
                self._spoilt = True
            else:
                loaded.pipe.maybe_free_model_hooks()
            raise

    def _checked(self, base: Base, dress: Dress) -> Layout | None:
        """Look at the files that are not in use yet, before anything heavy happens; None when the base is resident."""
        resident = self._loaded is not None and self._loaded.base == base
        folder = self._home.model(base.weights)
        found = None if resident else files.layout(folder, base.classes)
        if self._loaded is None or not resident or not self._loaded.dress.same_files(dress):
            dress.check(folder, self._home.model)
        return found

    def _dressed(self, base: Base, dress: Dress, found: Layout | None) -> Loaded:
        loaded = self._loaded
        if loaded is not None and loaded.base == base and loaded.policy == self.policy(base):
            if loaded.dress == dress:
                return loaded
            if loaded.policy != "group":
                return self._changed(loaded, dress)
        if loaded is not None or self._spoilt:
            loaded = None
            self.let_go()
        return self._load(base, dress, found)

    def _changed(self, loaded: Loaded, dress: Dress) -> Loaded:
        """Change what the resident pipeline wears; its weights stay."""
        if not loaded.dress.same_files(dress):
            loaded.pipe.remove_all_hooks()
        try:
            wear(loaded.pipe, loaded.dress, dress, self._home.model)
        except CharforgeError:
            self.let_go()
            raise
        if not loaded.dress.same_files(dress):
            self._place(loaded)
        loaded.dress = dress
        return loaded

    def _load(self, base: Base, dress: Dress, found: Layout | None) -> Loaded:
        device, policy = usable(self._home.device), self.policy(base)
        folder = self._home.model(base.weights)
        found = found or files.layout(folder, base.classes)
        pipe = opened(folder, found, base.dtype, kind=base.kind, exact=base.exact, **dict(base.options))
        loaded = Loaded(base, folder, pipe, policy, device, dress)
        wear(loaded.pipe, Dress(), dress, self._home.model)
        self._place(loaded)
        self._loaded = loaded
        return loaded

    def _place(self, loaded: Loaded) -> None:
        """Put a pipeline's weights where they wait."""
        import torch
        from diffusers.hooks.group_offloading import apply_group_offloading

        pipe, device = loaded.pipe, loaded.device
        if loaded.policy == "none":
            pipe.to(device)
            return
        if loaded.policy == "model":
            pipe.enable_model_cpu_offload(device=device)
            return
        places: dict[str, Any] = {"onload_device": torch.device(device), "offload_device": torch.device("cpu")}
        if device == "cpu":
            loaded.disk = Path(mkdtemp(prefix="charforge-"))
            weakref.finalize(loaded, shutil.rmtree, loaded.disk, ignore_errors=True)
        for name, part in pipe.components.items():
            if isinstance(part, torch.nn.Module) and name in loaded.base.whole:
                part.to(device)
            elif isinstance(part, torch.nn.Module):
                if loaded.disk is not None:
                    untie(part)
                    places["offload_to_disk_path"] = str(loaded.disk / name)
                apply_group_offloading(part, offload_type="leaf_level", use_stream=device.startswith("cuda"), **places)

    def _next_policy(self, base: Base) -> str | None:
        """Return the next offload policy that differs on this device."""
        device = self._home.device
        chain = ("none", "group") if device == "cpu" else POLICIES
        place = chain.index(self.policy(base))
        return chain[place + 1] if place + 1 < len(chain) else None

    def _full(self, base: Base) -> OutOfMemory:
        message = f"{self._home.device} has too little memory for this model, also with offload: {self.policy(base)}"
        further = self._next_policy(base)
        write = f"offload: {further}, or " if further else ""
        hint = f"write in charforge.yaml {write}a smaller max_pixels: under the model, or close other programs"
        return OutOfMemory(message, hint if further else f"{hint}, or use a machine with more memory")


_SHELVES: weakref.WeakKeyDictionary[Any, weakref.ReferenceType[Shelf]] = weakref.WeakKeyDictionary()


def shelf_of(home: Home) -> Shelf:
    """Return the home's shelf, which lives as long as a backend holds it; backends of one home share it."""
    known = _SHELVES.get(home)
    shelf = known() if known is not None else None
    if shelf is None:
        shelf = Shelf(home)
        _SHELVES[home] = weakref.ref(shelf)
    return shelf


def _empty_cache(device: str) -> None:
    import sys

    torch = sys.modules.get("torch")
    if torch is not None and device.startswith("cuda"):
        with suppress(RuntimeError):
            torch.cuda.empty_cache()
