"""What the InsightFace backends share: which file of a pack does what, and how insightface is made to load it.

insightface fetches a pack from the network when it is given a name; here it is only ever given files that are there.
"""

from __future__ import annotations

import contextlib
import io
import json
import warnings
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from charforge.backends.insightface_models.outline import Outline, outline
from charforge.errors import BackendError, BackendMissing, WeightsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from charforge.backends.protocols import Home

MANIFEST = "manifest.json"
DESCRIBED = 2
"""Manifest version that insightface reads; it goes by the shapes of files where there is no such manifest."""
RESEARCH = "non-commercial research only (InsightFace's terms for its trained models)"
RUNTIMES = ("onnxruntime", "onnxruntime-gpu")
POINTED = (9, 15)
"""Numbers of outputs of detectors that give five points with each face."""


@dataclass(frozen=True, slots=True)
class Pack:
    """The two files of a pack folder that tell people apart."""

    folder: Path
    detector: Path
    recogniser: Path
    licence: str
    commercial: bool
    """True only when its manifest.json says ``"commercial": true``."""
    described: bool
    """Its manifest.json also says how pictures are prepared."""


def read_pack(folder: Path) -> Pack:
    """Return what a folder holds, reading only outlines; raise BackendMissing or WeightsError with what is wrong."""
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "is not there"
        hint = "write the folder that holds a pack's ONNX files (detector and recogniser); nothing is fetched by itself"
        raise BackendMissing(f"the InsightFace pack {folder} {what}", hint)
    manifest = _manifest(folder)
    described = manifest.get("manifest_version") == DESCRIBED
    detector, recogniser = _declared(folder, manifest) if described else _routed(folder)
    licence = manifest.get("license")
    if isinstance(licence, str) and licence.endswith("MODEL.LICENSE"):
        licence = f"as {folder.name}/{licence} says"
    named = licence if isinstance(licence, str) and licence.strip() else RESEARCH
    return Pack(folder, detector, recogniser, named, manifest.get("commercial") is True, described)


def purpose(shape: Outline) -> str:
    """Return what insightface takes a model for by its shape: `detector`, `recogniser`, `swapper`, or `other`."""
    if len(shape.outputs) >= 5:
        return "detector"
    extents = shape.inputs[0].shape if shape.inputs else ()
    if len(extents) != 4:
        return "other"
    side = extents[2]
    if side != extents[3] or side in {96, 192}:
        return "other"
    if len(shape.inputs) == 2:
        return "swapper" if side == 128 else "other"
    return "recogniser" if side >= 112 and side % 16 == 0 and len(shape.outputs) == 1 else "other"


def versions() -> str:
    """Name insightface and onnxruntime, importing neither; raise BackendMissing when one is not installed."""
    runtimes = [f"onnxruntime-{found}" for name in RUNTIMES if (found := _version(name))]
    own = _version("insightface")
    if not own or not runtimes:
        missing = "onnxruntime" if own else "insightface"
        raise BackendMissing(f"{missing} is not installed", "pip install 'charforge[insightface]'")
    return f"insightface-{own};{runtimes[0]}"


def zoo() -> Any:  # noqa: ANN401 - insightface has no types
    """Import and return ``insightface.model_zoo``; what it prints stays off stdout."""
    versions()
    # insightface calls a function that scikit-image is about to rename, once for every face.
    ignored = {"category": FutureWarning, "module": r"insightface\.utils\.face_align"}
    warnings.filterwarnings("ignore", "`estimate` is deprecated", **ignored)  # type: ignore[arg-type]
    try:
        with quiet():
            from insightface import model_zoo
    except ImportError as error:
        raise BackendMissing(
            f"insightface cannot be imported: {error}", "pip install 'charforge[insightface]'"
        ) from error
    return model_zoo


