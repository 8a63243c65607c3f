"""Turns a pickle of tensors into safetensors, the only form that charforge loads."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from charforge.backends import pickled
from charforge.checkpoints.safetensors import CONVERT, Header, examine, header
from charforge.documents.files import unwritable
from charforge.errors import InputError, Problem
from charforge.studio.report import ConvertReport

SUFFIX = ".safetensors"
TAKES = "convert takes a pickle of tensors, as torch saves it: .bin, .pt, .pth or .ckpt"


def convert(file: Path, to: Path | None = None) -> ConvertReport:
    """Write the tensors of a pickle into a new safetensors file, beside it or at `to`, and return what it holds.

    Raises InputError when the file is no pickle, or when the new one cannot be named so; a file that is there is never
    written over. Raises WeightsError when the pickle holds more than tensors; nothing of it is run.
    """
    _refuse_other(file)
    target = to or file.with_suffix(SUFFIX)
    if target.suffix != SUFFIX:
        raise InputError(f"{target} does not end in {SUFFIX}", f"write: --to {target.with_suffix(SUFFIX)}")
    if not target.parent.is_dir():
        raise InputError(f"there is no folder {target.parent}", "make it first, or name another with --to")
    if target.exists() or target.is_symlink():
        raise _there(target)
    with _beside(target) as made:
        pickled.convert(file, made)
        found = header(made)
        # safetensors writes files that only their owner may read.
        shutil.copymode(file, made)
        with target.open("xb"):
            pass  # The name is ours from here on.
        made.replace(target)
    numbers = sorted({tensor.dtype for tensor in found.tensors.values()})
    return ConvertReport(file=str(target), tensors=len(found.tensors), bytes=found.bytes, numbers=tuple(numbers))


def _refuse_other(file: Path) -> None:
    """Raise InputError for a file that is no pickle, by its beginning."""
    found = examine(file)
    if isinstance(found, Header):
        raise InputError(f"{file} is safetensors already", "name it in charforge.yaml as it is")
    if found.hint != CONVERT:
        other = found.message == "is not a safetensors file"
        raise InputError([Problem("is not a pickle", file) if other else found], TAKES)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Give a name for the file while it is made, on the same disk as its place; say what the disk refuses."""
    try:
        with tempfile.TemporaryDirectory(prefix=".converting-", dir=target.parent) as folder:
            yield Path(folder) / target.name
    except FileExistsError as error:
        raise _there(target) from error
    except OSError as error:
        raise unwritable(target, error) from error


def _there(target: Path) -> InputError:
    return InputError(
        f"{target} is there already, and is not written over", "name another file with --to, or move that one away"
    )