def load(file: Path, home: Home, task: str = "", folder: Path | None = None) -> Any:  # noqa: ANN401
    """Return insightface's model for a file that is there; of a described pack, the model of a task in its folder.

    Raises BackendError when the device cannot run it, WeightsError when onnxruntime refuses the file.
    """
    models = zoo()
    arguments = _session(home)
    wanted = arguments["providers"][0]
    try:
        with quiet():
            if folder is None:
                model = models.get_model(str(file), **arguments)
            else:
                from insightface.model_zoo.package_manifest import load_model_package

                described = load_model_package(folder).task(task)
                model = models.get_model(str(folder), model_task=task, model_descriptor=described, **arguments)
    except Exception as error:  # onnxruntime, protobuf and insightface raise types of their own
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise WeightsError(f"{file} cannot be loaded: {reason}", "download it again") from error
    if model.session.get_providers()[0] != wanted:
        raise BackendError(f"onnxruntime cannot use {home.device} for {file.name}", _WITHOUT_CUDA)
    return model


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what insightface prints off stdout, which is data."""
    with contextlib.redirect_stdout(io.StringIO()):
        yield


_WITHOUT_CUDA = (
    "pip uninstall onnxruntime, then pip install onnxruntime-gpu (with CUDA and cuDNN of its release); "
    "or write device: cpu into charforge.yaml"
)


def _session(home: Home) -> dict[str, Any]:
    """Return how a session is made on this machine; onnxruntime has no door to `mps`, which runs on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = home.threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    arguments: dict[str, Any] = {"sess_options": options, "static_shape_sessions": False}
    if not home.device.startswith("cuda"):
        return {**arguments, "providers": ["CPUExecutionProvider"]}
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        raise BackendError(f"the device is {home.device}, but the installed onnxruntime knows no CUDA", _WITHOUT_CUDA)
    number = home.device.partition(":")[2] or "0"
    providers = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    return {**arguments, "providers": providers, "provider_options": [{"device_id": number}, {}]}


def _manifest(folder: Path) -> Mapping[str, Any]:
    file = folder / MANIFEST
    if not file.is_file():
        return {}
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{file} cannot be read: {error}", "correct it, or remove it") from error
    if not isinstance(found, dict):
        raise WeightsError(f"{file} is not a JSON object", "correct it, or remove it")
    return found


def _declared(folder: Path, manifest: Mapping[str, Any]) -> tuple[Path, Path]:
    """Return the detector and the recogniser that a manifest names."""
    found = []
    for task in ("detection", "recognition"):
        try:
            name = str(manifest["tasks"][task]["file"])
        except (KeyError, TypeError):
            message = f"{folder / MANIFEST} names no file for {task}"
            raise WeightsError(message, "a pack needs a detector and a recogniser") from None
        file = (folder / name).resolve()
        if not file.is_relative_to(folder.resolve()):
            raise WeightsError(f"{folder / MANIFEST} names a file outside its folder: {name}", "correct it")
        found.append(file)
    detector, recogniser = found
    _check_detector(detector, outline(detector))
    if purpose(outline(recogniser)) != "recogniser":
        raise WeightsError(f"{recogniser} is not a face recogniser", f"correct {folder / MANIFEST}")
    return detector, recogniser


def _routed(folder: Path) -> tuple[Path, Path]:
    """Return the first detector and the first recogniser in the order of names, as insightface chooses them."""
    files = sorted(f for f in folder.glob("*.onnx") if not f.name.startswith("."))
    if not files:
        deeper = sorted(f.parent for f in folder.glob("*/*.onnx"))
        hint = f"there are some in {deeper[0]}: name that folder" if deeper else "unpack a pack into it"
        raise BackendMissing(f"{folder} holds no ONNX files", hint)
    outlines = {file: outline(file) for file in files}
    kinds = {file: purpose(shape) for file, shape in outlines.items()}
    held = ", ".join(f"{file.name} ({kind})" for file, kind in kinds.items())
    firsts = []
    for wanted in ("detector", "recogniser"):
        first = next((file for file, kind in kinds.items() if kind == wanted), None)
        if first is None:
            raise BackendMissing(
                f"{folder} holds no face {wanted}, only {held}", "a pack needs a detector and a recogniser"
            )
        firsts.append(first)
    _check_detector(firsts[0], outlines[firsts[0]])
    return firsts[0], firsts[1]


def _check_detector(file: Path, shape: Outline) -> None:
    if len(shape.outputs) not in POINTED:
        message = f"the detector {file} gives no five points with a face: {len(shape.outputs)} outputs"
        raise WeightsError(message, "use one with keypoints (SCRFD `bnkps`, det_500m, det_10g)")


def _version(name: str) -> str:
    try:
        return ".".join(version(name).split(".")[:2])
    except PackageNotFoundError:
        return ""
